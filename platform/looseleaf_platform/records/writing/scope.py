"""What an expression sees of a record being written: its fields, its formulas, and records reached through look-ups.

A Scope works out lazily, so that a rule pays only for what it reads; look-ups are fetched for a whole batch, one query a hop.
Rules see everything: the actor's rights play no part here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from looseleaf_metadata.expressions.types import ExpressionType
from looseleaf_metadata.frozen import FrozenMap

if TYPE_CHECKING:
    from looseleaf_platform.records.writing.plan import FieldPlan, ObjectPlan, Plans

Read = Callable[[str], Any]
Local = Callable[[str, int], "Scope | None"]
NO_NAMES: Mapping[str, ExpressionType] = FrozenMap({})


class Scope(dict[str, Any]):
    """Dotted path to value, filled in when asked. `read(name)` gives the value of a stored field as expressions see it.

    `names`: what expressions on it may name beside fields, with the types.
    """

    __slots__ = ("names", "plan", "read", "relations")

    def __init__(self, plan: ObjectPlan, read: Read, relations: Relations) -> None:
        super().__init__(relations.ambient)
        self.plan, self.read, self.relations = plan, read, relations
        self.names = NO_NAMES

    def know(self, names: Mapping[str, ExpressionType], values: Mapping[str, Any]) -> None:
        """Let expressions use further names, dotted ones too."""
        self.names = names
        self.update(values)

    def __missing__(self, path: str) -> Any:
        head, _, rest = path.partition(".")
        if rest:
            value = self.relations.follow(self.plan.targets[head], self[head], rest)
        elif head in self.plan.formulas:
            value = self.plan.formulas[head](self)
        else:
            value = self.read(head)
        self[path] = value
        return value


class Relations:
    """The records that a batch's expressions reach through look-ups, by object and id.

    `ambient`: "@me", "@now", "@today", "@timezone". `rates`: of currencies that were asked for. `local(object, id)`: the scope of a record written in the same batch, or None.
    """

    def __init__(self, connection: Connection, plans: Plans, ambient: Mapping[str, Any], local: Local) -> None:
        self.connection, self.plans, self.ambient, self.local = connection, plans, ambient, local
        self.rates: dict[str, Decimal | None] = {}
        self._scopes: dict[tuple[str, int], Scope | None] = {}
        self._members: dict[tuple[str, str, int], tuple[int, ...]] = {}

    def follow(self, object_name: str, id: int | None, path: str) -> Any:
        """The value at `path` of a record; None where there is none."""
        scope = None if id is None else self.scope(object_name, id)
        return None if scope is None else scope[path]

    def scope(self, object_name: str, id: int) -> Scope | None:
        """A record as expressions see it; None where there is none."""
        if (object_name, id) not in self._scopes:
            self.fetch(object_name, (id,))
        return self._scopes.get((object_name, id))

    def fetch(self, object_name: str, ids: Iterable[int]) -> None:
        """Read those records that aren't known yet, in one query."""
        unknown = sorted({id for id in ids if (object_name, id) not in self._scopes})
        missing: list[int] = []
        for id in unknown:
            self._scopes[object_name, id] = self.local(object_name, id)
            if self._scopes[object_name, id] is None:
                missing.append(id)
        plan = self.plans[object_name]
        for start in range(0, len(missing), 1000):
            for stored in self.connection.execute(plan.select_by_ids, {"ids": missing[start : start + 1000]}):
                self._scopes[object_name, stored.id] = Scope(plan, partial(self._read, plan, stored), self)

    def _read(self, plan: ObjectPlan, stored: Any, name: str) -> Any:
        field = plan.fields[name]
        return self.members(plan, field, stored.id) if field.many else field.in_expressions(field.load(stored))

    def members(self, plan: ObjectPlan, field: FieldPlan, id: int) -> tuple[int, ...]:
        """The stored ids of a record's lines or links."""
        key = (plan.name, field.name, id)
        if key not in self._members:
            self._members[key] = tuple(self.connection.scalars(plan.select_members(field), {"id": id}))
        return self._members[key]

    def prefetch(self, scopes: Iterable[Scope], hops: Iterable[tuple[str, ...]]) -> None:
        """Fetch what `scopes`, all of one object, reach over `hops` (paths of look-ups), shortest first."""
        known = list(scopes)
        if not known:
            return
        for hop in sorted(hops, key=len):
            target = known[0].plan.target_of(hop)
            self.fetch(target, {id for scope in known if isinstance(id := scope[".".join(hop)], int)})
