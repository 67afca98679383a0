"""Several of the options."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from looseleaf_metadata.expressions.types import ExpressionType, Kind
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.database.types import Names
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import COLLECTED, ColumnSpec, FieldType, Sample, Situation, blank
from looseleaf_platform.fields.options import chosen, index_of, label_of, name_of, stored_id

SEPARATORS = re.compile(r"[,，;；、|\n]")


def items_of(raw: Any) -> Sequence[Any]:
    """The items of a list, or of text parted by commas, semicolons or lines. Raises Invalid "not-a-list"."""
    if isinstance(raw, str):
        return [item for item in SEPARATORS.split(raw) if item.strip()]
    if isinstance(raw, list | tuple):
        return raw
    raise Invalid("not-a-list", Text("Expected a list"))


class MultiSelectType(FieldType):
    """Some of the options, in the options' order. Names are the value, stable ids are stored; none at all is no value (None)."""

    name = "multi_select"
    label = Label.of({"zh": "多选", "en": "Multi-select"})
    choices = True
    sortable = False
    operators = COLLECTED
    widget = "multi_select"

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. A set of the options."""
        return ExpressionType(Kind.OPTIONS, options=options)

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. One list of ids."""
        return (ColumnSpec("", Names()),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> tuple[str, ...] | None:
        """5. A list of names or labels, or text that parts them by commas; a label with a comma in it is found whole."""
        if blank(raw):
            return None
        whole = index_of(field).by_words.get(raw.strip().casefold()) if isinstance(raw, str) else None
        names = {chosen(item, field) for item in ([whole.name] if whole else items_of(raw)) if not blank(item)}
        return tuple(option.name for option in field.options if option.name in names) or None

    def store(self, value: tuple[str, ...] | None, field: Field) -> tuple[Any, ...]:
        """7a. The ids."""
        return (tuple(stored_id(name, field) for name in value) if value else None,)

    def load(self, stored: Sequence[Any], field: Field) -> tuple[str, ...] | None:
        """7b. The names."""
        return tuple(name_of(id, field) for id in stored[0]) if stored[0] else None

    def dump(self, value: tuple[str, ...] | None, field: Field) -> list[str]:
        """8. A list, empty for no value."""
        return list(value or ())

    def display(self, value: tuple[str, ...] | None, field: Field, situation: Situation) -> str:
        """9. The labels."""
        return Text(", ").translate(situation.locale).join(label_of(name, field, situation.locale) for name in value or ())

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. The field's own options."""
        live = [option for option in field.options if not option.retired]
        names = tuple(option.name for option in live)
        return (
            Sample(list(names), names),
            Sample("，".join(option.label.text("zh") for option in reversed(live)), names),
            Sample(names[0], names[:1]),
            Sample([], None),
            *(Sample([option.name], refused="retired-option") for option in field.options if option.retired),
            Sample([*names, "no such option"], refused="unknown-option"),
            Sample(7, refused="not-a-list"),
        )
