"""Who may take a record out of a pool: members within their limits, managers within hard caps. Asked in the write path, at every door.

The record is locked when it is asked, and so is each person's counter before anything is counted: of twenty claims with five left, five pass.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select

from looseleaf_metadata.texts import Text
from looseleaf_platform.access.scope import RecordScope
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.database.upserts import insert_into
from looseleaf_platform.records.sql_expressions import compile_condition
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_workflow.pools.clock import later
from looseleaf_workflow.pools.plans import PoolPlan, PoolPlans, pool_plans
from looseleaf_workflow.pools.recording import LOST, standings
from looseleaf_workflow.pools.tables import pool_counter, pool_event

EXEMPTION = "pool_caps"
"""The recorded exemption by which a manager may give somebody more than the cap, with a reason."""
CLAIM = "claim"
"""The kind of operation by which somebody takes a record."""
Fault = tuple[str, Text]


def check(batch: Batch) -> None:
    """Refuse what a pool does not allow, each record with what keeps it."""
    for plan, rows in batch.by_plan(row for row in batch.rows if row.kind == "update" and "owner" in row.values and not row.faults):
        plans = pool_plans(batch.context.runtime, plan.name)
        if plans is not None and not batch.context.actor.is_system:
            _Gate(batch, plans, rows).check()


class _Gate:
    """The questions to the records of one object in one write."""

    def __init__(self, batch: Batch, plans: PoolPlans, rows: list[Row]) -> None:
        self.batch, self.plans, self.rows = batch, plans, rows
        self.standings = standings(batch, [row.id for row in rows])
        self.counted: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        self.locked: set[tuple[int, str]] = set()

    def check(self) -> None:
        """Ask of each record that gets an owner. Counters are locked first, in one order for all."""
        taken: list[tuple[Row, PoolPlan, int]] = []
        for row in self.rows:
            owner = row.values["owner"]
            if self.batch.operation.kind == CLAIM and row.before("owner") is not None:
                self._refuse(row, "taken", Text("{person} has taken it", person=self._name(row.before("owner"))))
                continue
            pool = self._pool(row)
            if owner is not None and row.before("owner") is None and pool is not None:
                taken.append((row, pool, owner))
        for user, pool_id in sorted({(owner, pool.pool.id) for _, pool, owner in taken}):
            self._lock(user, pool_id)
        for row, pool, owner in taken:
            for code, message in self._faults(row, pool, owner):
                self._refuse(row, code, message)

    def _pool(self, row: Row) -> PoolPlan | None:
        """The pool that the record lay in: as it was stored, before this change."""
        standing = self.standings.get(row.id)
        if standing is not None:
            return self.plans.by_id(standing.pool_id)
        self.batch.relations.prefetch([self.batch.scope(row)], self.plans.hops)
        return self.plans.taking(self.batch.scope(row))

    def _refuse(self, row: Row, code: str, message: Text) -> None:
        row.fault(code, message, row.plan.fields["owner"])

    def _faults(self, row: Row, pool: PoolPlan, owner: int) -> Iterator[Fault]:
        actor = self.batch.context.actor
        manages = actor.administrator or not pool.pool.managers.isdisjoint(actor.roles)
        if owner == actor.id and not manages:
            found = list(self._waits(row, pool, owner))
            if pool.pool.members.isdisjoint(actor.roles):
                found.insert(0, ("pool-member", Text("Only members may claim from “{pool}”", pool=pool.pool.label)))
            found += self._daily(pool, owner)
            found += self._unsaid(row, pool)
        else:
            found = []
        found += self._held(row, pool, owner)
        yield from found
        if not found:
            self.counted["claimed", pool.pool.id, owner] += owner == actor.id and not manages
            self.counted["held", pool.pool.id, owner] += self._counts(row, pool)

    # --- what makes people wait

    def _waits(self, row: Row, pool: PoolPlan, owner: int) -> Iterator[Fault]:
        limits, standing = pool.pool.claim, self.standings.get(row.id)
        if limits.new_wait and standing is not None:
            free = later(self.batch.context, pool.pool, standing.since, limits.new_wait)
            if free > self.batch.now:
                yield "pool-new", Text("It has just come in: it may be claimed from {moment}", moment=self._moment(free))
        if limits.previous_owner_wait:
            where = (pool_event.c.record_id == row.id, pool_event.c.user_id == owner, pool_event.c.kind.in_(LOST))
            lost = self.batch.connection.scalar(select(func.max(pool_event.c.at)).where(*where))
            again = None if lost is None else later(self.batch.context, pool.pool, lost, limits.previous_owner_wait)
            if again is not None and again > self.batch.now:
                yield "pool-previous", Text("You had it before: you may claim it again from {moment}", moment=self._moment(again))

    def _unsaid(self, row: Row, pool: PoolPlan) -> Iterator[Fault]:
        """What the pool asks of whoever claims, and was not said with this claim: what an owner before had put there does not count."""
        for name in pool.pool.claim.ask:
            if row.values.get(name) in (None, "", ()) and name not in row.bad:
                label = row.plan.object.fields[name].label
                yield "pool-ask", Text("Fill in “{field}” when you claim it", field=label)

    def _moment(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.batch.zone):%Y-%m-%d %H:%M}"

    # --- what is counted, under a lock on the person's counter

    def _lock(self, user: int, pool_id: str) -> None:
        connection = self.batch.connection
        connection.execute(_appear(connection.dialect.name), {"user_id": user, "pool_id": pool_id})
        where = (pool_counter.c.user_id == user, pool_counter.c.pool_id == pool_id)
        connection.execute(select(pool_counter).where(*where).with_for_update()).all()

    def _daily(self, pool: PoolPlan, owner: int) -> Iterator[Fault]:
        most = pool.pool.claim.per_day
        if not most:
            return
        where = (pool_event.c.user_id == owner, pool_event.c.kind == "claimed", pool_event.c.day == self.batch.business_day.isoformat())
        statement = select(func.count()).select_from(pool_event).where(*where, pool_event.c.pool_id == pool.pool.id)
        count = int(self.batch.connection.scalar(statement) or 0) + self.counted["claimed", pool.pool.id, owner]
        if count >= most:
            yield "pool-day", Text("{most} a day may be claimed here: that is reached today", most=most)

    def _held(self, row: Row, pool: PoolPlan, owner: int) -> Iterator[Fault]:
        most = self._cap(pool, owner)
        if not most or not self._counts(row, pool):
            return
        count = self._holding(pool, owner) + self.counted["held", pool.pool.id, owner]
        if count < most or (self.batch.exempt(EXEMPTION) and self.batch.operation.reason.strip()):
            return
        if owner == self.batch.context.actor.id:
            yield "pool-cap", Text("You hold {count} here already: at most {most} are allowed", count=count, most=most)
        else:
            yield (
                "pool-cap",
                Text("{person} holds {count} here already: at most {most} are allowed", person=self._name(owner), count=count, most=most),
            )

    def _cap(self, pool: PoolPlan, owner: int) -> int:
        """How many somebody may hold: the greatest that one of their roles is given, else what holds for all."""
        limits = pool.pool.claim
        if not limits.hold_max_of:
            return limits.hold_max
        holders = self.batch.context.runtime.object("role_member")
        role, user = holders.fields["role"].main, holders.fields["user"].main
        roles = set(self.batch.connection.scalars(select(role).where(user == owner, holders.table.c.deleted_at.is_(None))))
        return max((most for name, most in limits.hold_max_of if name in roles), default=limits.hold_max)

    def _counts(self, row: Row, pool: PoolPlan) -> bool:
        """Whether a record counts towards the cap."""
        condition = pool.not_counted
        return condition is None or not bool(condition.evaluate(self.batch.scope(row)))

    def _holding(self, pool: PoolPlan, owner: int) -> int:
        """How many counting records of the pool somebody holds."""
        system = self.batch.context.workspace.bound(SYSTEM, self.batch.context.runtime)
        at = pool.object.table
        scope = RecordScope(system, pool.object.runtime, at)
        statement = select(func.count()).select_from(at).where(at.c.owner_id == owner, at.c.deleted_at.is_(None))
        if pool.pool.match is not None:
            statement = statement.where(compile_condition(pool.pool.match, scope))
        if pool.pool.claim.not_counted is not None:
            statement = statement.where(compile_condition(pool.pool.claim.not_counted, scope).is_not(True))
        return int(self.batch.connection.scalar(statement) or 0)

    def _name(self, user: int) -> Any:
        users = self.batch.context.runtime.object("user")
        name = self.batch.connection.scalar(select(users.fields["name"].main).where(users.table.c.id == user))
        return name or Text("Somebody")


@lru_cache(maxsize=2)
def _appear(dialect: str) -> Any:
    """A row for a person who has none, so that there is something to lock."""
    return insert_into(dialect, pool_counter).on_conflict_do_nothing(index_elements=["user_id", "pool_id"])
