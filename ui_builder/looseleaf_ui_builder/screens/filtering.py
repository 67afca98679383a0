"""The filter editor: a field's operators, the control that its value needs, and the filter that was entered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.model import Object
from looseleaf_platform.context import Context
from looseleaf_platform.fields.base import FieldType
from looseleaf_platform.fields.operators import OPERATORS, Operator, operators_of
from looseleaf_platform.fields.results import result_name, result_type
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import decode
from looseleaf_platform.records.requests import Condition
from looseleaf_ui_builder.screens.painting import Filled, Painter
from looseleaf_ui_builder.screens.slots import Slot, bind_slot
from looseleaf_ui_builder.screens.submitted import raw_of
from looseleaf_ui_builder.web.texts import _

TYPED = frozenset({"contains", "starts_with"})
CHOSEN_WIDGETS = dict.fromkeys(("lookup", "lookups", "user", "team"), "lookups") | dict.fromkeys(("select", "multi_select"), "multi_select")
"""For operators of many values, the widget that chooses several; elsewhere they are typed, parted by commas."""
ASKED_BY = {"checkbox": "yes_no", "currency": "number", "rating": "number"} | dict.fromkeys(
    ("address", "long_text", "rich_text", "email", "phone", "url", "tags", "colour"), "text"
)
"""Widgets that ask for a value to compare with in another way than for a value to keep."""


def editor_of(context: Context, painter: Painter, thing: Object, arguments: MultiDict[str, str]) -> dict[str, Any]:
    """What the editor shows for the field in the arguments: operators and a value control."""
    slot = _slot(context, thing, arguments.get("field", ""))
    if slot is None:
        return {"chosen": None, "operators": (), "chosen_operator": "", "value_control": "", "faults": ()}
    operators = [OPERATORS[key] for key in OPERATORS if key in operators_of(slot.field)]
    asked = arguments.get("operator", "")
    operator = next((one for one in operators if one.key == asked), operators[0])
    return {
        "chosen": slot,
        "operators": operators,
        "chosen_operator": operator.key,
        "value_control": _control(context, painter, slot, operator, arguments),
    }


def entered_value(context: Context, thing: Object, arguments: MultiDict[str, str]) -> Condition:
    """The filter that the editor's inputs say; raw, unchecked."""
    slot = _slot(context, thing, arguments.get("field", ""))
    operator = OPERATORS.get(arguments.get("operator", ""))
    if slot is None or operator is None or operator.values == "none":
        return Condition(arguments.get("field", ""), arguments.get("operator", ""))
    if operator.values == "two":
        return Condition(slot.path, operator.key, ";".join(arguments.get(name, "").strip() for name in ("value", "value2")))
    value = raw_of(_value_slot(slot, operator), arguments, "value")
    if isinstance(value, Mapping):
        value = value.get("amount", "")
    return Condition(slot.path, operator.key, ";".join(map(str, value)) if isinstance(value, list) else str(value or ""))


def _slot(context: Context, thing: Object, path: str) -> Slot | None:
    try:
        return bind_slot(context, thing.name, path) if path else None
    except LookupError:
        return None


def _control(context: Context, painter: Painter, slot: Slot, operator: Operator, arguments: MultiDict[str, str]) -> Markup:
    """The control, filled with what was entered before."""
    if operator.values == "none":
        return Markup()
    value = _value_slot(slot, operator)
    raw = raw_of(value, arguments, "value") or None
    titles = _titles(context, slot, raw) if slot.target else {}
    html = painter.field(value, Filled({"value": raw}, titles))
    if operator.values != "two":
        return html
    second = replace(value, field=replace(value.field, name="value2"))
    return html + painter.field(second, Filled({"value2": arguments.get("value2")}))


def _value_slot(slot: Slot, operator: Operator) -> Slot:
    """A slot whose control asks for the operator's value: the field's own widget, or one that fits the operator better."""
    kind = result_type(slot.field)
    field = replace(slot.field, name="value", required=False, settings=FrozenMap(), help=None, type=result_name(slot.field))
    shown = cast(FieldType, _Shown(kind, _value_widget(kind.widget, operator)))
    label = _("Days") if operator.values == "number" else _("Value")
    return replace(slot, field=field, type=shown, label=label, help="", full=True, editable=True, path="value")


def _value_widget(widget: str, operator: Operator) -> str:
    """The widget that asks for a value to compare with."""
    if operator.values == "number":
        return "number"
    if operator.key in TYPED:
        return "text"
    if operator.values == "many":
        return CHOSEN_WIDGETS.get(widget, "text")
    return ASKED_BY.get(widget, widget)


class _Shown:
    """A field type with another widget."""

    def __init__(self, kind: Any, widget: str) -> None:
        self._kind, self.widget = kind, widget

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kind, name)


def _titles(context: Context, slot: Slot, raw: Any) -> dict[str, str]:
    """Titles of the records already chosen."""
    ids: dict[int, str] = {}
    for one in raw if isinstance(raw, list) else [raw] if raw else []:
        try:
            ids[decode(str(one))] = str(one)
        except ValueError:
            continue
    found = read.titles(context, slot.target, tuple(ids)) if ids else {}
    return {ids[id]: title for id, title in found.items()}
