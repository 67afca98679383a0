"""The pages of a workspace's binder: every document as its text, with the template and the file that it belongs to.

This is what a revision and a draft store, and what an export writes. A page's key is its kind and name, with the template in front
("base/object:account"; "object:visit" for the workspace's own). Knows no database and no Model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from os.path import commonpath
from pathlib import Path, PurePosixPath
from typing import Any

from looseleaf_metadata.documents import Document
from looseleaf_metadata.loader import read_documents
from looseleaf_metadata.problems import Problem

SEPARATOR = "---\n"
FOLDERS = {"object": "objects", "extend": "objects", "role": "roles", "form": "forms", "view": "views", "menu": "menus"}
OWN = "workspace"
"""The folder in which an export puts the workspace's own pages."""


@dataclass(frozen=True, slots=True)
class Page:
    """One document's text. `file` is relative to the template's folder; several pages may share a file, in this order."""

    kind: str
    name: str
    text: str
    app: str = ""
    file: str = ""

    @property
    def key(self) -> str:
        """What the page is called in a draft."""
        return f"{self.app}/{self.kind}:{self.name}" if self.app else f"{self.kind}:{self.name}"

    @property
    def path(self) -> str:
        """Where an export writes it."""
        return f"{self.app or OWN}/{self.file}"

    def as_data(self) -> dict[str, str]:
        """For JSON."""
        return {"kind": self.kind, "name": self.name, "app": self.app, "file": self.file, "text": self.text}


def page_from_data(data: Mapping[str, Any]) -> Page:
    """The page that `as_data` gave."""
    return Page(data["kind"], data["name"], data["text"], data["app"], data["file"])


def new_page(key: str, text: str) -> Page:
    """A page for a key that did not exist, in a file of its own."""
    app, _, rest = key.rpartition("/")
    kind, _, name = rest.partition(":")
    stem = "".join(character if character.isalnum() or character in "_-" else "_" for character in name)[:60]
    folder = FOLDERS.get(kind, f"{kind}s")
    return Page(kind, name, text, app, f"{folder}/{'extend_' if kind == 'extend' else ''}{stem}.yaml")


def pages_of(documents: Iterable[Document]) -> tuple[Page, ...]:
    """The pages of documents, their files relative to their template's folder. The platform's own are left out."""
    own = [document for document in documents if not document.system]
    roots = {app: _root(app, [document for document in own if document.app == app]) for app in {document.app for document in own}}
    return tuple(
        Page(document.kind, document.name, _ended(document.text), document.app, _relative(document.file, roots[document.app]))
        for document in own
    )


def documents_of(pages: Iterable[Page]) -> tuple[tuple[Document, ...], list[Problem]]:
    """The documents of pages, and what is wrong with their texts. Places name the paths that an export would have."""
    found: list[Document] = []
    problems: list[Problem] = []
    for path, texts in texts_by_path(pages).items():
        app = path.split("/", 1)[0]
        documents, faults = read_documents([(path, texts)], app="" if app == OWN else app)
        found += documents
        problems += faults
    return tuple(found), problems


def in_order(pages: Iterable[Page]) -> tuple[Page, ...]:
    """The order in which pages are kept: by their paths, those of a file as they stand in it."""
    return tuple(sorted(pages, key=lambda page: page.path))


def texts_by_path(pages: Iterable[Page]) -> dict[str, str]:
    """The files that an export writes: pages of one file joined by `---`."""
    return {
        path: SEPARATOR.join(_ended(page.text) for page in group) for path, group in groupby(in_order(pages), key=lambda page: page.path)
    }


def page_at(pages: Iterable[Page], path: str, line: int) -> tuple[Page, int] | None:
    """The page that holds a line of a file that an export would write, and which line of the page it is."""
    rest = line
    for page in in_order(pages):
        if page.path == path:
            length = _ended(page.text).count("\n")
            if rest <= length:
                return page, rest
            rest -= length + SEPARATOR.count("\n")
    return None


def read_folders(paths: Iterable[Path | str]) -> tuple[tuple[Document, ...], list[Problem]]:
    """The documents of folders; a folder without an `app.yaml` whose sub-folders have one (an export) is read template by template."""
    found: list[Document] = []
    problems: list[Problem] = []
    for path in map(Path, paths):
        apps = sorted(child for child in path.iterdir() if (child / "app.yaml").is_file()) if path.is_dir() else []
        if not apps or (path / "app.yaml").is_file():
            some, faults = read_documents([path])
        else:
            rest = sorted(
                child for child in path.iterdir() if child not in apps and (child.is_dir() or child.suffix in (".yaml", ".yml", ".json"))
            )
            some, faults = read_documents([*apps, *rest])
        found += [_filed(document, path) for document in some]
        problems += faults
    return tuple(found), problems


def _filed(document: Document, folder: Path) -> Document:
    """A document of no template with its file told relative to where an export would have put it."""
    if document.app:
        return document
    for root in (folder / OWN, folder):
        if PurePosixPath(document.file).is_relative_to(root.as_posix()):
            return replace(document, file=_relative(document.file, root.as_posix()))
    return document


def replaced(pages: Iterable[Page], by: Iterable[Page]) -> tuple[Page, ...]:
    """`pages` with every template that occurs in `by` taken from there, and the workspace's own pages replaced one by one."""
    new = tuple(by)
    apps = {page.app for page in new if page.app}
    keys = {page.key: page for page in new if not page.app}
    kept = [keys.pop(page.key, page) for page in pages if page.app not in apps]
    return (*kept, *(page for page in new if page.app or page.key in keys))


def with_changes(pages: Iterable[Page], changes: Mapping[str, str | None]) -> tuple[Page, ...]:
    """`pages` with the texts of `changes` by key; None takes a page out; unknown keys are added at the end."""
    kept: list[Page] = []
    rest = dict(changes)
    for page in pages:
        if page.key not in rest:
            kept.append(page)
            continue
        text = rest.pop(page.key)
        if text is not None:
            kept.append(replace(page, text=text))
    return (*kept, *(new_page(key, text) for key, text in rest.items() if text is not None))


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else text + "\n"


def _root(app: str, documents: list[Document]) -> str:
    """The folder that a template's files are told relative to."""
    for document in documents:
        if document.kind == "app" and document.name == app:
            return PurePosixPath(document.file).parent.as_posix()
    absolute = [PurePosixPath(document.file).parent.as_posix() for document in documents if document.file.startswith("/")]
    return commonpath(absolute) if absolute else "."


def _relative(file: str, root: str) -> str:
    path = PurePosixPath(file)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
