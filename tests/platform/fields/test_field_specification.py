"""The shared specification: what holds for every registered field type, on both databases. A new type is tested when it is registered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import BigInteger, Column, MetaData, Table, insert, select

from looseleaf_metadata.expressions.types import ExpressionType
from looseleaf_platform.database.engines import Database
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields import FIELD_TYPES, REGISTERED, vocabulary
from looseleaf_platform.fields.base import FieldType, Sample, Situation
from looseleaf_platform.fields.columns import parse_column
from looseleaf_platform.fields.examples import example_field
from looseleaf_platform.fields.normalise import normalised
from looseleaf_platform.fields.operators import OPERATORS, operators_of
from looseleaf_platform.fields.schemas import json_schema
from looseleaf_platform.fields.search import searchable

SITUATION = Situation(today=date(2026, 3, 2), now=datetime(2026, 3, 2, 2, tzinfo=UTC), me=7)
every_type = pytest.mark.parametrize("kind", FIELD_TYPES.values(), ids=FIELD_TYPES)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database.open(database_url)
    yield database
    database.close()


def valid(kind: FieldType) -> list[Sample]:
    return [sample for sample in kind.samples(example_field(kind)) if not sample.refused]


def values_of(kind: FieldType) -> list[Any]:
    return [kind.parse(sample.raw, example_field(kind), SITUATION) for sample in valid(kind)]


def test_types_are_registered_once() -> None:
    assert len(FIELD_TYPES) == len(REGISTERED)


@every_type
def test_a_type_says_what_it_is(kind: FieldType) -> None:
    spec = vocabulary().field_types[kind.name]
    assert {locale for locale, _ in kind.label.texts} == {"zh", "en"}
    assert kind.__class__.__doc__
    assert isinstance(spec.expression_type(kind.example_settings(), ()), ExpressionType)
    assert set(kind.operators) <= OPERATORS.keys()
    assert set(operators_of(example_field(kind))) <= OPERATORS.keys()
    assert kind.widget
    assert spec.stored == bool(kind.columns(example_field(kind)))


@every_type
def test_settings_have_a_valid_schema_that_takes_the_example(kind: FieldType) -> None:
    schema = {
        "type": "object",
        "properties": dict(kind.settings_schema),
        "required": list(kind.required_settings),
        "additionalProperties": False,
    }
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(dict(kind.example_settings()))
    assert kind.check_settings(kind.example_settings()) == ()
    assert set(kind.required_settings) <= kind.settings_schema.keys()


@every_type
def test_a_type_has_samples_of_both_kinds(kind: FieldType) -> None:
    samples = kind.samples(example_field(kind))
    assert len(valid(kind)) >= 2
    assert any(sample.refused for sample in samples)


@every_type
def test_samples_parse_to_their_values_and_odd_ones_are_refused(kind: FieldType) -> None:
    field = example_field(kind)
    for sample in kind.samples(field):
        if sample.refused:
            with pytest.raises(Invalid) as raised:
                kind.parse(sample.raw, field, SITUATION)
            assert raised.value.code == sample.refused, sample
            assert raised.value.message.translate("zh") != "" != raised.value.message.translate("en")
        else:
            assert kind.parse(sample.raw, field, SITUATION) == sample.value, sample


@every_type
def test_nothing_is_no_value(kind: FieldType) -> None:
    field = example_field(kind)
    assert [kind.parse(raw, field, SITUATION) for raw in (None, "", "   ")] == [None, None, None]
    assert kind.display(None, field, SITUATION) == ""
    assert kind.dump(None, field) in (None, [])
    assert all(part is None for part in kind.store(None, field))


@every_type
def test_a_parsed_value_parses_to_itself(kind: FieldType) -> None:
    field = example_field(kind)
    for value in values_of(kind):
        assert kind.parse(value, field, SITUATION) == value


@every_type
def test_values_survive_the_database(kind: FieldType, database: Database) -> None:
    """Parse, store, load, dump, parse: the same value all along."""
    field = example_field(kind)
    columns = [Column(field.column + spec.suffix, spec.type) for spec in kind.columns(field)]
    if not columns:
        return
    table = Table("stored", MetaData(), Column("id", BigInteger, primary_key=True), *columns)
    values = [*values_of(kind), None]
    with database.write() as connection:
        table.create(connection)
        names = [column.name for column in columns]
        rows = [{"id": number, **dict(zip(names, kind.store(value, field), strict=True))} for number, value in enumerate(values)]
        connection.execute(insert(table), rows)
    with database.read() as connection:
        loaded = [kind.load(row, field) for row in connection.execute(select(*columns).order_by(table.c.id))]
    assert loaded == [value if value != () else None for value in values]
    assert [kind.parse(kind.dump(value, field), field, SITUATION) for value in loaded] == loaded


@every_type
def test_dumps_are_json_that_its_schema_accepts_and_its_parser_takes_back(kind: FieldType) -> None:
    field = example_field(kind)
    schema = json_schema(field)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator.check_schema(json_schema(field, writing=True))
    for value in [*values_of(kind), None]:
        dumped = kind.dump(value, field)
        Draft202012Validator(schema).validate(dumped)
        again = kind.parse(dumped, field, SITUATION)
        assert (None if again == () else again) == (None if value == () else value)


@every_type
def test_values_are_shown_in_chinese_and_in_english(kind: FieldType) -> None:
    field = example_field(kind)
    for value in values_of(kind):
        for locale in ("zh", "en"):
            shown = kind.display(value, field, Situation(locale=locale, today=SITUATION.today))
            assert isinstance(shown, str)
            assert shown or not value


@every_type
def test_a_column_parses_as_its_values_do(kind: FieldType) -> None:
    field = example_field(kind)
    samples = kind.samples(field) * 2
    for sample, parsed in zip(samples, parse_column([sample.raw for sample in samples], field, SITUATION), strict=True):
        if sample.refused:
            assert isinstance(parsed, Invalid)
            assert parsed.code == sample.refused
        else:
            assert parsed == sample.value


@every_type
def test_values_have_search_words_and_a_form_for_comparing(kind: FieldType) -> None:
    field = example_field(kind)
    for value in [*values_of(kind), None]:
        assert all(isinstance(text, str) and text for text in searchable(field, value))
        assert isinstance(normalised(field, value), str)
        assert value not in (None, ()) or normalised(field, value) == ""


@every_type
def test_a_type_keeps_to_the_twelve_concerns(kind: FieldType) -> None:
    """A thirteenth concern is a table of its own: public members of a type are those of FieldType, and class attributes of its family."""
    allowed = {name for name in dir(FieldType) if not name.startswith("_")} | {"name", "label", "longest", "scale", "media"}
    assert {name for name in dir(kind) if not name.startswith("_")} <= allowed
