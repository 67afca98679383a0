"""Which flow a submission starts, of all that there are for an object (A02, A03). The choice and its reason are stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.decide import Needs
from looseleaf_workflow.approvals.definition import Definition

Reason = Literal["lowest_order", "only_match", "no_match_approve", "no_match_refuse"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The flow that starts, "" for none: then `reason` says whether the record counts as approved. `matched`: all that fit, in order."""

    name: str
    reason: Reason
    matched: tuple[str, ...] = ()


def choose(definitions: Iterable[Definition], submitter: str, facts: q.Facts) -> Choice | Needs:
    """The matching flow of the lowest order. Where none matches, a record is approved only if every flow says so."""
    ordered = sorted(definitions, key=lambda definition: (definition.order, definition.name))
    questions = [q.Holds(definition.start_when, submitter) for definition in ordered if definition.start_when]
    missing = tuple(question for question in questions if question not in facts.answers)
    if missing:
        return Needs(missing)
    matched = tuple(one.name for one in ordered if not one.start_when or _true(q.Holds(one.start_when, submitter), facts))
    if not matched:
        waved = bool(ordered) and all(one.no_match == "approve" for one in ordered)
        return Choice("", "no_match_approve" if waved else "no_match_refuse")
    return Choice(matched[0], "only_match" if len(matched) == 1 else "lowest_order", matched)


def _true(question: q.Holds, facts: q.Facts) -> bool:
    answer = cast(q.Truth, facts.answers[question])
    return answer.value and not answer.error
