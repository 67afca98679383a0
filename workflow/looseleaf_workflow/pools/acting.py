"""What people do with pools: claim, give back, assign, protect for longer. Each record is an act of its own, done whole or not at all.

The pool itself gives the right: a member need not have the right to change a record that is nobody's. What keeps it is asked in the gate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, insert, select, update

from looseleaf_metadata.texts import Text
from looseleaf_platform.access.profile import profile_of
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.errors import Fault, LooseleafError, NotAllowed, NotThere, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import new_id
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import insist, write_within
from looseleaf_workflow.pools.clock import later
from looseleaf_workflow.pools.definition import Pool, pools_of
from looseleaf_workflow.pools.gate import CLAIM, EXEMPTION
from looseleaf_workflow.pools.plans import PoolPlan, pool_plans
from looseleaf_workflow.pools.recording import retime
from looseleaf_workflow.pools.returning import locked_scope
from looseleaf_workflow.pools.tables import pool_event, pool_standing

MOST = 200
"""Records that one call may name."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one record. `code`: "" where it was done, else why not; `message`: that in words."""

    id: int
    code: str = ""
    message: Text | Any = None


def pool_named(context: Context, name: str) -> Pool:
    """The pool of that name, for its members and managers. Raises NotThere."""
    found = context.model.others.get("pool", {}).get(name)
    if found is None or not may_enter(context, found):
        raise NotThere
    return found  # type: ignore[no-any-return]


def may_enter(context: Context, pool: Pool) -> bool:
    """Whether somebody is a member or a manager."""
    return context.profile.everything or not (pool.members | pool.managers).isdisjoint(context.profile.names)


def manages(context: Context, pool: Pool) -> bool:
    """Whether somebody is a manager of the pool."""
    return context.profile.everything or not pool.managers.isdisjoint(context.profile.names)


def claim(context: Context, pool: Pool, ids: Sequence[int], values: Mapping[str, Any] = {}) -> list[Done]:
    """Take records for oneself, each by itself. `values`: raw, of the fields that the pool asks for.

    Raises NotAllowed with a token that may not change such records, Refused for other fields.
    """
    _must_be_allowed(context, pool)
    others = [name for name in values if name not in pool.claim.ask]
    if others:
        said = Text("“{pool}” does not ask for this with a claim", pool=pool.label)
        raise Refused([Fault(f"/values/{name}", "unknown-field", said) for name in others])
    operation, wanted = Operation(CLAIM), {**values, "owner": context.actor.id}
    return [_done(id, lambda id=id: _take(context, pool, id, wanted, operation)) for id in _few(ids)]  # type: ignore[misc]


def assign(context: Context, pool: Pool, ids: Sequence[int], user: int, reason: str = "", override: bool = False) -> list[Done]:
    """Give records to somebody, or from one to another, as a manager. `override`: past the cap, with a reason that is recorded."""
    _must_manage(context, pool)
    if override and not reason.strip():
        raise Refused([Fault("/reason", "required", Text("Say why the cap is not to count"))])
    operation = Operation("pool_assign", reason=reason, exemptions=frozenset({EXEMPTION}) if override else frozenset())
    return [_done(id, lambda id=id: _take(context, pool, id, {"owner": user}, operation)) for id in _few(ids)]  # type: ignore[misc]


def give_back(context: Context, pool: Pool, ids: Sequence[int], reason: str = "") -> list[Done]:
    """Put records back into the pool: one's own, or as a manager anybody's."""
    _must_be_allowed(context, pool)
    return [_done(id, lambda id=id: _give_back(context, pool, id, reason)) for id in _few(ids)]  # type: ignore[misc]


def extend(context: Context, pool: Pool, id: int, reason: str) -> None:
    """Protect a record for longer, as a manager, as often as the pool allows; noted with the reason. Raises Refused, NotThere, NotAllowed."""
    _must_manage(context, pool)

    def once() -> None:
        with context.workspace.writing(context) as (connection, bound):
            row = connection.execute(select(pool_standing).where(pool_standing.c.record_id == id).with_for_update()).first()
            plan = _plan(bound, pool)
            if row is None or row.owner is None or row.pool_id != pool.id or locked_scope(connection, bound, plan.object, id) is None:
                raise NotThere
            if not pool.protect.time or row.extensions >= pool.protect.max_extensions:
                message = Text("It was extended {count} times: no more is allowed", count=row.extensions)
                raise Refused([Fault("", "pool-extensions", message)])
            until = later(bound, pool, max(row.protected_until or bound.now, bound.now), pool.protect.time)
            values = {"protected_until": until, "extensions": row.extensions + 1}
            connection.execute(update(pool_standing).where(pool_standing.c.record_id == id).values(values))
            _note(connection, bound, row, pool, reason)
            retime(connection, bound, id, plan)

    insist(context, once)  # type: ignore[arg-type]  # it is tried again where another writer got in the way; nothing comes of it


