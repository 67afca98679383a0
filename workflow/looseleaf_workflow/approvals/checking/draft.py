"""One approval while it is built: where problems are reported, fields, roles and expressions are resolved, edges are noted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.expressions.types import BOOLEAN
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text
from looseleaf_workflow.who import Who
from looseleaf_workflow.who_checks import WhoScope, build_who, expression_names

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.expressions.nodes import Expression

ANCHORS = ("submitter", "owner")
CLOCKS = {"now": "now()", "today": "today()", "me": "me"}


@dataclass
class Draft:
    """State of one building. `step` is the id of the node at hand, "" for the header."""

    document: Document
    run: Compilation
    object: str
    calendar: str = ""
    step: str = ""
    places: dict[str, str] = field(default_factory=dict)  # id of each node → its pointer

    @property
    def source(self) -> str:
        """The address of what names other things here."""
        name = f"approval:{self.document.name}"
        return f"{name}/step:{self.step}" if self.step else name

    def fault(self, pointer: str, code: str, message: Text, hint: Text | None = None, *, key: bool = False) -> None:
        """Report a problem."""
        self.run.report(self.document, pointer, code, message, hint, key=key)

    def inert(self, pointer: str, message: Text) -> None:
        """Report something that has no effect."""
        self.run.report(self.document, pointer, "no-effect", message, key=True)

    def refer(self, target: str, pointer: str, how: str) -> None:
        """Note an edge of the reference graph."""
        self.run.refer(self.source, target, self.document, pointer, how)

    def who(self, pointer: str, *, holder: bool = False, picks: bool = False) -> Who:
        """The people named at a pointer. `holder`: the holder of a task may be named."""
        anchors = (*ANCHORS, "holder") if holder else ANCHORS
        return build_who(self.document, self.run, pointer, WhoScope(self.object, self.source, anchors, picks))

    def fields(self, pointer: str, names: Iterable[str]) -> tuple[str, ...]:
        """The known fields of a list."""
        known = [
            name
            for index, name in enumerate(names)
            if self.run.known_field(self.document, f"{pointer}/{index}", self.object, name, self.source, "approval")
        ]
        return tuple(known)

    def condition(self, pointer: str, *, clock: bool = False) -> Expression | None:
        """The condition at a pointer. Without `clock` it may read the record and the submitter only (A125)."""
        found = self.run.expression(
            self.document, pointer, self.object, source=self.source, how="condition", extra=expression_names(ANCHORS), expected=BOOLEAN
        )
        if found is None or clock:
            return found
        for name, written in CLOCKS.items():
            if name in found.ambient:
                message = Text("a branch is decided by the record and the submitter alone, not by {name}", name=written)
                self.fault(pointer, "not-pure", message)
                return None
        return found

    def unknown(self, pointer: str, name: str, known: Iterable[str]) -> None:
        """Report a flow that does not exist."""
        self.fault(pointer, "unknown-approval", Text("unknown approval '{name}'", name=name), suggest(name, known))

    def data(self, pointer: str) -> Any:
        """The data at a pointer, None where there is nothing."""
        node = self.document.node(pointer)
        return node.data if node is not None else None
