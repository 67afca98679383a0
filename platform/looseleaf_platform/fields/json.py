"""Data of another program, kept as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from looseleaf_metadata.expressions.types import JSON, ExpressionType
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.database.types import JsonText
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import ColumnSpec, FieldType, Sample, Situation, blank

DEEPEST = 20
LARGEST = 65_536
_BRACKETS = re.compile(r'"(?:\\.|[^"\\])*"|([\[{])|([\]}])', re.DOTALL)


class JsonType(FieldType):
    """A JSON object or array of at most 64 KiB, nested at most 20 deep. Text is read as JSON."""

    name = "json"
    label = Label.of({"zh": "JSON", "en": "JSON"})
    operators = ("empty", "not_empty")
    sortable = False
    widget = "json"

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. Opaque: there, or not."""
        return JSON

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. One column of JSON text."""
        return (ColumnSpec("", JsonText()),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> Any:
        """5. An object or array, as data or as JSON text."""
        if blank(raw):
            return None
        if isinstance(raw, str):
            if len(raw) > LARGEST or _depth_of_text(raw) > DEEPEST:
                raise _too_large()
            data = _read(raw)
        else:
            data = raw
        if not isinstance(data, Mapping | list | tuple):
            raise Invalid("not-json", Text("Expected a JSON object or array"))
        if _depth(data) > DEEPEST:
            raise _too_large()
        try:
            written = orjson.dumps(data)
        except (TypeError, ValueError) as error:
            raise Invalid("not-json", Text("This is not JSON: {reason}", reason=str(error)[:100])) from error
        if len(written) > LARGEST:
            raise _too_large()
        return orjson.loads(written)

    def display(self, value: Any, field: Field, situation: Situation) -> str:
        """9. The JSON text, cut where it gets long."""
        text = "" if value is None else orjson.dumps(value).decode()
        return text if len(text) <= 200 else text[:199] + "…"

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Objects and arrays; bombs."""
        deep: Any = []
        for _ in range(50):
            deep = [deep]
        return (
            Sample({"a": [1, 2.5, "二", None, True]}, {"a": [1, 2.5, "二", None, True]}),
            Sample('{"a": {"b": 1}}', {"a": {"b": 1}}),
            Sample([], []),
            Sample("{", refused="not-json"),
            Sample("7", refused="not-json"),
            Sample(7, refused="not-json"),
            Sample({1: 2}, refused="not-json"),
            Sample(["\ud83d"], refused="not-json"),
            Sample(deep, refused="too-large"),
            Sample("[" * 10_000, refused="too-large"),
            Sample(["x" * LARGEST], refused="too-large"),
        )


def _read(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError as error:
        raise Invalid("not-json", Text("This is not JSON: {reason}", reason=str(error)[:100])) from error


def _depth(data: Any) -> int:
    """How deep `data` is nested, counted level by level, up to one more than DEEPEST."""
    level, depth = [data], 0
    while level and depth <= DEEPEST:
        nested = [list(item.values()) if isinstance(item, Mapping) else item for item in level if isinstance(item, Mapping | list | tuple)]
        level = [part for item in nested for part in item]
        depth += bool(nested)
    return depth


def _depth_of_text(text: str) -> int:
    """The most brackets open at once in a JSON text."""
    depth = deepest = 0
    for found in _BRACKETS.finditer(text):
        depth += bool(found[1]) - bool(found[2])
        deepest = max(deepest, depth)
    return deepest


def _too_large() -> Invalid:
    return Invalid(
        "too-large", Text("The data is larger than {size} KiB or nested deeper than {depth}", size=LARGEST // 1024, depth=DEEPEST)
    )
