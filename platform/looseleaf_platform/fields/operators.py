"""The operators of filters, as data: key, label, how many values, the SQL condition, the sentence for people.

A field type names the operators that make sense for it. Values are parsed by the type, so `amount > 1万` works wherever
filters are written. Nulls: `ne` and `not_in` include records without a value; every other comparison leaves them out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, exists, false, func, literal, not_, or_, select
from sqlalchemy import Text as TextColumn
from sqlalchemy.dialects.postgresql import ARRAY

from looseleaf_metadata.expressions import wording
from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import FieldType, Situation, blank, text_of
from looseleaf_platform.fields.currency import Money
from looseleaf_platform.fields.results import result_type
from looseleaf_platform.fields.spans import RELATIVE, Span, first, last, relative_span, span_of

Columns = Sequence[ColumnElement[Any]]
Values = tuple[Any, ...]
Build = Callable[[Columns, Values, str], ColumnElement[bool]]
MOST_VALUES = 1000
"""Values of one `in`; more are refused."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator. `values`: "none", "one", "two", "many" or "number" (a count of days).

    `build(columns, values, dialect)` makes the condition: `columns` of the field, main one first (see `compared`), `values`
    as `parse_values` gives them. `sentence` takes {field}, {value} and {other}.
    """

    key: str
    label: Label
    values: Literal["none", "one", "two", "many", "number"]
    build: Build
    sentence: Text


def compared(columns: Columns) -> ColumnElement[Any]:
    """The column that comparisons look at: of money the last, the amount in the workspace's currency; of all else the main one."""
    return columns[-1] if len(columns) == 3 and str(columns[-1].key).endswith("__base") else columns[0]


def _eq(columns: Columns, values: Values, dialect: str) -> ColumnElement[bool]:
    column, value = compared(columns), values[0]
    if isinstance(value, Span):
        return and_(column >= value.start, column < value.end)
    equal: ColumnElement[bool] = column == value
    return equal


def _ne(columns: Columns, values: Values, dialect: str) -> ColumnElement[bool]:
    column, value = compared(columns), values[0]
    if isinstance(value, Span):
        return or_(column.is_(None), column < value.start, column >= value.end)
    return column.is_distinct_from(value)


def _lt(columns: Columns, values: Values, dialect: str) -> ColumnElement[bool]:
    before: ColumnElement[bool] = compared(columns) < first(values[0])
    return before


def _le(columns: Columns, values: Values, dialect: str) -> ColumnElement[bool]:
    return last(compared(columns), values[0])


def _gt(columns: Columns, values: Values, dialect: str) -> ColumnElement[bool]:
    column, value = compared(columns), values[0]
    after: ColumnElement[bool] = column >= value.end if isinstance(value, Span) else column > value
    return after


def _ge(columns: Columns, values: Values, dialect: str) -> ColumnElement[bool]:
    since: ColumnElement[bool] = compared(columns) >= first(values[0])
    return since


def _between(columns: Columns, values: Values, dialect: str) -> ColumnElement[bool]:
    least, most = values
    parts = [] if least is None else [_ge(columns, (least,), dialect)]
    return and_(*parts, *([] if most is None else [_le(columns, (most,), dialect)]))


def _in(columns: Columns, values: Values, dialect: str) -> ColumnElement[bool]:
    return compared(columns).in_(values) if values else false()


def _not_in(columns: Columns, values: Values, dialect: str) -> ColumnElement[bool]:
    return or_(compared(columns).is_(None), compared(columns).not_in(values))


def _empty(columns: Columns, values: Values, dialect: str) -> ColumnElement[bool]:
    return columns[0].is_(None)


def _not_empty(columns: Columns, values: Values, dialect: str) -> ColumnElement[bool]:
    return columns[0].is_not(None)


def _contains(columns: Columns, values: Values, dialect: str) -> ColumnElement[bool]:
    return _like(columns[0], values[0], "%", dialect)


def _starts_with(columns: Columns, values: Values, dialect: str) -> ColumnElement[bool]:
    return _like(columns[0], values[0], "", dialect)


def _like(column: ColumnElement[Any], value: str, before: str, dialect: str) -> ColumnElement[bool]:
    """Whatever the case of its letters. SQLite's own LIKE knows only the case of ASCII."""
    escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    if dialect != "sqlite":
        return column.ilike(f"{before}{escaped}%", escape="\\")
    if not value.isascii() and value.lower() != value.upper():
        column, escaped = func.unicode_lower(column), wording.lower(escaped)
    return column.like(f"{before}{escaped}%", escape="\\")


