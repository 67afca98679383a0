"""From a Model and the tables that exist to the statements between them. Adds, never drops data: what is retired keeps its storage.

Statements are whole SQL with the schema in them, so that a plan shows exactly what a publish will run. Runs nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Column, Connection, MetaData, Table, text
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.schema import CreateTable

from looseleaf_metadata.model import Model, Object
from looseleaf_platform.database.engines import Database
from looseleaf_platform.fields import field_type
from looseleaf_platform.publishing.indexes import indexes_of
from looseleaf_platform.records.tables import (
    IndexSpec,
    Key,
    grams_table_of,
    has_owner,
    is_link,
    is_reference,
    link_table_of,
    storage_name,
    stored_fields,
    system_columns,
    table_of,
    target_of,
)

StepKind = Literal["create_table", "add_column", "add_reference", "create_index", "drop_index"]

ORDER: dict[StepKind, int] = {"create_table": 0, "add_column": 1, "add_reference": 2, "drop_index": 3, "create_index": 4}
NEVER_EMPTY = frozenset({"id", "created_at", "updated_at", "version"})

CATALOG = {
    "sqlite": (
        "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c "
        "WHERE m.type = 'table' AND substr(m.name, 1, 2) = 'o_'",
        "SELECT name, tbl_name, 1 FROM sqlite_master WHERE type = 'index' AND substr(name, 1, 3) IN ('i__', 'u__')",
    ),
    "postgresql": (
        "SELECT c.relname, a.attname FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE n.nspname = :schema AND c.relkind IN ('r', 'p') AND left(c.relname, 2) = 'o_' AND a.attnum > 0 AND NOT a.attisdropped",
        "SELECT i.relname, t.relname, x.indisvalid::int FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
        "JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = i.relnamespace "
        "WHERE n.nspname = :schema AND left(i.relname, 3) IN ('i__', 'u__')",
    ),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One statement. `later`: runs after the publish has been stored, because the table has many rows (PostgreSQL)."""

    kind: StepKind
    table: str
    name: str
    sql: str
    later: bool = False


@dataclass(frozen=True, slots=True)
class Existing:
    """The business tables as they are: columns by table, indexes (valid ones) with their table, and indexes that a failed build left."""

    columns: Mapping[str, frozenset[str]] = field(default_factory=dict)
    indexes: Mapping[str, str] = field(default_factory=dict)
    broken_indexes: frozenset[str] = frozenset()


def existing(connection: Connection, database: Database) -> Existing:
    """Read the catalog."""
    columns: defaultdict[str, set[str]] = defaultdict(set)
    values = {"schema": database.schema} if database.dialect == "postgresql" else {}
    of_columns, of_indexes = CATALOG[database.dialect]
    for table, column in connection.execute(text(of_columns), values):
        columns[table].add(column)
    indexes = list(connection.execute(text(of_indexes), values))
    return Existing(
        {table: frozenset(names) for table, names in columns.items()},
        {name: table for name, table, valid in indexes if valid},
        frozenset(name for name, _, valid in indexes if not valid),
    )


class Statements:
    """Writes statements for one kind of database and schema."""

    def __init__(self, dialect: Dialect, schema: str | None) -> None:
        self.dialect, self.schema = dialect, schema
        self.sqlite = dialect.name == "sqlite"
        self._quote = dialect.identifier_preparer.quote

    def named(self, name: str) -> str:
        """A table's name as SQL."""
        return f"{self._quote(self.schema)}.{self._quote(name)}" if self.schema else self._quote(name)

    def metadata(self) -> MetaData:
        """A MetaData whose tables are in the schema."""
        return MetaData(schema=self.schema)

    def create_table(self, table: Table, references: Mapping[str, str], cascade: bool = False) -> str:
        """CREATE TABLE; on SQLite with the foreign keys, which it can't add later."""
        sql = str(CreateTable(table).compile(dialect=self.dialect)).strip()
        if not self.sqlite or not references:
            return sql
        clauses = {f"\t{self._quote(column)} ": self.references(target, cascade) for column, target in references.items()}
        lines = [self._with_clause(line, clauses) for line in sql.split("\n")]
        return "\n".join(lines)

    def _with_clause(self, line: str, clauses: Mapping[str, str]) -> str:
        """A column's line with its foreign key, which must be part of the column so that the column can be dropped."""
        clause = next((clause for start, clause in clauses.items() if line.startswith(start)), "")
        definition = line.rstrip(" ,")
        return f"{definition} {clause}{line[len(definition) :]}" if clause else line

    def references(self, target: str, cascade: bool = False) -> str:
        """The clause that makes a column refer to another table's id, checked when the transaction ends."""
        return f"REFERENCES {self.named(target)} (id) {'ON DELETE CASCADE ' if cascade else ''}DEFERRABLE INITIALLY DEFERRED"

    def add_column(self, table: str, column: Column[Any], target: str = "") -> str:
        """ALTER TABLE … ADD COLUMN; without a default, so that no row is written."""
        kind = column.type.compile(dialect=self.dialect)
        clause = f" {self.references(target)}" if target else ""
        return f"ALTER TABLE {self.named(table)} ADD COLUMN {self._quote(column.name)} {kind}{clause}"

    def add_reference(self, table: str, column: str, target: str, cascade: bool = False) -> str:
        """A foreign key on a table that is new and empty (PostgreSQL)."""
        name = self._quote(storage_name("f", table, column))
        return (
            f"ALTER TABLE {self.named(table)} ADD CONSTRAINT {name} FOREIGN KEY ({self._quote(column)}) {self.references(target, cascade)}"
        )

    def drop_column(self, table: str, column: str) -> str:
        """For purges alone."""
        return f"ALTER TABLE {self.named(table)} DROP COLUMN {self._quote(column)}"

    def drop_table(self, table: str) -> str:
        """For purges alone."""
        return f"DROP TABLE {self.named(table)}" + ("" if self.sqlite else " CASCADE")

    def create_index(self, spec: IndexSpec, concurrently: bool = False) -> str:
        """CREATE INDEX; descending keys that may be empty put empty values last, as reads do."""
        keys = ", ".join(self._quote(key.column) + self._direction(key) for key in spec.keys)
        unique, how = "UNIQUE " if spec.unique else "", "CONCURRENTLY " if concurrently else ""
        where = " WHERE deleted_at IS NULL" if spec.live_only else ""
        return f"CREATE {unique}INDEX {how}IF NOT EXISTS {self._quote(spec.name)} ON {self.named(spec.table)} ({keys}){where}"

    def _direction(self, key: Key) -> str:
        if not key.descending:
            return ""
        return " DESC" if self.sqlite or key.column in NEVER_EMPTY else " DESC NULLS LAST"

    def drop_index(self, name: str, concurrently: bool = False) -> str:
        """DROP INDEX."""
        return f"DROP INDEX {'CONCURRENTLY ' if concurrently else ''}IF EXISTS {self.named(name)}"


