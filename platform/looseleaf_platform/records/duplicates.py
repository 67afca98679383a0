"""Records that are likely the same: found by normalised keys, kept in a side table so that a look-up is one indexed query.

Of a record that the actor can't see no more is told than that there is one.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, delete, insert, select, tuple_

from looseleaf_metadata.model import DuplicateRule, Model
from looseleaf_metadata.texts import Text
from looseleaf_platform.access.visible import visible
from looseleaf_platform.context import Context
from looseleaf_platform.database.system_tables import duplicate_key
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.fields.normalise import normalised
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.parsing import known_to
from looseleaf_platform.records.writing.plan import ObjectPlan, Plans

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

CHUNK = 500
FILLED = 200
"""Records whose keys are made in one transaction after a publish."""
INSERT = insert(duplicate_key)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A record that agrees on what a rule compares. `id` is None for one that the actor may not see. `then`: "warn" or "refuse"."""

    id: int | None
    rule: str
    then: str
    fields: tuple[str, ...]


def find_duplicates(context: Context, object_name: str, values: Mapping[str, Any], *, but: int | None = None) -> tuple[Duplicate, ...]:
    """Live records that are likely the same as one of raw `values`, `but` that one. What can't be parsed is not compared."""
    return find_many(context, object_name, [values], but=but)[0]


def find_many(
    context: Context, object_name: str, rows: Sequence[Mapping[str, Any]], *, but: int | None = None
) -> list[tuple[Duplicate, ...]]:
    """The same for each of several raw rows, in two queries for all."""
    plan = Plans.of(context.runtime)[object_name]
    asked = keys_of(context, object_name, rows)
    keys = {key: rule for one in asked for key, rule in one.items()}
    found: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    with context.workspace.database.read() as connection:
        for rule_id, key, id in _matching(connection, context, plan, list(keys)):
            if id != but:
                found[rule_id, key].append(id)
        seen = _seen(connection, context, plan, {id for ids in found.values() for id in ids})
    return [
        tuple(
            dict.fromkeys(
                Duplicate(id if id in seen else None, rule.id, rule.then, rule.match)
                for key, rule in one.items()
                for id in found.get(key, ())
            )
        )
        for one in asked
    ]


def keys_of(context: Context, object_name: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[tuple[str, int], DuplicateRule]]:
    """By what each of several raw rows is compared: (rule id, hash) to the rule, of rules about what the actor may know."""
    plan = Plans.of(context.runtime)[object_name]
    defaults, actor = context.model.defaults, context.actor
    situation = Situation(actor.locale, actor.timezone, defaults.currency, defaults.phone_region, context.today, context.now, actor.id)
    shown = known_to(context, object_name)
    rules = [rule for rule in plan.object.duplicates if shown.issuperset(rule.match)]
    found = []
    for row in rows:
        parsed = dict(_compared(plan, row, situation))
        found.append({(rule.id, key): rule for rule in rules if (key := key_of(plan, rule, parsed)) is not None})
    return found


def _compared(plan: ObjectPlan, values: Mapping[str, Any], situation: Situation) -> Iterator[tuple[str, Any]]:
    """The values that can be compared, parsed."""
    for name, raw in values.items():
        field = plan.given.get(name)
        if field is not None and field.keys:
            try:
                yield name, field.type.parse(raw, field.field, situation)
            except Invalid:
                continue


def key_of(plan: ObjectPlan, rule: DuplicateRule, values: Mapping[str, Any]) -> int | None:
    """A 64-bit hash of what a rule compares; None where a part has no value, so that nothing is compared."""
    parts: list[str] = []
    for name in rule.match:
        part = normalised(plan.fields[name].field, values.get(name))
        if not part:
            return None
        parts.append(part)
    return int.from_bytes(hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).digest(), "big", signed=True)


def _matching(connection: Connection, context: Context, plan: ObjectPlan, keys: list[tuple[str, int]]) -> Iterable[tuple[str, int, int]]:
    """(rule id, key, record id) of the live records that have one of the keys, within the time that the rule looks back."""
    within = {rule.id: rule.within_days for rule in plan.object.duplicates}

    def build() -> Any:
        where = (
            duplicate_key.c.object_id == plan.id,
            tuple_(duplicate_key.c.rule_id, duplicate_key.c.key_hash).in_(bindparam("keys", expanding=True)),
            plan.table.c.deleted_at.is_(None),
        )
        columns = (duplicate_key.c.rule_id, duplicate_key.c.key_hash, plan.table.c.id, plan.table.c.created_at)
        return select(*columns).join(plan.table, plan.table.c.id == duplicate_key.c.record_id).where(*where)

    statement = plan.statement("duplicates", build)
    for start in range(0, len(keys), CHUNK):
        for rule, key, id, created in connection.execute(statement, {"keys": keys[start : start + CHUNK]}):
            days = within[rule]
            if days is None or created >= context.now - timedelta(days=days):
                yield rule, key, id


