"""The plan of a publish: what would change, measured on the workspace's real rows, as data and in words. Changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, or_, select

from looseleaf_metadata.changes import ModelChange, diff
from looseleaf_metadata.model import Edge, Model
from looseleaf_metadata.problems import Problem
from looseleaf_metadata.references import referrers
from looseleaf_platform.database.system_tables import personal_view
from looseleaf_platform.publishing import breaches, converting
from looseleaf_platform.publishing.breaches import Breach
from looseleaf_platform.publishing.converting import Report
from looseleaf_platform.publishing.ddl import Existing, Statements, Step, existing
from looseleaf_platform.publishing.indexes import IndexPlan, indexes_of
from looseleaf_platform.publishing.plan_text import lines
from looseleaf_platform.publishing.preparing import Documents, Prepared, pages_from, prepare, read_base
from looseleaf_platform.publishing.publishing import empty_model, plan_steps
from looseleaf_platform.publishing.settling import rollups_to_rebuild, storage_of
from looseleaf_platform.records.runtime import Runtime
from looseleaf_platform.records.tables import is_link

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

GONE = ("retired", "removed")


@dataclass(frozen=True, slots=True)
class Dependant:
    """What else names something that changes: `sources` are addresses with their places ("view:open_deals")."""

    address: str
    what: str
    sources: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Retirement:
    """A field or object that goes out of use, and how many records hold something in it. Their data stays until purged."""

    address: str
    records: int


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a publish would do. With `problems` nothing else is known and nothing can be published."""

    base_revision: int
    problems: tuple[Problem, ...] = ()
    changes: tuple[ModelChange, ...] = ()
    steps: tuple[Step, ...] = ()
    indexes: tuple[IndexPlan, ...] = ()
    breaches: tuple[Breach, ...] = ()
    conversions: tuple[Report, ...] = ()
    retirements: tuple[Retirement, ...] = ()
    dependants: tuple[Dependant, ...] = ()
    rollups: tuple[tuple[str, str], ...] = ()

    @property
    def can_publish(self) -> bool:
        """Whether nothing stands against it."""
        return not self.problems and not any(breach.blocking for breach in self.breaches)

    @property
    def is_empty(self) -> bool:
        """Whether a publish would change nothing that counts."""
        return not (self.problems or self.changes or self.steps)

    def as_text(self, locale: str = "en") -> str:
        """The plan for people."""
        return "\n".join(lines(self, locale))

    def as_data(self, locale: str = "en") -> dict[str, Any]:
        """The plan for programs, with sentences in `locale`."""
        return {
            "base_revision": self.base_revision,
            "can_publish": self.can_publish,
            "problems": [problem.as_data(locale) for problem in self.problems],
            "changes": [{**change.as_data(), "sentence": change.sentence().translate(locale)} for change in self.changes],
            "statements": [
                {"kind": step.kind, "table": step.table, "name": step.name, "sql": step.sql, "later": step.later} for step in self.steps
            ],
            "indexes": [
                {"name": plan.spec.name, "table": plan.spec.table, "why": plan.why.translate(locale), "left_out": plan.left_out}
                for plan in self.indexes
            ],
            "breaches": [_breach_data(breach, locale) for breach in self.breaches],
            "conversions": [_conversion_data(report, locale) for report in self.conversions],
            "retirements": [{"address": one.address, "records": one.records} for one in self.retirements],
            "dependants": [
                {
                    "address": one.address,
                    "what": one.what,
                    "sources": [{"address": source, "place": place} for source, place in one.sources],
                }
                for one in self.dependants
            ],
            "rollups": [{"object": name, "field": field} for name, field in self.rollups],
        }


def _breach_data(breach: Breach, locale: str) -> dict[str, Any]:
    return {
        "address": breach.address,
        "object": breach.object,
        "kind": breach.kind,
        "message": breach.message.translate(locale),
        "count": breach.count,
        "samples": [sample.as_data() for sample in breach.samples],
        "blocking": breach.blocking,
        "fixes": [fix.translate(locale) for fix in breach.fixes],
    }


def _conversion_data(report: Report, locale: str) -> dict[str, Any]:
    return {
        "address": report.address,
        "from": report.before.type,
        "to": report.field.type,
        "converted": report.converted,
        "refused": report.refused,
        "loss": report.loss.translate(locale) if report.loss else None,
        "samples": [{**sample.as_data(), "reason": reason.translate(locale)} for sample, reason in report.samples],
    }


