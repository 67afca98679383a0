"""The revisions of a workspace: loading one, listing them, going back to one (which is a new one)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from looseleaf_metadata.model import Model
from looseleaf_platform.context import SYSTEM, Actor
from looseleaf_platform.publishing.pages import Page, texts_by_path
from looseleaf_platform.publishing.preparing import compile_stored
from looseleaf_platform.publishing.publishing import Request, publish_pages
from looseleaf_platform.publishing.state import Revision, list_revisions, read_stored, system_digest
from looseleaf_platform.records.runtime import Runtime

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace


def load_runtime(workspace: Workspace, connection: Connection, number: int) -> Runtime:
    """The runtime of a stored revision."""
    model = compile_stored(read_stored(connection, number), workspace.vocabulary)
    return Runtime(model, workspace.database.dialect, workspace.database.schema)


def keep_system_objects(workspace: Workspace) -> None:
    """Publish the platform's own objects where the workspace has none yet, or those of an earlier version of the platform."""
    with workspace.database.read() as connection:
        number = workspace.fence.current(connection)
        stored = read_stored(connection, number)
    if number == 0 or stored.system != system_digest(workspace.vocabulary):
        publish_pages(workspace, stored.pages, Request(SYSTEM, "", "system"))


def revisions(workspace: Workspace, limit: int = 100, before: int | None = None) -> tuple[Revision, ...]:
    """Who changed what, when and why; the newest first."""
    with workspace.database.read() as connection:
        return list_revisions(connection, limit, before)


def pages_at(workspace: Workspace, number: int | None = None) -> tuple[Page, ...]:
    """The pages of a revision (None: the one in force). Raises NotThere."""
    with workspace.database.read() as connection:
        return read_stored(connection, workspace.fence.current(connection) if number is None else number).pages


def model_at(workspace: Workspace, number: int) -> Model:
    """The Model of a revision. Raises NotThere."""
    current = workspace.runtime
    if current.revision == number:
        return current.model
    with workspace.database.read() as connection:
        return compile_stored(read_stored(connection, number), workspace.vocabulary)


def rollback(workspace: Workspace, revision: int, *, actor: Actor = SYSTEM, reason: str = "", expected: int | None = None) -> int:
    """Publish the pages of an earlier revision again, as a new revision. Returns its number.

    Data entered meanwhile stays: what vanishes is retired with its data, what comes back finds its own. Raises NotThere,
    and what `publish` raises.
    """
    request = Request(actor, reason, "rollback", revision)
    return publish_pages(workspace, pages_at(workspace, revision), request, expected)


def export_documents(workspace: Workspace, revision: int | None = None) -> dict[str, str]:
    """The files of a workspace's metadata by relative path: a folder for each template, `workspace/` for its own pages.

    Applied again, and exported again, they are the same byte for byte.
    """
    return texts_by_path(pages_at(workspace, revision))