def _seen(connection: Connection, context: Context, plan: ObjectPlan, ids: set[int]) -> set[int]:
    reach = visible(context, plan.name, "read", plan.table)
    if reach.everything or not ids:
        return ids
    return set() if reach.nothing else set(connection.scalars(select(plan.table.c.id).where(plan.table.c.id.in_(ids), reach.condition())))


# --- in the write path


def check(batch: Batch) -> None:
    """Refuse new records that a rule with `then: refuse` takes for one that exists."""
    for plan, rows in batch.by_plan(row for row in batch.of_kind("create") if row.plan.object.duplicates):
        refusing = [rule for rule in plan.object.duplicates if rule.then == "refuse"]
        wanted: dict[tuple[str, int], Row] = {}
        for rule in refusing:
            for row in rows:
                key = key_of(plan, rule, row.values)
                if key is not None and wanted.setdefault((rule.id, key), row) is not row:
                    _tell(row)
        leaving = {row.id for row in batch.rows if row.kind in ("delete", "purge")}
        if wanted:
            for rule_id, key, id in _matching(batch.connection, batch.context, plan, list(wanted)):
                if id not in leaving:
                    _tell(wanted[rule_id, key])


def _tell(row: Row) -> None:
    if not any(fault.code == "duplicate" for fault in row.faults):
        row.fault("duplicate", Text("There is a record already that is likely the same"))


def index(batch: Batch, rows: list[Row]) -> None:
    """Bring the keys of stored rows up to date."""
    added: list[dict[str, Any]] = []
    removed: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for row in rows:
        plan = row.plan
        for rule in plan.object.duplicates:
            if row.kind == "purge" or (row.kind == "update" and not row.was.keys().isdisjoint(rule.match)):
                removed[plan.id, rule.id].append(row.id)
            if row.kind == "create" or (row.kind == "update" and not row.was.keys().isdisjoint(rule.match)):
                key = key_of(plan, rule, {name: row.current(name) for name in rule.match})
                if key is not None:
                    added.append({"object_id": plan.id, "rule_id": rule.id, "key_hash": key, "record_id": row.id})
    for (object_id, rule_id), ids in removed.items():
        for start in range(0, len(ids), CHUNK):
            where = (duplicate_key.c.object_id == object_id, duplicate_key.c.rule_id == rule_id)
            batch.connection.execute(delete(duplicate_key).where(*where, duplicate_key.c.record_id.in_(ids[start : start + CHUNK])))
    if added:
        batch.plans.insert(batch.connection, INSERT, duplicate_key.c.keys()).run_many(batch.connection, added)


# --- rules that come when records are there already


def rules_wanted(previous: Model, model: Model) -> Iterator[tuple[str, list[str]]]:
    """Objects with rules that compare what was not compared before, with the ids of these rules."""
    before = {found.id: {(rule.id, rule.match) for rule in found.duplicates} for found in previous.objects.values() if not found.retired}
    for name, found in model.objects.items():
        new = [rule.id for rule in found.duplicates if (rule.id, rule.match) not in before.get(found.id, ())]
        if new and not found.retired and found.id in before:
            yield name, new


def fill(workspace: Workspace, payload: dict[str, Any], note: Callable[[Connection, dict[str, Any]], None]) -> None:
    """Make the keys of rules `payload["rules"]` of the records up to `payload["until"]`, in small transactions, after the last noted."""
    last = int(payload.get("last", 0))
    while True:
        plan = Plans.of(workspace.runtime).get(payload["object"])
        rules = [rule for rule in plan.object.duplicates if rule.id in payload["rules"]] if plan is not None else []
        if plan is None or not rules:
            return
        with workspace.database.write() as connection:
            reached = _fill_batch(connection, plan, rules, last, int(payload["until"]))
            if reached is None:
                return
            note(connection, {"last": reached})
        last = reached


def _fill_batch(connection: Connection, plan: ObjectPlan, rules: list[DuplicateRule], last: int, until: int) -> int | None:
    id = plan.table.c.id
    stored = connection.execute(select(*plan.columns).where(id > last, id <= until).order_by(id).limit(FILLED)).all()
    made: list[dict[str, Any]] = []
    for row in stored:
        for rule in rules:
            key = key_of(plan, rule, {name: plan.fields[name].load(row) for name in rule.match})
            if key is not None:
                made.append({"object_id": plan.id, "rule_id": rule.id, "key_hash": key, "record_id": row.id})
    if stored:
        ids = [row.id for row in stored]
        of_rules = (duplicate_key.c.object_id == plan.id, duplicate_key.c.rule_id.in_([rule.id for rule in rules]))
        connection.execute(delete(duplicate_key).where(*of_rules, duplicate_key.c.record_id.in_(ids)))
    if made:
        plan.plans.insert(connection, INSERT, duplicate_key.c.keys()).run_many(connection, made)
    return stored[-1].id if stored else None
