"""Where an item of a collection stands in a text, and the replacement that changes, adds or removes it. Knows no commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from looseleaf_metadata.canonical import INDENT, block_lines, entry_lines, fits, inline, key_text
from looseleaf_metadata.documents import Node


@dataclass(frozen=True, slots=True, order=True)
class Splice:
    """Replace the characters from `start` to `end` by `text`."""

    start: int
    end: int
    text: str


def end_of(node: Node) -> int:
    """Where a node's own text ends: a block ends with its last child, not with the comments after it."""
    if node.style == "block" and node.children:
        if isinstance(node.children, dict) and node.keys:
            key, child = next(reversed(node.children.items()))
            return max(end_of(child), node.keys[key].end + 1)
        if isinstance(node.children, list):
            return end_of(node.children[-1])
    return node.end


def line_start(text: str, at: int) -> int:
    """The offset at which the line of `at` begins."""
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """The offset after the line break of the line of `at`; the end of the text on the last line."""
    if at > 0 and text[at - 1] == "\n":
        return at
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def item_start(text: str, parent: Node, step: str) -> int:
    """Where an item begins: its key, or the dash before it."""
    if parent.keys is not None:
        return parent.keys[step].start
    child = parent.child(step)
    assert child is not None  # noqa: S101 - callers have found it
    if parent.style == "flow":
        return child.start
    at = child.start
    while True:
        start = line_start(text, at)
        dash = start + parent.column - 1
        if text[dash : dash + 1] == "-" and dash < child.start:
            return dash
        if start == 0:
            return child.start
        at = start - 1


def item_end(parent: Node, step: str) -> int:
    """Where an item's own text ends."""
    child = parent.child(step)
    assert child is not None  # noqa: S101 - callers have found it
    end = end_of(child)
    return max(end, parent.keys[step].end + 1) if parent.keys is not None and parent.style == "block" else max(end, _key_end(parent, step))


def _key_end(parent: Node, step: str) -> int:
    return parent.keys[step].end if parent.keys is not None else 0


def item_span(text: str, parent: Node, step: str) -> tuple[int, int]:
    """The whole lines of an item of a block, with the comment lines directly above it (not those at the head of the text)."""
    first = item_start(text, parent, step)
    start, end = line_start(text, first), line_end(text, item_end(parent, step))
    if text[start:first].strip():
        return first, end
    indent = first - start
    above = start
    while above > 0:
        previous = line_start(text, above - 1)
        line = text[previous:above]
        if line.strip().startswith("#") and len(line) - len(line.lstrip(" ")) == indent:
            above = previous
        else:
            break
    return (above if above > 0 else start), end


def names_of(parent: Node) -> list[str]:
    """The steps to a collection's items, in order."""
    return list(parent.children) if isinstance(parent.children, dict) else [str(at) for at in range(len(parent.children or []))]


def cut(text: str, parent: Node, step: str) -> Splice:
    """Take an item out. The last item leaves an empty collection behind."""
    names = names_of(parent)
    if len(names) == 1:
        return Splice(parent.start, end_of(parent), "{}" if parent.keys is not None else "[]")
    at = names.index(step)
    first = item_start(text, parent, step)
    if parent.style == "flow":
        if at + 1 < len(names):
            return Splice(first, item_start(text, parent, names[at + 1]), "")
        return Splice(item_end(parent, names[at - 1]), item_end(parent, step), "")
    start, end = item_span(text, parent, step)
    if start == first and text[line_start(text, first) : first].strip():  # the first key after a dash
        return Splice(first, item_start(text, parent, names[at + 1]), "")
    return Splice(start, end, "")


def added(text: str, parent: Node, step: str, value: Any, before: str = "") -> Splice:
    """Add an item to a collection: `step` is its key (or its index in a list). With step "" `value` holds several keys."""
    items: Mapping[str, Any] = value if step == "" else {step: value}
    names = names_of(parent)
    if parent.keys is None:
        before = step if step in names else before
    if not names:
        return Splice(parent.start, parent.end, inline(dict(items) if parent.keys is not None else list(items.values())))
    if parent.style == "flow":
        return _added_to_line(text, parent, items, before)
    indent = (parent.keys[names[0]].column if parent.keys else parent.column) - 1
    lines = block_lines(dict(items), indent) if parent.keys is not None else block_lines(list(items.values()), indent)
    if indent == 0 and parent.keys is not None:
        lines = [line for key, item in items.items() for line in entry_lines(f"{key_text(key)}:", key, item, 0, top=True)]
    body = "\n".join(lines) + "\n"
    if before in names:
        at = item_span(text, parent, before)[0]
        if text[line_start(text, at) : at].strip():  # the first key after a dash
            return Splice(at, at, body[indent:] + " " * indent)
        return Splice(at, at, body)
    at = line_end(text, item_end(parent, names[-1]))
    return Splice(at, at, body if at == 0 or text[at - 1] == "\n" else "\n" + body)


def _added_to_line(text: str, parent: Node, items: Mapping[str, Any], before: str) -> Splice:
    written = inline(dict(items))[1:-1] if parent.keys is not None else inline(list(items.values()))[1:-1]
    if before in names_of(parent):
        at = item_start(text, parent, before)
        return Splice(at, at, written + ", ")
    at = item_end(parent, names_of(parent)[-1])
    return Splice(at, at, ", " + written)


def replaced(text: str, parent: Node, step: str, value: Any) -> Splice:
    """Write another value in the place of an item's."""
    child = parent.child(step)
    assert child is not None  # noqa: S101 - callers have found it
    is_key = parent.keys is not None
    indent = ((parent.keys[step].column if parent.keys else parent.column) - 1) if parent.style == "block" else 0
    start = _key_end(parent, step) + 1 if is_key else child.start
    end = end_of(child)
    if parent.style == "flow":
        written = inline(value, step)
        return Splice(child.start, child.end, (" " if text[child.start - 1 : child.start] == ":" else "") + written)
    tail = "\n" if child.style in ("|", ">") and text[end - 1 : end] == "\n" else ""
    if is_key:
        lines = entry_lines(" " * indent + key_text(step) + ":", step, value, indent, top=indent == 0)
        written = "\n".join([lines[0][indent + len(key_text(step)) + 1 :], *lines[1:]])
        stays = child.style not in ("block", "|", ">") and len(lines) == 1
        return (
            Splice(child.start, max(end, child.start), written.lstrip(" "))
            if stays and child.start > start
            else Splice(start, max(end, start), written + tail)
        )
    if isinstance(value, Mapping | list) and value and not fits(value, indent + INDENT):
        lines = block_lines(value, indent + INDENT)
        return Splice(child.start, end, lines[0].lstrip(" ") + "".join("\n" + line for line in lines[1:]) + tail)
    return Splice(child.start, end, inline(value) + tail)
