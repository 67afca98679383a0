"""Pages, counts and totals as statements. Chooses how the branches of what a reader sees are put together.

One condition of branches joined by OR is right for those who see much and for few candidates. Else each branch is read in its own
index, at most a page of it, and what they find is united: somebody who sees nothing costs nothing, however many records there are.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    bindparam,
    false,
    func,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.exc import DataError

from looseleaf_metadata.texts import Text
from looseleaf_platform.access import binds
from looseleaf_platform.access.visible import shared_ids
from looseleaf_platform.errors import BadQuery
from looseleaf_platform.records.reading.asked import Asked
from looseleaf_platform.records.reading.order import order_by, segments
from looseleaf_platform.records.reading.statements import kept
from looseleaf_platform.records.requests import COUNT_CAP

MANY_SHARES = 2000
"""From so many shares on, walking the list and testing each record is cheaper than sorting what is shared."""
HINT_SECONDS = 300.0
MOST_HINTS = 10_000

LIMIT = bindparam("page_limit", type_=Integer())


@dataclass(frozen=True, slots=True)
class PageStatements:
    """`main` finds the page; `tail`, where there is one, the records without a value for the first key, for a page not yet full.

    `names`: the parameters of the filter they were built with. `keys`: where in a row the sort keys begin.
    """

    main: Select[Any]
    tail: Select[Any] | None
    names: tuple[str, ...]
    keys: int


def page_rows(connection: Connection, asked: Asked, limit: int) -> tuple[list[Any], int]:
    """The first `limit` rows after the start, in the order they are read (backwards for a page that ends before a mark); where keys begin."""
    united = _united(connection, asked)
    key = ("page", united, *asked.shape, *asked.order_shape, asked.names)
    statements = kept(asked.found, key, lambda: _page(asked, united=united))
    parameters = asked.parameters(statements.names)
    with _values_fit(asked):
        rows: list[Any] = list(connection.execute(statements.main, {**parameters, "page_limit": limit}).all())  # at once, not row by row
        if statements.tail is not None and len(rows) < limit:
            rows.extend(connection.execute(statements.tail, {**parameters, "page_limit": limit - len(rows)}))
    return rows, statements.keys


def count_rows(connection: Connection, asked: Asked) -> int:
    """How many records there are, up to one more than COUNT_CAP."""
    asked = replace(asked, start=None)
    united = _united(connection, asked)
    statement, names = kept(asked.found, ("count", united, *asked.shape), lambda: (_count(asked, united=united), asked.form.names))
    with _values_fit(asked):
        return int(connection.scalar(statement, {**asked.parameters(names), "page_limit": COUNT_CAP + 1}) or 0)


def total_rows(connection: Connection, asked: Asked, columns: Sequence[tuple[str, str]]) -> Sequence[Any]:
    """One row with an aggregate (function, field) per column, over all records."""
    asked = replace(asked, start=None)
    key = ("totals", tuple(columns), *asked.shape)
    statement, names = kept(asked.found, key, lambda: (_totals(asked, columns), asked.form.names))
    with _values_fit(asked):
        return connection.execute(statement, asked.parameters(names)).one()


@contextmanager
def _values_fit(asked: Asked) -> Iterator[None]:
    """A value that the database can't compare with is the caller's fault: of a made-up cursor, or a filter beyond all bounds."""
    try:
        yield
    except (OverflowError, DataError) as error:
        pointer = "/filter" if asked.start is None else "/page/before" if asked.start.backwards else "/page/after"
        raise BadQuery(Text("A value in the query is too large, or holds characters that can't be stored"), pointer) from error


def _page(asked: Asked, *, united: bool) -> PageStatements:
    elements = [key.element(asked.scope) for key in asked.order.keys]
    main, tail = segments(asked.order, elements, asked.scope.at.c.id, asked.start)
    return PageStatements(
        _select(asked, elements, main, united=united),
        None if tail is None else _select(asked, elements, [tail], united=united),
        asked.form.names,
        len(asked.selection.columns),
    )


def _select(
    asked: Asked, elements: Sequence[ColumnElement[Any]], parts: Sequence[ColumnElement[bool] | None], *, united: bool
) -> Select[Any]:
    """The rows of some segments of the order, over all branches: first which, then what stands in them."""
    at, backwards = asked.scope.at, asked.start is not None and asked.start.backwards
    conditions = asked.conditions()
    keys = [element.label(f"key_{number}") for number, element in enumerate(elements)]
    combinations = [[one for one in (branch, part) if one is not None] for branch in _branches(asked, united=united) for part in parts]
    order = order_by(asked.order, elements, at.c.id, backwards=backwards)
    if len(combinations) == 1 and not asked.selection.titles:
        return select(*asked.selection.columns, *keys).where(*combinations[0], *conditions).order_by(*order).limit(LIMIT)
    singles = [select(at.c.id, *keys).where(*more, *conditions).order_by(*order).limit(LIMIT).subquery() for more in combinations]
    hits: FromClause = singles[0]
    if len(singles) > 1:
        together = (union if united else union_all)(*(one.select() for one in singles)).subquery()
        hits = _first(asked, together, backwards=backwards)
    found = [hits.c[key.name] for key in keys]
    last = order_by(asked.order, found, hits.c.id, backwards=backwards)
    return select(*asked.selection.columns, *found).select_from(hits.join(at, at.c.id == hits.c.id)).order_by(*last)


def _first(asked: Asked, together: FromClause, *, backwards: bool) -> FromClause:
    """The first of all hits of all branches."""
    keys = [together.c[f"key_{number}"] for number in range(len(asked.order.keys))]
    return select(together).order_by(*order_by(asked.order, keys, together.c.id, backwards=backwards)).limit(LIMIT).subquery()


def _branches(asked: Asked, *, united: bool) -> list[ColumnElement[bool] | None]:
    """The conditions to be read one by one."""
    reach = asked.visibility()
    if reach.everything:
        return [None]
    return list(reach.branches) if united and reach.branches else [or_(false(), *reach.branches)]


def _count(asked: Asked, *, united: bool) -> Select[Any]:
    at, conditions = asked.scope.at, asked.conditions()
    branches = _branches(asked, united=united)
    singles = [
        select(at.c.id).where(*([] if branch is None else [branch]), *conditions).limit(LIMIT).subquery().select() for branch in branches
    ]
    together = singles[0].subquery() if len(singles) == 1 else select(union(*singles).subquery().c.id).limit(LIMIT).subquery()
    return select(func.count()).select_from(together)


def _totals(asked: Asked, columns: Sequence[tuple[str, str]]) -> Select[Any]:
    at = asked.scope.at
    made = [getattr(func, function)(asked.scope.field(name)) for function, name in columns]
    reach = asked.visibility()
    if reach.shared >= 0 and len(reach.branches) > 1:
        ids = union(*(select(at.c.id).where(branch, *asked.conditions()) for branch in reach.branches)).subquery()
        return select(*made).where(at.c.id.in_(select(ids.c.id)))
    return select(*made).where(*([] if reach.everything else [reach.condition()]), *asked.conditions())


def _united(connection: Connection, asked: Asked) -> bool:
    """Whether the branches are read one by one."""
    reach = kept(asked.found, ("reach", *binds.shape(asked.context), asked.action, asked.pinned.own), asked.visibility)
    if len(reach.branches) < 2 or asked.pinned.few or asked.parent is not None or (asked.words is not None and asked.words.rare >= 0):
        return False
    return reach.shared < 0 or _shares(connection, asked) < MANY_SHARES


def _shares(connection: Connection, asked: Asked) -> int:
    """How many records are shared with the reader, up to MANY_SHARES: a hint for the choice, asked at most every few minutes."""
    hints: dict[Any, tuple[float, int]] = asked.found.memo.setdefault("shares", {})
    known = hints.get(asked.context.actor.id)
    now = time.monotonic()
    if known is not None and now - known[0] < HINT_SECONDS:
        return known[1]
    few = shared_ids(asked.context, asked.found, asked.action).limit(MANY_SHARES).subquery()
    counted = int(connection.scalar(select(func.count()).select_from(few), binds.values(asked.context)) or 0)
    if len(hints) >= MOST_HINTS:
        hints.clear()
    hints[asked.context.actor.id] = (now, counted)
    return counted
