"""The one write path: whatever changes a record comes by here, be it a form, the API, an import, a job or the system itself.

    write(context, [Change("create", "account", values={"name": "恒拓精密"})])

A set of changes is one Operation in one transaction, worked through set-wise: every stage sees all its rows at once. Nothing else
writes to the tables of objects.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.database.engines import Busy
from looseleaf_platform.errors import Fault, Refused
from looseleaf_platform.records import changes as change_rows
from looseleaf_platform.records import duplicates, rollups, search_index, sequences
from looseleaf_platform.records.ids import new_id
from looseleaf_platform.records.requests import Change, Operation, Outcome, Written
from looseleaf_platform.records.writing import (
    attachments,
    defaulting,
    deleting,
    idempotency,
    lines,
    links,
    loading,
    memberships,
    merging,
    outbox,
    parsing,
    references,
    rules,
    storing,
    uniques,
)
from looseleaf_platform.records.writing.batch import Batch, Row, Stage
from looseleaf_platform.records.writing.identity import identify
from looseleaf_platform.records.writing.plan import Plans
from looseleaf_platform.records.writing.settling import settle
from looseleaf_platform.records.writing.violations import is_unique, refusal_of

MOST_CHANGES = 10_000
"""Changes that one call may hold."""
EDIT = Operation()
"""What somebody does who says nothing of it."""
ATTEMPTS = 6
"""Tries of a write that others got in the way of: a deadlock, or a value that somebody took in the same moment."""

BEFORE: tuple[Stage, ...] = (
    loading.load,
    parsing.parse,
    lines.expand,
    references.resolve,
    links.compare,
    attachments.check,
    merging.merge,
    defaulting.default,
    memberships.check,
    deleting.follow_deletes,
    deleting.follow_restores,
    deleting.follow_purges,
)
"""Stages before anything is stored, in order, up to the fillers of extensions."""
CHECKS: tuple[Stage, ...] = (
    rules.check,
    uniques.check,
    duplicates.check,
)
"""What follows before the gates of extensions and the first store; each stage remembers the faults it finds at the rows."""
After = Callable[[Batch, list[Row]], None]
AFTER: tuple[After, ...] = (
    storing.store,
    links.store,
    attachments.attach,
    rollups.gather,
    rules.check_late,
)
"""Stages that store, in order, up to the late gates of extensions; each is given the rows that are stored."""
NOTES: tuple[After, ...] = (
    change_rows.store,
    search_index.index,
    duplicates.index,
)
"""What is noted of stored rows; the reactions of extensions follow."""


def write(
    context: Context,
    changes: Sequence[Change],
    operation: Operation = EDIT,
    *,
    idempotency_key: str = "",
    collect: bool = False,
) -> Outcome:
    """Store a set of changes, all or nothing, and say what became of each, in order.

    `collect`: refuse row by row (an import): faulty rows are left out and told in their `Written`, the others are stored.
    `idempotency_key`: the same request with the same key is done once and answered again. Pointers of faults begin with the
    change's index where there are several changes. Raises Refused, Conflict, NotThere, NotAllowed (nothing is stored then), Unavailable.
    """
    changes = tuple(changes)
    hash = ""
    if len(changes) > MOST_CHANGES:
        raise Refused(
            [Fault("", "too-many", Text("{count} changes at once: at most {most} are taken", count=len(changes), most=MOST_CHANGES))]
        )
    if idempotency_key:
        idempotency.check_key(idempotency_key)
        hash = idempotency.request_hash(changes, operation)

    def once() -> Outcome:
        with context.workspace.writing(context) as (connection, bound):
            known = idempotency.claim(connection, bound, idempotency_key, hash) if idempotency_key else None
            if known is not None:
                return known
            outcome = write_within(connection, bound, changes, operation, collect=collect)
            if idempotency_key:
                idempotency.keep(connection, bound, idempotency_key, outcome)
            return outcome

    return insist(context, once)


def insist(context: Context, once: Callable[[], Outcome]) -> Outcome:
    """Run a transaction again where another writer got in the way of it; say plainly what stays in the way."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return once()
        except IntegrityError as error:
            if attempt == ATTEMPTS or not is_unique(error):
                raise refusal_of(error, context) from error
        except Busy as error:
            if attempt == ATTEMPTS or not deadlocked(error):
                raise
            time.sleep(random.uniform(0, 0.02 * attempt))  # noqa: S311 - parts those who met, protects nothing
    raise AssertionError("the last attempt returns or raises")


