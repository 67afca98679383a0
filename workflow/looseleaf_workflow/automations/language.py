"""Expressions and templates of automations when they run: compiled once per revision, asked of any record or image of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.expressions.check import check_expression
from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.types import ExpressionType
from looseleaf_metadata.labels import Label
from looseleaf_metadata.problems import Place
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import LooseleafError
from looseleaf_platform.records.writing.conditions import Condition, condition_of
from looseleaf_platform.records.writing.scope import NO_NAMES
from looseleaf_workflow.automations.draft import HOLE

if TYPE_CHECKING:
    from looseleaf_platform.records.runtime import Runtime
    from looseleaf_platform.records.writing.scope import Scope

Words = str | Mapping[str, str]
"""A template: one for all languages, or one for each by its locale."""


class Unanswerable(LooseleafError):
    """An expression of an earlier version that the workspace of today can't answer any more."""

    def __init__(self, source: str) -> None:
        super().__init__(Text("this can't be worked out any more: {expression}", expression=source))


def expression_at(
    runtime: Runtime, object_name: str, source: str, names: Mapping[str, ExpressionType] = NO_NAMES
) -> tuple[Expression, Condition]:
    """An expression on records of an object ("": on none), checked and compiled. `names`: what it may name beside. Raises Unanswerable."""
    made: dict[Any, tuple[Expression, Condition]] = runtime.memo.setdefault("automation expressions", {})
    key = (object_name, source, frozenset(names.items())) if names else (object_name, source)
    found = made.get(key)
    if found is None:
        objects = runtime.model.objects
        checked = check_expression(source, objects.get(object_name), objects, place=Place(), path="", extra=names)
        if not isinstance(checked, Expression):
            raise Unanswerable(source)
        found = made[key] = (checked, condition_of(objects, checked))
    return found


def evaluate(runtime: Runtime, scope: Scope, source: str) -> Any:
    """The value of an expression on a record."""
    return expression_at(runtime, scope.plan.name, source, scope.names)[1].evaluate(scope)


def holds(runtime: Runtime, scope: Scope, source: str) -> bool:
    """Whether a condition holds of a record."""
    return bool(evaluate(runtime, scope, source))


def render(runtime: Runtime, scope: Scope, written: Any) -> Any:
    """A value with its holes filled from a record."""
    return filled(partial(evaluate, runtime, scope), written)


def filled(ask: Callable[[str], Any], written: Any) -> Any:
    """A value with its holes filled: a text that is one hole becomes the value itself, others become text; lists and mappings inside too."""
    if isinstance(written, str):
        whole = HOLE.fullmatch(written.strip())
        if whole is not None:
            return ask(whole[1].strip())
        return HOLE.sub(lambda hole: said(ask(hole[1].strip())), written)
    if isinstance(written, Mapping):
        return {key: filled(ask, value) for key, value in written.items()}
    if isinstance(written, list | tuple):
        return [filled(ask, value) for value in written]
    return written


def text(runtime: Runtime, scope: Scope, written: str) -> str:
    """A template as text."""
    return HOLE.sub(lambda hole: said(evaluate(runtime, scope, hole[1].strip())), written)


def worded(runtime: Runtime, scope: Scope, written: Words, locale: str) -> str:
    """A template that may be written in several languages, as text for a reader of one."""
    return text(runtime, scope, Label.of(written if isinstance(written, str) else dict(written)).text(locale))


def said(value: Any) -> str:
    """A value inside a text."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, tuple | list):
        return ", ".join(said(item) for item in value)
    return str(value)
