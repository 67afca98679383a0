"""What follows from what clocks tell, after the commit: the steps of the rule, the automations that wait for it, and the field that shows it.

Each automation gets one run for one event, by its key exactly one, however often the message is handled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.jobs.outbox import Message
from looseleaf_platform.records.ids import decode, encode
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write
from looseleaf_platform.records.writing.plan import ObjectPlan
from looseleaf_workflow.automations.definition import Automation, automations_of
from looseleaf_workflow.automations.events import Event, Image, dumped
from looseleaf_workflow.automations.starting import keep_versions, new_run, start_runs
from looseleaf_workflow.automations.switches import switched_off
from looseleaf_workflow.automations.verdicts import LOOPS, Origin, key_of, origin_of, why_not
from looseleaf_workflow.clocks.definition import MOVING
from looseleaf_workflow.clocks.plans import ClockPlan, ClockPlans, clock_plans
from looseleaf_workflow.clocks.tables import wf_clock, wf_clock_event

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

SOURCE = "clock"
"""By which door runs come that a clock sets off."""
CHUNK = 50
IN_FORCE = frozenset({"rules", "required", "stages"})
"""What the field of a clock is written in spite of."""


def tell(workspace: Workspace, message: Message) -> None:
    """Handle the message of some events."""
    context = workspace.context(SYSTEM, "job")
    ids = [decode(id) for id in message.payload["events"]]
    with workspace.database.read() as connection:
        rows = connection.execute(select(wf_clock_event).where(wf_clock_event.c.id.in_(ids)).order_by(wf_clock_event.c.id)).all()
    for one in context.model.objects.values():
        plans = clock_plans(context.runtime, one.name)
        mine = [row for row in rows if row.object_id == one.id]
        for start in range(0, len(mine) if plans is not None else 0, CHUNK):
            _start(context, plans, mine[start : start + CHUNK])  # type: ignore[arg-type]
            _flag(context, plans, mine[start : start + CHUNK])  # type: ignore[arg-type]


def _start(context: Context, plans: ClockPlans, rows: Sequence[Any]) -> None:
    """Runs for some events of one object."""
    written = automations_of(context.model, plans.object.name)
    rules = {clock.rule.id: clock for clock in plans.clocks}
    runs: list[dict[str, Any]] = []
    versions: dict[str, Automation] = {}
    with context.workspace.database.read() as connection:
        off = switched_off(connection)
        images = _images(connection, plans.object, [row.record_id for row in rows])
        for row in rows:
            clock, image = rules.get(row.rule), images.get(row.record_id)
            if clock is None or image is None or row.kind == MOVING:
                continue
            event = _event(connection, context, plans.object, clock, row, image)
            origin = _origin(connection, context, row)
            for automation in _asked(clock, row, written):
                reason = why_not(automation, event, origin, off)
                if reason is None or reason.code in LOOPS:
                    versions[automation.version] = automation
                    runs.append(_run(automation, event, origin, reason.text.translate("en") if reason is not None else ""))
    with context.workspace.database.write() as connection:
        keep_versions(connection, context, versions.values())
        start_runs(connection, context, runs)


def _images(connection: Connection, plan: ObjectPlan, ids: Sequence[int]) -> dict[int, Image]:
    """Live records as they are now."""
    rows = connection.execute(plan.select_by_ids, {"ids": sorted(set(ids))})
    return {row.id: dumped(plan, row) for row in rows if plan.fields["deleted_at"].load(row) is None}


def _event(connection: Connection, context: Context, plan: ObjectPlan, clock: ClockPlan, row: Any, image: Image) -> Event:
    """What a clock told, as automations see any event. Its own id stands for that of an operation: time makes none."""
    rule = clock.rule
    said = {"owner": rule.owner, "name": rule.name, "kind": rule.kind, "percent": row.percent, "round": row.round, "at": row.at.isoformat()}
    return Event(context, connection, plan, row.record_id, row.kind, row.id, image, image, {SOURCE: said})


def _origin(connection: Connection, context: Context, row: Any) -> Origin:
    """Where it comes from: the write that brought it about, or nothing but time."""
    caused = origin_of(connection, row.operation) if row.operation is not None else None
    if caused is None:
        return Origin(row.id, "job", None, context.runtime.revision, encode(row.id))
    return Origin(row.id, "job", caused.actor, caused.revision, caused.chain, caused.cause, caused.cause_automation, caused.depth)


def _asked(clock: ClockPlan, row: Any, written: Sequence[Automation]) -> Iterator[Automation]:
    own = clock.rule.automation(row.kind, row.percent)
    if own is not None:
        yield own
    yield from (one for one in written if one.trigger == row.kind)


def _run(automation: Automation, event: Event, origin: Origin, stopped: str) -> dict[str, Any]:
    data = {**event.as_data(), SOURCE: event.memo[SOURCE], "actor": origin.actor, "source": SOURCE}
    return new_run(automation.id, automation.name, automation.version, key_of(automation, event), event.plan.id, event.record_id, event.context,
        event=data, chain=origin.chain, depth=origin.depth + 1, cause=origin.cause, source=SOURCE, actor=origin.actor,
        state="loop_stopped" if stopped else "waiting", error=stopped,
    )  # fmt: skip


def _flag(context: Context, plans: ClockPlans, rows: Sequence[Any]) -> None:
    """Write into the records since when their target is missed, as the clocks stand now: the order of messages is of no account."""
    flags = {clock.rule.id: clock.rule.flag for clock in plans.clocks if clock.rule.flag}
    ids = sorted({row.record_id for row in rows if row.rule in flags})
    if not ids:
        return
    with context.workspace.database.read() as connection:
        where = (wf_clock.c.record_id.in_(ids), wf_clock.c.rule.in_(sorted(flags)))
        clocks = connection.execute(select(wf_clock).where(*where).order_by(wf_clock.c.id)).all()
    values: dict[int, dict[str, Any]] = {id: {} for id in ids}
    for row in clocks:
        known = values[row.record_id].get(flags[row.rule])
        values[row.record_id][flags[row.rule]] = known or _since(row, _stays(plans, row.rule))
    changes = [Change("update", plans.object.name, id, said) for id, said in values.items() if said]
    write(context, changes, Operation("clock", exemptions=IN_FORCE), collect=True)


def _stays(plans: ClockPlans, rule: str) -> bool:
    """Whether a target that was missed stays missed when the rule is not about the record any more: a promise does, a stall limit not."""
    return any(clock.rule.id == rule and clock.rule.kind == "sla" for clock in plans.clocks)


def _since(row: Any, stays: bool) -> str | None:
    breaches: Sequence[str] = row.clock["breaches"]
    missed: Mapping[str, Any] = row.clock
    return breaches[-1] if breaches and ((row.live and 100 in missed["sent"]) or stays) else None
