"""JSON text to nodes with exact positions: the same nodes that YAML gives, so that nothing after the loader tells them apart."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]  # there, and public since Python 2.6

from looseleaf_metadata.documents import LINE_BREAK, Node, Part
from looseleaf_metadata.scalars import resolve
from looseleaf_metadata.texts import Text
from looseleaf_metadata.yaml_reader import MAX_DEPTH, Fault, Stop

SPACE = re.compile(r"[ \t\r\n]*")
WORD = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?|true|false|null")


@dataclass
class JsonComposer:
    """Builds nodes from one JSON text: one document, or a list of them. `parts` and `faults` as in the YAML reader."""

    text: str
    faults: list[Fault] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)

    def compose(self) -> None:
        """Read the whole text. Stops at the first syntax error."""
        self.starts = [0, *(match.end() for match in LINE_BREAK.finditer(self.text))]
        try:
            root = self.value(self.skip(0), 1)
            if self.skip(root.end) != len(self.text):
                self.fail(self.skip(root.end), Text("something follows after the end of the document"))
        except Stop:
            return
        roots = root.children if isinstance(root.children, list) else [root]
        self.parts = [Part(node, node.line, node.start, node.end) for node in roots]

    def position(self, at: int) -> tuple[int, int]:
        """The 1-based line and column of an offset."""
        line = bisect_right(self.starts, at)
        return line, at - self.starts[line - 1] + 1

    def fail(self, at: int, message: Text) -> None:
        """Note a syntax error and give up."""
        line, column = self.position(min(at, len(self.text)))
        self.faults.append(Fault(line, column, "syntax", message))
        raise Stop

    def skip(self, at: int) -> int:
        """The offset of the next character that is not white space."""
        match = SPACE.match(self.text, at)
        return match.end() if match else at

    def expect(self, at: int, character: str) -> int:
        """The offset after `character`, which must stand at `at`."""
        if self.text[at : at + 1] != character:
            self.fail(at, Text("expected '{character}' here", character=character))
        return at + 1

    def node(self, start: int, end: int, data: object, style: str) -> Node:
        """A node between two offsets."""
        line, column = self.position(start)
        return Node(data, line, column, start, end, style)

    def value(self, at: int, depth: int) -> Node:
        """The node that begins at `at`."""
        character = self.text[at : at + 1]
        if character == '"':
            return self.string(at)
        if character in ("{", "["):
            if depth > MAX_DEPTH:
                self.fail(at, Text("nested more than {limit} levels deep", limit=MAX_DEPTH))
            return self.mapping(at, depth) if character == "{" else self.sequence(at, depth)
        match = WORD.match(self.text, at)
        if match is None:
            self.fail(at, Text("expected a value here"))
            raise Stop
        return self.node(at, match.end(), resolve(match.group()), "")

    def string(self, at: int) -> Node:
        """A quoted text."""
        try:
            data, end = scanstring(self.text, at + 1, True)
        except JSONDecodeError as error:
            self.fail(error.pos, Text("this text in quotes is not valid JSON: {problem}", problem=error.msg))
            raise Stop from error
        if any("\ud800" <= character <= "\udfff" for character in data):
            self.fail(at, Text("half a character (a lone surrogate) can't be stored"))
        return self.node(at, end, data, '"')

    def sequence(self, start: int, depth: int) -> Node:
        """A list."""
        children: list[Node] = []
        at = self.skip(start + 1)
        while self.text[at : at + 1] != "]":
            if children:
                at = self.skip(self.expect(at, ","))
            children.append(self.value(at, depth + 1))
            at = self.skip(children[-1].end)
        node = self.node(start, at + 1, [child.data for child in children], "flow")
        node.children = children
        return node

    def mapping(self, start: int, depth: int) -> Node:
        """An object."""
        children: dict[str, Node] = {}
        keys: dict[str, Node] = {}
        at = self.skip(start + 1)
        first = True
        while self.text[at : at + 1] != "}":
            at = at if first else self.skip(self.expect(at, ","))
            first = False
            if self.text[at : at + 1] != '"':
                self.fail(at, Text("expected a key in double quotes here"))
            key = self.string(at)
            child = self.value(self.skip(self.expect(self.skip(key.end), ":")), depth + 1)
            at = self.skip(child.end)
            if key.data in keys:
                message = Text("'{name}' stands here a second time; the first is in line {line}", name=key.data, line=keys[key.data].line)
                self.faults.append(Fault(key.line, key.column, "duplicate-key", message, Text("remove one of the two"), key.width))
                continue
            keys[key.data], children[key.data] = key, child
        node = self.node(start, at + 1, {name: child.data for name, child in children.items()}, "flow")
        node.children, node.keys = children, keys
        return node
