"""The made-up rows of expression_cases in a real table, and a scope over it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, ColumnElement, Date, Integer, MetaData, Table, Text, Time, bindparam, select
from sqlalchemy.types import TypeEngine

from looseleaf_metadata.expressions.nodes import Expression, Path
from looseleaf_metadata.expressions.types import ExpressionType, Kind
from looseleaf_platform.database.engines import Database
from looseleaf_platform.database.types import ExactDecimal, Names, Seconds, UtcDateTime
from looseleaf_platform.records.sql_expressions import compile_condition, compile_sql
from support.expression_cases import AMBIENT, TYPES

COLUMNS: dict[Kind, TypeEngine[Any]] = {
    Kind.TEXT: Text(),
    Kind.OPTION: Text(),
    Kind.BOOLEAN: Boolean(create_constraint=False),
    Kind.DATE: Date(),
    Kind.DATETIME: UtcDateTime(),
    Kind.TIME: Time(),
    Kind.DURATION: Seconds(),
    Kind.OPTIONS: Names(),
    Kind.RECORD: BigInteger(),
}


def column_type(kind: ExpressionType) -> TypeEngine[Any]:
    """The column of a made-up field."""
    if kind.kind is Kind.NUMBER:
        return ExactDecimal(18, kind.scale) if kind.scale else BigInteger()
    return COLUMNS[kind.kind]


SAMPLE = Table(
    "sample", MetaData(), Column("id", Integer, primary_key=True), *(Column(name, column_type(kind)) for name, kind in TYPES.items())
)
PARAMETERS = {"@me": BigInteger(), "@now": UtcDateTime(), "@today": Date(), "@timezone": Text()}


class SampleScope:
    """Names of expressions are columns of the table; the caller's values are parameters."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect

    def __getattr__(self, name: str) -> ColumnElement[Any]:
        return bindparam(f"@{name}", type_=PARAMETERS[f"@{name}"])

    def column(self, path: Path) -> ColumnElement[Any]:
        """A column."""
        return SAMPLE.c[path.dotted]


def filled(database: Database, rows: list[dict[str, Any]]) -> None:
    """Make the table and put the rows in, in order."""
    with database.write() as connection:
        SAMPLE.metadata.create_all(connection)
        connection.execute(SAMPLE.insert(), [row | {"id": number} for number, row in enumerate(rows)])


def values(database: Database, expression: Expression) -> list[Any]:
    """The expression's value for every row, worked out by the database."""
    scope = SampleScope(database.dialect)
    statement = select(compile_sql(expression, scope).label("value")).select_from(SAMPLE).order_by(SAMPLE.c.id)
    with database.read() as connection:
        return list(connection.execute(statement, AMBIENT).scalars())


def matches(database: Database, expression: Expression) -> list[int]:
    """The numbers of the rows for which a condition holds."""
    statement = select(SAMPLE.c.id).where(compile_condition(expression, SampleScope(database.dialect))).order_by(SAMPLE.c.id)
    with database.read() as connection:
        return list(connection.execute(statement, AMBIENT).scalars())
