"""`who`: one grammar for people, wherever metadata names them: approvers, readers, assignees, people to notify.

A document says `owner`, `{role: legal}`, `{manager: {of: submitter, level: 2}}` or a list of such, which is their union in this order.
`WHO` is the JSON Schema of what may be written; `build_who` checks it against the workspace and gives frozen values with their edges
in the reference graph. Who that is on a given day is answered by whoever runs the flow: this module knows no people.
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
from looseleaf_workflow.frozen_json import Tagged

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document


@dataclass(frozen=True, slots=True)
class User(Tagged):
    """One user, by e-mail address or external key."""

    name: str


@dataclass(frozen=True, slots=True)
class RoleMembers(Tagged):
    """Everyone with a role; `within` is a path such as submitter.region: only those whose own region is the same."""

    role: str
    within: str = ""


@dataclass(frozen=True, slots=True)
class Manager(Tagged):
    """The manager `level` levels above somebody. `of` is an anchor (submitter, owner, holder) or a field of the record.

    `when_missing` decides where the tree is not that high: "empty" gives nobody, "top" the highest there is.
    """

    of: str = "submitter"
    level: int = 1
    when_missing: str = "empty"


@dataclass(frozen=True, slots=True)
class ManagerChain(Tagged):
    """Each manager above somebody in turn: up to and with the first who has the role `until`, or `levels` of them (0: all)."""

    of: str = "submitter"
    until: str = ""
    levels: int = 0


@dataclass(frozen=True, slots=True)
class DepartmentHead(Tagged):
    """The head of somebody's team; `climb`: of the nearest team above that has one."""

    of: str = "submitter"
    climb: bool = True


@dataclass(frozen=True, slots=True)
class FieldOf(Tagged):
    """Who stands in a field of the record, or of a record reached from it."""

    path: str


@dataclass(frozen=True, slots=True)
class Computed(Tagged):
    """Whom an expression gives: a user or nobody."""

    source: str


@dataclass(frozen=True, slots=True)
class SubmitterPicks(Tagged):
    """Whom the submitter picks, from `among` (anybody if empty), at least `fewest` and at most `most` (0: no limit)."""

    among: tuple[Person, ...] = ()
    fewest: int = 1
    most: int = 0


@dataclass(frozen=True, slots=True)
class Anchor(Tagged):
    """Somebody whom the flow knows: "submitter", "owner" (of the record, on that day) or "holder" (of the task at hand)."""

    name: str


Person = User | RoleMembers | Manager | ManagerChain | DepartmentHead | FieldOf | Computed | SubmitterPicks | Anchor
Who = tuple[Person, ...]

ANCHORS = ("submitter", "owner", "holder")
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
CHOICES = ("user", "role", "manager", "manager_chain", "dept_head", "field", "expr", "submitter_picks")


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
    return BUILDERS[chosen[0]](document, run, pointer, data, scope)


def _user(document: Document, run: Compilation, pointer: str, data: Any, scope: WhoScope) -> Person:
    return User(data["user"])


def _role(document: Document, run: Compilation, pointer: str, data: Any, scope: WhoScope) -> Person | None:
    known = known_role(document, run, f"{pointer}/role", data["role"], scope.source)
    within = data.get("in", "")
    if within and not _check_within(document, run, f"{pointer}/in", within, scope):
        return None
    return RoleMembers(data["role"], within) if known else None


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


def _of(document: Document, run: Compilation, pointer: str, value: Any, scope: WhoScope) -> tuple[Mapping[str, Any], str | None]:
    """The settings of a mapping with `of`, and whose manager or team it is: None where that is wrong."""
    settings: Mapping[str, Any] = {"of": value} if isinstance(value, str) else value
    of = settings.get("of", "submitter")
    where = pointer if isinstance(value, str) else f"{pointer}/of"
    if of in ANCHORS:
        return settings, of if _known_anchor(document, run, where, of, scope) else None
    return settings, of if known_user_field(document, run, where, of, scope) else None


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


def _manager(document: Document, run: Compilation, pointer: str, data: Any, scope: WhoScope) -> Person | None:
    settings, of = _of(document, run, f"{pointer}/manager", data["manager"], scope)
    return Manager(of, settings.get("level", 1), settings.get("when_missing", "empty")) if of else None


def _chain(document: Document, run: Compilation, pointer: str, data: Any, scope: WhoScope) -> Person | None:
    here = f"{pointer}/manager_chain"
    settings, of = _of(document, run, here, data["manager_chain"], scope)
    until = settings.get("until", {}).get("role", "")
    if until and not known_role(document, run, f"{here}/until/role", until, scope.source):
        return None
    return ManagerChain(of, until, settings.get("levels", 0)) if of else None


def _head(document: Document, run: Compilation, pointer: str, data: Any, scope: WhoScope) -> Person | None:
    settings, of = _of(document, run, f"{pointer}/dept_head", data["dept_head"], scope)
    return DepartmentHead(of, settings.get("climb", True)) if of else None


def _field(document: Document, run: Compilation, pointer: str, data: Any, scope: WhoScope) -> Person | None:
    return FieldOf(data["field"]) if known_user_field(document, run, f"{pointer}/field", data["field"], scope) else None


def _computed(document: Document, run: Compilation, pointer: str, data: Any, scope: WhoScope) -> Person | None:
    names = expression_names(scope.anchors)
    where = f"{pointer}/expr"
    found = run.expression(document, where, scope.object, source=scope.source, how="who", expected=None, extra=names)
    if found is None:
        return None
    if found.type.kind not in (ValueKind.RECORD, ValueKind.RECORDS, ValueKind.NULL) or found.type.object not in ("user", ""):
        run.report(document, where, "wrong-type", Text("a user is needed, this gives {kind}", kind=str(found.type)))
        return None
    return Computed(data["expr"])


def expression_names(anchors: Collection[str]) -> Mapping[str, ExpressionType]:
    """What expressions of a flow may name beside the record's fields: the submitter."""
    return {"submitter": record("user")} if "submitter" in anchors else {}


def _picks(document: Document, run: Compilation, pointer: str, data: Any, scope: WhoScope) -> Person | None:
    here = f"{pointer}/submitter_picks"
    if not scope.picks:
        run.report(document, here, "unknown-person", Text("nobody is asked to pick people here"))
        return None
    settings = data["submitter_picks"]
    among = build_who(document, run, f"{here}/among", WhoScope(scope.object, scope.source, scope.anchors)) if "among" in settings else ()
    fewest, most = settings.get("fewest", 1), settings.get("most", 0)
    if most and most < fewest:
        run.report(document, f"{here}/most", "bad-value", Text("the most is less than the fewest"))
    return SubmitterPicks(among, fewest, most)


BUILDERS: Mapping[str, Callable[[Document, Compilation, str, Any, WhoScope], Person | None]] = {
    "user": _user,
    "role": _role,
    "manager": _manager,
    "manager_chain": _chain,
    "dept_head": _head,
    "field": _field,
    "expr": _computed,
    "submitter_picks": _picks,
}
