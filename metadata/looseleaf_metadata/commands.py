"""Edits of a document as values: pure commands on plain data. `editing.py` does the same to a text and keeps its comments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from looseleaf_metadata.documents import steps_of
from looseleaf_metadata.texts import Text


@dataclass(frozen=True, slots=True)
class Set:
    """Give the value at `pointer`; a key that is not there is added at the end."""

    pointer: str
    value: Any


@dataclass(frozen=True, slots=True)
class Remove:
    """Take the value at `pointer` out."""

    pointer: str


@dataclass(frozen=True, slots=True)
class Insert:
    """Put a new value: into a list before the index that `pointer` ends with ("-": at the end); into a mapping as a new key,
    before the key `before` ("": at the end)."""

    pointer: str
    value: Any
    before: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """Move the value at `pointer` within its list or mapping: `before` an item (index or key as they are now), "" to the end."""

    pointer: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class Rename:
    """Give the key at `pointer` another name; it stays where it is."""

    pointer: str
    name: str


Command = Set | Remove | Insert | Move | Rename


class CannotEdit(Exception):
    """A command that does not fit the document. `message` is for people."""

    def __init__(self, message: Text) -> None:
        self.message = message
        super().__init__(str(message))


def command_from(data: dict[str, Any]) -> Command:
    """A command from its plain form: {"set": pointer, "value": …}, {"remove": pointer}, {"insert": pointer, "value": …, "before": …},
    {"move": pointer, "before": …}, {"rename": pointer, "name": …}. Raises CannotEdit."""
    before = str(data.get("before") or "")
    if "set" in data and "value" in data:
        return Set(data["set"], data["value"])
    if "remove" in data:
        return Remove(data["remove"])
    if "insert" in data and "value" in data:
        return Insert(data["insert"], data["value"], before)
    if "move" in data:
        return Move(data["move"], before)
    if "rename" in data and "name" in data:
        return Rename(data["rename"], str(data["name"]))
    raise CannotEdit(Text("this is not a command"))


def apply_commands(data: dict[str, Any], commands: Iterable[Command]) -> dict[str, Any]:
    """The data after all commands; `data` itself is not changed. Raises CannotEdit."""
    for command in commands:
        data = apply_command(data, command)
    return data


def apply_command(data: Any, command: Command) -> Any:
    """The data after one command. Raises CannotEdit where the pointer leads nowhere."""
    steps = steps_of(command.pointer)
    if not steps:
        if isinstance(command, Set) and isinstance(command.value, dict):
            return command.value
        raise CannotEdit(Text("a document as a whole can only be set"))
    return _inside(data, steps, command)


def _inside(data: Any, steps: list[str], command: Command) -> Any:
    step, rest = steps[0], steps[1:]
    if isinstance(data, dict):
        if not rest:
            return _edit_mapping(data, step, command)
        if step in data:
            return {key: _inside(value, rest, command) if key == step else value for key, value in data.items()}
    elif isinstance(data, list):
        if not rest:
            return _edit_list(data, step, command)
        index = _index(data, step)
        return [_inside(value, rest, command) if at == index else value for at, value in enumerate(data)]
    raise CannotEdit(Text("there is nothing at {pointer}", pointer=command.pointer))


def _edit_mapping(data: dict[str, Any], key: str, command: Command) -> dict[str, Any]:
    if isinstance(command, Set):
        return {**data, key: command.value}
    if isinstance(command, Insert):
        if key in data:
            raise CannotEdit(Text("'{name}' is there already", name=key))
        return _placed(data, key, command.value, command.before)
    if key not in data:
        raise CannotEdit(Text("there is nothing at {pointer}", pointer=command.pointer))
    if isinstance(command, Rename):
        if command.name in data and command.name != key:
            raise CannotEdit(Text("'{name}' is there already", name=command.name))
        return {command.name if one == key else one: value for one, value in data.items()}
    others = {one: value for one, value in data.items() if one != key}
    if isinstance(command, Remove):
        return others
    return data if command.before == key else _placed(others, key, data[key], command.before)


def _placed(data: dict[str, Any], key: str, value: Any, before: str) -> dict[str, Any]:
    """The mapping with a key put before another one, or at the end."""
    if not before:
        return {**data, key: value}
    if before not in data:
        raise CannotEdit(Text("there is nothing at {pointer}", pointer=before))
    placed: dict[str, Any] = {}
    for one, item in data.items():
        if one == before:
            placed[key] = value
        placed[one] = item
    return placed


def _edit_list(data: list[Any], step: str, command: Command) -> list[Any]:
    if isinstance(command, Insert):
        at = len(data) if step == "-" else _index([*data, None], step)
        return [*data[:at], command.value, *data[at:]]
    index = _index(data, step)
    if isinstance(command, Set):
        return [command.value if at == index else value for at, value in enumerate(data)]
    others = [value for at, value in enumerate(data) if at != index]
    if isinstance(command, Remove):
        return others
    if isinstance(command, Move):
        before = _index([*data, None], command.before) if command.before else len(data)
        at = before - (before > index)
        return [*others[:at], data[index], *others[at:]]
    raise CannotEdit(Text("items of a list have no names"))


def _index(data: list[Any], step: str) -> int:
    if step.isdecimal() and int(step) < len(data):
        return int(step)
    raise CannotEdit(Text("there is nothing at {pointer}", pointer=step))
