"""What may be written for a `who`, and whether it means something in this workspace.

`WHO` is the JSON Schema; `build_who` checks what is written, reports what is wrong, and gives the values of who.py with their edges in
the reference graph. Knows no people.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.expressions.types import ExpressionType, record
from looseleaf_metadata.expressions.types import Kind as ValueKind
from looseleaf_metadata.kinds.base import BOOLEAN, EXPRESSION, NAME, PATH, Schema, either, listing, mapping, text
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text
from looseleaf_workflow.who import ANCHORS, READERS, Anchor, Person, Who, settings_of

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document


OF: Schema = {**PATH}
ROLE = "role"
SPECIAL = ("manager", "manager_chain", "dept_head", "submitter_picks")
"""Words that stand alone for their mapping with defaults."""
COUNT: Schema = {"type": "integer", "minimum": 1, "maximum": 50}
ENTRY = mapping(
    {
        "user": text(maxLength=200),
        "role": NAME,
        "in": PATH,
        "manager": either(
            string=OF,
            object=mapping({"of": OF, "level": COUNT, "when_missing": {"type": "string", "enum": ["empty", "top"]}}),
        ),
        "manager_chain": either(
            string=OF,
            object=mapping({"of": OF, "until": mapping({"role": NAME}, ("role",)), "levels": COUNT}),
        ),
        "dept_head": either(string=OF, object=mapping({"of": OF, "climb": BOOLEAN})),
        "field": PATH,
        "expr": EXPRESSION,
        "submitter_picks": mapping({"among": {"$ref": "#/$defs/who"}, "fewest": {"type": "integer", "minimum": 0}, "most": COUNT}),
    },
    minProperties=1,
)
WORD: Schema = {"type": "string", "enum": [*ANCHORS, *SPECIAL], "x-expects": "who"}
WHO_DEFINITION: Schema = {
    **either(string=WORD, object=ENTRY, array=listing(either(string=WORD, object=ENTRY), minItems=1)),
    "x-expects": "who",
}
"""Goes under "$defs" as "who" of a kind that uses WHO."""
WHO: Schema = {"$ref": "#/$defs/who"}
CHOICES = tuple(READERS)


@dataclass(frozen=True, slots=True)
class WhoScope:
    """What a `who` may speak of where it stands. `anchors`: which of ANCHORS there are; `picks`: whether a submitter can pick."""

    object: str
    source: str
    anchors: Collection[str] = ANCHORS
    picks: bool = False


def build_who(document: Document, run: Compilation, pointer: str, scope: WhoScope) -> Who:
    """The people named at a pointer; what is wrong with them is reported, and left out."""
    node = document.node(pointer)
    if node is None or node.data is None:
        return ()
    if isinstance(node.data, list):
        entries = [_entry(document, run, f"{pointer}/{index}", item, scope) for index, item in enumerate(node.data)]
    else:
        entries = [_entry(document, run, pointer, node.data, scope)]
    return tuple(dict.fromkeys(entry for entry in entries if entry is not None))


def _entry(document: Document, run: Compilation, pointer: str, data: Any, scope: WhoScope) -> Person | None:
    if isinstance(data, str):
        if data in ANCHORS:
            return Anchor(data) if _known_anchor(document, run, pointer, data, scope) else None
        data = {data: {}}
    chosen = [key for key in CHOICES if key in data]
    if len(chosen) != 1:
        message = Text("one of these names the people: {words}", words=", ".join(CHOICES))
        run.report(document, pointer, "unclear-who", message, Text("write a list for several"))
        return None
    if "in" in data and chosen[0] != ROLE:
        run.report(document, f"{pointer}/in", "no-effect", Text("'{key}' has an effect only with a role", key="in"), key=True)
    sound = CHECKS[chosen[0]](document, run, pointer, data, scope)
    return READERS[chosen[0]](data) if sound else None


def _role(document: Document, run: Compilation, pointer: str, data: Any, scope: WhoScope) -> bool:
    known = known_role(document, run, f"{pointer}/role", data["role"], scope.source)
    within = data.get("in", "")
    return (not within or _check_within(document, run, f"{pointer}/in", within, scope)) and known


def known_role(document: Document, run: Compilation, pointer: str, name: str, source: str) -> bool:
    """Whether a role exists, with an edge to it; a problem if not."""
    if name in run.roles or f"role:{name}" in run.broken:
        run.refer(source, f"role:{name}", document, pointer, "who")
        return True
    run.report(document, pointer, "unknown-role", Text("unknown role '{name}'", name=name), suggest(name, run.roles))
    return False


def _check_within(document: Document, run: Compilation, pointer: str, path: str, scope: WhoScope) -> bool:
    """`in: submitter.region` compares a member's own region: the last name must be a field of users."""
    first, _, rest = path.partition(".")
    if first in ANCHORS:
        if not _known_anchor(document, run, pointer, first, scope):
            return False
        found = run.known_path(document, pointer, "user", rest, scope.source, "who") if rest else None
    else:
        found = run.known_path(document, pointer, scope.object, path, scope.source, "who")
    last = path.rpartition(".")[2]
    users = run.objects.get("user")
    if found is not None and (users is None or last not in users.fields):
        run.report(document, pointer, "unknown-field", Text("users have no field '{name}' to compare with", name=last))
        return False
    if not rest and first in ANCHORS:
        run.report(document, pointer, "bad-value", Text("say which field is compared, such as {example}", example=f"{first}.team"))
    return found is not None


