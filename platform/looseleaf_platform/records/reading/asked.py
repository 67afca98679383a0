"""A query, understood: checked against what the reader may name, with the form of its statement apart from its values."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, bindparam

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.texts import Text
from looseleaf_platform.access import binds
from looseleaf_platform.access.visible import EVERYTHING, Visibility, visible
from looseleaf_platform.context import Context
from looseleaf_platform.errors import BadQuery
from looseleaf_platform.records.reading.columns import Selection, asked_fields, selection
from looseleaf_platform.records.reading.filters import filter_condition
from looseleaf_platform.records.reading.narrowing import NOT_PINNED, Pinned, pinned
from looseleaf_platform.records.reading.order import Order, Start, order_of, start_of
from looseleaf_platform.records.reading.readable import ReadScope, check_expression_of
from looseleaf_platform.records.reading.statements import EMPTY_FORM, Form, form_of, kept
from looseleaf_platform.records.reading.words import Words, rare_hits, words_hold, words_of
from looseleaf_platform.records.requests import Query
from looseleaf_platform.records.runtime import ObjectRuntime
from looseleaf_platform.records.sources import source
from looseleaf_platform.records.sql_expressions import compile_condition

LARGEST_PAGE = 200
LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything about one read but the connection. `parent`: the look-up and id of the record whose related list this is.

    `filter` is built anew for every query, and stands in the statement only the first time; see `Form`.
    """

    scope: ReadScope
    action: str
    order: Order
    start: Start | None
    filter: ColumnElement[bool] | None
    form: Form
    expression: Expression | None
    words: Words | None
    parent: tuple[str, int] | None
    deleted: bool
    names: tuple[str, ...] = ()
    pinned: Pinned = NOT_PINNED
    memo: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def found(self) -> ObjectRuntime:
        """The object that is read."""
        return self.scope.found

    @property
    def context(self) -> Context:
        """Who reads."""
        return self.scope.context

    @property
    def shape(self) -> tuple[Hashable, ...]:
        """What decides which records the read is about, values aside."""
        expression = None if self.expression is None else (self.expression.object, self.expression.source)
        words = None if self.words is None else self.words.shape
        parent = None if self.parent is None else self.parent[0]
        return (*binds.shape(self.context), self.action, self.deleted, self.form.key, expression, words, parent, self.pinned)

    @property
    def order_shape(self) -> tuple[Hashable, ...]:
        """What decides order and beginning, values aside."""
        return (self.order.binding, None if self.start is None else self.start.shape)

    @property
    def selection(self) -> Selection:
        """The columns of the fields asked for."""
        key = ("columns", *binds.shape(self.context), self.names)
        return kept(self.found, key, lambda: selection(self.scope, self.names))

    def visibility(self) -> Visibility:
        """The records within the reader's reach; all, where the read is about the reader's own, which are within it."""
        if self.pinned.own:
            return EVERYTHING
        return visible(self.context, self.found.name, self.action, self.scope.at)

    def conditions(self) -> list[ColumnElement[bool]]:
        """What records must fulfil besides being within reach."""
        at = self.scope.at
        found: list[ColumnElement[bool]] = [at.c.deleted_at.is_not(None) if self.deleted else at.c.deleted_at.is_(None)]
        if self.parent is not None:
            found.append(at.c[self.found.fields[self.parent[0]].main.name] == bindparam("parent", type_=BigInteger()))
        if self.expression is not None:
            found.append(compile_condition(self.expression, self.scope))
        if self.filter is not None:
            found.append(self.filter)
        if self.words is not None:
            if self.words.rare >= 0:
                found.append(at.c.id.in_(rare_hits(self.scope, self.words)))
            found.extend(words_hold(self.scope, self.words))
        return found

    def parameters(self, names: tuple[str, ...]) -> dict[str, Any]:
        """The values for a kept statement; `names`: of the parameters of the filter it was built with."""
        found = {**self.form.parameters(names), **binds.values(self.context)}
        if self.start is not None:
            found |= self.start.parameters
        if self.words is not None:
            found |= self.words.parameters
        if self.parent is not None:
            found["parent"] = self.parent[1]
        return found


def understand(
    context: Context,
    connection: Connection,
    object_name: str,
    query: Query,
    *,
    parent: tuple[str, int] | None = None,
    action: str = "",
) -> Asked:
    """Check a query. Raises BadQuery with the pointer of what is wrong."""
    found = context.runtime.object(object_name)
    scope = ReadScope(context, found, source(found))
    if type(query.size) is not int or not 1 <= query.size <= LARGEST_PAGE:
        raise BadQuery(Text("A page has 1 to {most} records", most=LARGEST_PAGE), "/page/size")
    if len(query.search) > LONGEST_SEARCH:
        raise BadQuery(Text("At most {count} characters can be searched for", count=LONGEST_SEARCH), "/search")
    if query.expression is not None:
        check_expression_of(context, found, query.expression)
    order = order_of(scope, query.sort)
    condition = None if query.where is None or not query.where.parts else filter_condition(scope, query.where)
    return Asked(
        scope=scope,
        action=action or ("delete" if query.deleted else "read"),
        order=order,
        start=start_of(order, query),
        filter=condition,
        form=EMPTY_FORM if condition is None else form_of(condition),
        expression=query.expression,
        words=words_of(connection, scope, query.search),
        parent=parent,
        deleted=query.deleted,
        names=asked_fields(scope, query.fields, whole=False, deleted=query.deleted),
        pinned=pinned(scope, query, action),
    )
