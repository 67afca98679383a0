"""What a submitted form says, widget by widget: raw values, as the field types parse them. Parses nothing itself.

Names: a field's name; `field.part` for a part of a value (`amount.currency`); `lines-0-price` for a row's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from looseleaf_ui_builder.screens.slots import Slot

Form = MultiDict[str, str]
ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "ABSENT", "__bool__": lambda self: False})()
"""A field of which the form says nothing: it is left as it is."""
_PLAIN_NUMBER = re.compile(r"[\s\d.,'+\-()十百千万亿]+")


def entered(slots: Iterable[Slot], form: Form, prefix: str = "") -> dict[str, Any]:
    """The raw values of the slots that may be written and that the form speaks of, by field name."""
    values: dict[str, Any] = {}
    for slot in slots:
        raw = raw_of(slot, form, prefix + slot.name) if slot.editable else ABSENT
        if raw is not ABSENT:
            values[slot.name] = raw
    return values


def raw_of(slot: Slot, form: Form, name: str) -> Any:
    """The raw value of one slot, ABSENT where the form doesn't hold it."""
    if slot.widget == "lines":
        return _lines(slot, form, name)
    return READERS.get(slot.widget, _text)(form, name)


def _text(form: Form, name: str) -> Any:
    return form.get(name, ABSENT)


def _currency(form: Form, name: str) -> Any:
    amount = form.get(name, ABSENT)
    if amount is ABSENT:
        return ABSENT
    code = form.get(f"{name}.currency", "")
    # An amount that brings its own mark ("US$ 1,200") speaks for itself.
    if not amount.strip() or not code or not _PLAIN_NUMBER.fullmatch(amount):
        return amount
    return {"amount": amount, "currency": code}


def _percent(form: Form, name: str) -> Any:
    raw = form.get(name, ABSENT)
    if raw is ABSENT or not raw.strip() or raw.strip().endswith(("%", "％")):
        return raw
    return f"{raw.strip()}%"


def _last(form: Form, name: str) -> Any:
    """A check box sends "false" before its own "true"."""
    given = form.getlist(name)
    return given[-1] if given else ABSENT


def _several(form: Form, name: str) -> Any:
    return [value for value in form.getlist(name) if value] if name in form else ABSENT


def _address(form: Form, name: str) -> Any:
    parts = {key.removeprefix(f"{name}."): form[key] for key in form if key.startswith(f"{name}.")}
    if not parts:
        return form.get(name, ABSENT)
    given = {part: value.strip() for part, value in parts.items() if value.strip()}
    return given or None


def _json(form: Form, name: str) -> Any:
    raw = form.get(name, ABSENT)
    if raw is ABSENT or not raw.strip():
        return raw
    try:
        return json.loads(raw)
    except ValueError:
        return raw


def _lines(slot: Slot, form: Form, name: str) -> Any:
    """The rows as they stand in the form: a row of blank cells without an id was never filled in and is left out."""
    if name not in form:
        return ABSENT
    rows: list[dict[str, Any]] = []
    for number in row_numbers(form, name):
        values = entered(slot.columns, form, f"{name}-{number}-")
        id = form.get(f"{name}-{number}-id", "")
        if id or any(not _blank(value) for value in values.values()):
            rows.append({"id": id, **values} if id else values)
    return rows


def row_numbers(form: Form, name: str) -> list[int]:
    """The numbers of the rows that a form holds, in order."""
    pattern = re.compile(rf"{re.escape(name)}-(\d+)-")
    return sorted({int(found[1]) for key in form if (found := pattern.match(key))})


def _blank(value: Any) -> bool:
    return value in (None, "", "false", []) or (isinstance(value, Mapping) and not value.get("amount", ""))


READERS: Mapping[str, Callable[[Form, str], Any]] = {
    "currency": _currency,
    "percent": _percent,
    "checkbox": _last,
    "multi_select": _several,
    "lookups": _several,
    "address": _address,
    "json": _json,
    "file": _several,
    "image": _several,
}
"""How each widget's inputs become a raw value; any other widget has one input and gives its text."""
