"""The faults of a shape in words: what jsonschema says of a document, told to the person who wrote the line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from jsonschema import ValidationError

from looseleaf_metadata.documents import Document, pointer_of
from looseleaf_metadata.names import MAX_NAME, snake_case
from looseleaf_metadata.problems import Problem, suggest
from looseleaf_metadata.texts import Text

EXPECTED = {
    "label": Text("a text, or one for each language: {zh: …, en: …}"),
    "name": Text("a name in lower_snake_case"),
    "path": Text("the name of a field, or a path such as account.owner"),
    "expression": Text("an expression in quotes"),
    "duration": Text("a duration such as '30 days'"),
    "working_duration": Text("a duration such as '8 workhours' or '2 days'"),
    "who": Text("people: owner, {role: …}, {manager: …}, {field: …}, or a list of such"),
    "rejection": Text("end, to_submitter, previous, choose, or step: and the name of a step"),
    "if_empty": Text("approve, reject, admin, hold, or user: and an e-mail address"),
    "on_leave": Text("manager, delegate, admin, or user: and an e-mail address"),
    "icon": Text("the name of an icon, such as 'target'"),
    "version": Text("a version in quotes, such as '1.0.0'"),
    "requirement": Text("a version range in quotes, such as '>=1.0'"),
    "scope": Text("own, team, team_tree, all, none, or an expression in quotes"),
    "level": Text('hidden, masked, read, edit, or {masked: "an expression"}'),
    "default": Text('a value, or {value: "an expression"}'),
    "rollup_source": Text("a look-up of another object that points here, such as 'payment.opportunity'"),
}
TYPES = {
    "string": Text("a text"),
    "object": Text("a mapping"),
    "array": Text("a list"),
    "boolean": Text("true or false"),
    "integer": Text("a whole number"),
    "number": Text("a number"),
    "null": Text("nothing"),
}


def json_type(value: Any) -> str:
    """The JSON Schema name of a value's type; whole numbers are "integer"."""
    if isinstance(value, bool):
        return "boolean"
    if value is None:
        return "null"
    names = ((str, "string"), (int, "integer"), (Mapping, "object"), (list, "array"))
    return next((name for kind, name in names if isinstance(value, kind)), "number")


def shape_problem(document: Document, error: ValidationError) -> Problem:
    """One fault in words."""
    pointer = pointer_of(*error.absolute_path)
    schema: Any = error.schema if isinstance(error.schema, dict) else {}
    say = SENTENCES.get(str(error.validator), _other)
    code, message, suggestion, at_key = say(error, schema)
    return document.problem(pointer, code, message, suggestion, key=at_key)


Said = tuple[str, Text, Text | None, bool]


def _unknown_key(error: ValidationError, schema: Any) -> Said:
    known = list(schema.get("properties", {}))
    hint = suggest(error.message, known)
    return "unknown-key", Text("unknown key '{name}'", name=error.message), hint, True


def _missing(error: ValidationError, schema: Any) -> Said:
    return "missing-key", Text("'{name}' is missing here", name=error.message), None, False


def _wrong_type(error: ValidationError, schema: Any) -> Said:
    expects = EXPECTED.get(str(schema.get("x-expects")))
    if expects is None:
        allowed = schema.get("type") or next(iter(schema.get("x-by-json-type", {})), "object")
        expects = TYPES[allowed if isinstance(allowed, str) else allowed[0]]
    found = TYPES[json_type(error.instance)]
    message = Text("expected {expected}, found {found}", expected=expects, found=found)
    needs_quotes = schema.get("type") == "string" and json_type(error.instance) in ("integer", "number", "boolean")
    return "wrong-type", message, Text("put it in quotes") if needs_quotes else None, False


def _not_listed(error: ValidationError, schema: Any) -> Said:
    known = [str(value) for value in cast(Any, error.validator_value)]
    hint = suggest(str(error.instance), known)
    return "unknown-value", Text("unknown value '{value}'", value=error.instance), hint, False


