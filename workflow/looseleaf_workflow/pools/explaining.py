"""How a record stands with its pool: who has it since when, what keeps it, when it comes back, and what would put that off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.access import binds
from looseleaf_platform.access.visible import visible
from looseleaf_platform.context import Context
from looseleaf_platform.records import read
from looseleaf_platform.records.sources import source
from looseleaf_workflow.calendars import parse_duration
from looseleaf_workflow.pools.acting import manages, may_enter
from looseleaf_workflow.pools.clock import Forecast, forecast, later
from looseleaf_workflow.pools.definition import Pool
from looseleaf_workflow.pools.plans import pool_plans
from looseleaf_workflow.pools.returning import exempt, scope_of_row
from looseleaf_workflow.pools.tables import pool_event, pool_standing


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a record: see recording.KINDS."""

    at: datetime
    kind: str
    user: int | None
    actor: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Keeping:
    """A record and its pool, as one reader may know it.

    `owned`: somebody has it since `since`, else it lies in the pool since then. `forecast`: when it comes back, None where nothing takes it
    back; `exempt`: it would, but for the pool's exemption. `free_from`: from when it may be claimed, None where that is now.
    """

    pool: Pool
    owned: bool
    owner: int | None
    since: datetime | None
    protected_until: datetime | None
    forecast: Forecast | None
    exempt: bool
    free_from: datetime | None
    member: bool
    manager: bool
    events: tuple[Happened, ...]

    @property
    def due(self) -> datetime | None:
        """When it comes back if nothing happens."""
        return None if self.forecast is None or self.exempt else self.forecast.due

    def stops(self, context: Context) -> tuple[Text, ...]:
        """What would put the return off."""
        if self.due is None or self.forecast is None or self.pool.back is None:
            return ()
        found: dict[str, Text] = {}
        for running in self.forecast.running:
            label: Label = context.model.objects[running.rule.object].label
            found.setdefault(
                running.rule.name,
                Text(
                    "a new record: {object} ({rule}, {after})",
                    object=label,
                    rule=running.rule.label,
                    after=parse_duration(running.rule.after).label,
                ),
            )
        return tuple(found.values())


def keeping_of(context: Context, object_name: str, id: int) -> Keeping | None:
    """How a record stands; None where no pool takes it. Raises NotThere for what the caller may not see."""
    plans = pool_plans(context.runtime, object_name)
    if plans is None:
        return None
    read.get(context, object_name, id, ("id",))
    knows_owner = "owner" in context.profile.readable(object_name)
    with context.workspace.database.read() as connection:
        row = connection.execute(select(*plans.object.columns).where(plans.object.table.c.id == id)).first()
        scope = None if row is None else scope_of_row(connection, context, plans.object, row)
        plan = None if scope is None else plans.taking(scope)
        if scope is None or plan is None:
            return None
        pool = plan.pool
        standing = connection.execute(select(pool_standing).where(pool_standing.c.record_id == id)).first()
        owner = scope["owner"]
        coming = forecast(connection, context, pool, standing) if standing is not None and owner is not None else None
        since = standing.since if standing is not None else None
        free = later(context, pool, since, pool.claim.new_wait) if since is not None and owner is None and pool.claim.new_wait else None
        events = _events(connection, id) if knows_owner else ()
        return Keeping(
            pool=pool,
            owned=owner is not None,
            owner=owner if knows_owner else None,
            since=since,
            protected_until=standing.protected_until if standing is not None and owner is not None else None,
            forecast=coming,
            exempt=coming is not None and exempt(plan, scope),
            free_from=free if free is not None and free > context.now else None,
            member=may_enter(context, pool),
            manager=manages(context, pool),
            events=events,
        )


def _events(connection: Any, id: int) -> tuple[Happened, ...]:
    statement = select(pool_event).where(pool_event.c.record_id == id).order_by(pool_event.c.id.desc()).limit(20)
    return tuple(Happened(row.at, row.kind, row.user_id, row.actor, row.reason) for row in connection.execute(statement))


def counts_of(context: Context) -> list[tuple[Pool, int, int]]:
    """The pools that the caller may enter: how many records lie in each, as far as the caller sees them, and how many of them the caller holds."""
    pools = sorted(context.model.others.get("pool", {}).values(), key=lambda one: (one.object, one.order, one.name))
    return [(pool, *_counted(context, pool)) for pool in pools if may_enter(context, pool) and context.profile.can(pool.object, "read")]


def _counted(context: Context, pool: Pool) -> tuple[int, int]:
    found = context.runtime.object(pool.object)
    at = source(found)
    mine = at.c.owner_id == context.actor.id
    joined = at.join(pool_standing, pool_standing.c.record_id == at.c.id)
    where = (at.c.deleted_at.is_(None), pool_standing.c.pool_id == pool.id, visible(context, pool.object, "read", at).condition())
    statement = select(func.count()).select_from(joined).where(*where)
    values = binds.values(context)
    with context.workspace.database.read() as connection:
        lying = int(connection.scalar(statement.where(at.c.owner_id.is_(None)), values) or 0)
        return lying, int(connection.scalar(statement.where(mine), values) or 0)


def standing_rows(context: Context, ids: list[int]) -> Mapping[int, Any]:
    """Rows of pool_standing, by record; the caller has read the records."""
    with context.workspace.database.read() as connection:
        rows = connection.execute(select(pool_standing).where(pool_standing.c.record_id.in_(ids)))
        return {row.record_id: row for row in rows}
