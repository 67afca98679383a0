"""YAML text to nodes with exact positions, in the strict subset that the language allows.

Works on the parser's events, so that a bomb (aliases, deep nesting) is refused before anything is built.
Knows nothing of documents' kinds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from looseleaf_metadata.documents import Node, Part
from looseleaf_metadata.scalars import AMBIGUOUS, resolve
from looseleaf_metadata.texts import Text

MAX_DEPTH = 32
MAX_FAULTS = 100
"""Faults of one text after which it is not read further."""
REST_OF_LINE = re.compile(r"[ \t]*(#[^\n]*)?\r?\n")
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at a position of the text (1-based line and column)."""

    line: int
    column: int
    code: str
    message: Text
    suggestion: Text | None = None
    width: int = 1


class Stop(Exception):
    """Raised to give up on a text: its fault is already noted."""


@dataclass
class Composer:
    """Builds nodes from events and notes faults. `parts`: one per YAML document that is not empty."""

    faults: list[Fault] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    open: list[Any] = field(default_factory=list)  # where the brackets stand that are not closed yet
    events: Iterator[Any] = field(default_factory=lambda: iter(()))

    def compose(self, text: str) -> None:
        """Read a whole text. Stops at the first syntax error; other faults are collected."""
        first_line, start = 1, 0
        try:
            self.events = iter(yaml.parse(text, Loader=LOADER))
            for event in self.events:
                if not isinstance(event, yaml.DocumentStartEvent):
                    continue
                mark = event.start_mark
                if event.explicit and self.parts:
                    self.parts[-1].end = mark.index
                    after = REST_OF_LINE.match(text, mark.index + 3)
                    first_line, start = (mark.line + 2, after.end()) if after else (mark.line + 1, mark.index + 3)
                node = self.value(next(self.events), 1)
                if node.data is not None or node.start != node.end:
                    self.parts.append(Part(node, first_line, start, len(text)))
        except Stop:
            pass
        except yaml.YAMLError as error:
            self.faults.append(syntax_fault(error, len(text), self.open[-1] if self.open else None))

    def value(self, event: Any, depth: int) -> Node:
        """The node that begins with `event`."""
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            self.note(
                event, "alias", Text("aliases (*{name}) are not part of the language", name=event.anchor), Text("write the value out")
            )
            return Node(None, mark.line + 1, mark.column + 1, mark.index, event.end_mark.index)
        self.check_decorations(event)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if depth > MAX_DEPTH:
            self.note(event, "too-deep", Text("nested more than {limit} levels deep", limit=MAX_DEPTH))
            raise Stop
        style = "flow" if event.flow_style else "block"
        node = Node(None, mark.line + 1, mark.column + 1, mark.index, mark.index, style)
        self.open += [mark] if event.flow_style else []
        end = self.mapping(node, depth) if isinstance(event, yaml.MappingStartEvent) else self.sequence(node, depth)
        del self.open[len(self.open) - bool(event.flow_style) :]
        node.end = end.end_mark.index
        return node

    def scalar(self, event: Any) -> Node:
        """A scalar's node, its value resolved if it is plain."""
        mark, text = event.start_mark, event.value
        style = event.style or ""
        if style == "" and text in AMBIGUOUS:
            self.refuse_ambiguous(event)
        data = resolve(text) if style == "" else text
        return Node(data, mark.line + 1, mark.column + 1, mark.index, event.end_mark.index, style)

    def sequence(self, node: Node, depth: int) -> Any:
        """Fill a list's node; returns the event that ends it."""
        children: list[Node] = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                node.children, node.data = children, [child.data for child in children]
                return event
            children.append(self.value(event, depth + 1))
        raise Stop

    def mapping(self, node: Node, depth: int) -> Any:
        """Fill a mapping's node; returns the event that ends it."""
        children: dict[str, Node] = {}
        keys: dict[str, Node] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                node.children, node.keys = children, keys
                node.data = {name: child.data for name, child in children.items()}
                return event
            key = self.key(event, depth)
            child = self.value(next(self.events), depth + 1)
            if key is None:
                continue
            if key.data in keys:
                message = Text("'{name}' stands here a second time; the first is in line {line}", name=key.data, line=keys[key.data].line)
                self.note(event, "duplicate-key", message, Text("remove one of the two"))
                continue
            keys[key.data], children[key.data] = key, child
        raise Stop

    def key(self, event: Any, depth: int) -> Node | None:
        """A key's node; keys are always text. None for a key that can't be used."""
        if not isinstance(event, yaml.ScalarEvent):
            self.note(event, "not-a-name", Text("a key must be a plain word"))
            self.value(event, depth + 1)
            return None
        self.check_decorations(event)
        mark, style = event.start_mark, event.style or ""
        if style == "" and event.value == "<<":
            self.note(event, "merge-key", Text("merge keys (<<) are not part of the language"), Text("write the values out"))
            return None
        if style == "" and event.value in AMBIGUOUS:
            self.refuse_ambiguous(event)
        return Node(event.value, mark.line + 1, mark.column + 1, mark.index, event.end_mark.index, style)

    def check_decorations(self, event: Any) -> None:
        """Note anchors and tags."""
        if event.anchor:
            self.note(
                event, "anchor", Text("anchors (&{name}) are not part of the language", name=event.anchor), Text("write the value out")
            )
        if event.tag:
            self.note(event, "tag", Text("tags ({name}) are not part of the language", name=event.tag), Text("remove the tag"))

    def refuse_ambiguous(self, event: Any) -> None:
        """Note a word that YAML 1.1 reads as a boolean."""
        word = event.value
        meant = "true" if word.lower() in ("yes", "on") else "false"
        message = Text("'{word}' is a word in some YAML readers and true or false in others", word=word)
        self.note(event, "bare-yes-no", message, Text("write {meant}, or '{word}' in quotes", meant=meant, word=word))

    def note(self, event: Any, code: str, message: Text, suggestion: Text | None = None) -> None:
        """Remember a fault at an event."""
        start, end = event.start_mark, event.end_mark
        width = end.index - start.index if start.line == end.line else 1
        self.faults.append(Fault(start.line + 1, start.column + 1, code, message, suggestion, max(width, 1)))
        if len(self.faults) == MAX_FAULTS:
            self.faults.append(
                Fault(start.line + 1, start.column + 1, "too-many", Text("too many problems: the rest of this file was not read"))
            )
            raise Stop


def syntax_fault(error: yaml.YAMLError, length: int, unclosed: Any = None) -> Fault:
    """What the parser could not read, in its own words. What is never closed is told where it was opened."""
    mark, opened = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    if mark is None or mark.index >= length:
        mark = opened if opened and opened.index < length else unclosed or mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    return Fault(line, column, "syntax", Text("this is not valid YAML: {problem}", problem=problem), _syntax_hint(problem))


def _syntax_hint(problem: str) -> Text | None:
    if "cannot start any token" in problem:
        return Text("put text that begins with @, `, % or a tab in quotes; indent with spaces")
    if "mapping values are not allowed" in problem:
        return Text("put text that holds ': ' in quotes, or check the indentation")
    if "did not find expected" in problem:
        return Text("check the indentation, and that every bracket and quote is closed")
    return None
