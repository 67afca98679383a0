"""Carrying a field's values over into the column of its new type, and telling beforehand what will not convert.

A value that was converted once and not touched since goes back to exactly what it was. Large tables are carried over in small
transactions before the fence, and what was written meanwhile again inside it. The old column keeps what it held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, bindparam, delete, insert, select, update

from looseleaf_metadata.model import Field, Model
from looseleaf_metadata.texts import Text
from looseleaf_platform.database.system_tables import change
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields import conversions as rules
from looseleaf_platform.fields import field_type
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.publishing.breaches import Sample
from looseleaf_platform.publishing.ddl import Statements, existing, references_of
from looseleaf_platform.publishing.filling import is_large
from looseleaf_platform.publishing.settling import Conversion
from looseleaf_platform.records.ids import LARGEST, new_id
from looseleaf_platform.records.tables import columns_of, is_link, link_table_of

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

BATCH = 200
MOST_SAMPLES = 5
MARGIN = (60_000 // 8) << 25
"""A minute, in ids: a transaction that began before the carrying may end after it."""
InForce = Callable[[Connection], Model | None]
"""Reads the Model that is in force."""


@dataclass(frozen=True, slots=True)
class Report:
    """What becomes of a field's values. `samples`: records with the value that doesn't convert and why. `loss`: what is lost even so."""

    address: str
    object: str
    field: Field
    before: Field
    converted: int
    refused: int
    samples: tuple[tuple[Sample, Text], ...]
    loss: Text | None = None


def situation_of(workspace: Workspace, model: Model) -> Situation:
    """How values are read and shown when nobody in particular asks."""
    defaults, now = model.defaults, workspace.clock()
    today = now.astimezone(ZoneInfo(defaults.timezone)).date()
    return Situation(defaults.locale, defaults.timezone, defaults.currency, defaults.phone_region, today, now)


class Values:
    """The stored values of one field, as columns or as pairs."""

    def __init__(self, object_table: str, found: Any, field: Field, schema: str | None) -> None:
        self.field, self.kind = field, field_type(field.type)
        self.link = link_table_of(found, field, MetaData(schema=schema)) if is_link(field) else None
        id = Column("id", BigInteger, primary_key=True)
        self.columns = () if self.link is not None else columns_of(field)
        self.table = Table(object_table, MetaData(schema=schema), id, *self.columns)

    def read(self, connection: Connection, ids: Sequence[int]) -> dict[int, Any]:
        """Values by record id; records without one are left out."""
        found: dict[int, Any] = {}
        if self.link is not None:
            pairs = select(self.link.c.record_id, self.link.c.target_id).where(self.link.c.record_id.in_(ids)).order_by(*self.link.c)
            for record, target in connection.execute(pairs):
                found[record] = (*found.get(record, ()), target)
            return found
        for row in connection.execute(select(self.table.c.id, *self.columns).where(self.table.c.id.in_(ids))):
            value = self.kind.load(row[1:], self.field)
            if value is not None and value != ():
                found[row[0]] = value
        return found

    def write(self, connection: Connection, values: dict[int, Any]) -> None:
        """Replace values by record id; None empties."""
        if not values:
            return
        if self.link is not None:
            connection.execute(delete(self.link).where(self.link.c.record_id.in_(list(values))))
            pairs = [{"record_id": id, "target_id": target} for id, targets in values.items() for target in targets or ()]
            if pairs:
                connection.execute(insert(self.link), pairs)
            return
        names = [f"v{number}" for number in range(len(self.columns))]
        binds: dict[str, Any] = {column.name: bindparam(name) for column, name in zip(self.columns, names, strict=True)}
        statement = update(self.table).where(self.table.c.id == bindparam("record")).values(binds)
        rows = [{"record": id, **dict(zip(names, self.kind.store(value, self.field), strict=True))} for id, value in values.items()]
        connection.execute(statement, rows)


class Carrier:
    """Carries the values of one field over."""

    def __init__(self, conversion: Conversion, situation: Situation, schema: str | None) -> None:
        found = conversion.object
        self.conversion, self.situation = conversion, situation
        self.old = Values(found.table, found, conversion.before, schema)
        self.new = Values(found.table, found, conversion.after, schema)
        self.kept = Values(found.table, found, conversion.returning, schema) if conversion.returning else None
        self.forth = rules.conversion(conversion.before, conversion.after)
        self.back = rules.conversion(conversion.returning, conversion.before) if conversion.returning else None

    def ids(self, connection: Connection, after: int, until: int = LARGEST) -> list[int]:
        """The next records, deleted ones too."""
        id = self.old.table.c.id
        return list(connection.scalars(select(id).where(id > after, id <= until).order_by(id).limit(BATCH)))

    def batches(self, connection: Connection) -> Iterator[list[int]]:
        """All records, in batches."""
        last = -1
        while ids := self.ids(connection, last):
            yield ids
            last = ids[-1]

    def carry(self, connection: Connection, ids: Sequence[int]) -> None:
        """Carry some records' values over."""
        values, kept = self.old.read(connection, ids), self.kept.read(connection, ids) if self.kept else {}
        carried: dict[int, Any] = {}
        for id in ids:
            try:
                carried[id] = self.convert(values.get(id), kept.get(id))
            except Invalid:
                carried[id] = None
        self.new.write(connection, {id: value for id, value in carried.items() if value is not None or self.kept is not None})

    def convert(self, value: Any, kept: Any) -> Any:
        """The new value: what it was before, if nobody has touched it since. Raises Invalid."""
        if kept is not None and self._untouched(value, kept):
            return kept
        if value is None:
            return None
        if isinstance(self.forth, rules.Refusal):
            raise Invalid("no-conversion", self.forth.reason)
        return self._worth(self.forth.convert(value, self.situation))

    def _untouched(self, value: Any, kept: Any) -> bool:
        if self.back is None or isinstance(self.back, rules.Refusal):
            return value is None
        try:
            return bool(self.back.convert(kept, self.situation) == value)
        except Invalid:
            return value is None

    def _worth(self, value: Any) -> Any:
        """Money in the workspace's currency is worth what it says."""
        if self.conversion.after.type == "currency" and value is not None and value.currency == self.situation.currency:
            return value.with_base(value.amount)
        return value


