"""Where a run stands: the first step of its flow that is not done, found from the notes of the steps that are. Pure.

Paths name steps: "call", "size/0/call" within the first case of the branch `size`, "lines/<record>/update" within an `each`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from looseleaf_platform.records.ids import decode

FAILURE = "on_failure/"
"""What the paths of the steps after a failure begin with."""
OVER = frozenset({"done", "skipped"})


@dataclass(frozen=True, slots=True)
class Frame:
    """The record that steps are about. `item`: the path of the item of an `each` that goes on where an item fails; "" in none."""

    object: str
    record_id: int | None
    item: str = ""


@dataclass(frozen=True, slots=True)
class Todo:
    """What is to be done next. `ends`: only to note that an `each`, or an item of one, is through."""

    path: str
    step: Mapping[str, Any]
    frame: Frame
    ends: bool = False

    @property
    def kind(self) -> str:
        """The step's word."""
        return str(next(iter(self.step)))

    @property
    def name(self) -> str:
        """The step's name."""
        return str(next(iter(self.step.values())))


Journal = Mapping[str, Any]
"""Notes of steps by path, each with `state` and `output`."""


def next_step(flow: Sequence[Mapping[str, Any]], journal: Journal, frame: Frame, prefix: str = "") -> Todo | None:
    """The next step of a flow, None where it is through."""
    for step in flow:
        todo = _next(step, journal, frame, f"{prefix}{next(iter(step.values()))}")
        if todo is not None:
            return todo
    return None


def _next(step: Mapping[str, Any], journal: Journal, frame: Frame, path: str) -> Todo | None:
    note = journal.get(path)
    kind = next(iter(step))
    if note is None or (kind not in ("branch", "each") and note.state not in OVER):
        return Todo(path, step, frame)
    if kind == "branch":
        case = note.output["case"]
        flow = step.get("else", ()) if case < 0 else step["cases"][case]["flow"] if case < len(step["cases"]) else ()
        return next_step(flow, journal, frame, f"{path}/{case}/")
    if kind == "each" and note.state == "open":
        return _next_item(step, note, journal, frame, path)
    return None


def _next_item(step: Mapping[str, Any], note: Any, journal: Journal, frame: Frame, path: str) -> Todo:
    goes_on = step.get("on_item_error") == "continue"
    for item in note.output["items"]:
        here = f"{path}/{item}"
        if here in journal:
            continue
        inner = Frame(note.output["object"], decode(item), here if goes_on else frame.item)
        found = next_step(step["flow"], journal, inner, here + "/")
        return found if found is not None else Todo(here, step, inner, ends=True)
    return Todo(path, step, frame, ends=True)