def _note(connection: Connection, context: Context, row: Any, pool: Pool, reason: str) -> None:
    told = {"id": new_id(), "object_id": row.object_id, "record_id": row.record_id, "pool_id": pool.id, "kind": "extended"}
    told |= {"user_id": row.owner, "day": context.now.date().isoformat(), "at": context.now, "actor": context.actor.id, "operation": None}
    connection.execute(insert(pool_event), {**told, "reason": reason})


# --- one record


def _few(ids: Sequence[int]) -> Sequence[int]:
    if len(ids) > MOST:
        raise Refused([Fault("/ids", "too-many", Text("{count} at once: at most {most} are taken", count=len(ids), most=MOST))])
    return list(dict.fromkeys(ids))


def _must_be_allowed(context: Context, pool: Pool) -> None:
    """What the pool allows to a person is not allowed to a token of theirs that may not change records."""
    limits = context.profile.limits
    wanted = {f"{pool.object}:update", f"{pool.object}:*", "*:update", "*:*"}
    if limits is not None and wanted.isdisjoint(limits):
        raise NotAllowed(Text("The token may not change records of “{pool}”", pool=pool.label))


def _must_manage(context: Context, pool: Pool) -> None:
    _must_be_allowed(context, pool)
    if not manages(context, pool):
        raise NotAllowed(Text("Only managers of “{pool}” may do this", pool=pool.label))


def _done(id: int, act: Callable[[], None]) -> Done:
    try:
        act()
    except Refused as refused:
        return Done(id, refused.faults[0].code, refused.faults[0].message)
    except NotThere as error:
        return Done(id, "not-there", error.message)
    except LooseleafError as error:
        return Done(id, "refused", error.message)
    return Done(id)


def _take(context: Context, pool: Pool, id: int, values: dict[str, Any], operation: Operation) -> None:
    """One change of owner, in one transaction, by the right that the pool gives."""
    if not _was_offered(context, pool, id):
        raise NotThere
    _write(context, pool, id, values, operation)


def _write(context: Context, pool: Pool, id: int, values: dict[str, Any], operation: Operation) -> None:
    def once() -> Any:
        with context.workspace.writing(context) as (connection, bound):
            by_right = replace(bound, profile=profile_of(SYSTEM, bound.model), memo={})
            outcome = write_within(connection, by_right, [Change("update", pool.object, id, values)], operation)
            if outcome.written[0].outcome == "same":
                raise Refused(
                    [
                        Fault(
                            "/owner",
                            "taken",
                            Text("It belongs to them already") if values["owner"] else Text("It lies in the pool already"),
                        )
                    ]
                )
            return outcome

    insist(context, once)


def _was_offered(context: Context, pool: Pool, id: int) -> bool:
    """Whether somebody sees the record, or could have seen it in the pool before somebody else took it."""
    if id in read.reachable(context, pool.object, (id,)):
        return True
    with context.workspace.database.read() as connection:
        return connection.scalar(select(pool_standing.c.pool_id).where(pool_standing.c.record_id == id)) == pool.id


def _give_back(context: Context, pool: Pool, id: int, reason: str) -> None:
    if id not in read.reachable(context, pool.object, (id,)):
        raise NotThere
    if not manages(context, pool) and read.get(context, pool.object, id, ("id", "owner")).values.get("owner") != context.actor.id:
        raise NotAllowed(Text("You may give back only what is yours"))
    _write(context, pool, id, {"owner": None}, Operation("return", reason=reason))


def _plan(context: Context, pool: Pool) -> PoolPlan:
    plans = pool_plans(context.runtime, pool.object)
    found = plans.by_id(pool.id) if plans is not None else None
    if found is None:
        raise NotThere
    return found


# --- scenarios


def claim_in_scenario(context: Context, object_name: str, id: int, step: Mapping[str, Any]) -> None:
    """`claim: lead`: out of the pool that it lies in; `set` of what the pool asks for."""
    _one_of(claim(context, _pool_of(context, object_name, id), [id], step.get("set", {})))


def give_back_in_scenario(context: Context, object_name: str, id: int, step: Mapping[str, Any]) -> None:
    """`give_back: lead`, with a `reason`."""
    _one_of(give_back(context, _pool_of(context, object_name, id), [id], str(step.get("reason", ""))))


def _pool_of(context: Context, object_name: str, id: int) -> Pool:
    with context.workspace.database.read() as connection:
        pool_id = connection.scalar(select(pool_standing.c.pool_id).where(pool_standing.c.record_id == id))
    found = next((one for one in pools_of(context.model, object_name) if one.id == pool_id), None)
    if found is None:
        raise NotThere
    return pool_named(context, found.name)


def _one_of(done: Sequence[Done]) -> None:
    if done[0].code == "not-there":
        raise NotThere
    if done[0].code:
        raise Refused([Fault("/owner", done[0].code, done[0].message)])
