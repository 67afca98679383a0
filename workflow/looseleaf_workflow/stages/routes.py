"""The way from one stage to another: which rules of which stages it meets. Pure: pipeline and names in, a Route out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from looseleaf_workflow.stages.definition import Pipeline, Stage


@dataclass(frozen=True, slots=True)
class Route:
    """A way. `kind`: "forward" (also into the first stage, and to won), "back", "lose", "out" (of the pipeline) or "foreign"
    (to what is no stage of it).

    `leaves`: the stage whose exit criteria and key actions count; `skipped`: open stages passed over; `turns_back`: the stage
    whose `back` must allow it, the left one for a way back, the closed one for a reopening.
    """

    kind: Literal["forward", "back", "lose", "out", "foreign"]
    to: Stage | None = None
    leaves: Stage | None = None
    skipped: tuple[Stage, ...] = ()
    turns_back: Stage | None = None


def route(pipeline: Pipeline, source: str | None, target: str | None, came_from: str | None = None) -> Route:
    """The way from stage `source` to `target`, names or None for none. `came_from`: the open stage before a closed one.

    What is no stage of the pipeline counts as nowhere: a record that comes from another pipeline starts before the first stage.
    """
    start, to = pipeline.stage(source), pipeline.stage(target)
    if to is None:
        return Route("out" if target is None else "foreign")
    if start is not None and start.closed:
        return _reopened(pipeline, start, to, pipeline.stage(came_from))
    return _onward(pipeline, start, to)


def _reopened(pipeline: Pipeline, closed: Stage, to: Stage, before: Stage | None) -> Route:
    """Out of a closed stage: its `back` must allow it, and beyond the stage it was closed in, what holds there holds."""
    if before is not None and (to is before or (not to.closed and pipeline.position(to) <= pipeline.position(before))):
        return Route("back", to, turns_back=closed)
    found = _onward(pipeline, before, to)
    return Route(found.kind, to, found.leaves, found.skipped, closed)


def _onward(pipeline: Pipeline, start: Stage | None, to: Stage) -> Route:
    if to.closed == "lost":
        return Route("lose", to)
    stages = pipeline.open_stages
    here = -1 if start is None else stages.index(start)
    there = len(stages) if to.closed else stages.index(to)
    if there < here:
        return Route("back", to, turns_back=start)
    return Route("forward", to, leaves=start, skipped=stages[here + 1 : there])
