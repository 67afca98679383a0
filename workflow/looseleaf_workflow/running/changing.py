"""Change requests (A86): what is proposed for a record whose values are approved, tried when it is asked for, and carried out when it is agreed to.

The values that stood there are the base of a request. While it is decided nothing changes; at the end the record is changed through the write
path, unless another value stands in the base by then. Values are kept as the API gives and takes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from looseleaf_metadata.frozen import FrozenMap, freeze
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.errors import Fault, LooseleafError, NotThere, Refused
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.fields.currency import Money
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write_within
from looseleaf_platform.records.writing.plan import Plans
from looseleaf_platform.records.writing.scope import Scope
from looseleaf_workflow.approvals.definition import Definition
from looseleaf_workflow.approvals.proposals import Proposal
from looseleaf_workflow.approvals.questions import Fits, Truth
from looseleaf_workflow.automations.events import live_image
from looseleaf_workflow.frozen_json import to_data
from looseleaf_workflow.organisation import Firm
from looseleaf_workflow.running.performing import OWN, TRIAL, operation_of
from looseleaf_workflow.running.stored import Instance
from looseleaf_workflow.running.tables import approval_instance

NOTE = "unfit: "
"""What stands before the reason why a change that was agreed to can't be made."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change of which record, and the fields that are protected together."""

    object: str
    record: int
    fields: tuple[str, ...]


def guards_of(context: Context, object: str) -> tuple[Definition, ...]:
    """The flows of an object whose approval protects values, as they are published now."""
    kept: dict[str, tuple[Definition, ...]] = context.runtime.memo.setdefault("approvals that protect", {})
    if object not in kept:
        found = (flow.definition for flow in context.model.others.get("approval", {}).values())
        kept[object] = tuple(one for one in found if one.object == object and one.change is not None)
    return kept[object]


def protected(connection: Connection, context: Context, object: str, records: list[int]) -> dict[int, dict[str, tuple[Definition, int]]]:
    """By record: the flow and the instance that approved it, by the field that they protect. One query for 500 records; none without such flows."""
    guards = {str(context.model.others["approval"][one.name].id): one for one in guards_of(context, object)}
    row, found = approval_instance.c, dict[int, dict[str, tuple[Definition, int]]]()
    newest: dict[tuple[int, str], tuple[int, str]] = {}
    for start in range(0, len(records) if guards else 0, 500):
        where = (row.record_id.in_(records[start : start + 500]), row.approval_id.in_(guards), row.status.in_(("approved", "reversed")))
        statement = select(row.record_id, row.approval_id, row.id, row.status).where(*where).order_by(row.id)
        newest |= {(one.record_id, one.approval_id): (one.id, one.status) for one in connection.execute(statement)}
    for (record, flow), (instance, status) in newest.items():
        rule = guards[flow].change
        if status == "approved" and rule is not None:
            found.setdefault(record, {}).update(dict.fromkeys(rule.fields, (guards[flow], instance)))
    return found


def open_to_change(context: Context, object: str, record: int) -> tuple[str, ...]:
    """The fields of a record that change only by a request, and that the caller may write."""
    if not guards_of(context, object):
        return ()
    with context.workspace.database.read() as connection:
        held = protected(connection, context, object, [record]).get(record, {})
    return tuple(name for name in held if name in context.profile.writable(object))


def flow_for_change(connection: Connection, context: Context, object: str, record: int, names: tuple[str, ...]) -> tuple[str, Definition]:
    """The flow that decides about a change of these fields, and the approval that protects them. Raises Refused."""
    held = protected(connection, context, object, [record]).get(record, {})
    faults = [
        Fault(
            f"/changes/{name}",
            "not-protected",
            Text("“{field}” is not protected by an approval: change it directly", field=_label(context, object, name)),
        )
        for name in names
        if name not in held
    ]
    rules = {held[name][0].name: held[name][0] for name in names if name in held}
    if faults or len(rules) != 1:
        raise Refused(faults or [Fault("/changes", "several-approvals", Text("Ask for changes of what one approval protects at a time"))])
    (guard,) = rules.values()
    assert guard.change is not None  # noqa: S101  # guards_of gives no others
    return guard.change.flow, guard


def _label(context: Context, object: str, name: str) -> Any:
    field = context.model.object(object).fields.get(name)
    return field.label if field is not None else name[:60]


