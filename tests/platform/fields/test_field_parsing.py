"""Whatever comes in, a field type answers with a value or with Invalid, and in bounded time; what it takes survives its own dump."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields import FIELD_TYPES
from looseleaf_platform.fields.base import FieldType, Situation
from looseleaf_platform.fields.examples import example_field

SITUATION = Situation(today=date(2026, 3, 2), now=datetime(2026, 3, 2, 2, tzinfo=UTC))
every_type = pytest.mark.parametrize("kind", FIELD_TYPES.values(), ids=FIELD_TYPES)
MARKS = "0123456789０１９.,，-+/:：%％¥￥$€()（）年月日时分上下午万亿千百元 TZPDHMSabeinxyz@#;\u3000\u00a0\x00\ud800"
text_like = st.one_of(st.text(max_size=40), st.text(alphabet=MARKS, max_size=30))
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), text_like, st.datetimes(), st.dates(), st.times(), st.timedeltas()
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=8
)


def taken(kind: FieldType, raw: Any) -> Any:
    """The parsed value, None where it is refused. Anything but Invalid is a failure."""
    try:
        return kind.parse(raw, example_field(kind), SITUATION)
    except Invalid as invalid:
        return None if invalid.code and invalid.message.translate("zh") else invalid


@every_type
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(raw=text_like)
def test_text_of_every_kind_is_taken_or_refused(kind: FieldType, raw: str) -> None:
    check_taken(kind, raw)


@every_type
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(raw=anything)
def test_data_of_every_kind_is_taken_or_refused(kind: FieldType, raw: Any) -> None:
    check_taken(kind, raw)


def check_taken(kind: FieldType, raw: Any) -> None:
    value = taken(kind, raw)
    if value is None or kind.name == "lines":
        return
    field = example_field(kind)
    again = kind.parse(kind.dump(value, field), field, SITUATION)
    assert again == value
    orjson.dumps(kind.dump(value, field))
    assert isinstance(kind.display(value, field, SITUATION), str)
    assert kind.load(kind.store(value, field), field) == value or not kind.stored


@every_type
def test_ten_thousand_of_anything_is_answered_at_once(kind: FieldType) -> None:
    bombs = [character * 10_000 for character in "9[({<-a,.@ 年万:%+#*"] + [
        "1" + "0" * 9_999,
        "1e" + "9" * 5_000,
        "1," * 5_000,
        "a@" * 5_000,
        "(" * 5_000 + ")" * 5_000,
    ]
    started = time.thread_time()
    for bomb in bombs:
        taken(kind, bomb)
    assert time.thread_time() - started < 2


AWKWARD: list[Any] = [
    10**4000,
    -(10**4000),
    2**63,
    1e308,
    float("nan"),
    float("inf"),
    Decimal("NaN"),
    Decimal("1e999999"),
    Decimal("-0"),
    b"bytes",
    object(),
    timedelta.max,
]


@every_type
@pytest.mark.parametrize("raw", AWKWARD, ids=lambda raw: repr(raw)[:12] if not isinstance(raw, int) else "huge")
def test_awkward_objects_are_taken_or_refused(kind: FieldType, raw: Any) -> None:
    taken(kind, raw)
