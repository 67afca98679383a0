"""The work in hand: one Row a record, and the Batch that the stages pass on. Holds state; decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from looseleaf_platform.context import Context
from looseleaf_platform.errors import Fault, LooseleafError
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.writing.plan import FieldPlan, ObjectPlan, Plans
from looseleaf_platform.records.writing.scope import Relations, Scope


class Row:
    """One record on its way through the stages.

    `pointer`: JSON pointer of its values in the input. `raw`: the values as given. `values`: parsed, of a create all that it will
    hold, of an update those that differ from `stored`, the row as read. `bad`: fields with a fault, which no rule may read.
    `derived`: follows from another row by metadata (cascade, clear), so that no right of its own is asked for.
    `links`: many-to-many field to (ids to add, ids to remove). `depends`: ids of records created in the same set that it refers to.
    `touched`: its lines change, so its version does.
    """

    __slots__ = (
        "bad",
        "base",
        "change",
        "children",
        "depends",
        "derived",
        "faults",
        "id",
        "index",
        "kind",
        "links",
        "merged",
        "new_version",
        "outcome",
        "parent",
        "plan",
        "pointer",
        "raw",
        "scope",
        "stored",
        "touched",
        "values",
        "version",
        "was",
    )

    def __init__(
        self,
        plan: ObjectPlan,
        kind: str,
        id: int,
        *,
        index: int,
        pointer: str = "",
        raw: Mapping[str, Any] | None = None,
        change: Change | None = None,
        parent: Row | None = None,
        derived: bool = False,
    ) -> None:
        self.plan, self.kind, self.id, self.index, self.pointer = plan, kind, id, index, pointer
        self.raw: Mapping[str, Any] = raw or {}
        self.change, self.parent, self.derived = change, parent, derived
        self.base: Mapping[str, Any] | None = change.base if change else None
        self.version = change.version if change else None
        self.values: dict[str, Any] = {}
        self.was: dict[str, Any] = {}
        self.links: dict[str, tuple[frozenset[int], frozenset[int]]] = {}
        self.children: list[Row] = []
        self.faults: list[Fault] = []
        self.bad: set[str] = set()
        self.depends: set[int] = set()
        self.merged: tuple[str, ...] = ()
        self.touched = False
        self.stored: Any = None
        self.scope: Scope | None = None
        self.outcome = ""
        self.new_version = 0

    def fault(self, code: str, message: Any, field: FieldPlan | None = None, at: str = "") -> None:
        """Remember what is wrong, at a field, at a pointer below the row, or with the row as a whole."""
        if field is not None:
            self.bad.add(field.name)
            at = field.pointer
        self.faults.append(Fault(self.pointer + at, code, message))

    def before(self, name: str) -> Any:
        """The stored value of a field; None on creation."""
        return None if self.stored is None else self.plan.fields[name].load(self.stored)

    def current(self, name: str) -> Any:
        """The value that a field will have."""
        if name in self.values:
            return self.values[name]
        return self.before(name)

    @property
    def root(self) -> Row:
        """The row of the change that this one belongs to."""
        return self if self.parent is None else self.parent.root


@dataclass(eq=False)
class Batch:
    """One wave of a write: no record is in it twice. `wave`: the rows of its changes; `rows`: those of them still in work, their lines,
    and what follows from them. Stages read and change `rows`. `notes`: what an extension's stages leave for its later ones, one wave long.
    `gathered`: records whose roll-ups this wave brought up to date, by object and field.
    """

    context: Context
    connection: Connection
    operation: Operation
    operation_id: int
    collect: bool = False
    wave: list[Row] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    shared: Shared = field(default_factory=lambda: Shared())
    notes: dict[str, Any] = field(default_factory=dict)
    gathered: defaultdict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    _rows_by_id: dict[tuple[str, int], Row] = field(default_factory=dict)

    def begin(self, wave: list[Row]) -> None:
        """Take the next wave in hand; what expressions reached before may have changed since."""
        self.wave = wave
        self.rows = [row for row in wave if not row.faults]
        self._rows_by_id = {}
        self.notes = {}
        self.gathered.clear()
        self.__dict__.pop("relations", None)

    @property
    def everything(self) -> list[Row]:
        """All rows of the wave, those that were refused early too."""
        return list(dict.fromkeys([*self.wave, *self.rows]))

    @cached_property
    def plans(self) -> Plans:
        """The plans of the revision."""
        return Plans.of(self.context.runtime)

    @cached_property
    def now(self) -> datetime:
        """Business time, one for the whole batch."""
        return self.context.now

    @cached_property
    def zone(self) -> ZoneInfo:
        """The workspace's time zone: numbers and rates go by its days."""
        return ZoneInfo(self.context.model.defaults.timezone)

    @cached_property
    def business_day(self) -> date:
        """Today in the workspace's time zone."""
        return self.now.astimezone(self.zone).date()

    @cached_property
    def situation(self) -> Situation:
        """What parsing may know."""
        actor, defaults = self.context.actor, self.context.model.defaults
        return Situation(
            locale=actor.locale,
            timezone=actor.timezone,
            currency=defaults.currency,
            phone_region=defaults.phone_region,
            today=self.context.today,
            now=self.now,
            me=actor.id,
        )

    @cached_property
    def relations(self) -> Relations:
        """What expressions reach outside their own record."""
        ambient = {"@me": self.context.actor.id, "@now": self.now, "@today": self.context.today, "@timezone": self.context.actor.timezone}
        return Relations(self.connection, self.plans, ambient, self._local)

    def _local(self, object_name: str, id: int) -> Scope | None:
        """A record of this batch as it will be."""
        if len(self._rows_by_id) != len(self.rows):
            self._rows_by_id = {(row.plan.name, row.id): row for row in self.rows}
        row = self._rows_by_id.get((object_name, id))
        return None if row is None else self.scope(row)

    def scope(self, row: Row) -> Scope:
        """The row as expressions see it."""
        if row.scope is None:
            row.scope = Scope(row.plan, partial(self._read, row), self.relations)
        return row.scope

    def _read(self, row: Row, name: str) -> Any:
        """The value that a field will have, as expressions see it."""
        if name == "id":
            return row.id
        field = row.plan.fields[name]
        if field.many and name not in row.values:
            return self._members(row, field)
        if name in row.values:
            return field.in_expressions(row.values[name])
        return None if row.stored is None else field.in_expressions(field.load(row.stored))

    def _members(self, row: Row, field: FieldPlan) -> tuple[int, ...]:
        """Ids of lines or links as they will be."""
        stored = () if row.stored is None else self.relations.members(row.plan, field, row.id)
        lines = {child.id: child.kind for child in row.children if child.plan.name == field.target}
        return tuple(id for id in {**dict.fromkeys(stored), **lines} if lines.get(id) != "delete")

    def of_kind(self, *kinds: str) -> Iterator[Row]:
        """Rows of these kinds that have no fault."""
        return (row for row in self.rows if row.kind in kinds and not row.faults)

    def by_plan(self, rows: Iterable[Row]) -> Iterator[tuple[ObjectPlan, list[Row]]]:
        """Rows grouped by object, in the order of their first."""
        groups: defaultdict[ObjectPlan, list[Row]] = defaultdict(list)
        for row in rows:
            groups[row.plan].append(row)
        return iter(groups.items())

    def exempt(self, name: str) -> bool:
        """Whether the operation may break rules of that kind."""
        return name in self.operation.exemptions

    def refuse(self, row: Row, error: LooseleafError, code: str) -> None:
        """Something that ends a single write; in an import it ends only its row."""
        if not self.collect:
            raise error
        row.fault(code, error.message)


@dataclass(eq=False)
class Shared:
    """What the waves of one write have in common.

    `references`: names of created records to (object, id). `known`: ids of look-up targets found to be good, by object.
    `rates`: exchange rates read. `touched`: (object, id) to the row that wrote it last.
    """

    references: dict[str, tuple[str, int]] = field(default_factory=dict)
    known: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    rates: dict[tuple[str, date], Any] = field(default_factory=dict)
    refused: set[tuple[str, int]] = field(default_factory=set)


Stage = Callable[[Batch], None]
