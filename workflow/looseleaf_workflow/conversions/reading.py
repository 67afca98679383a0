"""The records to be converted, read for one actor, and the values that they give to a target. What the actor may not know goes nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Fault, Invalid
from looseleaf_platform.fields import field_type
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.fields.conversions import Conversion as FieldConversion
from looseleaf_platform.fields.conversions import conversion as between
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Record
from looseleaf_platform.records.tables import target_of
from looseleaf_platform.records.writing.conditions import condition_of
from looseleaf_workflow.automations.events import relations_of
from looseleaf_workflow.conversions.definition import Conversion, Copied, Given, Target
from looseleaf_workflow.conversions.finding import records_by_id


@dataclass(frozen=True, slots=True)
class Sources:
    """Records to be converted. `computed`: what expressions give, by record and expression; `changeable`: those that the actor may change."""

    conversion: Conversion
    records: Mapping[int, Record]
    computed: Mapping[tuple[int, int], Any]
    changeable: frozenset[int]


def read_sources(context: Context, conversion: Conversion, ids: Sequence[int]) -> Sources:
    """Read the records, and work out the expressions on them."""
    thing = context.model.objects[conversion.object]
    copied = (copy.source for target in conversion.targets for copy in target.copies)
    names = (thing.title, *copied, *(link.field for link in conversion.links), *(given.field for given in conversion.given))
    records = records_by_id(context, conversion.object, set(ids), names)
    return Sources(
        conversion, records, _computed(context, conversion, list(records)), read.reachable(context, conversion.object, records, "update")
    )


def may_convert(sources: Sources, id: int) -> bool:
    """Whether the conversion's condition holds for a record."""
    when = sources.conversion.when
    return when is None or bool(sources.computed[id, _key(when)])


def given_values(context: Context, sources: Sources, given: Sequence[Given], object_name: str, id: int) -> dict[str, Any]:
    """What fields get of their own: literals, and values of expressions that look only at what the actor may know."""
    found: dict[str, Any] = {}
    for one in given:
        field = context.model.objects[object_name].fields[one.field]
        if one.value is None:
            found[one.field] = field_type(field.type).parse(one.literal, field, situation_of(context))
        elif knows(context, one.value):
            value = sources.computed[id, _key(one.value)]
            if value is not None:
                found[one.field] = field_type(field.type).parse(value, field, situation_of(context))
    return found


def fills_of(context: Context, sources: Sources, target: Target, id: int) -> tuple[dict[str, Any], list[Fault]]:
    """The parsed values that a record gives to a target, look-ups between targets aside, and what of it doesn't fit."""
    record, faults = sources.records[id], []
    values: dict[str, Any] = {}
    for copy in target.copies:
        try:
            value = _copied(context, sources.conversion, target, copy, record)
        except Invalid as invalid:
            faults.append(Fault(f"/values/{copy.field}", invalid.code, invalid.message))
            continue
        if value not in (None, (), []):
            values[copy.field] = value
    try:
        values |= given_values(context, sources, target.given, target.object, id)
    except Invalid as invalid:
        faults.append(Fault("", invalid.code, invalid.message))
    return values, faults


def _copied(context: Context, conversion: Conversion, target: Target, copy: Copied, record: Record) -> Any:
    """The value of a field as the other takes it; None for what the actor may not know."""
    if copy.source not in record.values or copy.source in record.masked:
        return None
    value = record.values[copy.source]
    if value is None:
        return None
    before = context.model.objects[conversion.object].fields[copy.source]
    after = context.model.objects[target.object].fields[copy.field]
    if copy.options:
        several = isinstance(value, tuple | list)
        value = tuple(copy.options.get(one, one) for one in value) if several else copy.options.get(value, value)
    found = between(before, after)
    return found.convert(value, situation_of(context)) if isinstance(found, FieldConversion) else None


def situation_of(context: Context) -> Situation:
    """How values are read: in the workspace's language where a choice becomes words."""
    defaults = context.model.defaults
    return Situation(
        defaults.locale, context.actor.timezone, defaults.currency, defaults.phone_region, context.today, context.now, context.actor.id
    )


def knows(context: Context, expression: Expression) -> bool:
    """Whether the actor may know all that an expression looks at."""
    return all(_knows_path(context, expression.object, path) for path in expression.reads)


def _knows_path(context: Context, object_name: str, path: str) -> bool:
    for name in path.split("."):
        if name not in context.profile.readable(object_name) or name in context.profile.masked(object_name):
            return False
        object_name = target_of(context.model.objects[object_name].fields[name])
    return True


def _computed(context: Context, conversion: Conversion, ids: Sequence[int]) -> dict[tuple[int, int], Any]:
    """The value of every expression of a conversion on every record: a query for the records and one for each look-up followed."""
    given = (*conversion.given, *(one for target in conversion.targets for one in target.given))
    expressions = [one for one in (conversion.when, *(each.value for each in given)) if one is not None]
    if not expressions or not ids:
        return {}
    conditions = [(one, condition_of(context.model.objects, one)) for one in expressions]
    with context.workspace.database.read() as connection:
        relations = relations_of(connection, context)
        relations.fetch(conversion.object, ids)
        scopes = [(id, scope) for id in ids if (scope := relations.scope(conversion.object, id)) is not None]
        relations.prefetch([scope for _, scope in scopes], frozenset().union(*(one.hops for _, one in conditions)))
        return {(id, _key(one)): condition.evaluate(scope) for one, condition in conditions for id, scope in scopes}


def _key(expression: Expression) -> int:
    """An expression is known by itself: it lives as long as the revision."""
    return id(expression)
