"""What a submission must bring: the fields that the flow requires, and the people whom the submitter picks (A05, A16)."""

from __future__ import annotations

from collections.abc import Mapping

from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.deciding.course import Course, RefusedError
from looseleaf_workflow.approvals.definition import Copy, Step
from looseleaf_workflow.who import SubmitterPicks


def check_picks(course: Course, picks: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse a submission without picks, with too few or too many, with people out of range or inactive."""
    asked = {id: pick for id in course.definition.tree.ids() for pick in _pick_of(course, id)}
    unknown = [node for node in picks if node not in asked]
    if unknown:
        raise RefusedError("invalid", Text("nobody is picked for '{step}'", step=unknown[0]), step=unknown[0])
    for id, pick in asked.items():
        chosen = tuple(dict.fromkeys(picks.get(id, ())))
        if len(chosen) < pick.fewest or (pick.most and len(chosen) > pick.most):
            message = Text("pick people for '{step}': at least {fewest}", step=id, fewest=pick.fewest)
            raise RefusedError("invalid", message, step=id, fewest=pick.fewest, most=pick.most)
        allowed = course.resolve(pick.among) if pick.among else chosen
        for person in chosen:
            if person not in allowed or not course.active(person):
                raise RefusedError("invalid", Text("{person} can't be picked for '{step}'", person=person, step=id), step=id, person=person)


def _pick_of(course: Course, id: str) -> tuple[SubmitterPicks, ...]:
    node = course.definition.tree.node(id)
    who = node.who if isinstance(node, Step | Copy) else ()
    return tuple(person for person in who if isinstance(person, SubmitterPicks))[:1]


def check_required(course: Course) -> None:
    """Refuse a submission without what the flow requires (A05)."""
    required = course.definition.require
    empty = missing_fields(course, required)
    if empty:
        raise RefusedError("invalid", Text("fill in first: {fields}", fields=", ".join(empty)), fields=empty)


def missing_fields(course: Course, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some fields that are empty now."""
    if not names:
        return ()
    values = course.ask(q.Values(names)).values
    return tuple(name for name in names if values.get(name) in (None, "", (), []))
