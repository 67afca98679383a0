"""What a stored roll-up may be fed by: values that change only when some record does.

A formula is computed whenever it is read, so one that depends on the clock or on who asks can't feed a value that is stored.
What is read through look-ups is fine, the write path follows it; so are chains of roll-ups; circles are told elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.rollups import rollup_of
from looseleaf_metadata.texts import Text

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.model import Field, Object


def check_rollup_inputs(run: Compilation) -> None:
    """Report roll-ups of, and filters on, formulas whose value can change by itself."""
    for document in run.documents:
        if document.kind not in ("object", "extend") or document.name not in run.objects:
            continue
        for name in document.data.get("fields", {}):
            field = run.objects[document.name].fields.get(name)
            if field is not None and field.type == "rollup" and not field.retired:
                _check(run, document, field)


def _check(run: Compilation, document: Document, field: Field) -> None:
    rollup = rollup_of(field.settings)
    child = run.objects.get(rollup.child) if rollup else None
    if rollup is None or child is None:
        return
    fed = {f"/fields/{field.name}/{rollup.function}": [rollup.of] if rollup.of else []}
    fed[f"/fields/{field.name}/where"] = sorted(field.where.reads) if field.where else []
    for pointer, names in fed.items():
        for name in names:
            restless = next((formula for formula in _formulas(child, name) if _restless(formula)), None)
            if restless is not None:
                message = Text("a roll-up is stored, but the formula '{name}' changes by itself: {value}", name=name, value=restless.source)
                run.report(document, pointer, "clock-in-roll-up", message, Text("use a view with this condition instead"))


def _formulas(child: Object, name: str, seen: frozenset[str] = frozenset()) -> Iterator[Expression]:
    """The formulas behind a field, directly or through others of the same record."""
    field = child.fields.get(name.split(".")[0])
    if field is None or field.value is None or name in seen:
        return
    yield field.value
    for inner in sorted(field.value.reads):
        yield from _formulas(child, inner, seen | {name})


def _restless(formula: Expression) -> bool:
    """Whether a formula's value can change though no record does."""
    return bool(formula.ambient)
