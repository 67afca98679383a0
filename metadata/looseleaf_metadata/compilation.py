"""One run of the compiler: what it works on, the problems it collects and the references it notes.

Kinds are given the run when they build their part. It knows how to report, how to check an expression and how to
follow a path; it does not know the order of the stages (compile.py) nor any kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from looseleaf_metadata.documents import Document
from looseleaf_metadata.expressions.check import check_expression
from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.types import BOOLEAN, ExpressionType, Kind
from looseleaf_metadata.model import Edge, Field, Model, Object
from looseleaf_metadata.paths import resolve_path
from looseleaf_metadata.problems import Problem, did_you_mean
from looseleaf_metadata.references import expression_edges
from looseleaf_metadata.texts import Text
from looseleaf_metadata.vocabulary import Vocabulary

WORD = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass
class Compilation:
    """State of one run. `objects` are shells first (no expressions), whole after the objects' stage.

    `broken`: addresses of things whose own text is faulty ("object:x", "role:y", "object:x/field:f"): what refers to them is
    not reported a second time.
    """

    vocabulary: Vocabulary
    documents: tuple[Document, ...]
    previous: Model | None = None
    objects: dict[str, Object] = field(default_factory=dict)
    roles: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    def report(
        self, document: Document, pointer: str, code: str, message: Text, suggestion: Text | None = None, *, key: bool = False
    ) -> None:
        """Note a problem at a pointer of a document."""
        self.problems.append(document.problem(pointer, code, message, suggestion, key=key))

    def refer(self, source: str, target: str, document: Document, pointer: str, how: str, *, key: bool = False) -> None:
        """Note that `source` names `target` at a pointer of a document."""
        self.edges.append(Edge(source, target, document.place(pointer, key=key), how))

    def names(self, kind: str) -> list[str]:
        """The names of all documents of a kind, broken ones included."""
        return [document.name for document in self.documents if document.kind == kind]

    def known_object(self, document: Document, pointer: str, name: str, source: str, how: str, *, key: bool = False) -> Object | None:
        """The live object of that name, with an edge to it; otherwise None, and a problem unless the object's own text is faulty."""
        found = self.objects.get(name)
        if found is not None and not found.retired:
            self.refer(source, f"object:{name}", document, pointer, how, key=key)
            return found
        if f"object:{name}" not in self.broken:
            message = Text("unknown object '{name}'", name=name)
            hint = did_you_mean(name, self.objects)
            if found is not None:
                message, hint = Text("the object '{name}' is retired", name=name), None
            self.report(document, pointer, "unknown-object", message, hint, key=key)
        return None

    def known_path(
        self, document: Document, pointer: str, object_name: str, path: str, source: str, how: str, *, key: bool = False
    ) -> Field | None:
        """The field at the end of a path from an object, with edges to every field on the way; None and a problem if there is none."""
        resolved = resolve_path(self.objects, object_name, path)
        for step in resolved.steps:
            self.refer(source, f"object:{step.object}/field:{step.field.name}", document, pointer, how, key=key)
            if step.field.retired:
                message = Text("the field '{name}' of {object} is retired", name=step.field.name, object=step.object)
                self.report(document, pointer, "retired-field", message, Text("remove it here, or bring the field back"), key=key)
                return None
        if resolved.fault is None:
            return resolved.steps[-1].field
        if not any(f"object:{name}" in self.broken for name in (resolved.object, *(step.object for step in resolved.steps))):
            self.report(document, pointer, resolved.fault.code, resolved.fault.message, resolved.fault.suggestion, key=key)
        return None

    def known_field(
        self, document: Document, pointer: str, object_name: str, name: str, source: str, how: str, *, key: bool = False
    ) -> Field | None:
        """A field of the object itself, by name."""
        return self.known_path(document, pointer, object_name, name, source, how, key=key)

    def expression(
        self,
        document: Document,
        pointer: str,
        object_name: str,
        *,
        source: str,
        how: str,
        expected: ExpressionType | None = BOOLEAN,
        extra: Mapping[str, ExpressionType] | None = None,
    ) -> Expression | None:
        """The checked expression at a pointer, evaluated on a record of `object_name`; None if it is faulty.

        `expected`: the type that its value must have, None for any. `source` is the address of what the expression belongs to.
        """
        node = document.node(pointer)
        shell = self.objects.get(object_name)
        if node is None or not isinstance(node.data, str) or shell is None or f"object:{object_name}" in self.broken:
            return None
        place = document.expression_place(pointer)
        wanted = None if expected and expected.kind is Kind.ANY else expected
        checked = check_expression(node.data, shell, self.objects, place=place, extra=extra or {}, expected=wanted, path=pointer)
        if not isinstance(checked, Expression):
            if not self._reaches_broken(object_name, node.data):
                self.problems += [replace(problem, excerpt=document.excerpt(problem.place.line)) for problem in checked]
            return None
        self.edges += expression_edges(checked, self.objects, source, place, how, frozenset(extra or ()))
        return checked

    def _reaches_broken(self, object_name: str, source: str) -> bool:
        """Whether an expression names a field, or goes through an object, whose own text is faulty: what is wrong was told there."""
        words = set(WORD.findall(source))
        todo, seen = [object_name], set()
        while todo:
            name = todo.pop()
            if f"object:{name}" in self.broken:
                return True
            if name in seen or name not in self.objects:
                continue
            seen.add(name)
            if any(f"object:{name}/field:{word}" in self.broken for word in words):
                return True
            fields = self.objects[name].fields
            todo += [fields[word].target for word in words if word in fields and fields[word].target]
        return False
