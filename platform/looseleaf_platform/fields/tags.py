"""Free words that a record is marked with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from looseleaf_metadata.expressions.types import ExpressionType, Kind
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.database.types import Names
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import COLLECTED, ColumnSpec, FieldType, Sample, Situation, blank, text_of
from looseleaf_platform.fields.multi_select import items_of

LONGEST_TAG = 50
MOST_TAGS = 50


class TagsType(FieldType):
    """Up to 50 words of up to 50 characters, in the order given, each once whatever its case; none at all is no value (None)."""

    name = "tags"
    label = Label.of({"zh": "标签", "en": "Tags"})
    sortable = False
    operators = COLLECTED
    widget = "tags"

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. An open set of names."""
        return ExpressionType(Kind.OPTIONS)

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. One list of words."""
        return (ColumnSpec("", Names()),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> tuple[str, ...] | None:
        """5. A list, or text that parts them by commas; a leading # is taken off."""
        if blank(raw):
            return None
        words = (" ".join(text_of(item).split()).lstrip("#＃").strip() for item in items_of(raw) if not blank(item))
        found = {word.casefold(): word for word in reversed([word for word in words if word])}
        value = tuple(reversed(found.values()))
        self.validate(value, field)
        return value or None

    def validate(self, value: tuple[str, ...], field: Field) -> None:
        """6. Number and length."""
        if len(value) > MOST_TAGS:
            raise Invalid("too-many", Text("{count} tags: at most {most} fit", count=len(value), most=MOST_TAGS))
        for tag in value:
            if len(tag) > LONGEST_TAG:
                raise Invalid("too-long", Text("{length} characters: at most {most} fit", length=len(tag), most=LONGEST_TAG))

    def load(self, stored: Sequence[Any], field: Field) -> tuple[str, ...] | None:
        """7b. The words."""
        return tuple(stored[0]) if stored[0] else None

    def dump(self, value: tuple[str, ...] | None, field: Field) -> list[str]:
        """8. A list, empty for no value."""
        return list(value or ())

    def display(self, value: tuple[str, ...] | None, field: Field, situation: Situation) -> str:
        """9. The words."""
        return Text(", ").translate(situation.locale).join(value or ())

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Lists and texts."""
        return (
            Sample(["重点", "VIP", "vip"], ("重点", "VIP")),
            Sample("#重点，老客户; 华东", ("重点", "老客户", "华东")),
            Sample([], None),
            Sample([2026.0], ("2026",)),
            Sample(["x" * 51], refused="too-long"),
            Sample([str(number) for number in range(51)], refused="too-many"),
            Sample([["a"]], refused="not-text"),
            Sample(7, refused="not-a-list"),
        )