def _has_any(columns: Columns, values: Values, dialect: str) -> ColumnElement[bool]:
    if not values:
        return false()
    if dialect == "sqlite":
        items = func.json_each(columns[0]).table_valued("value")
        return exists(select(literal(1)).select_from(items).where(items.c.value.in_(values)))
    return columns[0].bool_op("&&")(literal(list(values), ARRAY(TextColumn())))


def _has_all(columns: Columns, values: Values, dialect: str) -> ColumnElement[bool]:
    if dialect == "sqlite":
        return and_(columns[0].is_not(None), *(_has_any(columns, (value,), dialect) for value in values))
    return columns[0].bool_op("@>")(literal(list(values), ARRAY(TextColumn())))


def _within(columns: Columns, values: Values, dialect: str) -> ColumnElement[bool]:
    span = values[0]
    return and_(columns[0] >= span.start, columns[0] < span.end)


def _me(columns: Columns, values: Values, dialect: str) -> ColumnElement[bool]:
    return false() if values[0] is None else columns[0] == values[0]


OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {
        key: Operator(key, Label.of({"zh": zh, "en": en}), values, build, sentence)  # type: ignore[arg-type]
        for key, zh, en, values, build, sentence in (
            ("eq", "等于", "is", "one", _eq, Text("{field} is {value}")),
            ("ne", "不等于", "is not", "one", _ne, Text("{field} is not {value}")),
            ("lt", "小于", "less than", "one", _lt, Text("{field} is less than {value}")),
            ("le", "小于等于", "at most", "one", _le, Text("{field} is at most {value}")),
            ("gt", "大于", "more than", "one", _gt, Text("{field} is more than {value}")),
            ("ge", "大于等于", "at least", "one", _ge, Text("{field} is at least {value}")),
            ("between", "介于", "between", "two", _between, Text("{field} is between {value} and {other}")),
            ("contains", "包含", "contains", "one", _contains, Text("{field} contains {value}")),
            ("starts_with", "开头是", "starts with", "one", _starts_with, Text("{field} starts with {value}")),
            ("in", "是其中之一", "is one of", "many", _in, Text("{field} is one of {value}")),
            ("not_in", "不是其中任何一个", "is none of", "many", _not_in, Text("{field} is none of {value}")),
            ("empty", "为空", "is empty", "none", _empty, Text("{field} is empty")),
            ("not_empty", "不为空", "is not empty", "none", _not_empty, Text("{field} is not empty")),
            ("has_any", "含有任一", "has any of", "many", _has_any, Text("{field} has any of {value}")),
            ("has_all", "含有全部", "has all of", "many", _has_all, Text("{field} has all of {value}")),
            ("last_days", "最近几天", "in the last days", "number", _within, Text("{field} is in the last {value} days")),
            ("next_days", "未来几天", "in the next days", "number", _within, Text("{field} is in the next {value} days")),
            ("this_week", "本周", "this week", "none", _within, Text("{field} is this week")),
            ("this_month", "本月", "this month", "none", _within, Text("{field} is this month")),
            ("this_quarter", "本季度", "this quarter", "none", _within, Text("{field} is this quarter")),
            ("this_year", "今年", "this year", "none", _within, Text("{field} is this year")),
            ("me", "是我", "is me", "none", _me, Text("{field} is me")),
        )
    }
)
"""Every operator by key, in the order of menus."""


def operators_of(field: Field) -> tuple[str, ...]:
    """The keys of the operators that a field takes; of a computed field those of its result."""
    return result_type(field).operators


def condition(key: str, field: Field, columns: Columns, raw: Any, situation: Situation, dialect: str) -> ColumnElement[bool]:
    """The SQL condition `field <operator> raw`. For many_to_many, `columns` are (record id, link.record_id, link.target_id).

    Raises Invalid where the operator doesn't fit the field, or the value doesn't fit the operator.
    """
    values = parse_values(key, raw, field, situation)
    return _linked(key, columns, values) if field.type == "many_to_many" else OPERATORS[key].build(columns, values, dialect)


