"""Apps among each other: the order in which they stand on one another, what they require, and the settings they suggest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.documents import Document, pointer_of
from looseleaf_metadata.loader import SUFFIXES, read_documents
from looseleaf_metadata.model import App, Defaults
from looseleaf_metadata.problems import did_you_mean
from looseleaf_metadata.texts import Text

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation


def ordered_by_app(documents: Iterable[Document]) -> tuple[Document, ...]:
    """Documents in the order in which apps stand on one another: the system's, then required apps before those that require them, the
    workspace's own last. Within an app the given order stays."""
    listed = list(documents)
    requires = {document.name: list(_requires(document)) for document in listed if document.kind == "app"}
    depths: dict[str, int] = {}

    def depth(app: str, above: tuple[str, ...] = ()) -> int:
        if app not in depths and app not in above:
            depths[app] = 1 + max((depth(needed, (*above, app)) for needed in requires.get(app, ())), default=0)
        return depths.get(app, 0)

    last = len(requires) + 2
    return tuple(sorted(listed, key=lambda document: 0 if document.system else depth(document.app) if document.app else last))


def _requires(document: Document) -> Mapping[str, Any]:
    requires = document.data.get("requires", {})
    return requires if isinstance(requires, Mapping) else {}


def check_apps(run: Compilation) -> None:
    """Check that required apps are there, in a version that is wanted, and not in a circle."""
    apps = {document.name: document for document in run.documents if document.kind == "app"}
    for name, document in apps.items():
        for needed, wanted in _requires(document).items():
            pointer = pointer_of("requires", needed)
            found = apps.get(needed)
            if found is None:
                if f"app:{needed}" not in run.broken:
                    message = Text("the app '{name}' is not installed here", name=needed)
                    run.report(document, pointer, "unknown-app", message, did_you_mean(needed, apps), key=True)
                continue
            run.refer(f"app:{name}", f"app:{needed}", document, pointer, "requires", key=True)
            version = str(found.data.get("version", "0.1.0"))
            if not satisfies(version, wanted):
                message = Text(
                    "the app '{name}' is there in version {version}, wanted is {wanted}", name=needed, version=version, wanted=wanted
                )
                run.report(document, pointer, "wrong-version", message)
        circle = _circle(name, apps)
        if circle and name == min(circle):
            message = Text("apps require each other in a circle: {path}", path=" → ".join((*circle, circle[0])))
            run.report(document, "/requires", "circular-apps", message, key=True)


def _circle(start: str, apps: Mapping[str, Document]) -> tuple[str, ...]:
    """The shortest chain of requirements from an app back to itself, () if there is none."""
    paths: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while paths:
        path = paths.pop(0)
        for needed in _requires(apps[path[-1]]):
            if needed == start:
                return path
            if needed in apps and needed not in seen:
                seen.add(needed)
                paths.append((*path, needed))
    return ()


def satisfies(version: str, wanted: str) -> bool:
    """Whether a version fits a requirement such as ">=1.0"."""
    operator = wanted.rstrip("0123456789. ")
    have, want = _numbers(version), _numbers(wanted.removeprefix(operator))
    length = max(len(have), len(want))
    have, want = (*have, *[0] * (length - len(have))), (*want, *[0] * (length - len(want)))
    return {">=": have >= want, "==": have == want, "<=": have <= want, "<": have < want, ">": have > want}[operator]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.strip().split("."))


def merged_defaults(apps: Iterable[App]) -> Defaults:
    """Workspace settings suggested by the apps; a later app wins."""
    known = {field.name for field in fields(Defaults)}
    merged = {key: str(value) for app in apps for key, value in app.defaults.items() if key in known}
    return Defaults(**merged)


def required_folders(folder: Path, documents: Iterable[Document]) -> list[Path]:
    """The folders beside a template's that hold the apps it requires, those that these require included."""
    found: list[Path] = []
    todo = [name for document in documents if document.kind == "app" for name in _requires(document)]
    seen = {document.name for document in documents if document.kind == "app"}
    while todo:
        name = todo.pop()
        beside = folder.resolve().parent / name
        if name in seen or not beside.is_dir():
            continue
        seen.add(name)
        found.append(beside)
        todo += _required_by(beside)
    return found


def _required_by(folder: Path) -> list[str]:
    """The names of the apps that the app in a folder requires."""
    files = [file for file in sorted(folder.iterdir()) if file.suffix in SUFFIXES]
    documents, _ = read_documents(files)
    return [name for document in documents if document.kind == "app" for name in _requires(document)]
