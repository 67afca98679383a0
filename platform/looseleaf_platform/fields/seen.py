"""What expressions see of a value and of a column, where that is not the value itself: money, addresses, options that were renamed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, cast, func, literal, select, type_coerce
from sqlalchemy import Text as TextColumn
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import ARRAY

from looseleaf_metadata.model import Field
from looseleaf_platform.database.types import Names
from looseleaf_platform.fields.address import Address
from looseleaf_platform.fields.currency import Money


def seen_value(value: Any) -> Any:
    """A parsed value as expressions see it: money is an amount in the workspace's currency, an address its line."""
    if isinstance(value, Money):
        return value.base
    return value.line if isinstance(value, Address) else value


def seen_column(field: Field, column: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """The main column of a field as expressions see it: options by their present names, though their ids are stored."""
    renamed = {option.id: option.name for option in field.options if option.id != option.name}
    if not renamed:
        return column
    if field.type == "select":
        return _named(column, renamed)
    if dialect == "sqlite":
        item = func.json_each(column).table_valued("value")
        names: Any = select(func.json_group_array(_named(item.c.value, renamed))).select_from(item).scalar_subquery()
        return type_coerce(case((column.is_not(None), names)), Names())
    unnested = func.unnest(column).table_valued(sql_column("item", TextColumn())).render_derived()
    listed = select(func.array_agg(_named(unnested.c.item, renamed))).select_from(unnested).scalar_subquery()
    return type_coerce(case((column.is_not(None), cast(listed, ARRAY(TextColumn())))), Names())


def _named(item: ColumnElement[Any], renamed: dict[str, str]) -> ColumnElement[Any]:
    """An id's present name; itself where it has kept its name."""
    return case(*((item == literal(id), literal(name)) for id, name in renamed.items()), else_=item)
