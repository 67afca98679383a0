"""What the language may speak of, handed down by those who know it: field types now, later actions, triggers and more kinds.

The metadata package imports nothing above itself; the composition root builds one Vocabulary from the registries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from looseleaf_metadata.expressions.types import ExpressionType
from looseleaf_metadata.labels import Label


@dataclass(frozen=True, slots=True)
class FieldTypeSpec:
    """What the checker must know of a field type.

    `settings_schema`: JSON Schema properties of the type's own settings (max_length, to, …), as a dict name → schema;
    `required_settings`: those that must be given. `expression_type(settings, options)` says what expressions see.
    `computed`: formula or roll-up, never written. `stored`: has columns of its own. `choices`: takes `options`.
    `reference`: its `to` names an object. `fixed_target`: object it always refers to (user, team).
    `sortable`/`titled`: may be a sort key / a title.
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


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Field types by name, the kinds that extensions add, and the documents that every workspace has (system objects)."""

    field_types: Mapping[str, FieldTypeSpec]
    kinds: tuple[Any, ...] = ()  # kinds.Kind instances of extensions, beside the built-in ones
    abilities: frozenset[str] = frozenset()
    pages: frozenset[str] = frozenset()  # names of built-in pages a menu may name: home, reports, …
    system_documents: tuple[tuple[str, str], ...] = field(default=())  # (file name, YAML text)
