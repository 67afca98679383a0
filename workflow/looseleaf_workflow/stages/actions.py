"""Key actions: what has been done in a stage, by hand or by evidence, and the log of both. A visit begins with nothing done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from looseleaf_workflow.stages.moves import CHUNK
from looseleaf_workflow.tables import stage_action

LOGGED = (
    select(stage_action)
    .where(stage_action.c.record_id.in_(bindparam("ids", expanding=True)), stage_action.c.field_id == bindparam("field"))
    .order_by(stage_action.c.id)
)


@dataclass(frozen=True, slots=True)
class Done:
    """That an action was done: `how` "hand" or "evidence", by whom (None: the system) and when."""

    how: str
    actor: int | None
    at: datetime


Log = Mapping[tuple[str, str, int, str], Done]
"""What counts as done by the log: (pipeline id, stage id, visit, action) to how."""


def logs(connection: Connection, field_id: str, ids: Sequence[int]) -> dict[int, Log]:
    """What is logged as done, by record."""
    found: defaultdict[int, dict[tuple[str, str, int, str], Done]] = defaultdict(dict)
    for start in range(0, len(ids), CHUNK):
        parameters = {"ids": list(ids[start : start + CHUNK]), "field": field_id}
        for row in connection.execute(LOGGED, parameters):
            _note(found[row.record_id], row)
    return dict(found)


def _note(log: dict[tuple[str, str, int, str], Done], row: Any) -> None:
    """The last word on an action counts."""
    key = (row.pipeline_id, row.stage, row.visit, row.action)
    if row.done:
        log[key] = Done(row.how, row.actor, row.at)
    else:
        log.pop(key, None)
