"""One of several options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Text as TextColumn

from looseleaf_metadata.expressions.types import ExpressionType, option
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_platform.fields.base import CHOSEN, ColumnSpec, FieldType, Sample, Situation, blank
from looseleaf_platform.fields.options import chosen, label_of, name_of, stored_id


class SelectType(FieldType):
    """One option, given by its name or its label in any language. A retired option stays on old records and can't be chosen anew.

    The value is the option's name; the column holds its stable id.
    """

    name = "select"
    label = Label.of({"zh": "单选", "en": "Select"})
    choices = True
    operators = CHOSEN
    widget = "select"

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. One of the options."""
        return option(options)

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. The option's id."""
        return (ColumnSpec("", TextColumn()),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> str | None:
        """5. A name or a label; white space and case don't matter."""
        return None if blank(raw) else chosen(raw, field)

    def store(self, value: str | None, field: Field) -> tuple[Any, ...]:
        """7a. The id."""
        return (None if value is None else stored_id(value, field),)

    def load(self, stored: Sequence[Any], field: Field) -> str | None:
        """7b. The name."""
        return None if stored[0] is None else name_of(stored[0], field)

    def display(self, value: str | None, field: Field, situation: Situation) -> str:
        """9. The label."""
        return "" if value is None else label_of(value, field, situation.locale)

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. The field's own options by name and label."""
        live = [option for option in field.options if not option.retired]
        retired = [Sample(option.name, refused="retired-option") for option in field.options if option.retired]
        named = [Sample(option.name, option.name) for option in live]
        labelled = [Sample(f" {option.label.text('zh')} ", option.name) for option in live]
        return (*named, *labelled, *retired, Sample("no such option", refused="unknown-option"), Sample(["a"], refused="unknown-option"))
