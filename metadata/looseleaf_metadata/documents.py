"""A document: one page of metadata as it was written, every value with the place where it stands.

Knows YAML and JSON only by their result (a tree of Nodes), and nothing of kinds or of the Model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from looseleaf_metadata.problems import Place, Problem
from looseleaf_metadata.texts import Text

LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""What YAML counts as the end of a line: places and excerpts must count alike."""


@dataclass(slots=True)
class Node:
    """A value in a text. `line` and `column` are 1-based; `start` and `end` are character offsets into the text.

    `children`: by key for a mapping, in order for a list, None for a scalar; `keys`: the nodes of a mapping's keys.
    `style`: "block" or "flow" for collections; the quote (' or "), "|", ">" or "" (plain) for scalars.
    """

    data: Any
    line: int
    column: int
    start: int
    end: int
    style: str = ""
    children: dict[str, Node] | list[Node] | None = None
    keys: dict[str, Node] | None = None

    @property
    def width(self) -> int:
        """How many characters to underline: the scalar itself, or the first character of a collection."""
        return max(self.end - self.start, 1) if self.children is None and self.style not in ("|", ">") else 1

    def child(self, step: str) -> Node | None:
        """The node under a key or list index, or None."""
        if isinstance(self.children, dict):
            return self.children.get(step)
        if isinstance(self.children, list) and step.isdecimal() and int(step) < len(self.children):
            return self.children[int(step)]
        return None


@dataclass(slots=True)
class Part:
    """One document of a text: its node, the line at which its own text begins, and where that text starts and ends."""

    node: Node
    first_line: int
    start: int
    end: int


def steps_of(pointer: str) -> list[str]:
    """The steps of a JSON pointer (RFC 6901): "/fields/a~1b" is ["fields", "a/b"]."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def pointer_of(*steps: str | int) -> str:
    """The JSON pointer made of steps."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


@dataclass(slots=True)
class _Lines:
    """The lines of a text, split once and only when somebody asks."""

    text: str
    split: list[str] | None = None

    def line(self, number: int) -> str:
        if self.split is None:
            self.split = LINE_BREAK.split(self.text)
        return self.split[number - 1] if 0 < number <= len(self.split) else ""


@dataclass(frozen=True)
class Document:
    """One document. `data` is plain (dict, list, str, int, Decimal, bool, None) and is never changed.

    `text` is this document's own text (without its `---`), `first_line` the line of the file at which it begins.
    `app`: the template it belongs to, "" for the workspace's own. `broken`: its text could not be parsed; only kind and
    name were recognised, so that others may refer to it without further complaint. `system`: part of the platform.
    """

    kind: str
    name: str
    data: dict[str, Any]
    root: Node = field(compare=False, repr=False)
    file: str = ""
    text: str = field(default="", repr=False)
    first_line: int = 1
    app: str = ""
    broken: bool = False
    system: bool = False

    @property
    def positions(self) -> Node:
        """The tree of nodes with their positions (lines and columns are those of the file)."""
        return self.root

    @cached_property
    def _lines(self) -> _Lines:
        return _Lines(self.text)

    def node(self, pointer: str) -> Node | None:
        """The node at a JSON pointer, or None."""
        node: Node | None = self.root
        for step in steps_of(pointer):
            node = node.child(step) if node else None
        return node

    def _nearest(self, pointer: str, key: bool) -> Node:
        """The node at a pointer, or the nearest that exists above it; `key`: the key that leads there instead of the value."""
        node = self.root
        found = node
        for step in steps_of(pointer):
            inner = node.child(step)
            if inner is None:
                return (node.keys or {}).get(step, found)
            found = (node.keys or {}).get(step, inner) if key else inner
            node = inner
        return found

    def place(self, pointer: str = "", *, key: bool = False) -> Place:
        """Where the value at `pointer` stands (`key`: where its key stands). Missing values: the nearest existing above."""
        node = self._nearest(pointer, key)
        return Place(self.file, node.line, node.column)

    def expression_place(self, pointer: str) -> Place:
        """Where the first character of a quoted text stands: inside the quotes, on the line after `|` or `>`."""
        node = self._nearest(pointer, False)
        if node.style in ("'", '"'):
            return Place(self.file, node.line, node.column + 1)
        if node.style in ("|", ">"):
            line = self._lines.line(node.line + 1 - self.first_line + 1)
            return Place(self.file, node.line + 1, len(line) - len(line.lstrip()) + 1)
        return Place(self.file, node.line, node.column)

    def excerpt(self, line: int) -> str:
        """A line of the file, without the break."""
        return self._lines.line(line - self.first_line + 1)

    def problem(self, pointer: str, code: str, message: Text, suggestion: Text | None = None, *, key: bool = False) -> Problem:
        """A problem at `pointer` (`key`: at the key that leads there), with the line that it stands on."""
        node = self._nearest(pointer, key)
        place = Place(self.file, node.line, node.column)
        return Problem(place, pointer, code, message, suggestion, self.excerpt(node.line), node.width)


def walk(node: Node, pointer: str = "") -> Iterator[tuple[str, Node]]:
    """Every node with its JSON pointer, the root first, in written order."""
    yield pointer, node
    if isinstance(node.children, dict):
        for key, child in node.children.items():
            yield from walk(child, pointer + pointer_of(key))
    elif isinstance(node.children, list):
        for index, child in enumerate(node.children):
            yield from walk(child, f"{pointer}/{index}")
