"""A number that a record is given at its creation, such as SJ-2026030012. The write path allots it; this file reads its format."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Text as TextColumn

from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import WORDED, ColumnSpec, FieldType, Sample, Situation, settings, text_of

DEFAULT_FORMAT = "{seq:6}"
_PART = re.compile(r"\{(?P<name>[a-z]*)(?::(?P<width>[0-9]+))?\}|(?P<text>[^{}]+)|(?P<odd>[{}])")
_WIDEST = 12


class BadFormat(ValueError):
    """A format that can't be read, or whose numbers would repeat. `reason` is for people."""

    def __init__(self, reason: Text) -> None:
        self.reason = reason
        super().__init__(str(reason))


@lru_cache(maxsize=1000)
def parts_of(format: str) -> tuple[tuple[str, str], ...]:
    """A format as (part, text) pairs: ("text", "SJ-"), ("yyyy", ""), ("seq", "4"). Raises BadFormat."""
    parts: list[tuple[str, str]] = []
    for found in _PART.finditer(format):
        if found["odd"] or (found["name"] == ""):
            raise BadFormat(Text("a brace isn't closed or is empty"))
        if found["text"]:
            parts.append(("text", found["text"]))
        elif found["name"] not in ("yyyy", "yy", "mm", "dd", "seq") or (found["width"] and found["name"] != "seq"):
            raise BadFormat(Text("unknown part “{part}”; known are {known}", part=found[0], known="{yyyy} {yy} {mm} {dd} {seq:4}"))
        else:
            parts.append((found["name"], found["width"] or "1"))
    names = {name for name, _ in parts}
    if [name for name, _ in parts].count("seq") != 1:
        raise BadFormat(Text("“{part}” must occur once", part="{seq}"))
    if any(name == "seq" and not 1 <= int(width) <= _WIDEST for name, width in parts):
        raise BadFormat(Text("the width of seq goes from 1 to {most}", most=_WIDEST))
    if ("dd" in names and "mm" not in names) or ("mm" in names and not names & {"yyyy", "yy"}):
        raise BadFormat(Text("a month needs a year beside it and a day a month, or numbers would repeat"))
    return tuple(parts)


def period(format: str, today: date) -> str:
    """The period whose sequence a number belongs to, by the date parts of its format: "", "2026", "2026-03" or "2026-03-02"."""
    names = {name for name, _ in parts_of(format)}
    if "dd" in names:
        return f"{today:%Y-%m-%d}"
    if "mm" in names:
        return f"{today:%Y-%m}"
    return f"{today:%Y}" if names & {"yyyy", "yy"} else ""


def render(format: str, today: date, n: int) -> str:
    """The number `n` of today's period. A sequence that outgrows its width gets longer; it never repeats."""
    written = {"yyyy": f"{today:%Y}", "yy": f"{today:%y}", "mm": f"{today:%m}", "dd": f"{today:%d}"}
    return "".join(
        text if name == "text" else str(n).zfill(int(text)) if name == "seq" else written[name] for name, text in parts_of(format)
    )


class AutoNumberType(FieldType):
    """A number by `format`: text and {yyyy} {yy} {mm} {dd} {seq:4}. The sequence starts again in each period that the format names.

    A given value is kept (imports bring their old numbers); without one the write path allots the next.
    """

    name = "auto_number"
    label = Label.of({"zh": "自动编号", "en": "Auto-number"})
    settings_schema = settings({"format": {"type": "string", "minLength": 1, "maxLength": 80}})
    operators = WORDED
    widget = "computed"
    titled = True

    def check_settings(self, settings: Mapping[str, Any]) -> tuple[tuple[str, Text], ...]:
        """2b. A format that can be read and doesn't repeat."""
        try:
            parts_of(settings.get("format", DEFAULT_FORMAT))
        except BadFormat as bad:
            return (("format", bad.reason),)
        return ()

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. One text column."""
        return (ColumnSpec("", TextColumn()),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> str | None:
        """5. A number given from outside, as it is."""
        text = None if raw is None else text_of(raw) or None
        if text is not None:
            self.validate(text, field)
        return text

    def validate(self, value: str, field: Field) -> None:
        """6. Length."""
        if len(value) > 255:
            raise Invalid("too-long", Text("{length} characters: at most {most} fit", length=len(value), most=255))

    def example_settings(self) -> Mapping[str, Any]:
        """12b. A format with year and month."""
        return {"format": "SJ-{yyyy}{mm}-{seq:4}"}

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Numbers from elsewhere."""
        return (
            Sample("SJ-202603-0012", "SJ-202603-0012"),
            Sample(17, "17"),
            Sample("9" * 256, refused="too-long"),
            Sample([], refused="not-text"),
        )
