"""The database's last word, in people's words: a constraint that two writers met in the same moment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy.exc import IntegrityError

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Fault, Refused
from looseleaf_platform.records.tables import unique_index
from looseleaf_platform.records.writing.conditions import UniquePlan
from looseleaf_platform.records.writing.plan import ObjectPlan, Plans
from looseleaf_platform.records.writing.uniques import TAKEN, TAKEN_TOGETHER

UNIQUE_STATE, REFERENCE_STATE = "23505", "23503"


def is_unique(error: IntegrityError) -> bool:
    """Whether a promise of uniqueness was broken: another try will find who has the value."""
    state = getattr(error.orig, "sqlstate", None)
    return state == UNIQUE_STATE or (state is None and "UNIQUE constraint failed" in str(error.orig))


def refusal_of(error: IntegrityError, context: Context) -> Refused:
    """What the caller is told of a violated constraint."""
    state = getattr(error.orig, "sqlstate", None)
    if state == REFERENCE_STATE or "FOREIGN KEY" in str(error.orig):
        return Refused([Fault("", "restricted", Text("Other records refer to it, or it refers to a record that has just been removed"))])
    for unique in _broken(error, context):
        single = len(unique.fields) == 1
        message = unique.message or (TAKEN if single else TAKEN_TOGETHER)
        return Refused([Fault(unique.fields[0].pointer if single else "", "unique", message)])
    return Refused([Fault("", "conflict", Text("Someone stored the same in this moment. Try again"))])


def _broken(error: IntegrityError, context: Context) -> Iterator[UniquePlan]:
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    columns = frozenset(re.findall(r"\b(o_\w+\.\w+)", str(error.orig)))
    plans = Plans.of(context.runtime)
    for plan in (plans[name] for name in plans):
        for declared, unique in zip(plan.object.unique, plan.uniques, strict=True):
            if unique_index(plan.object, declared).name == name or _columns(plan, unique) == columns:
                yield unique


def _columns(plan: ObjectPlan, unique: UniquePlan) -> frozenset[str]:
    return frozenset(f"{plan.table.name}.{column.name}" for column in unique.columns)
