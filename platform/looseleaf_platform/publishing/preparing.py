"""From pages to a Model that is ready to be published: checked, with every column settled. Changes nothing in the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from looseleaf_metadata.compile import compile_documents
from looseleaf_metadata.documents import Document
from looseleaf_metadata.model import Model
from looseleaf_metadata.problems import MetadataError, Problem
from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.database.fence import CURRENT
from looseleaf_platform.publishing.memory import with_bare_retired
from looseleaf_platform.publishing.pages import Page, documents_of, in_order, pages_of
from looseleaf_platform.publishing.settling import Settled, settle
from looseleaf_platform.publishing.state import Stored, read_stored

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

Documents = Iterable[Document] | tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class Base:
    """What is in force: the stored revision and its Model (None before the first)."""

    stored: Stored
    model: Model | None

    @property
    def number(self) -> int:
        """The revision's number, 0 before the first."""
        return self.stored.number


@dataclass(frozen=True, slots=True)
class Prepared:
    """New pages beside what is in force. `settled` is None where the pages have problems."""

    base: Base
    pages: tuple[Page, ...]
    problems: tuple[Problem, ...]
    settled: Settled | None

    @property
    def sound(self) -> Settled:
        """The settled Model. Raises MetadataError with all problems."""
        if self.settled is None:
            raise MetadataError(self.problems)
        return self.settled


def compile_stored(stored: Stored, vocabulary: Vocabulary) -> Model:
    """The Model of a stored revision. Raises MetadataError where this version of the language no longer takes it."""
    documents, faults = documents_of(stored.pages)
    compiled = compile_documents(
        documents, vocabulary, revision=stored.number, previous=stored.memory.as_model() if stored.memory.objects else None, faults=faults
    )
    if compiled.model is None:
        raise MetadataError(compiled.problems)
    return with_bare_retired(compiled.model)


def read_base(workspace: Workspace, connection: Connection) -> Base:
    """What is in force, as this connection sees it."""
    number = int(connection.scalar(CURRENT) or 0)
    stored = read_stored(connection, number)
    if number == 0:
        return Base(stored, None)
    return Base(stored, workspace.runtime_at(connection, number).model)


def pages_from(documents: Documents) -> tuple[Page, ...]:
    """Pages as they are, or of documents."""
    given = tuple(documents)
    pages = tuple(one for one in given if isinstance(one, Page))
    return pages if len(pages) == len(given) else pages_of(one for one in given if isinstance(one, Document))


def prepare(base: Base, pages: tuple[Page, ...], vocabulary: Vocabulary) -> Prepared:
    """Check pages and settle their storage."""
    pages = in_order(pages)
    documents, faults = documents_of(pages)
    compiled = compile_documents(documents, vocabulary, revision=base.number + 1, previous=base.model, faults=faults)
    settled = settle(base.model, base.stored.memory, compiled.model) if compiled.model is not None else None
    return Prepared(base, pages, compiled.problems, settled)
