"""Pools compiled for one revision, kept with the runtime so that a write builds nothing; and which pool takes a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from looseleaf_platform.records.runtime import Runtime
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.conditions import Condition
from looseleaf_platform.records.writing.plan import ObjectPlan, Plans
from looseleaf_platform.records.writing.scope import Scope
from looseleaf_workflow.pools.definition import Pool, pools_of


@dataclass(frozen=True, slots=True, eq=False)
class PoolPlan:
    """A pool with everything compiled."""

    pool: Pool
    object: ObjectPlan
    match: Condition | None
    exempt: Condition | None
    not_counted: Condition | None


@dataclass(frozen=True, slots=True, eq=False)
class PoolPlans:
    """The pools of an object in the order in which they are asked. `reads`: fields that decide which, or whether one is exempt."""

    object: ObjectPlan
    pools: tuple[PoolPlan, ...]
    reads: frozenset[str]
    hops: frozenset[tuple[str, ...]]

    def taking(self, scope: Scope) -> PoolPlan | None:
        """The pool that takes a record: the first whose condition holds."""
        return next((one for one in self.pools if one.match is None or bool(one.match.evaluate(scope))), None)

    def by_id(self, id: str) -> PoolPlan | None:
        """The pool with that stable id, or None."""
        return next((one for one in self.pools if one.pool.id == id), None)


def pool_plans(runtime: Runtime, object_name: str) -> PoolPlans | None:
    """The pools of an object; None for one that has none. Made at first use."""
    made: dict[str, PoolPlans | None] = runtime.memo.setdefault("pools", {})
    if object_name not in made:
        made[object_name] = _plans(runtime, object_name)
    return made[object_name]


def _plans(runtime: Runtime, object_name: str) -> PoolPlans | None:
    written = pools_of(runtime.model, object_name)
    if not written:
        return None
    plan = Plans.of(runtime)[object_name]
    pools = tuple(
        PoolPlan(
            one,
            plan,
            plan.condition(one.match),
            plan.condition(one.back.exempt) if one.back is not None else None,
            plan.condition(one.claim.not_counted),
        )
        for one in written
    )
    conditions = [one for pool in pools for one in (pool.match, pool.exempt) if one is not None]
    reads = frozenset[str]().union(*(one.reads for one in conditions))
    return PoolPlans(plan, pools, reads, frozenset[tuple[str, ...]]().union(*(one.hops for one in conditions)))


def taking(batch: Batch, plans: PoolPlans, rows: Sequence[Row]) -> dict[int, PoolPlan | None]:
    """The pool that takes each record, as it will be."""
    if plans.hops:
        batch.relations.prefetch([batch.scope(row) for row in rows], plans.hops)
    return {row.id: plans.taking(batch.scope(row)) for row in rows}
