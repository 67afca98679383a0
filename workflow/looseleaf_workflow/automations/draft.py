"""One automation while it is built: where problems are reported, and fields, people, expressions and templates are checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.documents import pointer_of
from looseleaf_metadata.expressions.check import check_expression
from looseleaf_metadata.expressions.nodes import Expression, Literal
from looseleaf_metadata.expressions.types import BOOLEAN, ExpressionType
from looseleaf_metadata.model import Field, Object
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.references import expression_edges
from looseleaf_metadata.texts import Text
from looseleaf_workflow.calendars import parse_duration
from looseleaf_workflow.who_checks import WhoScope, build_who

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document

HOLE = re.compile(r"\{\{((?:(?!\}\}).)+)\}\}", re.DOTALL)
"""A place in a template where the value of an expression comes."""
ANCHORS = ("owner", "submitter")


@dataclass
class Draft:
    """State of one building. `object`: the name of the object whose record the steps at hand are about, "" for none; `kind`: of the document.

    `known`: what expressions may name beside the fields of the record.
    """

    document: Document
    run: Compilation
    object: str
    calendar: str = ""
    names: set[str] = field(default_factory=set)
    kind: str = "automation"
    known: Mapping[str, ExpressionType] = field(default_factory=dict)

    def about(self, object_name: str) -> Draft:
        """The same, for steps about records of another object."""
        return replace(self, object=object_name)

    @property
    def source(self) -> str:
        """The address of what names other things here."""
        return f"{self.kind}:{self.document.name}"

    @property
    def owner(self) -> Object:
        """The object."""
        return self.run.objects[self.object]

    def fault(self, pointer: str, code: str, message: Text, hint: Text | None = None, *, key: bool = False) -> None:
        """Report a problem."""
        self.run.report(self.document, pointer, code, message, hint, key=key)

    def field(self, pointer: str, name: str, how: str, *, key: bool = False) -> Field | None:
        """A known field of the object."""
        return self.run.known_field(self.document, pointer, self.object, name, self.source, how, key=key)

    def expression(self, pointer: str, expected: ExpressionType | None = BOOLEAN) -> Expression | None:
        """The checked expression at a pointer. A condition that is always the same decides nothing, and is reported."""
        found = self.run.expression(
            self.document, pointer, self.object, source=self.source, how="expression", expected=expected, extra=self.known
        )
        if found is not None and expected is BOOLEAN and isinstance(found.root, Literal):
            self.fault(pointer, "no-effect", Text("this condition is the same for every record"))
        return found

    def template(self, pointer: str, written: Any) -> None:
        """Check the expressions in the holes of a text, in each language that it is written in."""
        if isinstance(written, Mapping):
            for locale, one in written.items():
                self.template(pointer + pointer_of(locale), one)
        for hole in HOLE.findall(written) if isinstance(written, str) else ():
            self.anywhere(pointer, hole.strip(), "template")

    def anywhere(self, pointer: str, source: str, how: str, expected: ExpressionType | None = None) -> None:
        """Check an expression that stands at a pointer, or inside of a text there; it may be about no record."""
        place, objects = self.document.expression_place(pointer), self.run.objects
        checked = check_expression(
            source, objects.get(self.object), objects, place=place, path=pointer, extra=self.known, expected=expected
        )
        if isinstance(checked, Expression):
            self.run.edges += expression_edges(checked, objects, self.source, place, how, frozenset(self.known))
        else:
            self.run.problems += [replace(problem, excerpt=self.document.excerpt(problem.place.line)) for problem in checked]

    def values(self, pointer: str, written: Mapping[str, Any], of: str) -> None:
        """Check what is written into records of the object `of`: fields that can be filled in, options that there are."""
        for name, value in written.items():
            where = pointer + pointer_of(name)
            found = self.run.known_field(self.document, where, of, name, self.source, "value", key=True)
            if found is None:
                continue
            types = self.run.vocabulary.field_types
            if found.type in types and types[found.type].computed:
                self.fault(where, "computed-field", Text("nobody fills in '{name}': it is computed", name=name), key=True)
            elif isinstance(value, str) and HOLE.search(value):
                self.template(where, value)
            elif found.options and isinstance(value, str) and found.option(value) is None:
                message = Text("'{name}' is not an option of the field '{field}'", name=value, field=name)
                self.fault(where, "unknown-option", message, suggest(value, [one.name for one in found.options if not one.retired]))

    def who(self, pointer: str) -> None:
        """Check the people named at a pointer."""
        build_who(self.document, self.run, pointer, WhoScope(self.object, self.source, ANCHORS))

    def duration(self, pointer: str, written: str) -> None:
        """Check that a duration in working time has a calendar to count with."""
        if parse_duration(written).working and not self.calendar:
            message = Text("working time is counted with a calendar: name one with 'calendar'")
            self.fault(pointer, "missing-calendar", message)
