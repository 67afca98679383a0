"""What was typed into the builder's forms, as plain metadata values. Leaves out what is empty, so that documents stay short."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from looseleaf_platform.fields.base import FieldType

Form = MultiDict[str, str]
PLAIN_INPUTS = ("required", "read_only")
EXPRESSIONS = ("visible_when", "required_when")


def text(form: Form, name: str) -> str:
    """One line of text, trimmed."""
    return form.get(name, "").strip()


def label(form: Form, name: str) -> Any:
    """A label from its two inputs: one text where both languages agree, None where both are empty."""
    texts = {locale: text(form, f"{name}_{locale}") for locale in ("zh", "en")}
    given = {locale: said for locale, said in texts.items() if said}
    if len(given) == 2 and given["zh"] == given["en"]:
        return given["zh"]
    return given or None


def number(said: str) -> int | float | str:
    """A number as YAML writes it; anything else stays text, for the check to explain."""
    try:
        return int(said)
    except ValueError:
        pass
    try:
        return float(said)
    except ValueError:
        return said


def setting(said: str, schema: Mapping[str, Any]) -> Any:
    """One setting of a field type from its input, None where empty."""
    if not said:
        return None
    if schema.get("type") in ("integer", "number"):
        return number(said)
    if schema.get("type") == "boolean" or schema.get("const") is True:
        return True
    return said


def field(form: Form, kind: FieldType, before: Mapping[str, Any]) -> dict[str, Any]:
    """A field's definition from its form. Keys that the form doesn't show are kept from `before` while the type stays."""
    kept = {key: value for key, value in before.items() if key == "id"}
    if before.get("type") == kind.name:
        kept = {key: value for key, value in before.items() if key not in shown_keys(kind)}
    made: dict[str, Any] = {"type": kind.name, "label": label(form, "label"), "help": label(form, "help")}
    made |= {name: True if form.get(name) else None for name in PLAIN_INPUTS}
    made |= {name: text(form, name) or None for name in EXPRESSIONS}
    made["default"] = default(form, kind)
    made |= {
        name: setting(text(form, f"setting_{name}"), schema) for name, schema in kind.settings_schema.items() if name in shown_keys(kind)
    }
    if kind.choices:
        made["options"] = options(form)
    given = {key: value for key, value in made.items() if value is not None}
    return {**given, **{key: value for key, value in kept.items() if key not in given}}


def shown_keys(kind: FieldType) -> frozenset[str]:
    """Keys that the form of a field type shows."""
    simple = {name for name, schema in kind.settings_schema.items() if "anyOf" not in schema}
    choices = {"options"} if kind.choices else set()
    return frozenset({"type", "label", "help", "default", *PLAIN_INPUTS, *EXPRESSIONS, *simple, *choices})


def default(form: Form, kind: FieldType) -> Any:
    """A default: an expression if it begins with "=", else a literal."""
    said = text(form, "default")
    if not said or kind.computed:
        return None
    if said.startswith("="):
        return {"value": said[1:].strip()}
    if kind.name == "boolean":
        return said in ("true", "是", "yes")
    return number(said) if kind.name in ("integer", "decimal", "percent", "rating") else said


def options(form: Form) -> dict[str, Any]:
    """Options from the rows of their table, in the order of their places; rows without a name are new lines left empty."""
    rows = []
    for index in form.getlist("option"):
        name = text(form, f"option_{index}_name")
        if name:
            rows.append((int(text(form, f"option_{index}_place") or index), name, option(form, index)))
    return {name: made for _, name, made in sorted(rows, key=lambda row: row[0])}


def option(form: Form, index: str) -> Any:
    """One option in its shortest form."""
    said = label(form, f"option_{index}")
    more = {
        "hue": text(form, f"option_{index}_hue"),
        "retired": bool(form.get(f"option_{index}_retired")),
        "id": text(form, f"option_{index}_id"),
    }
    given = {key: value for key, value in more.items() if value}
    return {"label": said, **given} if given and said else {**given} if given else said


def words(form: Form, name: str) -> list[str]:
    """Names typed with commas or spaces between them."""
    return [word for word in form.get(name, "").replace(",", " ").replace("，", " ").split() if word]
