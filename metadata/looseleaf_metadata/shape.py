"""The first check of a document: its shape. jsonschema finds the faults, shape_sentences.py says them.

Three keywords of our own keep the reports exact: `x-by-json-type` chooses a schema by the type of the value instead of trying
all, `x-by-field-type` by the `type` of a field, `x-by-first-key` by the first key of a step, which names its kind. schemas.py turns
them into plain JSON Schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from looseleaf_metadata.documents import Document, Node
from looseleaf_metadata.problems import Problem
from looseleaf_metadata.shape_sentences import json_type, shape_problem


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


def _by_first_key(validator: Any, branches: Mapping[str, Any], instance: Any, schema: Any) -> Iterator[ValidationError]:
    first = str(next(iter(instance), "")) if isinstance(instance, dict) else ""
    if not isinstance(instance, dict):
        yield ValidationError("type")
    elif first not in branches:
        yield ValidationError(first)
    else:
        yield from validator.descend(instance, branches[first])


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
        "x-by-first-key": _by_first_key,
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
    problems = [shape_problem(document, error) for error in errors]
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
