"""The record that a rule on inbound events is about: found by what the event says, as those may see it whom its source acts as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from looseleaf_metadata.expressions.types import ExpressionType
from looseleaf_platform.context import Context
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Condition, Group, Query
from looseleaf_platform.records.writing.parsing import known_to
from looseleaf_workflow.automations.definition import Automation
from looseleaf_workflow.automations.hearing import values_heard
from looseleaf_workflow.automations.language import expression_at, filled, said
from looseleaf_workflow.inbound.definition import event_fields, names_of


@dataclass(frozen=True, slots=True)
class Match:
    """The ids of at most two records, and by what they were looked for, in words."""

    ids: tuple[int, ...]
    by: str


class Heard:
    """An event as expressions see it that stand before any record."""

    def __init__(self, context: Context, heard: Mapping[str, Any]) -> None:
        actor = context.actor
        ambient = {"@me": actor.id, "@now": context.now, "@today": context.today, "@timezone": actor.timezone}
        self.context = context
        self.names: Mapping[str, ExpressionType] = names_of(event_fields(heard["fields"]))
        self.values = {**ambient, **values_heard(context, heard)}

    def ask(self, source: str) -> Any:
        """The value of an expression. Raises Unanswerable."""
        return expression_at(self.context.runtime, "", source, self.names)[1].evaluate(self.values)

    def values_for(self, rule: Automation) -> Any:
        """What a record is made from."""
        return filled(self.ask, rule.options.get("values", {}))


def match(context: Context, rule: Automation, heard: Heard) -> Match:
    """The records that fit. Nothing is found by what the event leaves empty, or by fields that the actor may not know."""
    wanted = {field: heard.ask(source) for field, source in rule.options.get("match", {}).items()}
    by = ", ".join(f"{_label(context, rule, field)} {said(value)[:80]}".strip() for field, value in wanted.items())
    empty = not wanted or any(value is None or value == "" for value in wanted.values())
    if empty or not wanted.keys() <= known_to(context, rule.object) or not context.profile.can(rule.object, "read"):
        return Match((), by)
    where = Group(parts=tuple(Condition(field, "eq", value) for field, value in wanted.items()))
    page = read.page(context, rule.object, Query(where=where, sort=("id",), fields=("id",), size=2))
    return Match(tuple(record.id for record in page.records), by)


def _label(context: Context, rule: Automation, field: str) -> str:
    return str(context.model.objects[rule.object].fields[field].label.text(context.model.defaults.locale))
