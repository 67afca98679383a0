"""Before anything is stored: who goes on. Without faults all do; an import drops the rows that have some, and what depends on them."""

from __future__ import annotations

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Fault, Refused
from looseleaf_platform.records.writing.batch import Batch, Row

ALWAYS = frozenset({"create", "delete", "restore", "purge"})
"""Kinds of rows that change something whatever they hold."""


def settle(batch: Batch) -> list[Row]:
    """The rows to store. Raises Refused with all faults, unless the batch collects them."""
    if not batch.collect:
        faults = [fault for row in batch.everything for fault in row.faults]
        if faults:
            raise Refused(sorted(faults, key=lambda fault: _order(batch, fault)))
    else:
        _drop(batch)
    rows = [row for row in batch.rows if not row.root.faults]
    _touch(rows)
    return [row for row in rows if _is_change(row)]


def _order(batch: Batch, fault: Fault) -> int:
    """Faults come in the order of the changes."""
    head = fault.pointer[1:].partition("/")[0]
    return int(head) if head.isdecimal() else 0


def _drop(batch: Batch) -> None:
    """Gather the faults of a change's rows at its first row; refuse what refers to a refused new record."""
    every = batch.everything
    for row in every:
        if row.faults and row.root is not row:
            row.root.faults.extend(row.faults)
    waiting = True
    while waiting:
        refused = {row.id for row in every if row.root.faults and row.kind == "create"} | {id for _, id in batch.shared.refused}
        waiting = False
        for row in every:
            if not row.root.faults and row.depends & refused:
                row.root.fault("refers-to-refused", Text("It refers to a record of this set that was refused"))
                waiting = True
    batch.shared.refused.update((row.plan.name, row.id) for row in every if row.root.faults)


def _touch(rows: list[Row]) -> None:
    """A record whose lines change is changed itself."""
    for row in reversed(rows):
        if row.parent is not None and row in row.parent.children and _is_change(row):
            row.parent.touched = True


def _is_change(row: Row) -> bool:
    return row.kind in ALWAYS or (row.kind == "update" and (row.touched or bool(row.was)))
