"""Drafts: pages that somebody is working on, beside those in force. Two editors of one draft get a conflict, never a loss.

A draft remembers the revision it was begun from. What was published since is merged page by page; where both have changed the same page,
the editor is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, update

from looseleaf_metadata.problems import Problem
from looseleaf_platform.context import SYSTEM, Actor
from looseleaf_platform.database.system_tables import draft as table
from looseleaf_platform.errors import Conflict, FieldConflict, NotThere
from looseleaf_platform.publishing import planning
from looseleaf_platform.publishing.pages import Page, page_from_data, with_changes
from looseleaf_platform.publishing.planning import Plan
from looseleaf_platform.publishing.publishing import Request, publish_pages
from looseleaf_platform.publishing.revising import pages_at
from looseleaf_platform.publishing.state import read_stored
from looseleaf_platform.records.ids import new_id

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as stored. `version` grows with every edit; whoever edits says which one they saw."""

    id: int
    name: str
    base_revision: int
    version: int
    pages: tuple[Page, ...]
    by: int | None
    at: datetime
    updated_by: int | None
    updated_at: datetime

    @property
    def documents(self) -> Mapping[str, str]:
        """The YAML texts by key ("object:visit", "base/object:account")."""
        return {page.key: page.text for page in self.pages}


def create_draft(workspace: Workspace, name: str, *, actor: Actor = SYSTEM) -> Draft:
    """Begin a draft from what is in force."""
    now, id = workspace.clock(), new_id()
    number = workspace.refresh().revision
    with workspace.database.write() as connection:
        connection.execute(
            insert(table).values(
                id=id,
                name=name,
                documents=[page.as_data() for page in read_stored(connection, number).pages],
                base_revision=number,
                version=1,
                by=actor.id,
                at=now,
                updated_by=actor.id,
                updated_at=now,
            )
        )
        return _read(connection, id)


def list_drafts(workspace: Workspace) -> tuple[Draft, ...]:
    """All drafts, the latest edited first."""
    with workspace.database.read() as connection:
        return tuple(_draft(row) for row in connection.execute(select(table).order_by(table.c.updated_at.desc(), table.c.id.desc())))


def open_draft(workspace: Workspace, id: int) -> Draft:
    """A draft by its id. Raises NotThere."""
    with workspace.database.read() as connection:
        return _read(connection, id)


def edit_draft(workspace: Workspace, id: int, changes: Mapping[str, str | None], *, version: int, actor: Actor = SYSTEM) -> Draft:
    """Replace, add (unknown keys) or take out (None) pages. `version`: of the draft that the editor saw.

    Faulty texts are kept too: a draft may be checked later. Raises Conflict where somebody else has edited it since, with the
    pages that both changed (their text and yours), and NotThere.
    """
    with workspace.database.write() as connection:
        found = _read(connection, id, lock=workspace.database.dialect == "postgresql")
        if found.version != version:
            raise Conflict("draft", id, found.version, _both(found, changes), found.updated_by)
        pages = with_changes(found.pages, changes)
        return _store(workspace, connection, found, pages, found.base_revision, actor)


def rename_draft(workspace: Workspace, id: int, name: str) -> Draft:
    """Give a draft another name. Raises NotThere."""
    with workspace.database.write() as connection:
        connection.execute(update(table).where(table.c.id == id).values(name=name))
        return _read(connection, id)


def discard_draft(workspace: Workspace, id: int) -> None:
    """Throw a draft away. Raises NotThere."""
    with workspace.database.write() as connection:
        _read(connection, id)
        connection.execute(delete(table).where(table.c.id == id))


def check_draft(workspace: Workspace, id: int) -> tuple[Problem, ...]:
    """All problems of a draft, merged with what was published since. Raises NotThere, Conflict."""
    return planning.check(workspace, merged_pages(workspace, open_draft(workspace, id)))


def plan_draft(workspace: Workspace, id: int) -> Plan:
    """What publishing a draft would do now. Raises NotThere, Conflict."""
    return planning.plan(workspace, merged_pages(workspace, open_draft(workspace, id)))


