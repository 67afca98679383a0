"""Which indexes a Model asks for: those that hold promises, and those that make its views, look-ups and rights fast. Makes none.

Composite indexes that nobody asked for are at most six a table; each says which view it serves, and what was left out is told too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import MetaData

from looseleaf_metadata.expressions.nodes import Ambient, Compare, Expression, ListOf, Literal, Logical, Node, Path, Unary
from looseleaf_metadata.expressions.types import Kind
from looseleaf_metadata.model import Field, Grant, Model, Object, View
from looseleaf_metadata.texts import Text
from looseleaf_platform.fields import field_type
from looseleaf_platform.records.tables import (
    IndexSpec,
    Key,
    columns_of,
    has_owner,
    index_name,
    is_link,
    is_reference,
    link_table_of,
    main_column,
    storage_name,
    unique_index,
)

MOST_COMPOSITES = 6
MOST_EQUALS = 2
MOST_SORTS = 3


@dataclass(frozen=True, slots=True)
class IndexPlan:
    """An index and why it is there. `left_out`: it would be the seventh of its table, and is not made."""

    spec: IndexSpec
    why: Text
    left_out: bool = False


def indexes_of(model: Model) -> tuple[IndexPlan, ...]:
    """All indexes of a Model's live objects."""
    return tuple(plan for found in model.objects.values() if not found.retired for plan in _of_object(model, found))


def _of_object(model: Model, found: Object) -> Iterator[IndexPlan]:
    for unique in found.unique:
        if all(_indexable(found.fields.get(name)) for name in unique.fields):
            yield IndexPlan(unique_index(found, unique), Text("{fields} must be unique", fields=", ".join(unique.fields)))
    singles = {main_column(field) for field in found.live_fields if not field.system and is_reference(field)}
    composites = _composites(model, found)
    for declared in found.indexes:
        keys = _keys(found, declared.fields)
        if keys:
            yield _plan(found, keys, Text("asked for in the metadata"), live_only=False)
    for column in sorted(singles):
        yield _plan(found, (Key(column),), Text("records are found by this look-up"), live_only=False)
    if found.key and _indexable(found.fields.get(found.key)) and (found.key,) not in [unique.fields for unique in found.unique]:
        yield _plan(found, (Key(main_column(found.fields[found.key])),), Text("imports find records by this key"), live_only=False)
    yield from composites
    yield from _of_other_tables(found)


def _of_other_tables(found: Object) -> Iterator[IndexPlan]:
    """Pairs are also found from the other side; grams are also found by their record."""
    grams = storage_name(found.table, "grams")
    keys = (Key("record_id"),)
    yield IndexPlan(IndexSpec(index_name(grams, keys, False), grams, keys), Text("search"))
    for field in found.live_fields:
        if is_link(field):
            table = link_table_of(found, field, MetaData()).name
            pair = (Key("target_id"), Key("record_id"))
            yield IndexPlan(IndexSpec(index_name(table, pair, False), table, pair), Text("pairs are found from the other side"))


def _plan(found: Object, keys: tuple[Key, ...], why: Text, live_only: bool = True, left_out: bool = False) -> IndexPlan:
    return IndexPlan(IndexSpec(index_name(found.table, keys, live_only), found.table, keys, live_only=live_only), why, left_out)


def _composites(model: Model, found: Object) -> list[IndexPlan]:
    """The composite indexes of the views and of the rights, the most useful first, those over the limit marked."""
    wanted: dict[tuple[Key, ...], Text] = {}
    owners = list(_ownership(model, found))
    views = model.views_of(found.name)
    for column, scope in owners:
        wanted[Key(column), Key("id")] = _for_people(scope)
    for view in views:
        keys = _view_keys(found, view)
        if keys:
            wanted.setdefault(keys, Text("the view {view}", view=view.label))
    for view in views:
        for column, scope in owners:
            sort = _keys(found, view.sort[:MOST_SORTS])
            if sort and column not in [key.column for key in sort]:
                wanted.setdefault(_complete((Key(column), *sort)), _for_people(scope))
    distinct = [keys for keys in wanted if not any(other[: len(keys)] == keys for other in wanted if other != keys)]
    return [_plan(found, keys, wanted[keys], left_out=position >= MOST_COMPOSITES) for position, keys in enumerate(distinct)]


def _for_people(scope: Text) -> Text:
    return Text("people who see the records of {scope} only", scope=scope)


def _ownership(model: Model, found: Object) -> Iterator[tuple[str, Text]]:
    """The columns by which some role's rights narrow what it reads."""
    if not has_owner(found):
        return
    scopes = {grant.scope for role in model.roles.values() for grant in _reads(role.grants, found.name)}
    yield "owner_id", Text("their own")
    if scopes & {"team", "team_tree"}:
        yield "team_id", Text("their team")


def _reads(grants: Mapping[str, Mapping[str, Grant]], name: str) -> Iterator[Grant]:
    grant = grants.get(name, {}).get("read")
    if grant is not None:
        yield grant


def _view_keys(found: Object, view: View) -> tuple[Key, ...]:
    """What a view is equal in, what it is sorted by, and the id; () where a plain scan by id is as good."""
    equals = _equal_columns(found, view.where)[:MOST_EQUALS]
    sort = [key for key in _keys(found, view.sort[:MOST_SORTS]) if key.column not in equals]
    keys = (*(Key(column) for column in equals), *sort)
    return _complete(keys) if keys else ()


def _complete(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """The id breaks ties, in the direction of the last key."""
    return keys if any(key.column == "id" for key in keys) else (*keys, Key("id", keys[-1].descending))


def _keys(found: Object, names: Iterable[str]) -> tuple[Key, ...]:
    """Keys of sort names up to the first that can't be indexed (a path, a formula)."""
    keys: list[Key] = []
    for name in names:
        field = found.fields.get(name.lstrip("-"))
        if not _indexable(field) or field is None:
            break
        keys.append(Key(main_column(field), name.startswith("-")))
    return tuple(keys)


def _indexable(field: Field | None) -> bool:
    """Whether a field has a column that an index can order."""
    if field is None or field.retired or is_link(field):
        return False
    if field.system:
        return True
    return field.expression_type.kind not in (Kind.OPTIONS, Kind.JSON, Kind.ANY) and bool(
        field_type(field.type).columns(field) and columns_of(field)
    )


def _equal_columns(found: Object, where: Expression | None) -> list[str]:
    """Columns that a condition compares with one value, or with few: `owner == me`, `state == 'open'`, `not done`."""
    if where is None:
        return []
    columns = []
    for part in _conjuncts(where.root):
        path = _compared(part)
        field = found.fields.get(path.names[0]) if path is not None and len(path.names) == 1 else None
        if field is not None and _indexable(field):
            columns.append(main_column(field))
    return sorted(dict.fromkeys(columns), key=lambda column: column != "owner_id")


def _conjuncts(node: Node) -> Iterator[Node]:
    if isinstance(node, Logical) and node.operator == "and":
        for operand in node.operands:
            yield from _conjuncts(operand)
    else:
        yield node


def _compared(node: Node) -> Path | None:
    """The path that a condition pins to one value, or to few."""
    if isinstance(node, Path) and node.type.kind is Kind.BOOLEAN:
        return node
    if isinstance(node, Unary) and node.operator == "not":
        return _compared(node.operand) if isinstance(node.operand, Path) else None
    if not isinstance(node, Compare) or node.operator not in ("==", "in"):
        return None
    for one, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(one, Path) and isinstance(other, Literal | Ambient | ListOf):
            return one
    return None