def propose(connection: Connection, context: Context, wanted: Wanted, values: Mapping[str, Any]) -> Proposal:
    """What would change, by whoever asks: tried by their own rights and the record's rules, and undone. Raises Refused, NotAllowed."""
    before = image(connection, context, wanted.object, wanted.record, wanted.fields)
    trial = connection.begin_nested()
    try:
        write_within(connection, context, [Change("update", wanted.object, wanted.record, values)], Operation(TRIAL))
        after = image(connection, context, wanted.object, wanted.record, wanted.fields)
        worth = _worth(connection, context, wanted)
    finally:
        trial.rollback()
    changed = FrozenMap({name: value for name, value in after.items() if value != before[name]})
    if not changed:
        raise Refused([Fault("/changes", "no-effect", Text("Nothing would change"))])
    return Proposal(before, changed, FrozenMap({name: base for name, base in worth.items() if name in changed}))


def _worth(connection: Connection, context: Context, wanted: Wanted) -> dict[str, str]:
    """What stored amounts of money are worth in the workspace's currency."""
    plan = Plans.of(context.runtime)[wanted.object]
    row = connection.execute(plan.select_by_ids, {"ids": [wanted.record]}).one()
    values = {name: plan.fields[name].load(row) for name in wanted.fields}
    return {name: str(value.base) for name, value in values.items() if isinstance(value, Money)}


def again(connection: Connection, context: Context, instance: Instance, values: Mapping[str, Any]) -> Proposal:
    """What a request that was sent back proposes on the values of now; `values` in the place of what it proposed before."""
    earlier = instance.state.proposal
    assert earlier is not None  # noqa: S101  # asked of change requests alone
    wanted = Wanted(instance.object, instance.record, tuple(earlier.before))
    foreign = next((name for name in values if name not in earlier.before), None)
    if foreign is not None:
        raise Refused([Fault(f"/edits/{foreign}", "not-protected", Text("This request is not about '{name}'", name=foreign[:60]))])
    return propose(connection, context, wanted, {**to_data(earlier.after), **values})


def fits(connection: Connection, context: Context, object: str, record: int, asked: Fits) -> Truth:
    """Whether the base still stands, and the record takes what was agreed to: tried by the system, and undone."""
    try:
        if image(connection, context, object, record, tuple(asked.before)) != asked.before:
            return Truth(False)
    except NotThere:
        return Truth(False)
    trial = connection.begin_nested()
    try:
        _change(connection, context, object, record, asked.after, Operation(TRIAL, exemptions=frozenset({OWN})))
    except LooseleafError as refused:
        said = [fault.say(context.model.defaults.locale) for fault in refused.faults] if isinstance(refused, Refused) else []
        return Truth(False, error=NOTE + ("; ".join(said) or refused.message.translate(context.model.defaults.locale))[:1000])
    finally:
        trial.rollback()
    return Truth(True)


def as_proposed(firm: Firm, proposal: Proposal) -> Scope | None:
    """The record as it would be, for conditions; None where it is gone."""
    stored, defaults = firm.scope, firm.context.model.defaults
    if stored is None:
        return None
    knows = Situation(locale=defaults.locale, timezone=defaults.timezone, currency=defaults.currency, phone_region=defaults.phone_region)
    values: dict[str, Any] = {}
    for name, raw in to_data(proposal.after).items():
        field = stored.plan.fields.get(name)
        if field is not None:
            value = None if raw is None else field.type.parse(raw, field.field, knows)
            if isinstance(value, Money) and name in proposal.worth:
                value = value.with_base(Decimal(proposal.worth[name]))
            values[name] = None if value is None else field.in_expressions(value)
    return Scope(stored.plan, lambda name: values[name] if name in values else stored.read(name), stored.relations)


def carry_out(connection: Connection, context: Context, instance: Instance) -> None:
    """Change the record as was agreed to, before the flow's own actions."""
    proposal = instance.state.proposal
    if proposal is not None and instance.state.status == "approved":
        _change(connection, context, instance.object, instance.record, proposal.after, operation_of(instance))


def image(connection: Connection, context: Context, object: str, record: int, fields: tuple[str, ...]) -> FrozenMap[str, Any]:
    """What stands in some fields, as the API gives it. Raises NotThere for a record that is gone."""
    found = live_image(connection, Plans.of(context.runtime)[object], record) if object in context.model.objects else None
    if found is None:
        raise NotThere
    return FrozenMap({name: freeze(found.get(name)) for name in fields})


def _change(connection: Connection, context: Context, object: str, record: int, values: Mapping[str, Any], operation: Operation) -> None:
    system = context.workspace.bound(SYSTEM, context.runtime, "job")
    write_within(connection, system, [Change("update", object, record, to_data(values))], operation)
