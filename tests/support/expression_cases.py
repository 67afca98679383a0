"""Made-up rows and random typed expressions over them, for tests that hold all targets of the expression language equal."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from looseleaf_metadata.expressions.check import check_expression
from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.python_target import ambient_values
from looseleaf_metadata.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DURATION,
    INTEGER,
    TEXT,
    TIME,
    ExpressionType,
    Kind,
    number,
    option,
    record,
)
from looseleaf_metadata.problems import Place

TYPES: Mapping[str, ExpressionType] = {
    "amount": number(2),
    "fee": number(2),
    "discount": number(4),
    "fine": number(8),
    "quantity": INTEGER,
    "stars": INTEGER,
    "name": TEXT,
    "code": TEXT,
    "close_date": DATE,
    "start_date": DATE,
    "created_at": DATETIME,
    "ended_at": DATETIME,
    "opens": TIME,
    "spent": DURATION,
    "closed": BOOLEAN,
    "urgent": BOOLEAN,
    "source": option(("web", "event", "referral")),
    "stage": option(("new", "won", "lost")),
    "tags": ExpressionType(Kind.OPTIONS),
    "owner": record("user"),
    "backup": record("user"),
}
"""The fields of the made-up rows."""
NOW = datetime(2026, 3, 2, 15, 30, 12, 345678, tzinfo=UTC)
AMBIENT = ambient_values(NOW, "Asia/Shanghai", 11)
"""What the caller brings: in Shanghai it is half past eleven at night."""
WORDS = [
    "",
    "a",
    "abc",
    "Abc",
    "ABC ",
    " 恒拓 ",
    "恒拓精密",
    "集团 abc",
    "Ärger",
    "ſtraße",
    "𝒳y",
    "\ue000z",
    "b'c",
    '"vip"',
    "100%_",
    "a\\b",
    "É",
    "\u3000全角\u3000",
]


def check(source: str, expected: ExpressionType | None = None) -> Expression:
    """The checked expression; AssertionError with the problems where there are some."""
    checked = check_expression(source, None, {}, place=Place("test", 1, 1), extra=TYPES, expected=expected)
    assert isinstance(checked, Expression), f"{source}\n" + "\n".join(problem.as_text() for problem in checked)
    return checked


def rows(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Rows with every kind of value, about a quarter of them None; the first row is empty."""
    chance = random.Random(seed)
    return [dict.fromkeys(TYPES), *({name: _value(kind, chance) for name, kind in TYPES.items()} for _ in range(count - 1))]


def _value(kind: ExpressionType, chance: random.Random) -> Any:
    if chance.random() < 0.25:
        return () if kind.kind is Kind.OPTIONS else None
    match kind.kind:
        case Kind.NUMBER:
            units = chance.choice(
                [0, 1, -1, 5, -5, 50, 12345, -99999, 10**9 + 7, chance.randint(-(10**6), 10**6), chance.randint(-(10**12), 10**12)]
            )
            return Decimal(units).scaleb(-kind.scale) if kind.scale else units
        case Kind.TEXT:
            return chance.choice(WORDS)
        case Kind.BOOLEAN:
            return chance.random() < 0.5
        case Kind.DATE:
            return chance.choice(
                [date(2026, 3, 2), date(2026, 3, 3), date(2024, 2, 29), date(2025, 12, 31), date(1999, 1, 1), date(2026, 1, 31)]
            )
        case Kind.DATETIME:
            moment = chance.choice(["2026-03-02T15:59:59.999999Z", "2026-03-02T16:00:00Z", "2025-12-31T16:00:00Z", "1987-07-04T01:02:03Z"])
            return datetime.fromisoformat(moment) + timedelta(
                seconds=chance.choice([0, 1, -1, 86400]), microseconds=chance.choice([0, 0, 250000])
            )
        case Kind.TIME:
            return chance.choice([time(9, 30), time(), time(23, 59, 59)])
        case Kind.DURATION:
            return timedelta(seconds=chance.choice([0, 1, -1, 86400, 90061, -3600]))
        case Kind.OPTION:
            return chance.choice(kind.options)
        case Kind.OPTIONS:
            return tuple(chance.sample(["vip", "a", '"vip"', "老客户"], chance.randint(0, 3)))
    return chance.choice([11, 12, 2**62 + 1])


