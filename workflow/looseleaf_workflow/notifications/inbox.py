"""What one person was told: how much of it is unread, a page of it, marking it read.

A text was written for its reader, as a mail is, and stays. The record that it is about is shown as the reader may see it now: its title
and the way to it only to those who may read it today.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotAllowed, NotThere
from looseleaf_platform.records import read
from looseleaf_workflow.notifications.tables import wf_notification

PAGE = 50
MOST_COUNTED = 100
"""Unread ones are counted up to here: the bell says 99+."""
_rows = wf_notification.c


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification. `object`, `record`: where it leads, "" and None for who may not see that; `more`: how many were folded into it."""

    id: int
    text: str
    at: datetime
    read: bool
    object: str
    record: int | None
    title: str
    more: int


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of notifications, the newest first. `before`: the id to go on from, None at the end."""

    notices: tuple[Notice, ...]
    before: int | None


def unread(context: Context) -> int:
    """How many the caller has not read, at most MOST_COUNTED. One query, answered by an index."""
    if context.actor.id is None:
        return 0
    few = select(_rows.id).where(*_mine(context), _rows.head_id.is_(None), _rows.read_at.is_(None)).limit(MOST_COUNTED)
    with context.workspace.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(few.subquery())) or 0


def inbox(context: Context, *, only_unread: bool = False, before: int | None = None, within: int | None = None) -> Inbox:
    """A page of the caller's notifications; `within`: of those folded into one. Four queries, and two for each kind of record."""
    where = [*_mine(context), _rows.head_id.is_(None) if within is None else _rows.head_id == within]
    where += [_rows.read_at.is_(None)] if only_unread else []
    where += [_rows.id < before] if before is not None else []
    with context.workspace.database.read() as connection:
        rows = connection.execute(select(wf_notification).where(*where).order_by(_rows.id.desc()).limit(PAGE + 1)).all()
        more = _folded(connection, [row.id for row in rows[:PAGE]])
    notices = _bound(context, rows[:PAGE], more)
    return Inbox(notices, rows[PAGE - 1].id if len(rows) > PAGE else None)


def one(context: Context, id: int) -> Notice:
    """One of the caller's notifications. Raises NotThere."""
    with context.workspace.database.read() as connection:
        row = connection.execute(select(wf_notification).where(*_mine(context), _rows.id == id)).first()
        if row is None:
            raise NotThere
        more = _folded(connection, [id])
    return _bound(context, [row], more)[0]


def mark_read(context: Context, id: int) -> None:
    """Note that the caller has read one. Raises NotThere, NotAllowed."""
    _must_be_allowed(context)
    with context.workspace.database.write() as connection:
        mine = (*_mine(context), _rows.id == id)
        if connection.scalar(select(_rows.id).where(*mine)) is None:
            raise NotThere
        _mark(connection, context, *mine)


def mark_all_read(context: Context, until: int | None = None) -> int:
    """Note that the caller has read everything; `until`: up to this one, so that what came meanwhile stays. Returns how many. Raises NotAllowed."""
    _must_be_allowed(context)
    with context.workspace.database.write() as connection:
        return _mark(connection, context, *_mine(context), *([] if until is None else [_rows.id <= until]))


def _mark(connection: Connection, context: Context, *where: ColumnElement[bool]) -> int:
    unread = (_rows.head_id.is_(None), _rows.read_at.is_(None))
    return connection.execute(update(wf_notification).where(*where, *unread).values(read_at=context.now)).rowcount


def _must_be_allowed(context: Context) -> None:
    if context.profile.limits is not None:
        raise NotAllowed(Text("This token may not mark notifications"))


def _mine(context: Context) -> list[ColumnElement[bool]]:
    """The caller's own; to a token with limits only what is about objects that it may read."""
    mine = [_rows.user_id == context.actor.id]
    if context.profile.limits is not None:
        seen = [thing.id for thing in context.model.objects.values() if context.profile.can(thing.name, "read")]
        mine.append(_rows.object_id.in_(seen))
    return mine


def _folded(connection: Connection, heads: list[int]) -> dict[int, int]:
    counted = select(_rows.head_id, func.count()).where(_rows.head_id.in_(heads)).group_by(_rows.head_id)
    return {head: count for head, count in connection.execute(counted)} if heads else {}


def _bound(context: Context, rows: list[Row[Any]] | Any, more: dict[int, int]) -> tuple[Notice, ...]:
    """Rows with what their reader may see of their records."""
    names = {thing.id: thing.name for thing in context.model.objects.values() if context.profile.can(thing.name, "read")}
    about: dict[str, set[int]] = {}
    for row in rows:
        if row.record_id is not None and row.object_id in names:
            about.setdefault(names[row.object_id], set()).add(row.record_id)
    seen = {name: read.reachable(context, name, ids) for name, ids in about.items()}
    titles = {name: read.titles(context, name, ids) for name, ids in seen.items()}

    def notice(row: Row[Any]) -> Notice:
        name = names.get(row.object_id, "")
        shown = row.record_id in seen.get(name, ())
        title = titles[name].get(row.record_id, "") if shown else ""
        where = (name, row.record_id) if shown else ("", None)
        return Notice(row.id, row.text, row.at, row.read_at is not None, where[0], where[1], title, more.get(row.id, 0))

    return tuple(notice(row) for row in rows)
