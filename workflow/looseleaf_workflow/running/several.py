"""Several tasks decided at once: each in a transaction of its own, with its own answer (A89)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import BadQuery, LooseleafError, NotThere, Refused
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.running.asking import Said, decide_task
from looseleaf_workflow.running.looking import OpenTask, task_of

MOST = 100
TOGETHER = ("agree", "reject")
"""What is decided about several at once."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one task. `message`: why it was not decided, None where it was; `title`: of the record, where it may be seen."""

    id: int
    title: str = ""
    message: Text | None = None
    code: str = ""


def decide_several(context: Context, ids: Iterable[int], decision: str, said: Said, key: str = "") -> list[Outcome]:
    """Decide tasks, one after the other; what keeps one keeps no other. Raises BadQuery for none, too many, or another decision."""
    wanted = list(dict.fromkeys(ids))
    if not 0 < len(wanted) <= MOST:
        raise BadQuery(Text("Choose 1 to {most} tasks", most=MOST), "tasks")
    if decision not in TOGETHER:
        raise BadQuery(Text("unknown decision '{name}'", name=decision[:60]), "decision")
    return [_decide(context, id, decision, said, f"{key}:{encode(id)}" if key else "") for id in wanted]


def _decide(context: Context, id: int, decision: str, said: Said, key: str) -> Outcome:
    found: OpenTask | None = None
    try:
        found = task_of(context, id)
        decide_task(context, found, decision, said, key)
    except LooseleafError as error:
        message = error.faults[0].message if isinstance(error, Refused) and error.faults else error.message
        code = (
            "not-there"
            if isinstance(error, NotThere)
            else "refused"
            if isinstance(error, Refused)
            else getattr(error, "code", "not-allowed")
        )
        return Outcome(id, found.title if found is not None else "", message, code)
    return Outcome(id, found.title)
