"""`{from: activity.deal, where: …}` in documents: records of another object that point to those at hand. Shape and checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.kinds.base import EXPRESSION, mapping, text
from looseleaf_metadata.texts import Text
from looseleaf_workflow.arrivals import Arrival

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document

FROM = text(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")
ARRIVAL = mapping({"from": FROM, "where": EXPRESSION}, ("from",))


def build_arrival(
    document: Document, run: Compilation, pointer: str, about: str, written: Mapping[str, Any], source: str, human: bool
) -> Arrival | None:
    """The arrival at a pointer, of records that point to those of `about`; None and a problem where there are none."""
    object_name, _, by = written["from"].partition(".")
    where = f"{pointer}/from"
    if run.known_object(document, where, object_name, source, "arrival") is None:
        return None
    field = run.known_field(document, where, object_name, by, source, "arrival")
    if field is None:
        return None
    if field.type != "lookup" or field.target != about:
        run.report(document, where, "wrong-type", Text("'{name}' is no look-up to {object}", name=written["from"], object=about))
        return None
    return Arrival(
        object_name, by, condition(document, run, f"{pointer}/where", object_name, source) if "where" in written else None, human
    )


def condition(document: Document, run: Compilation, pointer: str, object_name: str, source: str) -> Expression | None:
    """A checked condition of a clock, which must not go by the time of day: nobody looks again only because time passes."""
    found = run.expression(document, pointer, object_name, source=source, how="expression")
    if found is not None and found.ambient & {"now", "today"}:
        message = Text("this changes as time goes by, and a clock looks only when something is written")
        run.report(document, pointer, "no-effect", message, Text("say it with a target, or with a field that a rule changes"))
    return found