def report(workspace: Workspace, model: Model, conversions: Iterable[Conversion]) -> tuple[Report, ...]:
    """Try conversions on all stored values, without storing anything."""
    situation, database = situation_of(workspace, model), workspace.database
    found = []
    for conversion in conversions:
        with database.read() as connection:
            found.append(_report(connection, Carrier(conversion, situation, database.schema)))
    return tuple(found)


def _report(connection: Connection, carrier: Carrier) -> Report:
    converted, refused = 0, 0
    samples: list[tuple[Sample, Text]] = []
    for ids in carrier.batches(connection):
        values, kept = carrier.old.read(connection, ids), carrier.kept.read(connection, ids) if carrier.kept else {}
        for id, value in values.items():
            try:
                carrier.convert(value, kept.get(id))
                converted += 1
            except Invalid as invalid:
                refused += 1
                if len(samples) < MOST_SAMPLES:
                    shown = carrier.old.kind.display(value, carrier.old.field, carrier.situation)[:100]
                    samples.append((Sample(id, shown), invalid.message))
    one = carrier.conversion
    loss = carrier.forth.reason if isinstance(carrier.forth, rules.Refusal) else carrier.forth.loss
    address = f"object:{one.object.name}/field:{one.after.name}"
    return Report(address, one.object.name, one.after, one.before, converted, refused, tuple(samples), loss)


def carry_ahead(workspace: Workspace, model: Model, conversions: Iterable[Conversion]) -> dict[tuple[str, str], int]:
    """Carry the values of large tables over before the fence; returns by (object id, field id) the change id to begin again from.

    Makes the new columns. If the publish fails after all, `undo` takes them away again.
    """
    database, situation = workspace.database, situation_of(workspace, model)
    begun: dict[tuple[str, str], int] = {}
    for one in conversions:
        with database.write() as connection:
            statements = Statements(connection.dialect, database.schema)
            if is_link(one.before) or is_link(one.after) or not is_large(connection, statements.named(one.object.table)):
                continue
            present, targets = existing(connection, database).columns[one.object.table], references_of(model, one.object)
            for column in columns_of(one.after):
                if column.name not in present:
                    sql = statements.add_column(one.object.table, column, targets.get(column.name, ""))
                    connection.exec_driver_sql(sql)
        begun[one.object.id, one.after.id] = new_id() - MARGIN
        _carry_all(workspace, Carrier(one, situation, database.schema))
    return begun


def _carry_all(workspace: Workspace, carrier: Carrier) -> None:
    """Those that are there now; what is written meanwhile is carried over inside the fence."""
    last, until = -1, new_id()
    while True:
        with workspace.database.write() as connection:
            ids = carrier.ids(connection, last, until)
            if not ids:
                return
            carrier.carry(connection, ids)
        last = ids[-1]


def undo(workspace: Workspace, conversions: Iterable[Conversion], begun: dict[tuple[str, str], int], in_force: InForce) -> None:
    """Take away the columns that `carry_ahead` has made; but not those that are in force: the answer to a commit may be lost."""
    for one in conversions:
        if (one.object.id, one.after.id) in begun:
            with workspace.database.write() as connection:
                workspace.fence.share(connection)  # nobody publishes while we look
                model = in_force(connection)
                if model is not None and _is_used(model, one):
                    continue
                statements = Statements(connection.dialect, workspace.database.schema)
                for column in columns_of(one.after):
                    connection.exec_driver_sql(statements.drop_column(one.object.table, column.name))


def _is_used(model: Model, one: Conversion) -> bool:
    objects = (found for found in model.objects.values() if found.id == one.object.id)
    return any(field.column == one.after.column for found in objects for field in found.fields.values())


def carry(
    workspace: Workspace, connection: Connection, model: Model, conversions: Iterable[Conversion], begun: dict[tuple[str, str], int]
) -> None:
    """Inside the fence: carry over what was not carried ahead, and what was written since."""
    situation, schema = situation_of(workspace, model), workspace.database.schema
    for one in conversions:
        carrier = Carrier(one, situation, schema)
        since = begun.get((one.object.id, one.after.id))
        for ids in carrier.batches(connection) if since is None else _changed(connection, one.object.id, since):
            carrier.carry(connection, ids)


def _changed(connection: Connection, object_id: str, since: int) -> Iterator[list[int]]:
    """Records of an object that were written since a change id."""
    ids = list(connection.scalars(select(change.c.record_id).where(change.c.object_id == object_id, change.c.id > since).distinct()))
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
