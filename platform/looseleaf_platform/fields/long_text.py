"""Text of many lines."""

from __future__ import annotations

from typing import Any

from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_platform.fields.base import Sample, Situation, settings, text_of
from looseleaf_platform.fields.text import TextType


class LongTextType(TextType):
    """Text that keeps its line breaks. `max_length` counts characters (10,000 unless told)."""

    name = "long_text"
    label = Label.of({"zh": "长文本", "en": "Long text"})
    settings_schema = settings(
        max_length={"type": "integer", "minimum": 1, "maximum": 100_000},
        min_length={"type": "integer", "minimum": 1, "maximum": 100_000},
    )
    operators = ("contains", "empty", "not_empty")
    widget = "long_text"
    sortable = False
    titled = False
    longest = 10_000

    def parse(self, raw: Any, field: Field, situation: Situation) -> str | None:
        """5. Trimmed, composed (NFC), line breaks as \\n."""
        text = None if raw is None else text_of(raw)
        if not text:
            return None
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.validate(text, field)
        return text

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Line breaks of every system; too long, NUL, an object."""
        return (
            Sample("第一行\r\n第二行\r第三行 ", "第一行\n第二行\n第三行"),
            Sample("  ", None),
            Sample("字" * 5000, "字" * 5000),
            Sample("字" * 10_001, refused="too-long"),
            Sample("a\x00b", refused="nul-character"),
            Sample({"a": 1}, refused="not-text"),
        )
