"""The first check of a document: its shape. jsonschema finds the faults, this says them like a good compiler.

Two keywords of our own keep the reports exact: `x-by-json-type` chooses a schema by the type of the value instead of trying
all, `x-by-field-type` by the `type` of a field. `published()` turns both into plain JSON Schema.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from looseleaf_metadata.documents import Document, Node, pointer_of
from looseleaf_metadata.names import MAX_NAME, snake_case
from looseleaf_metadata.problems import Problem, did_you_mean
from looseleaf_metadata.texts import Text

EXPECTED = {
    "label": Text("a text, or one for each language: {zh: …, en: …}"),
    "name": Text("a name in lower_snake_case"),
    "path": Text("the name of a field, or a path such as account.owner"),
    "expression": Text("an expression in quotes"),
    "duration": Text("a duration such as '30 days'"),
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
MOST_NAMES = 12


def json_type(value: Any) -> str:
    """The JSON Schema name of a value's type; whole numbers are "integer"."""
    if isinstance(value, bool):
        return "boolean"
    if value is None:
        return "null"
    names = ((str, "string"), (int, "integer"), (Mapping, "object"), (list, "array"))
    return next((name for kind, name in names if isinstance(value, kind)), "number")


def _by_json_type(validator: Any, branches: Mapping[str, Any], instance: Any, schema: Any) -> Iterator[ValidationError]:
    name = json_type(instance)
    branch = branches.get(name, branches.get("number") if name == "integer" else None)
    if branch is None:
        yield ValidationError("type")
    else:
        yield from validator.descend(instance, branch)


def _by_field_type(validator: Any, branches: Mapping[str, Any], instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        yield ValidationError("type")
    elif "type" not in instance:
        yield ValidationError("type", validator="required")
    elif not isinstance(instance["type"], str) or instance["type"] not in branches:
        yield ValidationError("unknown", path=["type"])
    else:
        yield from validator.descend(instance, branches[instance["type"]])


def _required(validator: Any, names: list[str], instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        yield from (ValidationError(name) for name in names if name not in instance)


def _additional(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    known = schema.get("properties", {})
    for name in instance:
        if name in known:
            continue
        if allowed is False:
            yield ValidationError(name, path=[name])
        elif isinstance(allowed, dict):
            yield from validator.descend(instance[name], allowed, path=name)


def _property_names(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for name in instance:
            if not validator.evolve(schema=rule).is_valid(name):
                yield ValidationError(name, path=[name])


Shape: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "x-by-json-type": _by_json_type,
        "x-by-field-type": _by_field_type,
        "required": _required,
        "additionalProperties": _additional,
        "propertyNames": _property_names,
    },
)


def check_shape(document: Document, validator: Any) -> tuple[Document | None, list[Problem]]:
    """The document without what has a wrong shape (None if nothing usable remains), and the problems.

    What is left out is left out of the nodes too, so that pointers into the data and into the nodes stay the same.
    """
    errors = list(validator.iter_errors(document.data))
    if not errors:
        return document, []
    problems = [_problem(document, error) for error in errors]
    root = _copied(document.root)
    while errors:
        paths = sorted({tuple(error.absolute_path) for error in errors}, key=_last_first, reverse=True)
        for path in paths:
            if not path:
                return None, problems
            _drop(root, [str(step) for step in path])
        errors = list(validator.iter_errors(root.data))
    return replace(document, data=root.data, root=root), problems


def _last_first(path: tuple[str | int, ...]) -> list[tuple[bool, int, str]]:
    """A sort key that puts later items of a list after earlier ones, so that removing from the end keeps indexes true."""
    return [(isinstance(step, int), step if isinstance(step, int) else 0, str(step)) for step in path]


def _copied(node: Node) -> Node:
    """A deep copy of a node, its data made anew."""
    copy = replace(node)
    if isinstance(node.children, dict):
        children = {key: _copied(child) for key, child in node.children.items()}
        copy.children, copy.keys = children, dict(node.keys or {})
        copy.data = {key: child.data for key, child in children.items()}
    elif isinstance(node.children, list):
        copy.children = [_copied(child) for child in node.children]
        copy.data = [child.data for child in copy.children]
    return copy


def _drop(root: Node, steps: list[str]) -> None:
    """Remove the value at a path from nodes and data; nothing if it is gone already."""
    node: Node | None = root
    for step in steps[:-1]:
        node = node.child(step) if node else None
    if node is None or node.child(steps[-1]) is None:
        return
    if isinstance(node.children, dict):
        del node.children[steps[-1]], node.data[steps[-1]]
        (node.keys or {}).pop(steps[-1], None)
    elif isinstance(node.children, list):
        del node.children[int(steps[-1])], node.data[int(steps[-1])]


def _problem(document: Document, error: ValidationError) -> Problem:
    """One fault in words."""
    pointer = pointer_of(*error.absolute_path)
    schema: Any = error.schema if isinstance(error.schema, dict) else {}
    say = SENTENCES.get(str(error.validator), _other)
    code, message, suggestion, at_key = say(error, schema)
    return document.problem(pointer, code, message, suggestion, key=at_key)


Said = tuple[str, Text, Text | None, bool]


def _named(names: Iterable[str]) -> Text:
    """A hint that lists what is known, shortened."""
    known = sorted(names)
    listed = ", ".join(known[:MOST_NAMES]) + (", …" if len(known) > MOST_NAMES else "")
    return Text("known here: {names}", names=listed)


def _unknown_key(error: ValidationError, schema: Any) -> Said:
    known = list(schema.get("properties", {}))
    hint = did_you_mean(error.message, known) or _named(known)
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
    hint = did_you_mean(str(error.instance), known) or _named(known)
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
    return "unknown-field-type", Text("unknown field type '{name}'", name=name), did_you_mean(name, known) or _named(known), False


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
