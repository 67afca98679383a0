"""What deciding needs to know of the world, read once for all records of a write: people, turns, loads, who owns the like.

A desk that `keeps` its turns locks them first, so that two transactions never give the same turn; a simulation's desk only counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, func, select, update

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_platform.access.scope import RecordScope
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.database.upserts import insert_into
from looseleaf_platform.records.sql_expressions import compile_condition, compile_sql
from looseleaf_platform.records.writing.plan import FieldPlan, ObjectPlan
from looseleaf_workflow.assignment.rotation import Cursor
from looseleaf_workflow.assignment.tables import assign_cursor
from looseleaf_workflow.members import Member, Members, read_members

CHUNK = 1000
Load = tuple[Expression | None, Expression | None]
"""Which records count as open, and what each weighs."""


class Desk:
    """The facts of one write or one simulation. What is decided is noted here, so that the next record finds it.

    `before`: work is counted as it lay before that moment, None for as it lies now.
    """

    def __init__(self, connection: Connection, context: Context, keeps: bool, before: datetime | None = None) -> None:
        self.connection, self.keeps, self.before = connection, keeps, before
        self.system = context.workspace.bound(SYSTEM, context.runtime, context.source)
        self._members: dict[Members, list[Member]] = {}
        self._cursors: dict[str, Cursor] = {}
        self._loads: dict[tuple[str, Load], dict[int, Decimal]] = {}
        self._owners: dict[tuple[str, str, Any], int | None] = {}
        self._states: dict[int, tuple[str, int | None]] = {}

    def members(self, members: Members) -> list[Member]:
        """Who they are today."""
        if members not in self._members:
            self._members[members] = read_members(self.connection, self.system.runtime, members)
        return self._members[members]

    def lock(self, keys: Sequence[str]) -> None:
        """Have these turns to oneself, in one order for all."""
        for key in sorted(set(keys) - self._cursors.keys()):
            self._cursors[key] = self._read(key)

    def cursor(self, key: str) -> Cursor:
        """Where a rotation stands."""
        self.lock([key])
        return self._cursors[key]

    def _read(self, key: str) -> Cursor:
        if self.keeps:
            self.connection.execute(_appear(self.connection.dialect.name), {"rule": key, "turn": 0})
        statement = select(assign_cursor).where(assign_cursor.c.rule == key)
        row = self.connection.execute(statement.with_for_update() if self.keeps else statement).first()
        return Cursor() if row is None else Cursor.from_json(row.turn, row.state)

    def store(self) -> None:
        """Keep the turns that were given."""
        for key, cursor in sorted(self._cursors.items()):
            values = {"turn": cursor.turn, "state": cursor.to_json()}
            self.connection.execute(
                update(assign_cursor).where(assign_cursor.c.rule == key, assign_cursor.c.turn != cursor.turn).values(values)
            )

    def loads(self, plan: ObjectPlan, load: Load) -> dict[int, Decimal]:
        """What everybody has open, by user; the caller adds what it gives out."""
        key = (plan.name, load)
        if key not in self._loads:
            self._loads[key] = self._count(plan, load)
        return self._loads[key]

    def _count(self, plan: ObjectPlan, load: Load) -> dict[int, Decimal]:
        opened, weight = load
        at = plan.table
        scope = RecordScope(self.system, plan.runtime, at)
        total = func.count() if weight is None else func.sum(compile_sql(weight, scope))
        statement = select(at.c.owner_id, total).where(at.c.owner_id.is_not(None), at.c.deleted_at.is_(None)).group_by(at.c.owner_id)
        if self.before is not None:
            statement = statement.where(at.c.created_at < self.before)
        if opened is not None:
            statement = statement.where(compile_condition(opened, scope))
        return {user: Decimal(found or 0) for user, found in self.connection.execute(statement)}

    # --- who owns the like

    def remember(self, plan: ObjectPlan, field: FieldPlan, values: Sequence[Any], but: Sequence[int]) -> None:
        """Look up, for all values at once, who owns the newest record that has them."""
        unknown = [value for value in dict.fromkeys(values) if (plan.name, field.name, value) not in self._owners]
        keyed = {self._stored(field, value): value for value in unknown}
        at, column = plan.table, plan.table.c[field.keys[0]]
        for start in range(0, len(keyed), CHUNK):
            chunk = list(keyed)[start : start + CHUNK]
            where = (column.in_(chunk), at.c.deleted_at.is_(None), at.c.owner_id.is_not(None))
            for stored, id, owner in self.connection.execute(select(column, at.c.id, at.c.owner_id).where(*where).order_by(at.c.id)):
                if id not in but:
                    self._owners[plan.name, field.name, keyed[stored]] = owner

    def owner_of_like(self, plan: ObjectPlan, field: FieldPlan, value: Any) -> int | None:
        """Who owns the newest record with that value."""
        return self._owners.get((plan.name, field.name, value))

    def note_owner(self, plan: ObjectPlan, field: FieldPlan, value: Any, owner: int) -> None:
        """A record with that value has just been given to somebody."""
        self._owners[plan.name, field.name, value] = owner

    @staticmethod
    def _stored(field: FieldPlan, value: Any) -> Any:
        parameters: dict[str, Any] = {}
        field.store(value, parameters)
        return parameters[field.keys[0]]

    # --- people by themselves

    def state(self, user: int) -> tuple[str, int | None]:
        """Whether somebody is active, and who their manager is; "gone" for nobody."""
        if user not in self._states:
            users = self.system.runtime.object("user")
            columns = (users.fields["state"].main.label("state"), users.fields["manager"].main.label("manager"))
            where = (users.table.c.id == user, users.table.c.deleted_at.is_(None))
            row = self.connection.execute(select(*columns).where(*where)).first()
            self._states[user] = ("gone", None) if row is None else (row.state or "active", row.manager)
        return self._states[user]


@lru_cache(maxsize=2)
def _appear(dialect: str) -> Any:
    """A row for a rotation that has none, so that there is something to lock."""
    return insert_into(dialect, assign_cursor).on_conflict_do_nothing(index_elements=["rule"])