def references_of(model: Model, found: Object) -> dict[str, str]:
    """Columns of an object's table that refer to another table: column to table."""
    columns = {field.column: target_of(field) for field in stored_fields(found) if is_reference(field)}
    if has_owner(found):
        columns |= {"owner_id": "user", "team_id": "team"}
    return {column: model.objects[name].table for column, name in columns.items() if name in model.objects}


def steps(model: Model, there: Existing, statements: Statements, large: frozenset[str] = frozenset()) -> tuple[Step, ...]:
    """The statements that lead from what is there to `model`. Indexes of `large` tables are marked to be built later."""
    live = [found for found in model.objects.values() if not found.retired]
    tables = list(_table_steps(model, live, there, statements))
    new_tables = {step.table for step in tables if step.kind == "create_table"}
    return (
        *sorted(tables, key=lambda step: ORDER[step.kind]),
        *_index_steps(model, there, statements, large - new_tables),
    )


def _table_steps(model: Model, live: Iterable[Object], there: Existing, statements: Statements) -> Iterator[Step]:
    for found in live:
        references = references_of(model, found)
        metadata = statements.metadata()
        if found.table not in there.columns:
            yield Step("create_table", found.table, found.table, statements.create_table(table_of(found, metadata), references))
            if not statements.sqlite:
                for column, target in references.items():
                    yield Step("add_reference", found.table, column, statements.add_reference(found.table, column, target))
        else:
            yield from _column_steps(found, references, there.columns[found.table], statements)
        if storage_name(found.table, "grams") not in there.columns:
            grams = grams_table_of(found, metadata)
            yield Step("create_table", grams.name, grams.name, statements.create_table(grams, {}))
        for link in found.live_fields:
            if is_link(link):
                yield from _link_steps(model, found, link_table_of(found, link, metadata), target_of(link), there, statements)


def _link_steps(model: Model, found: Object, table: Table, target: str, there: Existing, statements: Statements) -> Iterator[Step]:
    """The table of a many-to-many field; its pairs go with the records that they join."""
    if table.name in there.columns:
        return
    references = {"record_id": found.table, "target_id": model.objects[target].table}
    yield Step("create_table", table.name, table.name, statements.create_table(table, references, cascade=True))
    if not statements.sqlite:
        for column, other in references.items():
            sql = statements.add_reference(table.name, column, other, cascade=True)
            yield Step("add_reference", table.name, column, sql)


def _column_steps(found: Object, references: Mapping[str, str], present: frozenset[str], statements: Statements) -> Iterator[Step]:
    if present.issuperset(column_names(found)):
        return
    for column in table_of(found, MetaData()).columns:
        if column.name not in present:
            sql = statements.add_column(found.table, column, references.get(column.name, ""))
            yield Step("add_column", found.table, column.name, sql)


def column_names(found: Object) -> Iterator[str]:
    """The names of all columns that an object's table must have."""
    yield from (column.name for column in system_columns(found))
    for one in stored_fields(found):
        yield from (one.column + part.suffix for part in field_type(one.type).columns(one))


def _index_steps(model: Model, there: Existing, statements: Statements, large: frozenset[str]) -> Iterator[Step]:
    """Indexes of retired objects stay as they are: the object may come back."""
    wanted = {plan.spec.name: plan.spec for plan in indexes_of(model) if not plan.left_out}
    resting = {found.table for found in model.objects.values() if found.retired}
    for name, table in there.indexes.items():
        if name not in wanted and table.split("__")[0] not in resting:
            yield Step("drop_index", table, name, statements.drop_index(name))
    for name, spec in wanted.items():
        if name not in there.indexes:
            later = spec.table in large and not statements.sqlite
            if name in there.broken_indexes and not later:
                yield Step("drop_index", spec.table, name, statements.drop_index(name))
            yield Step("create_index", spec.table, name, statements.create_index(spec, concurrently=later), later)
