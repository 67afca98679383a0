"""Statements compiled once, for the hot path: rows go to the driver without building anything, and by COPY where there are many.

A prepared statement gives and takes what the Core statement would: values are bound by the column types.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import ClauseElement, Column, Connection, Insert, Select
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

COPIED_FROM = 40
"""So many rows are sent by COPY on PostgreSQL."""
Bind = Callable[[Any], Any] | None


class Prepared:
    """A statement for one dialect and schema. `keys`: the parameters it takes, of an INSERT the columns; () for those in a SELECT.

    Lists of values stay as long as they were when the statement was made.
    """

    def __init__(self, dialect: Dialect, schema: str | None, statement: ClauseElement, keys: Iterable[str] = ()) -> None:
        options: dict[str, Any] = {"schema_translate_map": {None: schema}, "render_schema_translate": True} if schema else {}
        if isinstance(statement, Insert):
            options["column_keys"] = list(keys)
        compiled = cast(SQLCompiler, statement.compile(dialect=dialect, **options))
        whole = compiled.construct_expanded_state(compiled.params)
        self.sql = whole.statement
        self.positions: Sequence[str] | None = whole.positiontup
        known = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()} | dict(
            whole.processors
        )
        self.binds: dict[str, Bind] = {name: cast(Bind, known.get(name)) for name in whole.positiontup or whole.parameters}
        self._bound = [(name, bind) for name, bind in self.binds.items() if bind is not None]
        self._in_order = [(name, self.binds[name]) for name in self.positions or ()]
        self._given = {name: value for name, value in whole.parameters.items() if value is not None}
        self._copy = self._copied_by() if dialect.name == "postgresql" and isinstance(statement, Insert) else ""
        self._result: Sequence[Column[Any]] = (
            tuple(cast(Iterable[Column[Any]], statement.selected_columns)) if isinstance(statement, Select) else ()
        )
        self._row: Any = namedtuple("Row", [column.name for column in self._result])  # type: ignore[misc]
        self._loads: list[tuple[int, Callable[[Any], Any]]] | None = None

    def _copied_by(self) -> str:
        """COPY into the same columns, in the order of `binds`."""
        head, _, _ = self.sql.partition(" VALUES ")
        columns = head.removeprefix("INSERT INTO ")
        return f"COPY {columns} FROM STDIN" if head.endswith(")") and len(self.binds) == columns.count(",") + 1 else ""

    def run(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """Execute with one set of parameters. Returns the first row, as the driver gives it; None where there is none."""
        with _driver(connection, self.sql) as cursor:
            cursor.execute(self.sql, self._parameters(values))
            return cursor.fetchone() if cursor.description else None

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The first row of a SELECT with the values that its columns load, by name and by position; None where there is none."""
        with _driver(connection, self.sql) as cursor:
            cursor.execute(self.sql, self._parameters(values))
            found = cursor.fetchone()
            if found is None:
                return None
            if self._loads is None:
                self._loads = self._loading(connection.dialect, cursor.description)
        loaded = list(found)
        for position, load in self._loads:
            loaded[position] = load(loaded[position])
        return self._row._make(loaded)

    def _loading(self, dialect: Dialect, description: Sequence[Any]) -> list[tuple[int, Callable[[Any], Any]]]:
        """What turns the driver's values into those of the column types, by position."""
        loads = (
            column.type.dialect_impl(dialect).result_processor(dialect, described[1])
            for column, described in zip(self._result, description, strict=True)
        )
        return [(position, load) for position, load in enumerate(loads) if load is not None]

    def run_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute with many sets of parameters. Returns how many rows were written, -1 where the driver doesn't say."""
        with _driver(connection, self.sql) as cursor:
            if len(rows) == 1:
                cursor.execute(self.sql, self._parameters(rows[0]))
            elif self._copy and len(rows) >= COPIED_FROM:
                self._send(cursor, rows)
            else:
                cursor.executemany(self.sql, [self._parameters(row) for row in rows])
            return int(cursor.rowcount)

    def _parameters(self, values: Mapping[str, Any]) -> Any:
        if self._given:
            values = {**self._given, **values}
        if self.positions is not None:
            return tuple([values[name] if bind is None else bind(values[name]) for name, bind in self._in_order])
        bound = dict(values)
        for name, bind in self._bound:
            bound[name] = bind(bound[name])
        return bound

    def _send(self, cursor: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        """By COPY."""
        binds = list(self.binds.items())
        with cursor.copy(self._copy) as copy:
            for row in rows:
                copy.write_row([row[name] if bind is None else bind(row[name]) for name, bind in binds])


@contextmanager
def _driver(connection: Connection, sql: str) -> Iterator[Any]:
    """The driver's own cursor, whose errors are made SQLAlchemy's, as those of other statements are."""
    dialect = connection.dialect
    dbapi: Any = dialect.loaded_dbapi
    driver: Any = connection.connection.driver_connection
    cursor = driver.cursor()
    try:
        yield cursor
    except dbapi.Error as error:
        gone = dialect.is_disconnect(error, driver, cursor)
        wrapped = DBAPIError.instance(sql, None, error, dbapi.Error, connection_invalidated=gone, dialect=dialect)
        if gone:
            connection.invalidate(error)
        raise wrapped from error
    finally:
        cursor.close()
