"""One line of text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import Text as TextColumn

from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import WORDED, ColumnSpec, FieldType, Sample, Situation, settings, text_of
from looseleaf_platform.fields.patterns import matches, pattern_fault

LENGTHS = {
    "max_length": {"type": "integer", "minimum": 1, "maximum": 4000},
    "min_length": {"type": "integer", "minimum": 1, "maximum": 4000},
}
_LINE_BREAKS = re.compile(r"\s*[\r\n\t\v\f\u2028\u2029]+\s*")


class TextType(FieldType):
    """Text of one line; line breaks and tabs become spaces. `max_length` counts characters (255 unless told)."""

    name = "text"
    label = Label.of({"zh": "文本", "en": "Text"})
    settings_schema = settings({**LENGTHS, "pattern": {"type": "string", "minLength": 1, "maxLength": 200}})
    operators: ClassVar[tuple[str, ...]] = WORDED
    widget = "text"
    titled = True
    longest = 255

    def check_settings(self, settings: Mapping[str, Any]) -> tuple[tuple[str, Text], ...]:
        """2b. Lengths the right way round, and a pattern that is safe to run."""
        if settings.get("min_length", 0) > settings.get("max_length", self.longest):
            return (("min_length", Text("min_length is above max_length")),)
        fault = pattern_fault(settings["pattern"]) if "pattern" in settings else None
        return (("pattern", fault),) if fault else ()

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. One text column."""
        return (ColumnSpec("", TextColumn()),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> str | None:
        """5. Trimmed, composed (NFC), in one line."""
        if raw is None:
            return None
        text = text_of(raw)
        if not text:
            return None
        if not text.isprintable():
            text = _LINE_BREAKS.sub(" ", text)
        self.validate(text, field)
        return text

    def validate(self, value: str, field: Field) -> None:
        """6. Length and pattern."""
        settings = field.settings
        most = settings.get("max_length", self.longest)
        if len(value) > most:
            raise Invalid("too-long", Text("{length} characters: at most {most} fit", length=len(value), most=most))
        if len(value) < settings.get("min_length", 0):
            raise Invalid("too-short", Text("At least {least} characters are needed", least=settings["min_length"]))
        if "pattern" in settings and not matches(settings["pattern"], value):
            raise Invalid("pattern", Text("“{value}” doesn't have the form asked for", value=value[:60]))

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Chinese, emoji, decomposed letters, a spreadsheet's number; too long, NUL, a list."""
        return (
            Sample("恒拓精密机械（苏州）有限公司", "恒拓精密机械（苏州）有限公司"),
            Sample("  Cafe\u0301 🎉\n2 ", "Café 🎉 2"),
            Sample("名" * 200, "名" * 200),
            Sample(13800138000.0, "13800138000"),
            Sample("", None),
            Sample("字" * 4001, refused="too-long"),
            Sample("a\x00b", refused="nul-character"),
            Sample("\ud83d", refused="broken-character"),
            Sample(["a"], refused="not-text"),
        )
