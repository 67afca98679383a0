"""What happened to a record in one operation: one net change, with the record's image before and after it.

Images are rebuilt from the stored record by undoing what later operations changed, so that an event says what was then, however late it
is looked at. An image holds JSON values by field name; records reached through look-ups are as they are now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

from sqlalchemy import Connection, bindparam, select

from looseleaf_platform.context import Context
from looseleaf_platform.database.system_tables import change
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.fields.currency import Money
from looseleaf_platform.records.writing.plan import FieldPlan, ObjectPlan, Plans
from looseleaf_platform.records.writing.rates import rate_on, worth
from looseleaf_platform.records.writing.scope import Relations, Scope
from looseleaf_workflow.automations.language import holds
from looseleaf_workflow.stages.plans import stage_plans

CHUNK = 500
"""Records that are looked at together, at most."""
LATER = (
    select(change.c.record_id, change.c.operation_id, change.c.kind, change.c.payload, change.c.id)
    .where(change.c.object_id == bindparam("object"), change.c.record_id.in_(bindparam("ids", expanding=True)), change.c.id >= bindparam("first"))
    .order_by(change.c.id.desc())
)  # fmt: skip

Image = Mapping[str, Any]


def relations_of(connection: Connection, context: Context) -> Relations:
    """What expressions reach, for `context`'s actor and moment."""
    actor = context.actor
    ambient = {"@me": actor.id, "@now": context.now, "@today": context.today, "@timezone": actor.timezone}
    return Relations(connection, Plans.of(context.runtime), ambient, lambda _object, _id: None)


def image_scope(context: Context, plan: ObjectPlan, id: int, image: Image, relations: Relations) -> Scope:
    """An image as expressions see it."""
    return Scope(plan, partial(_read, situation_of(context), plan, id, image, relations), relations)


def _read(situation: Situation, plan: ObjectPlan, id: int, image: Image, relations: Relations, name: str) -> Any:
    if name == "id":
        return id
    found = plan.fields[name]
    if found.many:
        return relations.members(plan, found, id)
    value = parsed(found, image.get(name), situation)
    return found.in_expressions(_valued(found, value, situation.currency, relations) if isinstance(value, Money) else value)


def _valued(found: FieldPlan, money: Money, own: str, relations: Relations) -> Money:
    """Money with what it is worth today in the workspace's currency: an image keeps the amount only."""
    if money.currency != own and money.currency not in relations.rates:
        rate = rate_on(relations.connection, relations.plans, money.currency, relations.ambient["@today"])
        relations.rates[money.currency] = rate
    rate = Decimal(1) if money.currency == own else relations.rates[money.currency]
    return money if rate is None else money.with_base(worth(money, rate, found.field.settings.get("scale", 2)))


def parsed(found: FieldPlan, raw: Any, situation: Situation) -> Any:
    """A dumped value as its type has it; None where it is of no type any more."""
    try:
        return None if raw is None else found.type.parse(raw, found.field, situation)
    except Invalid as error:
        return error.details.get("value")


def situation_of(context: Context) -> Situation:
    """How dumped values are read."""
    defaults = context.model.defaults
    return Situation(context.locale, context.actor.timezone, defaults.currency, defaults.phone_region)


@dataclass(eq=False)
class Event:
    """One record's net change. `kind`: "create", "update", "delete", "restore"; `before` is empty on creation."""

    context: Context
    connection: Connection
    plan: ObjectPlan
    record_id: int
    kind: str
    operation: int
    before: Image
    after: Image
    memo: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def changed(self) -> frozenset[str]:
        """Fields whose normalised value differs."""
        return frozenset(name for name in {*self.before, *self.after} if self.before.get(name) != self.after.get(name))

    @cached_property
    def relations(self) -> Relations:
        """What expressions on both images reach."""
        return relations_of(self.connection, self.context)

    @cached_property
    def scope_after(self) -> Scope:
        """The record as it was after the change."""
        return image_scope(self.context, self.plan, self.record_id, self.after, self.relations)

    @cached_property
    def scope_before(self) -> Scope:
        """The record as it was before the change."""
        return image_scope(self.context, self.plan, self.record_id, self.before, self.relations)

    def held_after(self, condition: str) -> bool:
        """Whether a condition held after the change; of a deleted record, before it."""
        return holds(self.context.runtime, self.scope_before if self.kind == "delete" else self.scope_after, condition)

    def held_before(self, condition: str) -> bool:
        """Whether a condition held before the change. Of a record that was not there nothing held."""
        return self.kind == "update" and holds(self.context.runtime, self.scope_before, condition)

    def same(self, name: str, stored: Any, written: Any) -> bool:
        """Whether a field's value in an image is what somebody wrote in YAML."""
        found = self.plan.fields[name]
        value = parsed(found, written, situation_of(self.context))
        return bool((None if value is None else found.type.dump(value, found.field)) == stored)

    def stage_field(self, options: Mapping[str, Any]) -> str:
        """The field that holds the stages."""
        named = options.get("field")
        plans = stage_plans(self.context.runtime, self.plan.name)
        return str(named or (plans[0].field.name if plans else "stage"))

    def as_data(self) -> dict[str, Any]:
        """What a run keeps of it."""
        return {"kind": self.kind, "before": dict(self.before), "after": dict(self.after), "changed": sorted(self.changed)}