def parse_values(key: str, raw: Any, field: Field, situation: Situation) -> Values:
    """What `raw` gives to an operator: stored values as the compared column has them. Raises Invalid.

    A day given for a moment is the whole day. `in`, `has_any`, `has_all` take a list, or text parted by commas.
    """
    if key not in OPERATORS or key not in operators_of(field):
        raise Invalid("unknown-operator", Text("{field} can't be filtered by “{operator}”", field=field.label, operator=str(key)[:40]))
    operator, kind = OPERATORS[key], result_type(field)
    if key == "me":
        return (situation.me,)
    if key in RELATIVE:
        return (relative_span(key, raw, kind.name == "datetime", situation),)
    if operator.values == "none":
        return ()
    if key in ("contains", "starts_with"):
        return (text_of(_given(raw)),)
    if operator.values == "one":
        return (_value(kind, _given(raw), field, situation),)
    items = raw if isinstance(raw, list | tuple) else _split(raw, kind)
    if operator.values == "two":
        if len(items) != 2 or all(blank(item) for item in items):
            raise Invalid("two-values", Text("“between” needs two values"))
        return tuple(None if blank(item) else _value(kind, item, field, situation) for item in items)
    if len(items) > MOST_VALUES:
        raise Invalid("too-many", Text("{count} values: at most {most} fit", count=len(items), most=MOST_VALUES))
    return tuple(_value(kind, item, field, situation) for item in items if not blank(item))


def sentence(key: str, field: Field, raw: Any, situation: Situation, shown: Callable[[Any], str] | None = None) -> str:
    """The filter said to people: "Stage is Won". `shown` says a value that the type alone can't (a look-up's title)."""
    operator, kind = OPERATORS[key], result_type(field)

    def say(item: Any) -> str:
        if shown is not None:
            return shown(item)
        parsed = _parse(kind, item, field, situation)
        return kind.display(parsed, field, situation)

    if operator.values == "two":
        least, most = (None if blank(item) else say(item) for item in (raw if isinstance(raw, list | tuple) else _split(raw, kind)))
        if least is None or most is None:
            key, value, other = ("le", most, "") if least is None else ("ge", least, "")
        else:
            value, other = least, most
    elif operator.values == "many":
        items = raw if isinstance(raw, list | tuple) else _split(raw, kind)
        value, other = Text(", ").translate(situation.locale).join(say(item) for item in items if not blank(item)), ""
    else:
        plain = operator.values in ("none", "number") or key in ("contains", "starts_with")
        value, other = ("" if raw is None else str(raw)) if plain else say(raw), ""
    return Text(OPERATORS[key].sentence.msgid, field=field.label, value=value, other=other).translate(situation.locale)


def _given(raw: Any) -> Any:
    if blank(raw):
        raise Invalid("no-value", Text("A value is needed to compare with; use “is empty” for records without one"))
    return raw


def _split(raw: Any, kind: FieldType) -> list[Any]:
    """A list given as text: parted by semicolons or lines, or by commas where a comma can't be part of a value."""
    if not isinstance(raw, str):
        return [] if raw is None else [raw]
    marks = ";；\n" if kind.widget in ("number", "currency", "percent") else ";；\n,，、"
    return [part.strip() for part in raw.translate(dict.fromkeys(map(ord, marks), "\n")).split("\n")]


_LIMITS = frozenset({"min", "max", "min_length", "max_length", "pattern"})


def _parse(kind: FieldType, raw: Any, field: Field, situation: Situation) -> Any:
    """A value to compare with: limits of the field don't hold, and retired options may be asked for."""
    if not _LIMITS.isdisjoint(field.settings):
        field = replace(field, settings=FrozenMap({name: value for name, value in field.settings.items() if name not in _LIMITS}))
    many = "has_any" in kind.operators
    try:
        return kind.parse([raw] if many else raw, field, situation)
    except Invalid as invalid:
        if invalid.code != "retired-option":
            raise
        name = invalid.details["value"]
        return (name,) if many else name


def _value(kind: FieldType, raw: Any, field: Field, situation: Situation) -> Any:
    """One value as the compared column stores it; a Span for a day that is asked of a moment."""
    if kind.name == "datetime" and (span := span_of(raw, field, situation)):
        return span
    parsed = _parse(kind, raw, field, situation)
    if isinstance(parsed, Money):
        if parsed.currency != situation.currency:
            raise Invalid("foreign-currency", Text("Filters compare amounts in {currency}", currency=situation.currency))
        return parsed.amount
    stored = kind.store(parsed, field)
    value = stored[0] if stored else parsed
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def _linked(key: str, columns: Columns, values: Values) -> ColumnElement[bool]:
    """The operators on a link table."""
    id, record, target = columns
    linked = select(literal(1)).where(record == id)
    if key == "has_any":
        return exists(linked.where(target.in_(values))) if values else false()
    if key == "has_all":
        return and_(*(exists(linked.where(target == value)) for value in values)) if values else exists(linked)
    return not_(exists(linked)) if key == "empty" else exists(linked)
