"""What a conversion fills in, checked: fields that can be filled in, values that fit them, options that have a place to go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.documents import pointer_of
from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.types import ANY
from looseleaf_metadata.model import Field, Object
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.references import field_address
from looseleaf_metadata.texts import Text
from looseleaf_platform.fields.conversions import Refusal, conversion

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document

OWNED = ("owner", "team")
"""System fields that may be filled in."""
CHOICES = ("select", "multi_select")


class Values:
    """Checks the values of one conversion of records of `owner`."""

    def __init__(self, document: Document, run: Compilation, owner: Object, source: str) -> None:
        self.document, self.run, self.owner, self.source = document, run, owner, source

    def report(self, pointer: str, code: str, message: Text, hint: Text | None = None, *, key: bool = False) -> None:
        """Note a problem of the document."""
        self.run.report(self.document, pointer, code, message, hint, key=key)

    def fillable(self, pointer: str, object_name: str, name: str, *, key: bool = True) -> Field | None:
        """A field that can be filled in; None, and a problem, for one that is computed, kept by the system, or not there."""
        field = self.run.known_field(self.document, pointer, object_name, name, self.source, "conversion", key=key)
        if field is None or field.expression_type == ANY:
            return None
        types = self.run.vocabulary.field_types
        if (field.type in types and types[field.type].computed) or field.type in ("auto_number", "lines"):
            self.report(pointer, "computed-field", Text("nobody fills in '{name}': it is computed", name=name), key=key)
            return None
        if field.system and name not in OWNED:
            self.report(pointer, "computed-field", Text("nobody fills in '{name}': the system keeps it", name=name), key=key)
            return None
        return field

    def expression(self, pointer: str, field: Field) -> Expression | None:
        """The checked expression on the converted record that gives a field its value."""
        return self.run.expression(
            self.document, pointer, self.owner.name, source=self.source, how="expression", expected=field.expression_type
        )

    def check_literal(self, pointer: str, field: Field, object_name: str, written: Any) -> None:
        """A value that the field takes."""
        if not field.options:
            refused = self.run.vocabulary.field_types[field.type].refuses(field, written)
            if refused is not None:
                self.report(pointer, "bad-value", refused)
            return
        live = [option.name for option in field.options if not option.retired]
        for name in written if isinstance(written, list) else [written]:
            if name in live:
                self.run.refer(self.source, f"{field_address(object_name, field)}/option:{name}", self.document, pointer, "conversion")
            else:
                message = Text("'{name}' has no option '{option}'", name=field.name, option=str(name))
                self.report(pointer, "unknown-option", message, suggest(str(name), live))

    def check_copy(self, pointer: str, taken: Field, field: Field, object_name: str, options: Mapping[str, str]) -> None:
        """Whether the values of one field fit another, and every option has a place to go."""
        if taken.expression_type == ANY:
            return
        found = conversion(taken, field)
        if isinstance(found, Refusal):
            self.report(pointer, "wrong-type", found.reason, key=True)
            return
        if taken.type not in CHOICES or field.type not in CHOICES:
            if options:
                message = Text("'{key}' has no effect here", key="options")
                self.report(f"{pointer}/options", "no-effect", message, Text("both fields would have to be choices"), key=True)
            return
        self._check_options(pointer, taken, field, object_name, options)

    def _check_options(self, pointer: str, taken: Field, field: Field, object_name: str, options: Mapping[str, str]) -> None:
        live = {option.name: option for option in field.options if not option.retired}
        known = [option.name for option in taken.options]
        for name, becomes in options.items():
            where = f"{pointer}/options{pointer_of(name)}"
            if name not in known:
                message = Text("'{name}' has no option '{option}'", name=taken.name, option=name)
                self.report(where, "unknown-option", message, suggest(name, known), key=True)
            else:
                address = f"{field_address(self.owner.name, taken)}/option:{name}"
                self.run.refer(self.source, address, self.document, where, "conversion", key=True)
            self.check_literal(where, field, object_name, becomes)
        lost = [one.name for one in taken.options if one.name not in options and one.name not in live]  # old records hold retired ones too
        if lost:
            message = Text("'{name}' has no place for: {options}", name=f"{object_name}.{field.name}", options=", ".join(lost))
            self.report(
                pointer, "unknown-option", message, Text("say what they become: {{field: …, options: {{{option}: …}}}}", option=lost[0])
            )