LEAVES: Mapping[Kind, tuple[str, ...]] = {
    Kind.NUMBER: ("amount", "fee", "discount", "fine", "quantity", "stars", "0", "1", "-3", "0.5", "2.675", "100", "0.00000001", "1.005"),
    Kind.TEXT: ("name", "code", "source", "stage", *map(repr, WORDS)),
    Kind.DATE: ("close_date", "start_date", "today()", "date('2026-03-31')", "date(2024, 2, 29)"),
    Kind.DATETIME: ("created_at", "ended_at", "now()"),
    Kind.DURATION: ("spent", "days(1)", "hours(1.5)", "minutes(90)", "hours(-30)"),
    Kind.BOOLEAN: ("closed", "urgent", "True", "False"),
    Kind.RECORD: ("owner", "backup", "me"),
}
"""The shortest expressions of each kind."""
N, T, D, M, S, B = Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.DATETIME, Kind.DURATION, Kind.BOOLEAN
ORDER = ("==", "!=", "<", "<=", ">", ">=")
SHAPES: Mapping[Kind, tuple[tuple[str, tuple[Kind, ...]], ...]] = {
    N: (
        *((f"({{}} {symbol} {{}})", (N, N)) for symbol in ("+", "-", "*", "*", "/", "//", "%")),
        *((f"round({{}}, {places})", (N,)) for places in (-2, 0, 1, 2, 4)),
        *((f"{name}({{}})", (N,)) for name in ("abs", "floor", "ceil", "round", "-")),
        *((f"{name}({{}}, {{}})", (N, N)) for name in ("min", "max")),
        *((f"{name}({{}})", (D,)) for name in ("year", "quarter", "month", "day", "weekday")),
        ("days_between({}, {})", (D, D)),
        ("({} / {})", (S, S)),
        ("len({})", (T,)),
        ("len(tags)", ()),
    ),
    T: (
        ("({} + {})", (T, T)),
        *((f"{name}({{}})", (T,)) for name in ("lower", "upper", "trim")),
        *((f"{name}({{}} + '', {{}})", (T, T)) for name in ("min", "max")),
        ("concat({}, {})", (T, T)),
        *(("text({})", (kind,)) for kind in (N, D, B, M)),
    ),
    D: (
        ("({} + {})", (D, S)),
        ("({} - {})", (D, S)),
        *((f"{name}({{}}, {{}})", (D, Kind.JSON)) for name in ("add_days", "add_months", "add_years")),
        *((f"{name}({{}})", (D,)) for name in ("start_of_year", "start_of_quarter", "start_of_month", "start_of_week", "end_of_month")),
        *((f"{name}({{}}, {{}})", (D, D)) for name in ("min", "max")),
        ("date({})", (M,)),
    ),
    M: (("({} + {})", (M, S)), ("({} - {})", (M, S)), ("start_of_day({})", (D,)), ("max({}, {})", (M, M))),
    S: (
        ("({} + {})", (S, S)),
        ("({} - {})", (S, S)),
        ("({} - {})", (D, D)),
        ("({} - {})", (M, M)),
        ("({} * {})", (S, N)),
        ("({} / {})", (S, N)),
        *((f"{name}({{}})", (N,)) for name in ("days", "hours", "minutes")),
        *((f"{name}({{}})", (S,)) for name in ("abs", "-")),
    ),
    B: (
        *((f"({{}} {word} {{}})", (B, B)) for word in ("and", "or", "and", "or", "==", "!=")),
        ("(not {})", (B,)),
        ("(not {})", (B,)),
        *((f"({{}} {symbol} {{}})", (kind, kind)) for symbol in ORDER for kind in (N, D, M, S)),
        *((f"(concat({{}}) {symbol} concat({{}}))", (T, T)) for symbol in ORDER),
        *((f"({{}} {symbol} {{}})", pair) for symbol in ORDER for pair in ((M, D), (D, M))),
        *((f"({{}} {symbol} {{}})", (Kind.RECORD, Kind.RECORD)) for symbol in ("==", "!=")),
        *((f"({{}} {word} [{{}}, {{}}])", (kind, kind, kind)) for word in ("in", "not in") for kind in (N, D, Kind.RECORD)),
        *((f"({{}} {word} tags)", (T,)) for word in ("in", "not in")),
        *((f"(concat({{}}) {word} concat({{}}))", (T, T)) for word in ("in", "not in")),
        *((f"(name {word} code)", ()) for word in ("in", "not in")),
        *((f"({part} {word} tags)", ()) for word in ("in", "not in") for part in ("'vip'", "'\"vip\"'")),
        *((f"(source {word} ['web', 'referral'])", ()) for word in ("in", "not in")),
        *((f"({name} is {word}None)", ()) for name in TYPES for word in ("", "not ")),
        *((f"({{}} is {word}None)", (kind,)) for word in ("", "not ") for kind in (N, T, D)),
        *((f"{name}({{}}, {{}})", (T, T)) for name in ("contains", "starts_with", "ends_with")),
        *((f"(opens {symbol} '09:30')", ()) for symbol in ORDER),
    ),
}
"""Templates by the kind that they give, with the kinds that they take. JSON stands for a whole number."""


def _source(chance: random.Random, kind: Kind, depth: int) -> str:
    """A random expression of some kind, nested at most so deep."""
    if kind is Kind.JSON:
        return chance.choice(["quantity", "stars", "0", "1", "-1", "12", "31", "-400", "99999999"])
    if depth == 0 or kind is Kind.RECORD or chance.random() < 0.15:
        return chance.choice(LEAVES[kind])
    if chance.random() < 0.12:
        template, kinds = chance.choice([("({} if {} else {})", (kind, B, kind)), ("coalesce({}, {})", (kind, kind))])
    else:
        template, kinds = chance.choice(SHAPES[kind])
    return template.format(*(_source(chance, each, depth - 1) for each in kinds))


@st.composite
def expressions(draw: st.DrawFn, kind: Kind | None = None) -> str:
    """The source of a random expression that the checker accepts."""
    depth = draw(st.integers(1, 4))
    chance = random.Random(draw(st.integers(0, 2**48)))
    return _source(chance, kind or chance.choice(list(SHAPES)), depth)