def write_within(
    connection: Connection, context: Context, changes: Sequence[Change], operation: Operation = EDIT, *, collect: bool = False
) -> Outcome:
    """`write` as a part of a transaction that is open already: what `context.workspace.writing(context)` gives.

    Where it raises, the transaction must be given up.
    """
    if not collect:
        return _write_set(connection, context, changes, operation, collect, {})
    refused: dict[int, list[Fault]] = {}
    while True:
        savepoint = connection.begin_nested() if _has_late_rules(context, changes) else None
        try:
            outcome = _write_set(connection, context, changes, operation, collect, refused)
        except BrokenLate as late:
            if savepoint is None:
                raise
            savepoint.rollback()
            refused.update(late.faults)
        else:
            if savepoint is not None:
                savepoint.commit()
            return outcome


def _write_set(
    connection: Connection,
    context: Context,
    changes: Sequence[Change],
    operation: Operation,
    collect: bool,
    refused: Mapping[int, list[Fault]],
) -> Outcome:
    """One pass over a set. `refused`: changes, by index, that are known to be faulty."""
    batch = Batch(context, connection, operation, new_id(), collect)
    stored: list[Row] = []
    waves = identify(batch, changes, refused)
    rows = sorted((row for wave in waves for row in wave), key=lambda row: row.index)
    for wave in waves:
        stored.extend(_write_wave(batch, wave, first=not stored))
    if stored:
        outbox.announce(batch, stored)
    return Outcome(batch.operation_id if stored else None, tuple(_written(row) for row in rows))


def _has_late_rules(context: Context, changes: Sequence[Change]) -> bool:
    """Whether storing may show that a rule or a gate about roll-ups doesn't hold."""
    plans = Plans.of(context.runtime)
    touched = {plans[name] for name in {change.object for change in changes} if name in plans}
    lines = {plans[line.target] for plan in touched for line in plan.lines.values()}
    if any(rule.late for plan in touched | lines for rule in plan.rules):
        return True
    names = frozenset(plan.name for plan in touched | lines)
    gates = (gate for extension in context.workspace.extensions for gate in extension.late_gates)
    return any(gate.concerns(context.runtime, names) for gate in gates)


def _write_wave(batch: Batch, wave: list[Row], first: bool) -> list[Row]:
    batch.begin(wave)
    extensions = batch.context.workspace.extensions
    fillers = (stage for extension in extensions for stage in extension.fillers)
    gates = (stage for extension in extensions for stage in extension.gates)
    for stage in (*BEFORE, *fillers, *CHECKS, *gates):
        stage(batch)
    rows = settle(batch)
    if rows:
        sequences.number(batch)
        if first:
            change_rows.store_operation(batch)
        late_gates = (gate.check for extension in extensions for gate in extension.late_gates)
        reactions = (after for extension in extensions for after in extension.reactions)
        for after in (*AFTER, *late_gates, *NOTES, *reactions):
            after(batch, rows)
    late = {row.root.index: row.root.faults for row in rows if row.root.faults}
    if late and batch.collect:
        raise BrokenLate(late)
    if late:
        raise Refused([fault for faults in late.values() for fault in faults])
    return rows


OUTCOMES = {"create": "created", "update": "updated", "delete": "deleted", "restore": "restored", "purge": "purged"}


def _written(row: Row) -> Written:
    if row.faults:
        return Written("refused", row.plan.name, row.id or None if row.kind != "create" else None, None, tuple(row.faults))
    if not row.new_version:
        return Written("same", row.plan.name, row.id, row.stored.version if row.stored is not None else None, (), row.merged)
    return Written(OUTCOMES[row.kind], row.plan.name, row.id, row.new_version, (), row.merged)  # type: ignore[arg-type]


def deadlocked(error: Busy) -> bool:
    """Whether another try is likely to succeed at once."""
    return getattr(getattr(error.__cause__, "orig", None), "sqlstate", "") in ("40P01", "40001")


class BrokenLate(Exception):
    """Rules about roll-ups don't hold, which is known only after storing: what was stored must go, and these changes stay out."""

    def __init__(self, faults: Mapping[int, list[Fault]]) -> None:
        self.faults = faults
        super().__init__("rules about roll-ups don't hold")
