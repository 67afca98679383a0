"""What the language may speak of, handed down by those who know it: field types now, later actions, triggers and more kinds.

The metadata package imports nothing above itself; the composition root builds one Vocabulary from the registries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from looseleaf_metadata.expressions.types import ExpressionType, Kind
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text


def no_faults(settings: Mapping[str, Any]) -> tuple[tuple[str, Text], ...]:
    """The check of settings that a JSON Schema says all about."""
    return ()


LITERALS: dict[Kind, tuple[type, ...]] = {
    Kind.NUMBER: (int, Decimal, str),
    Kind.BOOLEAN: (bool,),
    Kind.TEXT: (str,),
    Kind.DATE: (str,),
    Kind.DATETIME: (str,),
    Kind.TIME: (str,),
    Kind.DURATION: (str, int),
    Kind.OPTIONS: (list,),
}
WANTED = {
    Kind.NUMBER: Text("a number"),
    Kind.BOOLEAN: Text("true or false"),
    Kind.TEXT: Text("a text in quotes"),
    Kind.DATE: Text("a date such as 2026-03-31"),
    Kind.DATETIME: Text("a date and time such as 2026-03-31 09:30"),
    Kind.TIME: Text("a time in quotes, such as '09:30'"),
    Kind.DURATION: Text("a duration such as '2 hours'"),
    Kind.OPTIONS: Text("a list"),
}


def wrong_kind(field: Field, value: Any) -> Text | None:
    """What is wrong with a literal as a field's value, judged only by the kind of value that the field holds."""
    kind = field.expression_type.kind
    allowed = LITERALS.get(kind)
    if value is None or allowed is None or (isinstance(value, allowed) and isinstance(value, bool) == (kind is Kind.BOOLEAN)):
        return None
    return Text("expected {expected}", expected=WANTED[kind])


@dataclass(frozen=True, slots=True)
class FieldTypeSpec:
    """What the checker must know of a field type.

    `settings_schema`: JSON Schema properties of the type's own settings (max_length, to, …), as a dict name → schema;
    `required_settings`: those that must be given. `expression_type(settings, options)` says what expressions see.
    `computed`: formula or roll-up, never written. `stored`: has columns of its own. `choices`: takes `options`.
    `reference`: its `to` names an object. `fixed_target`: object it always refers to (user, team).
    `sortable`/`titled`: may be a sort key / a title. `check_settings(settings)` says what the schema can't: (setting, fault) pairs.
    `refuses(field, value)`: what is wrong with a literal (a default, a seeded value), None if nothing.
    """

    name: str
    label: Label
    settings_schema: Mapping[str, Any]
    expression_type: Callable[[Mapping[str, Any], tuple[str, ...]], ExpressionType]
    required_settings: tuple[str, ...] = ()
    computed: bool = False
    stored: bool = True
    choices: bool = False
    reference: bool = False
    fixed_target: str = ""
    sortable: bool = True
    titled: bool = False
    operators: tuple[str, ...] = ()
    check_settings: Callable[[Mapping[str, Any]], tuple[tuple[str, Text], ...]] = no_faults
    refuses: Callable[[Field, Any], Text | None] = wrong_kind


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Field types by name, the kinds that extensions add, and the documents that every workspace has (system objects)."""

    field_types: Mapping[str, FieldTypeSpec]
    kinds: tuple[Any, ...] = ()  # kinds.Kind instances of extensions, beside the built-in ones
    abilities: frozenset[str] = frozenset()
    verbs: tuple[str, ...] = ()  # what scenarios of extensions may have somebody do, beside the built-in ones
    pages: frozenset[str] = frozenset()  # names of built-in pages a menu may name: home, reports, …
    system_documents: tuple[tuple[str, str], ...] = field(default=())  # (file name, YAML text)
