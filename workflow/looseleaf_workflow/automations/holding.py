"""The steps that the runner itself holds: wait, branch, each. Each says what is noted of it; nothing is written here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Condition, Group, Query
from looseleaf_workflow.automations.language import evaluate, expression_at, holds
from looseleaf_workflow.automations.steps.base import Failed, Work
from looseleaf_workflow.automations.steps.control import MOST_ITEMS
from looseleaf_workflow.calendars import add, parse_duration
from looseleaf_workflow.calendars.timetable import from_wall


@dataclass(frozen=True, slots=True)
class Held:
    """What a held step comes to. `until`: it waits, at most until then; `stops`: the run ends here, and well."""

    state: str
    output: Mapping[str, Any]
    until: datetime | None = None
    listens: bool = False
    stops: bool = False


def wait(work: Work, step: Mapping[str, Any], known: Mapping[str, Any] | None) -> Held:
    """A wait, begun or looked at again. `known`: what was noted when it began."""
    runtime, scope = work.context.runtime, work.scope
    until = datetime.fromisoformat(known["until"]) if known else moment_of(work, step)
    output = {"until": until.isoformat()}
    if "stop_when" in step and holds(runtime, scope, step["stop_when"]):
        return Held("done", {**output, "stopped": step["stop_when"]}, stops=True)
    if "until_when" in step and holds(runtime, scope, step["until_when"]):
        return Held("done", {**output, "met": True})
    if until <= work.now:
        return Held("done", {**output, "met": False} if "until_when" in step else output)
    return Held("waiting", output, until, "until_when" in step or "stop_when" in step)


def moment_of(work: Work, step: Mapping[str, Any]) -> datetime:
    """Until when a wait lasts. A date is its beginning, where the firm is; without a date there is nothing to wait for."""
    written = step.get("for") or step.get("at_most")
    if written is not None:
        return add(work.calendar, work.now, parse_duration(written)).at
    value = evaluate(work.context.runtime, work.scope, step["until"])
    if value is None:
        raise Failed(Text("There is no date to wait for: {expression} is empty", expression=step["until"]))
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if not isinstance(value, date):
        raise Failed(Text("There is no date to wait for: {expression} is empty", expression=step["until"]))
    return from_wall(datetime(value.year, value.month, value.day), ZoneInfo(work.zone))  # noqa: DTZ001 - a wall time of that zone


def branch(work: Work, step: Mapping[str, Any]) -> Held:
    """The first case whose condition holds, -1 for none; with what each condition came to."""
    tried = []
    for index, case in enumerate(step["cases"]):
        held = holds(work.context.runtime, work.scope, case["when"])
        tried.append({"when": case["when"], "held": held})
        if held:
            return Held("done", {"case": index, "tried": tried})
    return Held("done", {"case": -1, "tried": tried})


def each(work: Work, step: Mapping[str, Any]) -> Held:
    """The records to go through, as they are now. More than the limit are refused, never cut off."""
    name, found = items(work, step)
    limit = step.get("max", MOST_ITEMS)
    ids = []
    for id in found:
        ids.append(encode(id))
        if len(ids) > limit:
            total = len(ids) + sum(1 for _ in found)
            raise Failed(Text("{count} records, and at most {limit} are gone through", count=total, limit=limit))
    return Held("open", {"object": name, "items": ids})


def items(work: Work, step: Mapping[str, Any]) -> tuple[str, Iterator[int]]:
    """The object and the ids of what an `each` goes through."""
    of, context = step["of"], work.context
    where = of.get("where")
    if "lines" in of:
        plan = work.scope.plan
        name = plan.fields[of["lines"]].target
        ids = sorted(work.scope[of["lines"]] or ())
        work.scope.relations.fetch(name, ids)
        scopes = ((id, work.scope.relations.scope(name, id)) for id in ids)
        return name, (id for id, scope in scopes if scope is not None and (where is None or holds(context.runtime, scope, where)))
    group = Group(parts=(Condition(of["by"], "eq", encode(work.record_id)),)) if "by" in of else None
    expression = expression_at(context.runtime, of["records"], where)[0] if where is not None else None
    all_seeing = context.workspace.bound(SYSTEM, context.runtime, "automation")
    query = Query(where=group, expression=expression, sort=("id",), fields=("id",), size=200)
    return of["records"], (record.id for record in read.stream(all_seeing, of["records"], query))
