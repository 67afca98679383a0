"""What becomes of a field's values when its type or settings change: an object that converts them one by one, or a refusal that explains.

Publishing asks for the conversion, tries it on the stored values before anything is changed, and reports those that don't convert.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields import field_type
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.fields.currency import Money
from looseleaf_platform.fields.lookup import LookupType
from looseleaf_platform.fields.options import label_of

Step = Callable[[Any, Field, Situation], Any]
"""From a value of the old field to a raw value for the new field's type."""
LIST_LIKE = frozenset({"multi_select", "tags", "many_to_many"})
APART = frozenset({"lines", "formula", "rollup", "record_id"})
"""Types whose values are not their own to give or take."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """That values can't be converted at all, and why."""

    reason: Text


@dataclass(frozen=True, slots=True)
class Conversion:
    """How values of `before` become values of `after`. `loss`: what gets lost on the way even where it works (None: nothing)."""

    before: Field
    after: Field
    step: Step
    loss: Text | None = None

    def convert(self, value: Any, situation: Situation) -> Any:
        """The new value; None stays None. Raises Invalid for a value that doesn't convert."""
        if value is None:
            return None
        return field_type(self.after.type).parse(self.step(value, self.before, situation), self.after, situation)


def conversion(before: Field, after: Field) -> Conversion | Refusal:
    """The conversion of a field's values to its new type and settings, or the refusal that explains."""
    old, new = before.type, after.type
    if APART & {old, new}:
        return Refusal(Text("Values of {before} can't become {after}", before=field_type(old).label, after=field_type(new).label))
    if _refers(before) or _refers(after):
        return _between_references(before, after)
    if old == new:
        return Conversion(before, after, _same)
    if (old, new) in _STEPS:
        step, loss = _STEPS[old, new]
        return Conversion(before, after, step, loss)
    if new in LIST_LIKE or old in LIST_LIKE:
        return Conversion(before, after, _item_of_list if old in LIST_LIKE else _words)
    if _numeric(old) and _numeric(new):
        return Conversion(before, after, _same)
    return Conversion(before, after, _words)


def _refers(field: Field) -> bool:
    return field.type == "many_to_many" or isinstance(field_type(field.type), LookupType)


def _target(field: Field) -> str:
    return field_type(field.type).fixed_target or field.target


def _between_references(before: Field, after: Field) -> Conversion | Refusal:
    """References convert only among themselves, and only to the same object."""
    if not (_refers(before) and _refers(after)):
        return Refusal(Text("A reference to records can't become anything else, nor anything else a reference"))
    if _target(before) != _target(after):
        return Refusal(Text("The values refer to {before}, not to {after}", before=_target(before), after=_target(after)))
    if before.type == "many_to_many":
        return Conversion(before, after, _same if after.type == "many_to_many" else _only_one)
    return Conversion(before, after, _in_list if after.type == "many_to_many" else _same)


def _numeric(name: str) -> bool:
    return name in ("integer", "decimal", "currency", "percent", "rating")


def _same(value: Any, field: Field, situation: Situation) -> Any:
    return value


def _words(value: Any, field: Field, situation: Situation) -> str:
    """The value as people see it, which the new type reads like any other text."""
    return field_type(field.type).display(value, field, situation)


def _in_list(value: Any, field: Field, situation: Situation) -> list[Any]:
    return [value]


def _only_one(value: Any, field: Field, situation: Situation) -> Any:
    if len(value) != 1:
        raise Invalid("several-values", Text("There are {count} values where one fits", count=len(value)))
    return value[0]


def _item_of_list(value: Any, field: Field, situation: Situation) -> Any:
    """The one item that a list has, as people see it."""
    item = _only_one(value, field, situation)
    return label_of(item, field, situation.locale) if field.type == "multi_select" else item


def _labels(value: Any, field: Field, situation: Situation) -> list[str]:
    return [label_of(name, field, situation.locale) for name in value]


def _joined(value: Any, field: Field, situation: Situation) -> str:
    return ", ".join(_labels(value, field, situation))


def _own_money(value: Money, field: Field, situation: Situation) -> Any:
    """The amount in the workspace's currency."""
    if value.currency == situation.currency:
        return value.amount
    if value.base is None:
        raise Invalid("foreign-currency", Text("There is no rate for {currency}", currency=value.currency))
    return value.base


def _data(value: Any, field: Field, situation: Situation) -> Any:
    return field_type(field.type).dump(value, field)


def _seconds(value: timedelta, field: Field, situation: Situation) -> int:
    return value // timedelta(seconds=1)


_NO_CURRENCY = Text("The currency is lost; amounts in other currencies are taken at their worth in the workspace's")
_NO_CLOCK = Text("The time of day is lost")
_NO_MARKUP = Text("Headings, links and emphasis are lost")
_NO_LIST = Text("Several values become one text")
_STEPS: dict[tuple[str, str], tuple[Step, Text | None]] = {
    **{("currency", name): (_own_money, _NO_CURRENCY) for name in ("integer", "decimal", "percent", "rating")},
    **{("rich_text", name): (_words, _NO_MARKUP) for name in ("text", "long_text")},
    **{(kind, name): (_joined, _NO_LIST) for kind in ("multi_select", "tags") for name in ("text", "long_text")},
    ("datetime", "date"): (_same, _NO_CLOCK),
    ("datetime", "time"): (_data, Text("The day is lost")),
    ("date", "datetime"): (_same, None),
    ("select", "multi_select"): (_words, None),
    ("multi_select", "tags"): (_labels, None),
    ("tags", "multi_select"): (_same, None),
    ("duration", "integer"): (_seconds, None),
    ("duration", "decimal"): (_seconds, None),
    ("integer", "duration"): (_same, None),
    ("decimal", "duration"): (_same, Text("Fractions of a second are lost")),
    ("percent", "text"): (_words, None),
    ("file", "image"): (_same, None),
    ("image", "file"): (_same, None),
    ("json", "text"): (_data, None),
    ("address", "json"): (_data, None),
    ("geolocation", "json"): (_data, None),
}
