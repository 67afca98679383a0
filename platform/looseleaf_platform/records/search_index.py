"""The search grams of records, kept in the transaction that writes them. What is a gram is `records/search.py`'s to say."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import bindparam, delete, insert

from looseleaf_metadata.model import Field
from looseleaf_platform.records.search import indexed_fields, record_grams
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.plan import ObjectPlan


def searched(plan: ObjectPlan) -> tuple[Field, ...]:
    """The fields of an object that are searched."""
    found: tuple[Field, ...] = plan.statement("searched", lambda: indexed_fields(plan.plans.runtime.model, plan.name))
    return found


def index(batch: Batch, rows: list[Row]) -> None:
    """Bring the grams of stored rows up to date."""
    added: defaultdict[ObjectPlan, list[dict[str, Any]]] = defaultdict(list)
    removed: defaultdict[ObjectPlan, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        fields = searched(row.plan)
        if row.kind == "create":
            new, old = record_grams(fields, row.values), frozenset[tuple[str, str]]()
        elif row.kind == "update":
            changed = [field for field in fields if field.name in row.values and field.name in row.was]
            new, old = record_grams(changed, row.values), record_grams(changed, row.was)
        else:
            continue
        added[row.plan].extend({"gram": gram, "field_id": field, "record_id": row.id} for field, gram in sorted(new - old))
        removed[row.plan].extend({"_gram": gram, "_field": field, "_record": row.id} for field, gram in old - new)
    for plan, grams in removed.items():
        if grams:
            batch.connection.execute(_delete(plan), grams)
    for plan, grams in added.items():
        if grams:
            table = plan.runtime.grams
            plan.prepared(batch.connection, "gram", lambda table=table: (insert(table), table.c.keys())).run_many(batch.connection, grams)  # type: ignore[misc]


def _delete(plan: ObjectPlan) -> Any:
    table = plan.runtime.grams
    where = (table.c.gram == bindparam("_gram"), table.c.field_id == bindparam("_field"), table.c.record_id == bindparam("_record"))
    return plan.statement("ungram", lambda: delete(table).where(*where))