def _field_type(error: ValidationError, schema: Any) -> Said:
    known = list(cast(Any, error.validator_value))
    if not isinstance(error.instance, dict):
        return (
            "wrong-type",
            Text("expected {expected}, found {found}", expected=TYPES["object"], found=TYPES[json_type(error.instance)]),
            Text("write it as {type: text}"),
            False,
        )
    name = str(error.instance.get("type"))
    return "unknown-field-type", Text("unknown field type '{name}'", name=name), suggest(name, known), False


def _first_key(error: ValidationError, schema: Any) -> Said:
    known = list(cast(Any, error.validator_value))
    if not isinstance(error.instance, dict):
        return (
            "wrong-type",
            Text("expected {expected}, found {found}", expected=TYPES["object"], found=TYPES[json_type(error.instance)]),
            None,
            False,
        )
    present = next((key for key in error.instance if key in known), None)
    hint = Text("put '{kind}' first", kind=present) if present else suggest(error.message, known)
    return "unknown-step", Text("unknown kind of step '{name}'", name=error.message), hint, False


def _bad_name(error: ValidationError, schema: Any) -> Said:
    return (*_name_fault(error.message), True)


def _name_fault(name: str) -> tuple[str, Text, Text | None]:
    """What is wrong with a name, and a better one."""
    if len(name) > MAX_NAME and snake_case(name) == name[:MAX_NAME].rstrip("_"):
        return "name-too-long", Text("'{name}' is longer than {limit} characters", name=name, limit=MAX_NAME), None
    better = snake_case(name)
    message = Text("'{name}' is not a name: names are lower_snake_case", name=name)
    return "bad-name", message, Text("did you mean '{word}'?", word=better) if better else Text("use letters a to z, digits and _")


def _pattern(error: ValidationError, schema: Any) -> Said:
    if schema.get("x-expects") == "name":
        return (*_name_fault(str(error.instance)), False)
    if expects := EXPECTED.get(str(schema.get("x-expects"))):
        return "bad-value", Text("'{value}' is not {expected}", value=error.instance, expected=expects), None, False
    return "bad-value", Text("'{value}' does not have the right form", value=error.instance), None, False


def _too_little(error: ValidationError, schema: Any) -> Said:
    if error.instance in ("", [], {}):
        return "empty-value", Text("this must not be empty"), None, False
    return (
        "too-small",
        Text("{value} is too small: the least is {limit}", value=_shown(error.instance), limit=error.validator_value),
        None,
        False,
    )


def _too_much(error: ValidationError, schema: Any) -> Said:
    if schema.get("x-expects") == "name":
        return (*_name_fault(str(error.instance)), False)
    return (
        "too-large",
        Text("{value} is too large: the most is {limit}", value=_shown(error.instance), limit=error.validator_value),
        None,
        False,
    )


def _twice(error: ValidationError, schema: Any) -> Said:
    items = cast(Any, error.instance)
    again = next((item for index, item in enumerate(items) if item in items[:index]), "")
    return "listed-twice", Text("'{value}' is listed twice", value=again), Text("remove one of the two"), False


def _other(error: ValidationError, schema: Any) -> Said:
    return "bad-value", Text("'{value}' is not possible here", value=_shown(error.instance)), None, False


def _shown(value: Any) -> str:
    """A value for a sentence, shortened."""
    shown = f"{len(value)}" if isinstance(value, str | list | dict) else str(value)
    return shown if len(shown) <= 40 else shown[:39] + "…"


SENTENCES: dict[str, Callable[[ValidationError, Any], Said]] = {
    "additionalProperties": _unknown_key,
    "required": _missing,
    "type": _wrong_type,
    "x-by-json-type": _wrong_type,
    "x-by-field-type": _field_type,
    "x-by-first-key": _first_key,
    "enum": _not_listed,
    "propertyNames": _bad_name,
    "pattern": _pattern,
    "minLength": _too_little,
    "minItems": _too_little,
    "minProperties": _too_little,
    "minimum": _too_little,
    "exclusiveMinimum": _too_little,
    "maxLength": _too_much,
    "maxItems": _too_much,
    "maximum": _too_much,
    "uniqueItems": _twice,
}
