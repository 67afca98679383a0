"""Changing the type of a field: what its values become, what doesn't convert, what is refused as a whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.model import Field
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields import FIELD_TYPES, field_type
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.fields.conversions import Conversion, Refusal, conversion
from looseleaf_platform.fields.currency import Money
from looseleaf_platform.fields.examples import example_field

SITUATION = Situation(locale="zh", today=date(2026, 3, 2))


def field(type: str, **settings: Any) -> Field:
    example = example_field(field_type(type))
    return replace(example, settings=FrozenMap({**example.settings, **settings}))


def converted(value: Any, before: Field, after: Field) -> Any:
    found = conversion(before, after)
    assert isinstance(found, Conversion)
    return found.convert(value, SITUATION)


CONVERTED: list[tuple[str, Any, str, Any]] = [
    ("text", "1,286.50万", "decimal", Decimal("12865000.00")),
    ("text", "¥12", "currency", Money(Decimal("12.00"), "CNY")),
    ("text", "2026年3月2日", "date", date(2026, 3, 2)),
    ("text", "官网", "select", "web"),
    ("text", "13800138000", "phone", "+8613800138000"),
    ("text", "重点，老客户", "tags", ("重点", "老客户")),
    ("text", "是", "boolean", True),
    ("decimal", Decimal("12.00"), "integer", 12),
    ("integer", 12, "currency", Money(Decimal("12.00"), "CNY")),
    ("currency", Money(Decimal("12.50"), "USD", Decimal("87.50")), "decimal", Decimal("87.50")),
    ("currency", Money(Decimal("12.50"), "CNY"), "text", "¥12.50"),
    ("decimal", Decimal("0.15"), "percent", Decimal("0.1500")),
    ("percent", Decimal("0.1500"), "text", "15%"),
    ("datetime", datetime(2026, 3, 1, 16, tzinfo=UTC), "date", date(2026, 3, 2)),
    ("date", date(2026, 3, 2), "datetime", datetime(2026, 3, 1, 16, tzinfo=UTC)),
    ("select", "trade_fair", "text", "展会"),
    ("select", "web", "multi_select", ("web",)),
    ("multi_select", ("web",), "select", "web"),
    ("multi_select", ("web", "trade_fair"), "text", "官网, 展会"),
    ("multi_select", ("web", "trade_fair"), "tags", ("官网", "展会")),
    ("tags", ("官网",), "multi_select", ("web",)),
    ("duration", timedelta(minutes=90), "integer", 5400),
    ("integer", 5400, "duration", timedelta(minutes=90)),
    ("rich_text", "<p>你好</p><p>世界</p>", "long_text", "你好\n世界"),
    ("boolean", True, "text", "是"),
    ("rating", 4, "integer", 4),
    ("lookup", 7, "many_to_many", (7,)),
    ("text", None, "integer", None),
]


@pytest.mark.parametrize(("before", "value", "after", "expected"), CONVERTED)
def test_values_become_what_they_mean(before: str, value: Any, after: str, expected: Any) -> None:
    assert converted(value, field(before), field(after, **({"to": "account"} if after == "many_to_many" else {}))) == expected


LOST: list[tuple[str, Any, str, str]] = [
    ("text", "soon", "date", "not-a-date"),
    ("decimal", Decimal("12.50"), "integer", "not-whole"),
    ("text", "elsewhere", "select", "unknown-option"),
    ("multi_select", ("web", "trade_fair"), "select", "several-values"),
    ("currency", Money(Decimal("1.00"), "USD"), "decimal", "foreign-currency"),
    ("integer", 2, "boolean", "not-yes-or-no"),
    ("long_text", "字" * 300, "text", "too-long"),
]


@pytest.mark.parametrize(("before", "value", "after", "code"), LOST)
def test_values_that_do_not_convert_say_why(before: str, value: Any, after: str, code: str) -> None:
    with pytest.raises(Invalid) as raised:
        converted(value, field(before), field(after))
    assert raised.value.code == code


def test_new_settings_of_the_same_type_convert_too() -> None:
    assert converted(Decimal("1.2345"), field("decimal", scale=4), field("decimal", scale=2)) == Decimal("1.23")
    with pytest.raises(Invalid):
        converted("abcdef", field("text"), field("text", max_length=3))


@pytest.mark.parametrize(
    ("before", "after"),
    [("lookup", "text"), ("text", "lookup"), ("lookup", "user"), ("lines", "text"), ("text", "formula"), ("rollup", "decimal")],
)
def test_what_can_not_become_another_is_refused_with_a_reason(before: str, after: str) -> None:
    found = conversion(field(before), field(after))
    assert isinstance(found, Refusal)
    assert found.reason.translate("zh") != str(found.reason)


def test_loss_is_told_beforehand() -> None:
    found = conversion(field("datetime"), field("date"))
    assert isinstance(found, Conversion)
    assert found.loss is not None
    assert found.loss.translate("zh") == "时刻会丢失"


@pytest.mark.parametrize("before", FIELD_TYPES)
def test_between_any_two_types_there_is_a_conversion_or_a_refusal(before: str) -> None:
    """And a conversion of any sample gives a value of the new type, or Invalid."""
    old = example_field(field_type(before))
    values = [sample.value for sample in field_type(before).samples(old) if not sample.refused]
    for kind in FIELD_TYPES.values():
        new = example_field(kind)
        found = conversion(old, new)
        for value in values if isinstance(found, Conversion) else ():
            try:
                converted_value = found.convert(value, SITUATION)
            except Invalid:
                continue
            assert kind.parse(converted_value, new, SITUATION) == converted_value
