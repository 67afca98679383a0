"""`role`: a named set of rights: which records each action reaches, what may be seen of fields, and abilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.expressions.types import BOOLEAN as TRUTH
from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.kinds.base import EXPRESSION, LABEL, NAME, NAMES, Kind, Schema, either, listing, mapping, named, text
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import ACTIONS, FIELD_LEVELS, FieldGrant, Grant, Role
from looseleaf_metadata.names import humanised
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

SCOPES = ("none", "own", "team", "team_tree", "all")
SCOPE_NAMES = dict.fromkeys(("own", "team", "team_tree"), TRUTH)
"""Names that are true or false inside the expression of a grant."""
SCOPE: Schema = {"type": ["string", "boolean"], "minLength": 1, "x-expects": "scope"}
GRANTS = mapping(dict.fromkeys(ACTIONS, SCOPE), minProperties=1)
LEVEL: Schema = {
    **either(string={"type": "string", "enum": list(FIELD_LEVELS)}, object=mapping({"masked": EXPRESSION}, ("masked",))),
    "x-expects": "level",
}
FIELD_KEY = text(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", **{"x-expects": "path"})


class RoleKind(Kind):
    """A set of rights. Apps may add to each other's roles: documents of the same name in several apps are one role."""

    name = "role"
    collection = "roles"
    shared = True

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {
            "id": NAME,
            "label": LABEL,
            "help": LABEL,
            "includes": NAMES,
            "all_objects": GRANTS,
            "objects": named(GRANTS),
            "fields": {"type": "object", "propertyNames": FIELD_KEY, "additionalProperties": LEVEL},
            "abilities": listing(text(), uniqueItems=True),
        }

    def build(self, document: Document, run: Compilation) -> Any:
        """The role by itself; included roles are merged in by `finish`."""
        data = document.data
        for index, name in enumerate(data.get("includes", ())):
            self._check_included(document, run, index, name)
        for index, ability in enumerate(data.get("abilities", ())):
            known = run.vocabulary.abilities
            if known and ability not in known:
                message = Text("unknown ability '{name}'", name=ability)
                run.report(document, f"/abilities/{index}", "unknown-ability", message, suggest(ability, known))
        return Role(
            id=data.get("id", document.name),
            name=document.name,
            label=Label.of(data.get("label", humanised(document.name))),
            grants=FrozenMap(_grants(document, run)),
            fields=FrozenMap(_field_grants(document, run)),
            abilities=frozenset(data.get("abilities", ())),
            includes=tuple(data.get("includes", ())),
            app=document.app,
            place=document.place(),
        )

    def _check_included(self, document: Document, run: Compilation, index: int, name: str) -> None:
        if name in run.names("role"):
            run.refer(f"role:{document.name}", f"role:{name}", document, f"/includes/{index}", "includes")
        elif f"role:{name}" not in run.broken:
            message = Text("unknown role '{name}'", name=name)
            run.report(document, f"/includes/{index}", "unknown-role", message, suggest(name, run.names("role")))

    def join(self, one: Role, other: Role) -> Role:
        """Rights of two documents of one role; the later app's lines win."""
        return replace(
            _with_rights_of(other, one),
            label=one.label,
            includes=tuple(dict.fromkeys((*one.includes, *other.includes))),
            app=one.app,
            place=one.place,
        )

    def finish(self, built: dict[str, Role], run: Compilation) -> None:
        """Merge included roles in. A circle of inclusions is reported."""
        written = dict(built)

        def whole(name: str, above: tuple[str, ...]) -> Role:
            role = written[name]
            for included in role.includes:
                if included in (*above, name):
                    path = " → ".join((*above, name, included))
                    _report_circle(run, name, path)
                elif included in written:
                    role = _with_rights_of(role, whole(included, (*above, name)))
            return role

        for name in written:
            built[name] = whole(name, ())
        run.roles.update(built)


def _report_circle(run: Compilation, name: str, path: str) -> None:
    document = next(document for document in run.documents if document.kind == "role" and document.name == name)
    if not any(problem.code == "circular-roles" for problem in run.problems):
        run.report(document, "/includes", "circular-roles", Text("roles include each other in a circle: {path}", path=path), key=True)


