"""Parsing a whole column at once, for imports: each different raw value is parsed once, and a fault spoils only its own row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from looseleaf_metadata.model import Field
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields import field_type
from looseleaf_platform.fields.base import Situation

MOST_REMEMBERED = 50_000
"""Different values remembered of one column; a column of more is parsed without remembering further ones."""
LONGEST_REMEMBERED = 200
_REMEMBERED_KINDS = (str, int, float)


def parse_column(values: Iterable[Any], field: Field, situation: Situation) -> list[Any]:
    """The parsed value of each raw one, in order; an Invalid where a value can't be taken.

    Equal texts and numbers give the very same parsed value, which is never to be changed (none of ours can be, but JSON).
    """
    parse = field_type(field.type).parse
    remembered: dict[type, dict[Any, Any]] = {kind: {} for kind in _REMEMBERED_KINDS}
    texts, room = remembered[str], MOST_REMEMBERED
    parsed: list[Any] = []
    append = parsed.append
    for raw in values:
        kind = raw.__class__
        known = texts if kind is str else remembered.get(kind)
        if known is None:
            append(_parsed(parse, raw, field, situation))
            continue
        try:
            append(known[raw])
        except KeyError:
            value = _parsed(parse, raw, field, situation)
            append(value)
            if room and (kind is not str or len(raw) <= LONGEST_REMEMBERED):
                known[raw] = value
                room -= 1
    return parsed


def _parsed(parse: Any, raw: Any, field: Field, situation: Situation) -> Any:
    try:
        return parse(raw, field, situation)
    except Invalid as invalid:
        invalid.__traceback__ = invalid.__cause__ = invalid.__context__ = None  # a hundred thousand faults must not keep their frames
        return invalid
