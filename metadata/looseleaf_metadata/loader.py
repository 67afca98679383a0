"""From files or texts to documents. Every fault of a text is a Problem with its place; nothing a text holds can make it fail.

Knows the two notations and the bounds; what a document means is for `kinds` and `compile`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from looseleaf_metadata.documents import LINE_BREAK, Document, Node, Part, pointer_of
from looseleaf_metadata.json_reader import JsonComposer
from looseleaf_metadata.problems import Place, Problem
from looseleaf_metadata.texts import Text
from looseleaf_metadata.yaml_reader import Composer, Fault

MAX_BYTES = 2_000_000
"""The size above which a text is not read at all."""
SUFFIXES = (".yaml", ".yml", ".json")
HEAD = re.compile(r"^([a-z][a-z_]*): +([a-z][a-z0-9_]*) *(?:#.*)?$", re.MULTILINE)

Source = Path | str | tuple[str, str | bytes]
"""A file, a folder (all its YAML and JSON files), or a text under a name."""


def read_documents(sources: Iterable[Source], *, app: str = "") -> tuple[tuple[Document, ...], list[Problem]]:
    """All documents of the sources, and all problems of their texts.

    In a folder that holds an `app:` document, all documents belong to that app; in a folder of several templates each to the one in whose
    folder it lies; otherwise they belong to `app`.
    A `str` is a path; a text is given as a pair of a name (used in places) and the text itself.
    """
    documents: list[Document] = []
    problems: list[Problem] = []
    for source in sources:
        found: list[Document] = []
        for file, raw in _texts_of(source, problems):
            some, faults = read_text(file, raw)
            found += some
            problems += faults
        documents += _owned(found, app)
    return tuple(documents), problems


def _owned(found: list[Document], app: str) -> list[Document]:
    """The documents of one source with the app that each belongs to."""
    folders = {PurePosixPath(document.file).parent: document.name for document in found if document.kind == "app"}
    if len(folders) < 2:
        owner = next(iter(folders.values()), app)
        return [replace(document, app=owner) for document in found] if owner else found
    owners = (next((folders[one] for one in PurePosixPath(document.file).parents if one in folders), app) for document in found)
    return [replace(document, app=owner) for document, owner in zip(found, owners, strict=True)]


def _texts_of(source: Source, problems: list[Problem]) -> Iterable[tuple[str, str | bytes]]:
    """The named texts of one source; a file that can't be read is a problem."""
    if isinstance(source, tuple):
        return [source]
    path = Path(source)
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and not any(part.startswith(".") for part in file.parts))
    texts: list[tuple[str, str | bytes]] = []
    for file in files:
        try:
            with file.open("rb") as stream:
                texts.append((file.as_posix(), stream.read(MAX_BYTES + 1)))
        except OSError as error:
            message = Text("this file can't be read: {reason}", reason=error.strerror or str(error))
            problems.append(Problem(Place(file.as_posix(), 1, 1), "", "unreadable", message))
    return texts


def read_text(file: str, raw: str | bytes) -> tuple[list[Document], list[Problem]]:
    """The documents of one text."""
    text, refused = _decode(file, raw)
    if refused:
        return [], [refused]
    parts, faults = _compose(file, text)
    lines = LINE_BREAK.split(text) if faults else []
    problems = [_problem(file, fault, lines) for fault in faults]
    found = (_document(file, part, text[part.start : part.end], problems) for part in parts)
    documents = [document for document in found if document]
    if any(fault.code in ("syntax", "too-deep", "too-many") for fault in faults):
        documents += _recognised(file, text, {(document.kind, document.name) for document in documents})
    elif not parts and not problems:
        problems.append(Problem(Place(file, 1, 1), "", "empty", Text("this file holds no document"), Text("remove it")))
    return documents, problems


def _decode(file: str, raw: str | bytes) -> tuple[str, Problem | None]:
    """The text, or the reason why it is not taken."""

    def refuse(code: str, message: Text, line: int = 1, column: int = 1, hint: Text | None = None) -> tuple[str, Problem]:
        return "", Problem(Place(file, line, column), "", code, message, hint)

    if len(raw) > MAX_BYTES:
        limit = MAX_BYTES // 1_000_000
        return refuse(
            "too-large", Text("this file is larger than {limit} MB", limit=limit), hint=Text("metadata is written by people: split it")
        )
    try:
        text = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw.removeprefix("\ufeff")
        text.encode()
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        before = raw[:start]
        line = (before.count(b"\n") if isinstance(before, bytes) else before.count("\n")) + 1
        last = before.rfind(b"\n") if isinstance(before, bytes) else before.rfind("\n")
        return refuse("not-utf-8", Text("this file is not UTF-8"), line, start - last, Text("save it as UTF-8"))
    if "\x00" in text:
        at = text.index("\x00")
        return refuse(
            "nul-character",
            Text("there is a NUL character here"),
            text.count("\n", 0, at) + 1,
            at - text.rfind("\n", 0, at),
            Text("remove it"),
        )
    return text, None


def _compose(file: str, text: str) -> tuple[list[Part], list[Fault]]:
    """The documents of a text in the notation that the file's name tells."""
    if file.endswith(".json"):
        json = JsonComposer(text)
        json.compose()
        return json.parts, json.faults
    composer = Composer()
    composer.compose(text)
    return composer.parts, composer.faults


def _problem(file: str, fault: Fault, lines: list[str]) -> Problem:
    excerpt = lines[fault.line - 1] if fault.line <= len(lines) else ""
    return Problem(Place(file, fault.line, fault.column), "", fault.code, fault.message, fault.suggestion, excerpt, fault.width)


def _document(file: str, part: Part, text: str, problems: list[Problem]) -> Document | None:
    """A document from its part of a text, or None (and a problem) if it is no document at all."""
    node = part.node
    unnamed = Document("", "", {}, node, file, text, part.first_line)
    if not isinstance(node.data, dict) or not node.data:
        message = Text("a document begins with its kind and name, such as 'object: account'")
        problems.append(unnamed.problem("", "not-a-document", message))
        return None
    kind, name = next(iter(node.data.items()))
    if not isinstance(name, str) or not name.strip():
        message = Text("the first key of a document names its kind, and its value the name; '{kind}' has no name", kind=kind)
        hint = Text("begin with a line such as 'object: account'")
        problems.append(unnamed.problem(pointer_of(kind), "not-a-document", message, hint, key=True))
        return None
    return Document(kind, name, node.data, node, file, text, part.first_line)


def _recognised(file: str, text: str, read: set[tuple[str, str]]) -> list[Document]:
    """Kind and name of documents in a text that can't be parsed, so that other files may refer to them without complaint."""
    found = []
    for match in HEAD.finditer(text):
        if (match.group(1), match.group(2)) not in read:
            data = {match.group(1): match.group(2)}
            found.append(Document(match.group(1), match.group(2), data, Node(data, 1, 1, 0, 0), file, text, broken=True))
    return found