def _known_anchor(document: Document, run: Compilation, pointer: str, name: str, scope: WhoScope) -> bool:
    owner = run.objects.get(scope.object)
    if name not in scope.anchors:
        message = Text("there is no '{name}' here", name=name)
        run.report(document, pointer, "unknown-person", message, suggest(name, scope.anchors))
        return False
    if name == "owner" and owner is not None and owner.owner == "none":
        run.report(document, pointer, "no-effect", Text("records of {object} have no owner", object=owner.name))
        return False
    return True


def _of(document: Document, run: Compilation, pointer: str, value: Any, scope: WhoScope) -> bool:
    """Whether there is somebody whose manager or team it is."""
    of = settings_of(value).get("of", "submitter")
    where = pointer if isinstance(value, str) else f"{pointer}/of"
    if of in ANCHORS:
        return _known_anchor(document, run, where, of, scope)
    return known_user_field(document, run, where, of, scope)


def known_user_field(document: Document, run: Compilation, pointer: str, path: str, scope: WhoScope) -> bool:
    """Whether a path ends at a field that holds users."""
    field = run.known_path(document, pointer, scope.object, path, scope.source, "who")
    if field is None:
        return False
    kind = field.expression_type
    if kind.kind is ValueKind.ANY or (kind.kind in (ValueKind.RECORD, ValueKind.RECORDS) and kind.object == "user"):
        return True
    run.report(document, pointer, "wrong-type", Text("'{name}' holds no user, it is {kind}", name=path, kind=str(kind)))
    return False


def _manager(document: Document, run: Compilation, pointer: str, data: Any, scope: WhoScope) -> bool:
    return _of(document, run, f"{pointer}/manager", data["manager"], scope)


def _chain(document: Document, run: Compilation, pointer: str, data: Any, scope: WhoScope) -> bool:
    here = f"{pointer}/manager_chain"
    until = settings_of(data["manager_chain"]).get("until", {}).get("role", "")
    known = not until or known_role(document, run, f"{here}/until/role", until, scope.source)
    return _of(document, run, here, data["manager_chain"], scope) and known


def _head(document: Document, run: Compilation, pointer: str, data: Any, scope: WhoScope) -> bool:
    return _of(document, run, f"{pointer}/dept_head", data["dept_head"], scope)


def _field(document: Document, run: Compilation, pointer: str, data: Any, scope: WhoScope) -> bool:
    return known_user_field(document, run, f"{pointer}/field", data["field"], scope)


def _computed(document: Document, run: Compilation, pointer: str, data: Any, scope: WhoScope) -> bool:
    names = expression_names(scope.anchors)
    where = f"{pointer}/expr"
    found = run.expression(document, where, scope.object, source=scope.source, how="who", expected=None, extra=names)
    if found is None:
        return False
    if found.type.kind not in (ValueKind.RECORD, ValueKind.RECORDS, ValueKind.NULL) or found.type.object not in ("user", ""):
        run.report(document, where, "wrong-type", Text("a user is needed, this gives {kind}", kind=str(found.type)))
        return False
    return True


def expression_names(anchors: Collection[str]) -> Mapping[str, ExpressionType]:
    """What expressions of a flow may name beside the record's fields: the submitter."""
    return {"submitter": record("user")} if "submitter" in anchors else {}


def _picks(document: Document, run: Compilation, pointer: str, data: Any, scope: WhoScope) -> bool:
    here, settings = f"{pointer}/submitter_picks", data["submitter_picks"]
    if not scope.picks:
        run.report(document, here, "unknown-person", Text("nobody is asked to pick people here"))
        return False
    known = "among" not in settings or build_who(document, run, f"{here}/among", WhoScope(scope.object, scope.source, scope.anchors))
    most = settings.get("most", 0)
    if most and most < settings.get("fewest", 1):
        run.report(document, f"{here}/most", "bad-value", Text("the most is less than the fewest"))
    return bool(known)


CHECKS: Mapping[str, Callable[[Document, Compilation, str, Any, WhoScope], bool]] = {
    "user": lambda document, run, pointer, data, scope: True,
    "role": _role,
    "manager": _manager,
    "manager_chain": _chain,
    "dept_head": _head,
    "field": _field,
    "expr": _computed,
    "submitter_picks": _picks,
}
"""Whether an entry means something; what is wrong is reported."""
