"""From an Object to its tables: names, columns, indexes. Says what the storage looks like; makes and changes nothing.

An object has one table with a column set per stored field; a many-to-many field a table of pairs; every object a table of search grams.
Storage names come from `Object.table` and `Field.column`, which stay for life; a rename in metadata changes neither.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

from looseleaf_metadata.expressions.types import Kind
from looseleaf_metadata.model import Field, Object, Unique
from looseleaf_platform.database.types import UtcDateTime
from looseleaf_platform.fields import field_type

LONGEST_NAME = 63  # PostgreSQL cuts longer names off


def storage_name(*parts: str) -> str:
    """The parts joined by "__"; a name that is too long ends in a hash of the whole instead."""
    name = "__".join(parts)
    if len(name.encode()) <= LONGEST_NAME:
        return name
    return name.encode()[: LONGEST_NAME - 9].decode(errors="ignore") + "_" + _digest(name)


def has_owner(object: Object) -> bool:
    """Whether records of the object have an owner and a team of their own: lines follow their parent."""
    return object.owner != "none" and not object.owned_by


def target_of(field: Field) -> str:
    """The name of the object that a look-up refers to, "" for fields that refer to none."""
    return field.target or field_type(field.type).fixed_target


def system_columns(object: Object) -> tuple[Column[Any], ...]:
    """The columns that every record has."""
    ownership = (Column("owner_id", BigInteger), Column("team_id", BigInteger)) if has_owner(object) else ()
    return (
        Column("id", BigInteger, primary_key=True, autoincrement=False),
        *ownership,
        Column("created_at", UtcDateTime, nullable=False),
        Column("created_by", BigInteger),
        Column("updated_at", UtcDateTime, nullable=False),
        Column("updated_by", BigInteger),
        Column("version", Integer, nullable=False, server_default="1"),
        Column("deleted_at", UtcDateTime),
        Column("deleted_by", BigInteger),
    )


def columns_of(field: Field) -> tuple[Column[Any], ...]:
    """New columns for a declared field, the main one first; () for fields that store nothing in their object's table."""
    return tuple(Column(field.column + part.suffix, part.type) for part in field_type(field.type).columns(field))


def is_link(field: Field) -> bool:
    """Whether the field's values are pairs in a table of their own."""
    return field.type == "many_to_many"


def is_reference(field: Field) -> bool:
    """Whether the field's column holds the id of another object's record."""
    return field.expression_type.kind is Kind.RECORD and field.type != "formula" and bool(target_of(field))


def stored_fields(object: Object) -> Iterable[Field]:
    """Live declared fields with columns in the object's table."""
    return (field for field in object.live_fields if not field.system and not is_link(field) and field_type(field.type).columns(field))


def table_of(object: Object, metadata: MetaData) -> Table:
    """The object's table with the columns of its live fields. `metadata` must not be shared with another revision."""
    own = [column for field in stored_fields(object) for column in columns_of(field)]
    return Table(object.table, metadata, *system_columns(object), *own)


def link_table_of(object: Object, field: Field, metadata: MetaData) -> Table:
    """The pairs of a many-to-many field."""
    return Table(
        storage_name(object.table, field.column),
        metadata,
        Column("record_id", BigInteger, primary_key=True, autoincrement=False),
        Column("target_id", BigInteger, primary_key=True, autoincrement=False),
    )


def grams_table_of(object: Object, metadata: MetaData) -> Table:
    """The search grams of an object's records: which short pieces of text occur in which field of which record."""
    return Table(
        storage_name(object.table, "grams"),
        metadata,
        Column("gram", Text().with_variant(Text(collation="C"), "postgresql"), primary_key=True),  # found by its beginning
        Column("field_id", Text, primary_key=True),
        Column("record_id", BigInteger, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )


@dataclass(frozen=True, slots=True)
class Key:
    """One column of an index."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """An index as it should be. `live_only`: over the records that are not deleted. `purpose` is what it is for, stable text."""

    name: str
    table: str
    keys: tuple[Key, ...]
    unique: bool = False
    live_only: bool = False
    purpose: str = ""


def unique_index(object: Object, unique: Unique) -> IndexSpec:
    """The index that holds a uniqueness promise among the undeleted. Its name tells which promise was broken, and changes with the fields."""
    columns = tuple(main_column(object.fields[name]) for name in unique.fields)
    return IndexSpec(
        name=storage_name("u", object.table, unique.id, _digest(",".join(columns))),
        table=object.table,
        keys=tuple(Key(column) for column in columns),
        unique=True,
        live_only=True,
        purpose="unique",
    )


def index_name(table: str, keys: tuple[Key, ...], live_only: bool) -> str:
    """The name of an index that holds no promise: the same definition has the same name."""
    return storage_name("i", table, _digest(",".join(f"{key.column}{'-' * key.descending}" for key in keys) + "!" * live_only))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def main_column(field: Field) -> str:
    """The name of the column that a field is compared and sorted by: of money the amount in the workspace's currency."""
    return field.column + "__base" if field.type == "currency" else field.column
