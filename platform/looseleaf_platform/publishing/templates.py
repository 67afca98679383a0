"""Templates side by side in a workspace: installing folders, with the templates that they require, beside what is there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from looseleaf_metadata.apps import required_folders
from looseleaf_metadata.loader import read_documents
from looseleaf_metadata.problems import MetadataError
from looseleaf_platform.context import SYSTEM, Actor
from looseleaf_platform.publishing.pages import Page, pages_of, read_folders, replaced
from looseleaf_platform.publishing.publishing import Request, publish_pages
from looseleaf_platform.publishing.revising import pages_at

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace


def install(workspace: Workspace, folders: Iterable[Path | str], *, actor: Actor = SYSTEM, reason: str = "") -> int:
    """Publish template folders beside what the workspace has; a template that is there already is replaced as a whole.

    Templates that they require are taken from the folders beside them, unless the workspace has them. Returns the revision. Raises
    MetadataError with all problems, and what `publish` raises.
    """
    paths = [Path(folder) for folder in folders]
    pages = combined_pages(workspace, paths)
    names = ", ".join(path.resolve().name for path in paths)
    return publish_pages(workspace, pages, Request(actor, reason or names, "install"))


def combined_pages(workspace: Workspace, folders: Iterable[Path | str]) -> tuple[Page, ...]:
    """The workspace's pages with those of the folders (and of what they require) in them. Raises MetadataError."""
    current = pages_at(workspace)
    paths = [Path(folder) for folder in folders]
    documents, problems = read_folders(paths)
    if problems:
        raise MetadataError(problems)
    given = {document.app for document in documents} | {page.app for page in current}
    for path in paths:
        for needed in required_folders(path, documents):
            if needed.name not in given:
                more, faults = read_documents([needed])
                if faults:
                    raise MetadataError(faults)
                documents = (*more, *documents)
                given |= {document.app for document in more}
    return replaced(current, pages_of(documents))
