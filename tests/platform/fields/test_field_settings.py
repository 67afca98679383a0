"""What settings change: limits, scales, currencies, patterns, orders; and settings that make no sense, told at check time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.model import Field
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields import field_type
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.fields.currency import Money
from looseleaf_platform.fields.examples import example_field

SITUATION = Situation(today=date(2026, 3, 2))


def field(type: str, **settings: Any) -> Field:
    return replace(example_field(field_type(type)), settings=FrozenMap(settings))


def parse(type: str, raw: Any, situation: Situation = SITUATION, **settings: Any) -> Any:
    return field_type(type).parse(raw, field(type, **settings), situation)


REFUSED: list[tuple[str, dict[str, Any], Any, str]] = [
    ("text", {"max_length": 3}, "四个字呀", "too-long"),
    ("text", {"min_length": 3}, "ab", "too-short"),
    ("text", {"pattern": "[A-Z]{2}-[0-9]+"}, "ab-1", "pattern"),
    ("integer", {"min": 1}, 0, "too-small"),
    ("integer", {"max": 9}, "10", "too-large"),
    ("decimal", {"precision": 4, "scale": 2}, "100", "too-large"),
    ("decimal", {"min": 0.5}, "0.49", "too-small"),
    ("currency", {"min": 0}, "-1", "too-small"),
    ("percent", {"max": 1}, "101%", "too-large"),
    ("percent", {"min": 0}, "-1%", "too-small"),
    ("date", {"order": "dmy"}, "2/13/2026", "no-such-date"),
    ("rating", {"max": 3}, 4, "not-a-rating"),
    ("file", {"max_size": 1}, {"id": 1, "size": 2 * 1024 * 1024}, "file-too-large"),
    ("file", {}, [1, 2], "too-many"),
    ("phone", {}, "+86 1380013", "not-a-phone"),
]


@pytest.mark.parametrize(("type", "settings", "raw", "code"), REFUSED)
def test_values_beyond_the_settings_are_refused(type: str, settings: dict[str, Any], raw: Any, code: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse(type, raw, **settings)
    assert raised.value.code == code


TAKEN: list[tuple[str, dict[str, Any], Any, Any]] = [
    ("text", {"pattern": "[A-Z]{2}-[0-9]+"}, "AB-1", "AB-1"),
    ("decimal", {"scale": 4}, "0.12345", Decimal("0.1235")),
    ("decimal", {"scale": 0}, "12.5", Decimal(13)),
    ("currency", {"scale": 4}, "0.12345", Money(Decimal("0.1235"), "CNY")),
    ("currency", {"currency": "JPY"}, "¥120", Money(Decimal("120.00"), "JPY")),
    ("currency", {"currency": "USD"}, "12", Money(Decimal("12.00"), "USD")),
    ("currency", {"currency": "HKD"}, "$12", Money(Decimal("12.00"), "HKD")),
    ("currency", {}, "$12", Money(Decimal("12.00"), "USD")),
    ("currency", {}, "人民币12元", Money(Decimal("12.00"), "CNY")),
    ("percent", {"max": 20}, "15", Decimal("15.0000")),
    ("percent", {"decimals": 0}, "15.5%", Decimal("0.16")),
    ("date", {"order": "dmy"}, "2/3/2026", date(2026, 3, 2)),
    ("date", {"order": "mdy"}, "2/3/2026", date(2026, 2, 3)),
    ("datetime", {"order": "dmy"}, "2/3/2026 14:30", datetime(2026, 3, 2, 6, 30, tzinfo=UTC)),
    ("rating", {"max": 10}, 10, 10),
    ("phone", {"region": "US"}, "650-253-0000", "+16502530000"),
    ("phone", {"loose": True}, "1234567890", "+861234567890"),
]


@pytest.mark.parametrize(("type", "settings", "raw", "value"), TAKEN)
def test_settings_say_how_values_are_read(type: str, settings: dict[str, Any], raw: Any, value: Any) -> None:
    assert parse(type, raw, **settings) == value


def test_the_situation_says_what_words_mean() -> None:
    there = Situation(
        today=date(2026, 12, 31),
        now=datetime(2026, 12, 31, 23, tzinfo=UTC),
        timezone="America/New_York",
        currency="USD",
        phone_region="US",
        me=7,
    )
    assert parse("date", "tomorrow", there) == date(2027, 1, 1)
    assert parse("date", "昨天", there) == date(2026, 12, 30)
    assert parse("datetime", "now", there) == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert parse("datetime", "2026-07-01 12:00", there) == datetime(2026, 7, 1, 16, tzinfo=UTC)
    assert parse("currency", 12, there) == Money(Decimal("12.00"), "USD")
    assert parse("phone", "650-253-0000", there) == "+16502530000"
    assert parse("user", "me", there) == 7
    assert parse("address", "1600 Amphitheatre Parkway", there).country == "US"


def test_the_same_value_is_shown_to_each_in_their_way() -> None:
    zh, en, abroad = (
        Situation(locale="zh"),
        Situation(locale="en"),
        Situation(locale="en", timezone="UTC", phone_region="US", currency="USD"),
    )
    money, moment, phone = Money(Decimal("1286.50"), "USD"), datetime(2026, 3, 2, 6, 30, tzinfo=UTC), "+8651262888888;ext=801"
    show = lambda type, value, situation: field_type(type).display(value, field(type), situation)  # noqa: E731
    assert [show("currency", money, one) for one in (zh, en)] == ["US$1,286.50", "$1,286.50"]
    assert show("currency", Money(Decimal("-12000.00"), "CNY"), zh) == "-¥12,000"
    assert show("currency", Money(Decimal("1200.00"), "JPY"), zh) == "JP¥1,200"
    assert show("formula", Decimal("428.765432"), zh) == "428.765432"
    assert field_type("formula").display(Decimal("428.765432"), field("formula", returns="currency"), zh) == "¥428.77"
    assert [show("datetime", moment, one) for one in (zh, abroad)] == ["2026-03-02 14:30", "2026-03-02 06:30"]
    assert [show("phone", phone, one) for one in (zh, abroad)] == ["0512 6288 8888 转 801", "+86 512 6288 8888 ext. 801"]
    assert [show("boolean", True, one) for one in (zh, en)] == ["是", "Yes"]
    assert [show("select", "trade_fair", one) for one in (zh, en)] == ["展会", "Trade fair"]
    assert [show("duration", timedelta(minutes=90), one) for one in (zh, en)] == ["1 小时 30 分钟", "1 h 30 min"]
    assert [show("tags", ("重点", "VIP"), one) for one in (zh, en)] == ["重点、VIP", "重点, VIP"]


def test_an_option_keeps_its_stored_id_when_it_is_renamed_and_old_records_keep_a_retired_one() -> None:
    kind, source = field_type("select"), example_field(field_type("select"))
    assert kind.store("trade_fair", source) == ("event",)
    assert kind.load(("event",), source) == "trade_fair"
    assert kind.load(("cold",), source) == "cold"
    assert kind.load(("gone",), source) == "gone"
    with pytest.raises(Invalid) as raised:
        kind.parse("Cold call", source, SITUATION)
    assert (raised.value.code, raised.value.details["value"]) == ("retired-option", "cold")


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("text", {"min_length": 9, "max_length": 3}, "min_length"),
    ("text", {"pattern": "("}, "pattern"),
    ("text", {"pattern": "(a+)+"}, "pattern"),
    ("text", {"pattern": "(a|a)*b*c*d*e*"}, "pattern"),
    ("text", {"pattern": "(?=a)b"}, "pattern"),
    ("text", {"pattern": r"(a)\1"}, "pattern"),
    ("integer", {"min": 2, "max": 1}, "min"),
    ("decimal", {"precision": 2, "scale": 3}, "scale"),
    ("currency", {"currency": "ABC"}, "currency"),
    ("percent", {"min": 1, "max": 0}, "min"),
    ("auto_number", {"format": "{seq}{seq}"}, "format"),
    ("auto_number", {"format": "no number"}, "format"),
    ("auto_number", {"format": "{mm}{seq}"}, "format"),
    ("auto_number", {"format": "{seq:99}"}, "format"),
    ("auto_number", {"format": "{oops}{seq}"}, "format"),
    ("auto_number", {"format": "{seq"}, "format"),
    ("rollup", {"from": "a.b"}, "from"),
    ("rollup", {"from": "a.b", "count": True, "sum": "c"}, "from"),
]


@pytest.mark.parametrize(("type", "settings", "at"), FAULTS)
def test_settings_that_make_no_sense_are_told(type: str, settings: dict[str, Any], at: str) -> None:
    faults = field_type(type).check_settings(settings)
    assert [setting for setting, _ in faults] == [at]
    assert faults[0][1].translate("zh") != str(faults[0][1])
