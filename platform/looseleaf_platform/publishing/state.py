"""What is in force: the newest revision's row, read and written. Knows the `revision` table and nothing of tables of records."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.database.system_tables import revision
from looseleaf_platform.errors import NotThere
from looseleaf_platform.publishing.memory import Memory, from_data, to_data
from looseleaf_platform.publishing.pages import Page, page_from_data


@dataclass(frozen=True, slots=True)
class Stored:
    """One revision as stored. `system`: which system documents of the platform it was made with."""

    number: int
    pages: tuple[Page, ...]
    memory: Memory
    system: str


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision in the list of all: who, when, why, what. `changes` are the plan's changes as data."""

    number: int
    kind: str
    by: int | None
    at: datetime
    reason: str
    changes: tuple[Mapping[str, Any], ...]
    rolled_back_to: int | None


NOTHING = Stored(0, (), Memory(), "")
"""Before the first revision."""


def system_digest(vocabulary: Vocabulary) -> str:
    """Which system documents a vocabulary brings."""
    return hashlib.sha256(repr(vocabulary.system_documents).encode()).hexdigest()


def read_stored(connection: Connection, number: int) -> Stored:
    """A revision's pages and memory; NOTHING for number 0. Raises NotThere."""
    if number == 0:
        return NOTHING
    row = connection.execute(select(revision.c.documents, revision.c.storage).where(revision.c.number == number)).first()
    if row is None:
        raise NotThere
    pages = tuple(page_from_data(data) for data in row.documents)
    return Stored(number, pages, from_data(row.storage), row.storage.get("system", ""))


def write_stored(connection: Connection, stored: Stored, entry: Revision) -> None:
    """Add a revision."""
    connection.execute(
        insert(revision).values(
            number=stored.number,
            documents=[page.as_data() for page in stored.pages],
            storage={**to_data(stored.memory), "system": stored.system},
            by=entry.by,
            at=entry.at,
            reason=entry.reason,
            kind=entry.kind,
            summary=list(entry.changes),
            rolled_back_to=entry.rolled_back_to,
        )
    )


def list_revisions(connection: Connection, limit: int = 100, before: int | None = None) -> tuple[Revision, ...]:
    """Revisions, the newest first; `before`: only older ones than that number."""
    columns = (
        revision.c.number,
        revision.c.kind,
        revision.c.by,
        revision.c.at,
        revision.c.reason,
        revision.c.summary,
        revision.c.rolled_back_to,
    )
    statement = select(*columns).order_by(revision.c.number.desc()).limit(limit)
    if before is not None:
        statement = statement.where(revision.c.number < before)
    return tuple(
        Revision(row.number, row.kind, row.by, row.at, row.reason, tuple(row.summary), row.rolled_back_to)
        for row in connection.execute(statement)
    )