def publish_draft(workspace: Workspace, id: int, *, version: int, actor: Actor = SYSTEM, reason: str = "") -> int:
    """Publish a draft and throw it away. Returns the revision. Raises Conflict (somebody edited it, or published the same page
    otherwise), NotThere, and what `publish` raises; the draft stays then.
    """
    found = open_draft(workspace, id)
    if found.version != version:
        raise Conflict("draft", id, found.version, changed_by=found.updated_by)
    current = workspace.refresh().revision
    pages = merged_pages(workspace, found)
    number = publish_pages(workspace, pages, Request(actor, reason or found.name), expected=current)
    with workspace.database.write() as connection:
        connection.execute(delete(table).where(table.c.id == id, table.c.version == version))
    return number


def merged_pages(workspace: Workspace, found: Draft) -> tuple[Page, ...]:
    """A draft's pages with what was published since it was begun. Raises Conflict for pages that both have changed otherwise."""
    current = workspace.refresh().revision
    if current == found.base_revision:
        return found.pages
    base, now = _texts(pages_at(workspace, found.base_revision)), pages_at(workspace, current)
    theirs, yours = _texts(now), found.documents
    clashes = [
        FieldConflict(key, base.get(key), theirs.get(key), yours.get(key))
        for key in {**base, **theirs, **yours}
        if base.get(key) != yours.get(key) and base.get(key) != theirs.get(key) and theirs.get(key) != yours.get(key)
    ]
    if clashes:
        raise Conflict("draft", found.id, found.version, clashes)
    changed = {key: yours.get(key) for key in {**base, **yours} if base.get(key) != yours.get(key)}
    added = {page.key: page for page in found.pages if page.key not in theirs}
    merged = with_changes(now, changed)
    return tuple(added.get(page.key, page) for page in merged)


def rebase_draft(workspace: Workspace, id: int, *, keep: Mapping[str, str | None] | None = None, actor: Actor = SYSTEM) -> Draft:
    """Bring a draft up to what is in force. `keep`: for pages that both changed, the text to go on with. Raises Conflict, NotThere."""
    found = open_draft(workspace, id)
    current = workspace.refresh().revision
    settled = dict(keep or {})
    theirs = _texts(pages_at(workspace, current))
    calm = with_changes(found.pages, {key: theirs.get(key) for key in settled})
    pages = with_changes(merged_pages(workspace, replace(found, pages=calm)), settled)
    with workspace.database.write() as connection:
        again = _read(connection, id, lock=workspace.database.dialect == "postgresql")
        if again.version != found.version:
            raise Conflict("draft", id, again.version, changed_by=again.updated_by)
        return _store(workspace, connection, again, pages, current, actor)


def _texts(pages: tuple[Page, ...]) -> dict[str, str]:
    return {page.key: page.text for page in pages}


def _both(found: Draft, changes: Mapping[str, str | None]) -> tuple[FieldConflict, ...]:
    """The pages that an editor wanted to change, as somebody else has left them."""
    documents = found.documents
    return tuple(FieldConflict(key, None, documents.get(key), text) for key, text in changes.items() if documents.get(key) != text)


def _store(workspace: Workspace, connection: Connection, found: Draft, pages: tuple[Page, ...], base: int, actor: Actor) -> Draft:
    values: dict[str, Any] = {
        "documents": [page.as_data() for page in pages],
        "base_revision": base,
        "version": found.version + 1,
        "updated_by": actor.id,
        "updated_at": workspace.clock(),
    }
    connection.execute(update(table).where(table.c.id == found.id).values(**values))
    return _read(connection, found.id)


def _read(connection: Connection, id: int, lock: bool = False) -> Draft:
    statement = select(table).where(table.c.id == id)
    row = connection.execute(statement.with_for_update() if lock else statement).first()
    if row is None:
        raise NotThere
    return _draft(row)


def _draft(row: Any) -> Draft:
    pages = tuple(page_from_data(data) for data in row.documents)
    return Draft(row.id, row.name, row.base_revision, row.version, pages, row.by, row.at, row.updated_by, row.updated_at)
