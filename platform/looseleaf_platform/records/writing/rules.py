"""What must hold of a record: required fields and rules. Checked at creation, and on a change of what they read.

An old record that time alone has brought to break a rule stays editable. Rules about roll-ups are checked once those are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.conditions import Condition, Need, RulePlan
from looseleaf_platform.records.writing.plan import ObjectPlan
from looseleaf_platform.records.writing.scope import Scope

REQUIRED = Text("This must be filled in")
UNCOMPUTABLE = Text("A number on the way to this rule's answer is too large")


def check(batch: Batch) -> None:
    """Check needs and rules of all creates and updates."""
    for plan, rows in batch.by_plan(row for row in batch.rows if row.kind in ("create", "update") and not row.derived):
        if not batch.exempt("required"):
            _check_needs(batch, plan, rows)
        if not batch.exempt("rules"):
            _check_rules(batch, [rule for rule in plan.rules if not rule.late], rows)


def check_late(batch: Batch, rows: list[Row]) -> None:
    """Check the rules that read roll-ups, which are stored by now."""
    if batch.exempt("rules"):
        return
    for plan, group in batch.by_plan(row for row in rows if row.kind in ("create", "update") and not row.derived):
        late = [rule for rule in plan.rules if rule.late]
        if late:
            bring_gathered(batch, plan, group)
            _check_rules(batch, late, group)


def bring_gathered(batch: Batch, plan: ObjectPlan, rows: list[Row]) -> None:
    """Put the roll-ups as they are stored now into rows of one object."""
    by_id = {row.id: row for row in rows}
    for stored in batch.connection.execute(plan.select_by_ids, {"ids": list(by_id)}):
        row = by_id[stored.id]
        row.values.update({rollup.name: rollup.load(stored) for rollup in plan.rollups})
        row.scope = None


def _check_needs(batch: Batch, plan: ObjectPlan, rows: list[Row]) -> None:
    for need in plan.needs:
        if need.field.name == "owner" and batch.context.actor.is_system:
            continue  # what the system makes need not belong to anybody
        concerned = [row for row in rows if row.kind == "create" or not need.triggers.isdisjoint(row.values) or need.field.name in row.raw]
        _prefetch(batch, need.conditions, concerned)
        for row in concerned:
            name = need.field.name
            if name in row.bad or _has_value(row, need) or _blocked(need.conditions, row):
                continue
            if (need.always and need.shown is None) or _holds(row, need.holds, batch.scope(row)):
                row.fault("required", REQUIRED, need.field)


def _has_value(row: Row, need: Need) -> bool:
    name = need.field.name
    if name in row.plan.lines:
        kept = [child for child in row.children if child.kind != "delete" and child.parent is row and child.plan.name == need.field.target]
        return bool(kept) or (row.kind == "update" and not row.raw.keys() & {name})
    if need.field.many and row.kind == "update" and name not in row.values:
        return True
    value = row.current(name)
    return value is not None and value != ()


def _check_rules(batch: Batch, rules: Iterable[RulePlan], rows: list[Row]) -> None:
    for rule in rules:
        concerned = [row for row in rows if _asks(row, rule)]
        _prefetch(batch, (rule.condition,), concerned)
        for row in concerned:
            if not _blocked((rule.condition,), row) and not _holds(row, rule.condition.evaluate, batch.scope(row)):
                _break(batch, row, rule.message, rule.at)


def _break(batch: Batch, row: Row, message: Label, at: str) -> None:
    field = row.plan.fields.get(at)
    if field is None or field.name not in batch.context.profile.readable(row.plan.name):
        row.fault("rule", message)
    else:
        row.fault("rule", message, field)


def _asks(row: Row, rule: RulePlan) -> bool:
    """Whether a rule must be asked: the record is new, or something that the rule reads changes."""
    return row.kind == "create" or not rule.condition.reads.isdisjoint(row.values) or (rule.late and row.touched)


def _blocked(conditions: Iterable[Condition], row: Row) -> bool:
    """Whether a faulty field keeps a condition from being asked."""
    return bool(row.bad) and any(condition.reads & row.bad for condition in conditions)


def _prefetch(batch: Batch, conditions: Iterable[Condition], rows: list[Row]) -> None:
    hops = frozenset().union(*(condition.hops for condition in conditions)) if rows else frozenset()
    if hops:
        batch.relations.prefetch([batch.scope(row) for row in rows if not row.bad], hops)


def _holds(row: Row, evaluate: Callable[[Scope], object], scope: Scope) -> bool:
    """The answer; a fault where it can't be worked out."""
    try:
        return bool(evaluate(scope))
    except OverflowError:
        row.fault("too-large", UNCOMPUTABLE)
        return True