def _with_rights_of(role: Role, base: Role) -> Role:
    """`role` with the rights of `base` where it has no line of its own."""
    grants = {name: FrozenMap({**base.grants.get(name, {}), **own}) for name, own in role.grants.items()}
    return replace(
        role,
        grants=FrozenMap({**base.grants, **grants}),
        fields=FrozenMap({**base.fields, **role.fields}),
        abilities=role.abilities | base.abilities,
    )


def _grants(document: Document, run: Compilation) -> dict[str, Mapping[str, Grant]]:
    """Grants by object and action; `all_objects` first, the lines of single objects on top."""
    source = f"role:{document.name}"
    grants: dict[str, dict[str, Grant]] = {}
    general = document.data.get("all_objects", {})
    for name, one in run.objects.items() if general else ():
        if not one.retired and not one.system:
            grants[name] = {action: _grant(document, run, "/all_objects", "", action, value) for action, value in general.items()}
    for name, actions in document.data.get("objects", {}).items():
        pointer = f"/objects/{name}"
        if run.known_object(document, pointer, name, source, "grant", key=True) is None:
            continue
        own = {action: _grant(document, run, pointer, name, action, value) for action, value in actions.items()}
        grants[name] = {**grants.get(name, {}), **own}
    return {name: FrozenMap(actions) for name, actions in grants.items()}


def _grant(document: Document, run: Compilation, pointer: str, object_name: str, action: str, value: Any) -> Grant:
    """One grant: a scope, true or false, or an expression."""
    here = f"{pointer}/{action}"
    place = document.place(here)
    if isinstance(value, bool):
        value = "all" if value else "none"
    if value in SCOPES:
        _check_scope(document, run, here, object_name, action, value)
        return Grant(action, value, place=place)
    if not object_name:
        message = Text("for all objects only a scope is possible: {scopes}", scopes=", ".join(SCOPES))
        run.report(document, here, "unknown-value", message, suggest(value, SCOPES))
        return Grant(action, "none", place=place)
    if action == "create":
        message = Text("'{action}' is all or nothing: true or false", action=action)
        run.report(document, here, "unknown-value", message)
        return Grant(action, "none", place=place)
    if value.isidentifier() and value not in run.objects[object_name].fields:
        message = Text("unknown scope '{value}'", value=value)
        hint = suggest(value, SCOPES) or Text("use {scopes}, or an expression", scopes=", ".join(SCOPES))
        run.report(document, here, "unknown-value", message, hint)
        return Grant(action, "none", place=place)
    where = run.expression(document, here, object_name, source=f"role:{document.name}", how="grant", extra=SCOPE_NAMES)
    return Grant(action, "all" if where else "none", where, place)


def _check_scope(document: Document, run: Compilation, pointer: str, object_name: str, action: str, scope: str) -> None:
    """A scope by owner is inert where records have no owner, and on creation."""
    if scope in ("all", "none") or not object_name:
        return
    found = run.objects[object_name]
    if action in ("create", "import"):
        message = Text("'{action}' is all or nothing: true or false", action=action)
        run.report(document, pointer, "unknown-value", message)
    elif found.owner == "none" and not found.owned_by and not found.system:
        message = Text("records of {object} have no owner, so '{scope}' reaches none of them", object=object_name, scope=scope)
        run.report(document, pointer, "no-effect", message, Text("use all or none, or an expression"))


def _field_grants(document: Document, run: Compilation) -> dict[tuple[str, str], FieldGrant]:
    """Levels of single fields."""
    grants: dict[tuple[str, str], FieldGrant] = {}
    source = f"role:{document.name}"
    for key, level in document.data.get("fields", {}).items():
        object_name, _, name = key.partition(".")
        pointer = f"/fields/{key}"
        if run.known_object(document, pointer, object_name, source, "grant", key=True) is None:
            continue
        if run.known_field(document, pointer, object_name, name, source, "grant", key=True) is None:
            continue
        masked_when = None
        if isinstance(level, dict):
            masked_when = run.expression(document, f"{pointer}/masked", object_name, source=source, how="grant", extra=SCOPE_NAMES)
        grants[object_name, name] = FieldGrant(
            object_name, name, "masked" if isinstance(level, dict) else level, masked_when, document.place(pointer, key=True)
        )
    return grants