def events_of(connection: Connection, context: Context, object_id: str, operation: int, ids: Sequence[int]) -> list[Event]:
    """The net changes of one operation to some records of an object, at most CHUNK of them, in the order in which they were first touched."""
    plan = next((one for one in _plans(context) if one.id == object_id), None)
    if plan is None:
        return []
    where = (change.c.operation_id == operation, change.c.object_id == object_id, change.c.record_id.in_(ids))
    rows = connection.execute(select(change.c.record_id, change.c.kind, change.c.id).where(*where).order_by(change.c.id)).all()
    kinds: defaultdict[int, list[str]] = defaultdict(list)
    for row in rows:
        kinds[row.record_id].append(row.kind)
    found: list[Event] = []
    images = _images(connection, plan, object_id, operation, list(kinds), rows[0].id) if rows else {}
    for id in kinds:
        kind = _net(kinds[id])
        if id in images and kind:
            before, after = images[id]
            found.append(Event(context, connection, plan, id, kind, operation, {} if kind == "create" else before, after))
    return found


def _plans(context: Context) -> Iterable[ObjectPlan]:
    plans = Plans.of(context.runtime)
    return (plans[name] for name in context.model.objects if name in context.runtime.objects)


def _net(kinds: Sequence[str]) -> str:
    """What several changes of one record in one operation come to."""
    if "purge" in kinds:
        return ""
    if "delete" in kinds:
        return "" if "create" in kinds else "delete"
    return next((kind for kind in ("create", "restore", "update") if kind in kinds), "")


def _images(
    connection: Connection, plan: ObjectPlan, object_id: str, operation: int, ids: Sequence[int], first: int
) -> dict[int, tuple[Image, Image]]:
    """Before and after of each record: the stored one with what came later undone, and then with the operation undone as well."""
    by_id = {found.id: found for found in plan.fields.values()}
    live: dict[int, dict[str, Any]] = {row.id: dumped(plan, row) for row in connection.execute(plan.select_by_ids, {"ids": list(ids)})}
    after: dict[int, Image] = {}
    for row in connection.execute(LATER, {"object": object_id, "ids": list(ids), "first": first}):
        image = live.get(row.record_id)
        if image is None:
            continue
        if row.operation_id == operation and row.record_id not in after:
            after[row.record_id] = dict(image)
        for field_id, said in (row.payload or {}).items() if row.kind == "update" else ():
            if field_id in by_id:
                _put(image, by_id[field_id].name, said[0])
    return {id: (live[id], image) for id, image in after.items()}


def _put(image: dict[str, Any], name: str, value: Any) -> None:
    """What is empty is not in an image."""
    if value is None or value == []:
        image.pop(name, None)
    else:
        image[name] = value


def dumped(plan: ObjectPlan, row: Any) -> dict[str, Any]:
    """A stored row as an image."""
    found: dict[str, Any] = {}
    for name, one in plan.fields.items():
        if one.keys and name not in IGNORED:
            value = one.load(row)
            _put(found, name, None if value is None else one.type.dump(value, one.field))
    return found


IGNORED = frozenset({"id", "version", "updated_at", "updated_by", "deleted_at", "deleted_by"})
"""What the system keeps: no change of these sets anything off."""


def live_image(connection: Connection, plan: ObjectPlan, id: int) -> Image | None:
    """A record as it is now; None where it is deleted or not there."""
    row = connection.execute(plan.select_by_ids, {"ids": [id]}).first()
    if row is None or plan.fields["deleted_at"].load(row) is not None:
        return None
    return dumped(plan, row)