def plan(workspace: Workspace, documents: Documents) -> Plan:
    """What publishing `documents` (all there would be, the platform's own aside) would do. Raises Unavailable."""
    database = workspace.database
    with database.read() as connection:
        base = read_base(workspace, connection)
    prepared = prepare(base, pages_from(documents), workspace.vocabulary)
    if prepared.settled is None:
        return Plan(base.number, prepared.problems)
    model = prepared.settled.model
    before = base.model or empty_model(model)
    changes = diff(before, model)
    with database.read() as connection:
        there = existing(connection, database)
        steps = plan_steps(connection, model, there, Statements(connection.dialect, database.schema))
        retirements = tuple(_retirements(connection, workspace, before, changes, there))
        views = tuple(_personal_views(connection, before, changes))
    new = {step.name for step in steps if step.kind == "create_index"}
    return Plan(
        base_revision=base.number,
        changes=changes,
        steps=steps,
        indexes=tuple(one for one in indexes_of(model) if one.spec.name in new or one.left_out),
        breaches=tuple(breaches.find(workspace, prepared)),
        conversions=converting.report(workspace, model, prepared.settled.conversions),
        retirements=retirements,
        dependants=(*_dependants(before, model, changes), *views),
        rollups=rollups_to_rebuild(base.model, model) if base.model else (),
    )


def check(workspace: Workspace, documents: Documents) -> tuple[Problem, ...]:
    """All problems of `documents`, seen from what is in force."""
    with workspace.database.read() as connection:
        base = read_base(workspace, connection)
    prepared: Prepared = prepare(base, pages_from(documents), workspace.vocabulary)
    return prepared.problems


def _dependants(before: Model, after: Model, changes: Iterable[ModelChange]) -> Iterator[Dependant]:
    """Who names what changes: of what goes, those that named it; of what changes, those that name it now."""
    for change in changes:
        if change.kind not in ("object", "field", "option") or change.what in ("added", "revived"):
            continue
        edges: tuple[Edge, ...] = before.edges if change.what in GONE else after.edges
        sources = {edge.source: str(edge.place) for edge in referrers(edges, change.address)}
        if sources:
            yield Dependant(change.address, change.what, tuple(sources.items()))


def _retirements(
    connection: Connection, workspace: Workspace, before: Model, changes: Iterable[ModelChange], there: Existing
) -> Iterator[Retirement]:
    """How many records hold something in what is retired."""
    runtime = Runtime(before, workspace.database.dialect, workspace.database.schema)
    for change in changes:
        if change.what not in GONE or change.kind not in ("object", "field"):
            continue
        object_name, _, field_name = change.address.removeprefix("object:").partition("/field:")
        found = runtime.objects.get(object_name)
        if found is None or found.table.name not in there.columns:
            continue
        counted = select(func.count()).select_from(found.table)
        field = found.object.fields.get(field_name.split("~")[0])
        if change.kind == "field":
            if field is None or is_link(field) or not storage_of(field):
                continue
            counted = counted.where(or_(*(column.is_not(None) for column in found.columns_of(field.name))))
        yield Retirement(change.address, connection.scalar(counted) or 0)


def _personal_views(connection: Connection, before: Model, changes: Iterable[ModelChange]) -> Iterator[Dependant]:
    """People's own views that use a field which goes."""
    for change in changes:
        if change.what not in GONE or change.kind != "field":
            continue
        object_name, _, field_name = change.address.removeprefix("object:").partition("/field:")
        found = before.objects.get(object_name)
        name = field_name.split("~")[0]
        if found is None or name not in found.fields:
            continue
        words = {name, found.fields[name].id}
        rows = connection.execute(select(personal_view.c.name, personal_view.c.definition).where(personal_view.c.object_id == found.id))
        sources = tuple((f"personal_view:{row.name}", "") for row in rows if words & set(_words(row.definition)))
        if sources:
            yield Dependant(change.address, change.what, sources)


def _words(value: Any) -> Iterator[str]:
    """All names in a view's definition, the steps of paths apart."""
    if isinstance(value, str):
        yield from value.lstrip("-").split(".")
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _words(key)
            yield from _words(one)
    elif isinstance(value, list):
        for one in value:
            yield from _words(one)
    elif value is not None:
        yield json.dumps(value)
