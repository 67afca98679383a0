"""A publish: tables, metadata and the news of it in one transaction, or nothing at all.

What takes long (checking, counting) is done before the fence; inside it only statements run. Whoever publishes asks for the fence for
short times and lets go again, so that no write fails and none waits long.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from looseleaf_metadata.changes import diff
from looseleaf_metadata.model import Model
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM, Actor
from looseleaf_platform.database.faults import Busy
from looseleaf_platform.database.system_tables import operation, outbox
from looseleaf_platform.errors import Conflict, Fault, Faults, LooseleafError, Refused
from looseleaf_platform.publishing import breaches, converting, filling, later
from looseleaf_platform.publishing.ddl import Existing, Statements, Step, existing, steps
from looseleaf_platform.publishing.preparing import Documents, Prepared, pages_from, prepare, read_base
from looseleaf_platform.publishing.state import Revision, Stored, system_digest, write_stored
from looseleaf_platform.records.duplicates import rules_wanted
from looseleaf_platform.records.ids import new_id
from looseleaf_platform.records.runtime import Runtime

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

GIVE_UP_SECONDS = 60.0
Begun = dict[tuple[str, str], int]
log = logging.getLogger(__name__)
TOPIC, LANE = "revision.published", "metadata"


@dataclass(frozen=True, slots=True)
class Request:
    """Who publishes, why, and by which way (`kind`: publish, install, rollback, system)."""

    actor: Actor = SYSTEM
    reason: str = ""
    kind: str = "publish"
    rolled_back_to: int | None = None


def publish(
    workspace: Workspace,
    documents: Documents,
    *,
    actor: Actor = SYSTEM,
    reason: str = "",
    kind: str = "publish",
    expected: int | None = None,
) -> int:
    """Make `documents` all there is (the platform's own aside). Returns the number of the revision: the one in force if nothing changed.

    `expected`: the revision that the documents were made from; Conflict where a newer one is in force. Raises MetadataError
    with all problems, Refused where existing records break what the database itself must promise (uniqueness), and
    Busy or Unavailable. In all these cases nothing has changed.
    """
    return publish_pages(workspace, pages_from(documents), Request(actor, reason, kind), expected)


def publish_pages(workspace: Workspace, pages: tuple[object, ...], request: Request, expected: int | None = None) -> int:
    """Publish, again and again until nobody has come before or stands in the way. For errors see `publish`."""
    while True:
        prepared = _prepare(workspace, pages, expected)
        if _same(workspace, prepared):
            return prepared.base.number
        _refuse_broken_promises(workspace, prepared)
        conversions = prepared.sound.conversions
        done, begun = None, converting.carry_ahead(workspace, prepared.sound.model, conversions)
        try:
            done = _store_patiently(workspace, prepared, request, begun)
        finally:
            if done is None:
                converting.undo(workspace, conversions, begun, lambda connection: read_base(workspace, connection).model)
        if done is not None:
            _begin_the_rest(workspace)
            return done


def _begin_the_rest(workspace: Workspace) -> None:
    """Do what was left for later. The publish stands, whatever becomes of it: what fails now is done by whoever looks next."""
    try:
        later.run(workspace)
    except LooseleafError:
        log.warning("what a publish left for later could not be finished now", exc_info=True)


def _store_patiently(workspace: Workspace, prepared: Prepared, request: Request, begun: Begun) -> int | None:
    """Try the transaction until nobody stands in the way."""
    until = time.monotonic() + GIVE_UP_SECONDS
    work = _work_of(workspace, prepared)
    while True:
        try:
            return _store(workspace, prepared, request, begun, work)
        except Busy:
            if time.monotonic() > until:
                raise
            time.sleep(random.uniform(0.05, 0.3))  # noqa: S311 - spreads attempts, protects nothing
        except IntegrityError as error:  # somebody has written a second one of what is to be unique
            raise Refused(
                [Fault("", "unique", Text("Existing records break a uniqueness promise: {detail}", detail=str(error.orig)))]
            ) from error


def _prepare(workspace: Workspace, pages: tuple[object, ...], expected: int | None) -> Prepared:
    with workspace.database.read() as connection:
        base = read_base(workspace, connection)
    if expected is not None and expected != base.number:
        raise Conflict("revision", base.number, base.number)
    prepared = prepare(base, pages, workspace.vocabulary)  # type: ignore[arg-type]
    _ = prepared.sound
    return prepared


def _same(workspace: Workspace, prepared: Prepared) -> bool:
    """Whether there is nothing to publish."""
    stored = prepared.base.stored
    return bool(stored.number) and stored.pages == prepared.pages and stored.system == system_digest(workspace.vocabulary)


def _refuse_broken_promises(workspace: Workspace, prepared: Prepared) -> None:
    faults = Faults()
    for breach in breaches.find(workspace, prepared, blocking_only=True):
        faults.add(breach.address, breach.kind, breach.message)
    faults.refuse()


@dataclass(frozen=True, slots=True)
class Work:
    """What a publish will run and write down."""

    steps: tuple[Step, ...]
    changes: tuple[Mapping[str, Any], ...]


def _work_of(workspace: Workspace, prepared: Prepared) -> Work:
    """Worked out before the fence: tables change only by publishes, and another publish would be noticed."""
    database = workspace.database
    with database.read() as connection:
        there = existing(connection, database)
        steps = plan_steps(connection, prepared.sound.model, there, Statements(connection.dialect, database.schema))
    return Work(steps, changes_of(prepared))


def changes_of(prepared: Prepared) -> tuple[Mapping[str, Any], ...]:
    """What differs from the Model in force, as data."""
    model = prepared.sound.model
    return tuple(change.as_data() for change in diff(prepared.base.model or empty_model(model), model))


def _store(workspace: Workspace, prepared: Prepared, request: Request, begun: Begun, work: Work) -> int | None:
    """The transaction. None where somebody else has published in between."""
    database, settled = workspace.database, prepared.sound
    runtime = Runtime(settled.model, database.dialect, database.schema)
    with database.write() as connection:
        if workspace.fence.enclose(connection) != prepared.base.number:
            return None
        for step in work.steps:
            if not step.later:
                connection.exec_driver_sql(step.sql)
        converting.carry(workspace, connection, settled.model, settled.conversions, begun)
        later.ask_for(connection, _left_for_later(workspace, connection, prepared, runtime, work.steps), workspace.clock())
        write_down(workspace, connection, prepared, request, work.changes)
        database.after_commit(connection, lambda: workspace.adopt(runtime))
    return settled.model.revision


def plan_steps(connection: Connection, model: Model, there: Existing, statements: Statements) -> tuple[Step, ...]:
    """The statements of a publish, with indexes of large tables put off."""
    todo = steps(model, there, statements)
    if statements.sqlite:
        return todo
    candidates = {step.table for step in todo if step.kind == "create_index" and step.table in there.columns}
    large = frozenset(table for table in candidates if filling.is_large(connection, statements.named(table)))
    return steps(model, there, statements, large) if large else todo


def _left_for_later(
    workspace: Workspace, connection: Connection, prepared: Prepared, runtime: Runtime, todo: tuple[Step, ...]
) -> list[later.Task]:
    """Fill what can be filled now; the rest as tasks."""
    statements = Statements(connection.dialect, workspace.database.schema)
    tasks = [later.Task("publish.index", {"sql": step.sql, "name": step.name, "table": step.table}) for step in todo if step.later]
    if prepared.base.model is not None:
        left = filling.rollups_now(connection, prepared.base.model, runtime, statements.named)
        tasks += [later.Task("publish.rollup", {"object": name, "field": field}) for name, field in left]
        wanted = filling.grams_wanted(prepared.base.model, runtime.model)
        tasks += [later.Task("publish.grams", {"object": name, "fields": ids, "until": new_id()}) for name, ids in wanted]
        rules = rules_wanted(prepared.base.model, runtime.model)
        tasks += [later.Task("publish.duplicates", {"object": name, "rules": ids, "until": new_id()}) for name, ids in rules]
    return tasks


def write_down(
    workspace: Workspace, connection: Connection, prepared: Prepared, request: Request, changes: tuple[Mapping[str, Any], ...]
) -> None:
    """The revision, the operation that made it, and the news."""
    settled, now = prepared.sound, workspace.clock()
    number = settled.model.revision
    stored = Stored(number, prepared.pages, settled.memory, system_digest(workspace.vocabulary))
    write_stored(
        connection,
        stored,
        Revision(number, request.kind, request.actor.id, now, request.reason, changes, request.rolled_back_to),
    )
    connection.execute(
        insert(operation).values(
            id=new_id(), kind="publish", source="command", actor=request.actor.id, reason=request.reason, at=now, revision=number
        )
    )
    connection.execute(insert(outbox).values(id=new_id(), lane=LANE, topic=TOPIC, payload={"revision": number}, created_at=now, due_at=now))


def empty_model(model: Model) -> Model:
    """What was there before the first revision."""
    return replace(
        model, revision=0, objects={}, apps={}, roles={}, forms={}, views={}, menus={}, scenarios=(), seeds=(), others={}, edges=()
    )
