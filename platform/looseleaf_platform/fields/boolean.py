"""Yes or no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Boolean

from looseleaf_metadata.expressions.types import BOOLEAN, ExpressionType
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import ColumnSpec, FieldType, Sample, Situation, blank

YES = frozenset({"true", "yes", "y", "1", "1.0", "on", "t", "是", "对", "有", "真", "✓", "✔", "√", "☑", "✅"})
NO = frozenset({"false", "no", "n", "0", "0.0", "off", "f", "否", "不是", "不", "错", "无", "没有", "假", "✗", "✘", "×", "x", "☐", "❌"})


class BooleanType(FieldType):
    """Yes, no, or not said (None)."""

    name = "boolean"
    label = Label.of({"zh": "是否", "en": "Yes or no"})
    widget = "checkbox"

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. A boolean."""
        return BOOLEAN

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. One boolean column."""
        return (ColumnSpec("", Boolean(name=None, create_constraint=False)),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> bool | None:
        """5. true, "yes", 是, ✓, 1 and their opposites."""
        if raw is True or raw is False:
            return bool(raw)
        if blank(raw):
            return None
        word = str(raw).strip().lower() if isinstance(raw, str | int | float) else ""
        if word in YES:
            return True
        if word in NO:
            return False
        raise Invalid("not-yes-or-no", Text("“{value}” is neither yes nor no", value=str(raw)[:60]))

    def display(self, value: bool | None, field: Field, situation: Situation) -> str:
        """9. 是 / 否, Yes / No."""
        return "" if value is None else (Text("Yes") if value else Text("No")).translate(situation.locale)

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Both answers, in several ways."""
        return (
            Sample(True, True),
            Sample("是", True),
            Sample("YES", True),
            Sample("✓", True),
            Sample(1, True),
            Sample("否", False),
            Sample("no", False),
            Sample("0", False),
            Sample(False, False),
            Sample("perhaps", refused="not-yes-or-no"),
            Sample(2, refused="not-yes-or-no"),
            Sample([], refused="not-yes-or-no"),
        )
