"""Operators: each compiles for every type that names it, and finds the right rows on both databases; nulls as promised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, MetaData, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_platform.database.engines import Database
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields import FIELD_TYPES, field_type
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.fields.currency import Money
from looseleaf_platform.fields.examples import OPTIONS, example_field
from looseleaf_platform.fields.operators import OPERATORS, condition, operators_of, parse_values, sentence
from looseleaf_platform.records.ids import encode

NOW = datetime(2026, 3, 4, 2, tzinfo=UTC)  # Wednesday, 10:00 in Shanghai
SITUATION = Situation(today=date(2026, 3, 4), now=NOW, me=7)


class Rows:
    """A table with one field in which record 1, 2, … have the given raw values."""

    def __init__(self, database: Database, type: str, raws: list[Any], **settings: Any) -> None:
        self.database, self.kind = database, field_type(type)
        example = example_field(self.kind)
        self.field = Field(
            "f", "f", type, Label.of({"zh": "字段", "en": "Field"}), "f", example.expression_type, FrozenMap(settings), options=OPTIONS
        )
        specs = self.kind.columns(self.field)
        self.table = Table(
            "rows", MetaData(), Column("id", BigInteger, primary_key=True), *(Column("f" + spec.suffix, spec.type) for spec in specs)
        )
        self.columns = [self.table.c["f" + spec.suffix] for spec in specs]
        with database.write() as connection:
            self.table.create(connection)
            for number, raw in enumerate(raws, 1):
                value = self.kind.parse(raw, self.field, SITUATION)
                value = value.with_base(value.amount * 7) if isinstance(value, Money) and value.currency == "USD" else value
                value = value.with_base(value.amount) if isinstance(value, Money) and value.base is None else value
                stored = self.kind.store(value, self.field)
                connection.execute(
                    insert(self.table), {"id": number, **{column.name: part for column, part in zip(self.columns, stored, strict=True)}}
                )

    def where(self, operator: str, raw: Any = None, situation: Situation = SITUATION) -> list[int]:
        """The numbers of the records that the operator finds."""
        found = condition(operator, self.field, self.columns, raw, situation, self.database.dialect)
        with self.database.read() as connection:
            return list(connection.scalars(select(self.table.c.id).where(found).order_by(self.table.c.id)))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database.open(database_url)
    yield database
    database.close()


def test_words(database: Database) -> None:
    rows = Rows(database, "text", ["恒拓精密机械", "Hengtuo 100%", "ÉCOLE", None, "a_b\\c"])
    assert rows.where("eq", "恒拓精密机械") == [1]
    assert rows.where("ne", "恒拓精密机械") == [2, 3, 4, 5]
    assert rows.where("contains", "精密") == [1]
    assert rows.where("contains", "hengTUO") == [2]
    assert rows.where("contains", "école") == [3]
    assert rows.where("contains", "%") == [2]
    assert rows.where("contains", "_") == [5]
    assert rows.where("contains", "b\\c") == [5]
    assert rows.where("starts_with", "恒拓") == [1]
    assert rows.where("starts_with", "拓") == []
    assert rows.where("in", ["恒拓精密机械", "ÉCOLE"]) == [1, 3]
    assert rows.where("not_in", "恒拓精密机械, ÉCOLE") == [2, 4, 5]
    assert rows.where("in", []) == []
    assert rows.where("not_in", []) == [1, 2, 3, 4, 5]
    assert rows.where("empty") == [4]
    assert rows.where("not_empty") == [1, 2, 3, 5]


def test_words_are_found_whatever_the_field_would_refuse_to_store(database: Database) -> None:
    rows = Rows(database, "text", ["abcdef"], min_length=5)
    assert rows.where("contains", "bc") == [1]
    assert rows.where("eq", "abc") == []


def test_numbers(database: Database) -> None:
    rows = Rows(database, "decimal", ["1.10", "-3", None, "12000", "0"], max=20000)
    assert rows.where("eq", "1.1") == [1]
    assert rows.where("ne", 0) == [1, 2, 3, 4]
    assert rows.where("lt", 0) == [2]
    assert rows.where("le", 0) == [2, 5]
    assert rows.where("gt", "1万") == [4]
    assert rows.where("ge", "1.10") == [1, 4]
    assert rows.where("between", [0, 2]) == [1, 5]
    assert rows.where("between", ["1.05", None]) == [1, 4]
    assert rows.where("between", "-5;0") == [2, 5]
    assert rows.where("in", [0, "-3"]) == [2, 5]
    assert rows.where("gt", 50000) == []


def test_money_is_compared_in_the_currency_of_the_workspace(database: Database) -> None:
    rows = Rows(database, "currency", ["100 CNY", "100 USD", None, "600"])
    assert rows.where("gt", 150) == [2, 4]
    assert rows.where("eq", "¥700") == [2]
    assert rows.where("between", ["50元", "650"]) == [1, 4]
    assert rows.where("empty") == [3]
    with pytest.raises(Invalid, match="CNY"):
        rows.where("eq", "100 USD")


def test_choices_are_found_by_name_and_label_though_ids_are_stored(database: Database) -> None:
    rows = Rows(database, "select", ["web", "trade_fair", None])
    assert rows.where("eq", "展会") == [2]
    assert rows.where("ne", "Website") == [2, 3]
    assert rows.where("in", ["web", "trade_fair"]) == [1, 2]
    assert rows.where("eq", "cold") == []  # retired, and still to be asked for


def test_collections(database: Database) -> None:
    rows = Rows(database, "multi_select", [["web"], ["web", "trade_fair"], None])
    assert rows.where("has_any", ["trade_fair", "cold"]) == [2]
    assert rows.where("has_all", "官网, 展会") == [2]
    assert rows.where("has_any", "web") == [1, 2]
    assert rows.where("has_any", []) == []
    assert rows.where("has_all", []) == [1, 2]
    assert rows.where("empty") == [3]
    assert rows.where("not_empty") == [1, 2]


def test_tags(database: Database) -> None:
    rows = Rows(database, "tags", [["重点", "VIP"], ['it\'s "odd"'], None])
    assert rows.where("has_any", ["重点", "x"]) == [1]
    assert rows.where("has_all", ["重点", "VIP"]) == [1]
    assert rows.where("has_any", ['it\'s "odd"']) == [2]


def test_days(database: Database) -> None:
    days = ["2026-03-04", "2026-02-28", "2026-03-01", "2025-12-31", None, "2026-03-08", "2026-03-09", "2026-03-10"]
    rows = Rows(database, "date", days)
    assert rows.where("eq", "today") == [1]
    assert rows.where("lt", "2026年3月1日") == [2, 4]
    assert rows.where("last_days", 5) == [1, 2, 3]
    assert rows.where("next_days", "6") == [1, 6, 7]
    assert rows.where("this_week") == [1, 6]
    assert rows.where("this_month") == [1, 3, 6, 7, 8]
    assert rows.where("this_quarter") == [1, 2, 3, 6, 7, 8]
    assert rows.where("this_year") == [1, 2, 3, 6, 7, 8]
    assert rows.where("between", ["2026-03-01", "2026-03-08"]) == [1, 3, 6]


def test_a_day_asked_of_moments_is_the_whole_day_of_the_reader(database: Database) -> None:
    moments = ["2026-03-03T15:59:59Z", "2026-03-03T16:00:00Z", "2026-03-04T15:59:59Z", "2026-03-04T16:00:00Z", None]
    rows = Rows(database, "datetime", moments)
    assert rows.where("eq", "2026-03-04") == [2, 3]
    assert rows.where("eq", date(2026, 3, 4)) == [2, 3]
    assert rows.where("ne", "2026-03-04") == [1, 4, 5]
    assert rows.where("lt", "2026-03-04") == [1]
    assert rows.where("le", "2026-03-04") == [1, 2, 3]
    assert rows.where("gt", "2026-03-04") == [4]
    assert rows.where("ge", "2026-03-04") == [2, 3, 4]
    assert rows.where("between", ["2026-03-03", "2026-03-04"]) == [1, 2, 3]
    assert rows.where("last_days", 1) == [2, 3]
    assert rows.where("eq", "2026-03-04 00:00") == [2]
    assert rows.where("eq", "2026-03-04", Situation(timezone="UTC", today=SITUATION.today)) == [3, 4]


def test_me(database: Database) -> None:
    rows = Rows(database, "user", [7, 8, None])
    assert rows.where("me") == [1]
    assert rows.where("eq", encode(8)) == [2]
    assert rows.where("me", situation=Situation()) == []


def test_links(database: Database) -> None:
    metadata = MetaData()
    deal = Table("deal", metadata, Column("id", BigInteger, primary_key=True))
    link = Table("link", metadata, Column("record_id", BigInteger), Column("target_id", BigInteger))
    field = example_field(field_type("many_to_many"))
    with database.write() as connection:
        metadata.create_all(connection)
        connection.execute(insert(deal), [{"id": id} for id in (1, 2, 3)])
        connection.execute(insert(link), [{"record_id": record, "target_id": target} for record, target in ((1, 10), (1, 20), (2, 20))])

    def where(operator: str, raw: Any = None) -> list[int]:
        found = condition(operator, field, (deal.c.id, link.c.record_id, link.c.target_id), raw, SITUATION, database.dialect)
        with database.read() as connection:
            return list(connection.scalars(select(deal.c.id).where(found).order_by(deal.c.id)))

    assert where("has_any", [10]) == [1]
    assert where("has_any", [encode(20)]) == [1, 2]
    assert where("has_all", [10, 20]) == [1]
    assert where("empty") == [3]
    assert where("not_empty") == [1, 2]
    assert where("has_any", []) == []


@pytest.mark.parametrize("kind", FIELD_TYPES.values(), ids=FIELD_TYPES)
def test_every_operator_of_a_type_compiles_for_both_databases(kind: Any) -> None:
    field = example_field(kind)
    columns = [Column("f" + spec.suffix, spec.type) for spec in kind.columns(field)] or [Column("f", BigInteger) for _ in range(3)]
    raw = next(sample.raw for sample in kind.samples(field) if not sample.refused and sample.raw not in (None, ""))
    for key in operators_of(field):
        given = {"none": None, "one": raw, "two": [raw, raw], "many": raw if isinstance(raw, list) else [raw], "number": 7}[
            OPERATORS[key].values
        ]
        if key in ("contains", "starts_with"):
            given = "恒拓"
        for dialect in (sqlite.dialect(), postgresql.dialect()):
            assert str(condition(key, field, columns, given, SITUATION, dialect.name).compile(dialect=dialect))


def test_what_makes_no_sense_is_refused_with_a_sentence() -> None:
    amount, name = example_field(field_type("currency")), example_field(field_type("text"))
    for field, operator, raw, code in (
        (amount, "contains", "1", "unknown-operator"),
        (amount, "drop table", "1", "unknown-operator"),
        (amount, "eq", "a lot", "not-a-number"),
        (amount, "eq", "", "no-value"),
        (amount, "between", [1], "two-values"),
        (amount, "between", [None, ""], "two-values"),
        (name, "in", ["x"] * 1001, "too-many"),
        (name, "contains", ["x"], "not-text"),
        (name, "eq", "a\x00", "nul-character"),
        (example_field(field_type("date")), "last_days", 0, "not-a-number-of-days"),
        (example_field(field_type("date")), "last_days", "x", "not-a-number"),
        (example_field(field_type("select")), "eq", "no such", "unknown-option"),
    ):
        with pytest.raises(Invalid) as raised:
            parse_values(operator, raw, field, SITUATION)
        assert raised.value.code == code


def test_a_filter_says_what_it_means() -> None:
    zh = Situation(locale="zh", today=SITUATION.today)
    source = example_field(field_type("select"))
    amount = example_field(field_type("currency"))
    owner = example_field(field_type("user"))
    assert sentence("eq", source, "web", SITUATION) == "Select is Website"
    assert sentence("in", source, ["web", "trade_fair"], zh) == "单选是官网、展会之一"
    assert sentence("gt", amount, "1万", SITUATION) == "Currency is more than ¥10,000"
    assert sentence("between", amount, [1, 2], SITUATION) == "Currency is between ¥1 and ¥2"
    assert sentence("between", amount, [1, None], SITUATION) == "Currency is at least ¥1"
    assert sentence("between", amount, ["", 2], SITUATION) == "Currency is at most ¥2"
    assert sentence("last_days", example_field(field_type("date")), 7, SITUATION) == "Date is in the last 7 days"
    assert sentence("empty", amount, None, zh) == "金额为空"
    assert sentence("eq", owner, 8, SITUATION, shown=lambda raw: "林晓") == "User is 林晓"


def test_a_computed_field_takes_the_operators_of_its_result() -> None:
    formula = example_field(field_type("formula"))
    assert operators_of(formula) == field_type("decimal").operators
    assert parse_values("gt", "1.5", formula, SITUATION) == (Decimal("1.50"),)
