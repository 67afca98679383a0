"""What the browser works out while somebody types: which fields show, which are required, what formulas come to.

Only expressions over the form's own fields; what needs more is left to the server, which decides in any case.
"""

from __future__ import annotations

import json
from typing import Any

from looseleaf_metadata.expressions.json_target import to_json
from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_platform.context import Context
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.screens.forms import BoundForm
from looseleaf_ui_builder.screens.slots import Slot
from looseleaf_ui_builder.web.texts import _


def live_rules(context: Context, form: BoundForm) -> str:
    """The rules of a form as JSON: {visible, required, formulas, sections, lines, keys, …}."""
    names = {slot.name for slot in form.slots if not slot.always_masked}
    rules: dict[str, Any] = _of_slots(form.slots, names)
    rules["sections"] = {
        panel.id: to_json(panel.visible_when)
        for panel in form.panels
        if panel.visible_when is not None and _fits(panel.visible_when, names)
    }
    rules["lines"] = {slot.name: _of_slots(slot.columns, {column.name for column in slot.columns}) for slot in form.slots if slot.columns}
    rules["me"] = encode(context.actor.id) if context.actor.id else ""
    rules["today"], rules["now"] = context.today.isoformat(), context.now.isoformat()
    rules["timezone"] = context.actor.timezone
    rules["currency"], rules["locale"] = context.model.defaults.currency, context.locale
    rules["yes"], rules["no"] = _("Yes"), _("No")
    rules["keys"] = sorted({name for rule in form.object.duplicates for name in rule.match})
    return json.dumps(rules, ensure_ascii=False, separators=(",", ":"))


def _of_slots(slots: Any, names: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"visible": {}, "required": {}, "formulas": {}}
    for slot in slots:
        if _fits(slot.field.visible_when, names):
            found["visible"][slot.name] = to_json(slot.field.visible_when)
        if slot.editable and not slot.required and _fits(slot.field.required_when, names):
            found["required"][slot.name] = to_json(slot.field.required_when)
        if slot.field.type == "formula" and _fits(slot.field.value, names):
            reads = sorted(slot.field.value.reads) if slot.field.value else []
            found["formulas"][slot.name] = {"value": to_json(slot.field.value), "reads": reads, **_shown(slot)}
    return found


def _fits(expression: Expression | None, names: set[str]) -> bool:
    """Whether the form holds all that an expression reads."""
    return expression is not None and expression.reads <= names


def _shown(slot: Slot) -> dict[str, Any]:
    """How a formula's value is written."""
    return {"returns": str(slot.field.settings.get("returns") or ""), "scale": slot.field.expression_type.scale}
