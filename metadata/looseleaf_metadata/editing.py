"""Lossless editing: commands change only the characters that they are about; comments, order and blank lines stay.

Every edit is checked: the new text must read as what the command makes of the data. Where a text is written so oddly that it
does not, the document is written anew in canonical form, below the comment that it begins with.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from looseleaf_metadata.canonical import WIDTH, inline, write_document
from looseleaf_metadata.commands import CannotEdit, Command, Insert, Move, Remove, Rename, Set, apply_command
from looseleaf_metadata.documents import Node, pointer_of, steps_of
from looseleaf_metadata.json_reader import JsonComposer
from looseleaf_metadata.splicing import Splice, added, cut, item_end, item_span, item_start, line_start, names_of, replaced
from looseleaf_metadata.texts import Text
from looseleaf_metadata.yaml_reader import Composer


def edit_document(text: str, commands: Iterable[Command]) -> str:
    """The text of one document after all commands. Raises CannotEdit where a command does not fit or the text has faults."""
    for command in commands:
        text = _edit(text, command)
    return text


def read_one(text: str, *, as_json: bool = False) -> Node:
    """The node of a text that holds one sound document. Raises CannotEdit."""
    composer: JsonComposer | Composer
    if as_json:
        composer = JsonComposer(text)
        composer.compose()
    else:
        composer = Composer()
        composer.compose(text)
    if composer.faults or len(composer.parts) != 1 or not isinstance(composer.parts[0].node.data, dict):
        raise CannotEdit(Text("this text is not one sound document"))
    return composer.parts[0].node


def _edit(text: str, command: Command) -> str:
    if text.lstrip().startswith("{") and (wanted_json := _edited_json(text, command)) is not None:
        return wanted_json
    root = read_one(text)
    wanted = apply_command(root.data, command)
    edited = text
    for splice in sorted(_splices(text, root, command), reverse=True):
        edited = edited[: splice.start] + splice.text + edited[splice.end :]
    return edited if _reads_as(edited, wanted) else _header(text, root) + write_document(wanted)


def _edited_json(text: str, command: Command) -> str | None:
    """A JSON document after a command, or None where the text is no JSON."""
    try:
        root = read_one(text, as_json=True)
    except CannotEdit:
        return None
    return json.dumps(apply_command(root.data, command), ensure_ascii=False, indent=2, default=_json_number) + "\n"


def _json_number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value) if Decimal(repr(float(value))) == value else str(value)
    raise TypeError(type(value).__name__)


def _reads_as(text: str, wanted: Any) -> bool:
    try:
        return _same(read_one(text).data, wanted)
    except CannotEdit:
        return False


def _same(one: Any, other: Any) -> bool:
    """Whether two values are written alike: order of keys counts, true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(_same(*pair) for pair in zip(one, other, strict=True))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool) and isinstance(one, str) == isinstance(other, str)


def _header(text: str, root: Node) -> str:
    """The comment lines and blank lines that a document begins with."""
    return text[: root.start] if all(line.startswith("#") or not line.strip() for line in text[: root.start].split("\n")) else ""


def _at(root: Node, steps: list[str]) -> Node:
    """The node at a path, which the pure command has found already."""
    node = root
    for step in steps:
        inner = node.child(step)
        if inner is None:
            raise CannotEdit(Text("there is nothing at {pointer}", pointer=pointer_of(*steps)))
        node = inner
    return node


def _splices(text: str, root: Node, command: Command) -> list[Splice]:
    """What to replace in the text, so that it reads as the command says."""
    steps = steps_of(command.pointer)
    if not steps:
        return list(_merged(text, root, command.value)) if isinstance(command, Set) else []
    parent, step = _at(root, steps[:-1]), steps[-1]
    found = _wide(text, root, steps, command)
    if found is not None:
        return [found]
    if isinstance(command, Set):
        node = parent.child(step)
        return list(_merged(text, node, command.value, parent, step)) if node is not None else [added(text, parent, step, command.value)]
    if isinstance(command, Insert):
        return [added(text, parent, step, command.value, command.before)]
    if isinstance(command, Remove):
        return [cut(text, parent, step)]
    if isinstance(command, Rename) and parent.keys:
        return [Splice(parent.keys[step].start, parent.keys[step].end, command.name)]
    return _moved(text, parent, step, command) if isinstance(command, Move) else []


def _wide(text: str, root: Node, steps: list[str], command: Command) -> Splice | None:
    """Inside a one-line collection: the whole collection written anew, if the edit would make its line too long."""
    if not isinstance(command, Set | Insert):
        return None
    node = root
    for index, step in enumerate(steps):
        holder, inner = node, node.child(step)
        if inner is None:
            return None
        node = inner
        if node.style != "flow" or holder.style != "block" or not node.children:
            continue
        rest = replace(command, pointer=pointer_of(*steps[index + 1 :]))
        changed = apply_command(node.data, rest) if rest.pointer else command.value
        line = text[line_start(text, node.start) : node.start]
        too_long = len(line) + len(inline(changed)) > WIDTH and "#" not in text[node.start : node.end]
        return replaced(text, holder, step, changed) if too_long else None
    return None


def _merged(text: str, node: Node, value: Any, parent: Node | None = None, step: str = "") -> Iterable[Splice]:
    """A value in the place of another: mappings key by key, so that what stays the same keeps its comments."""
    children = node.children if isinstance(node.children, dict) else {}
    kept = [key for key in children if key in value] if isinstance(value, dict) else []
    if isinstance(value, dict) and kept and [*kept, *(key for key in value if key not in children)] == list(value):
        yield from _merged_mapping(text, node, value)
        return
    if not _same(node.data, value) and parent is not None:
        yield replaced(text, parent, step, value)


def _merged_mapping(text: str, node: Node, value: dict[str, Any]) -> Iterable[Splice]:
    children = node.children if isinstance(node.children, dict) else {}
    gone = [key for key in children if key not in value]
    new = {key: item for key, item in value.items() if key not in children}
    if len(gone) == len(children):
        return
    for key, child in children.items():
        if key in value:
            yield from _merged(text, child, value[key], node, key)
        else:
            yield cut(text, node, key)
    if new:
        yield added(text, node, "", new)


def _moved(text: str, parent: Node, step: str, command: Move) -> list[Splice]:
    """Cut the lines of an item of a block and put them before another."""
    if command.before == step:
        return []
    names = names_of(parent)
    if parent.style == "flow":
        return _permuted(text, parent, step, command.before)
    start, end = item_span(text, parent, step)
    removal = cut(text, parent, step)
    moved = text[start:end] if text[start:end].endswith("\n") else text[start:end] + "\n"
    if command.before in names:
        at = item_span(text, parent, command.before)[0]
        return [removal, Splice(at, at, moved)]
    at = item_span(text, parent, names[-1])[1]
    lead = "" if at == 0 or text[at - 1] == "\n" else "\n"
    return [removal, Splice(at, at, lead + moved)]


def _permuted(text: str, parent: Node, step: str, before: str) -> list[Splice]:
    """Items of a one-line collection in another order; what stands between them stays."""
    names = names_of(parent)
    order = [name for name in names if name != step]
    order.insert(order.index(before) if before in order else len(order), step)
    spans = {name: (item_start(text, parent, name), item_end(parent, name)) for name in names}
    return [Splice(*spans[place], text[slice(*spans[name])]) for place, name in zip(names, order, strict=True) if place != name]
