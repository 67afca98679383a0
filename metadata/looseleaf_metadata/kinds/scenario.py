"""`scenario`: a test in plain words (given, when, then, as role) that travels with a template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.documents import pointer_of
from looseleaf_metadata.frozen import freeze
from looseleaf_metadata.kinds.base import NAME, Kind, Schema, listing, mapping, named, text
from looseleaf_metadata.labels import LOCALES
from looseleaf_metadata.model import Object, Scenario
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

PERSON: Schema = {
    "type": "object",
    "properties": {
        "role": NAME,
        "roles": listing(NAME),
        "team": text(),
        "manager": text(),
        "locale": {"type": "string", "enum": list(LOCALES)},
    },
}
GIVEN = mapping({"now": text(), "people": named(PERSON), "teams": {}, "records": listing({"type": "object", "minProperties": 1})})
STEP = mapping({"step": text(), "when": {"type": "object", "minProperties": 1}, "then": {}, "refused": {}, "now": text()}, ("when",))
COUNTS = ("list", "count")
VERBS = ("create", "update", "delete", "restore", "read", "list", "count")
"""What a person does in a step; the value names a record of the scenario, or an object."""


class ScenarioKind(Kind):
    """A test in plain words. Its name is a sentence."""

    name = "scenario"
    collection = "scenarios"
    free_name = True
    required = ("steps",)

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {"given": GIVEN, "steps": listing(STEP, minItems=1)}

    def build(self, document: Document, run: Compilation) -> Any:
        """The scenario; checks roles, objects, fields and people that it names."""
        given = document.data.get("given", {})
        people = given.get("people", {})
        for name, person in people.items():
            _check_roles(document, run, f"/given/people/{name}", person)
            _check_known(document, run, f"/given/people/{name}/manager", person.get("manager"), people)
        kinds: dict[str, str] = {}
        for index, record in enumerate(given.get("records", ())):
            kind, name = next(iter(record.items()))
            pointer = f"/given/records/{index}"
            owner = run.known_object(document, pointer + pointer_of(kind), kind, _address(document), "scenario", key=True)
            kinds[str(name)] = kind
            if owner is not None:
                _check_fields(document, run, pointer, owner, [key for key in record if key != kind])
        for index, step in enumerate(document.data["steps"]):
            _check_step(document, run, f"/steps/{index}", step, people, kinds)
        return Scenario(document.name, document.name, freeze(document.data), document.app, document.place())


def _address(document: Document) -> str:
    return f"scenario:{document.name}"


def _check_roles(document: Document, run: Compilation, pointer: str, person: Mapping[str, Any]) -> None:
    named_roles = [("role", person["role"])] if "role" in person else []
    named_roles += [(f"roles/{index}", name) for index, name in enumerate(person.get("roles", ()))]
    for where, name in named_roles:
        if name in run.roles:
            run.refer(_address(document), f"role:{name}", document, f"{pointer}/{where}", "scenario")
        elif f"role:{name}" not in run.broken:
            message = Text("unknown role '{name}'", name=name)
            run.report(document, f"{pointer}/{where}", "unknown-role", message, suggest(name, run.roles))


def _check_known(document: Document, run: Compilation, pointer: str, name: Any, people: Mapping[str, Any]) -> None:
    if isinstance(name, str) and name not in people:
        message = Text("nobody here is called '{name}'", name=name)
        run.report(document, pointer, "unknown-person", message, suggest(name, people))


def _check_fields(document: Document, run: Compilation, pointer: str, owner: Object, names: list[str]) -> None:
    for name in names:
        run.known_field(document, pointer + pointer_of(name), owner.name, name, _address(document), "scenario", key=True)


def _check_step(
    document: Document, run: Compilation, pointer: str, step: Mapping[str, Any], people: Mapping[str, Any], kinds: dict[str, str]
) -> None:
    """The person and the fields of a step."""
    when = step["when"]
    _check_known(document, run, f"{pointer}/when/as", when.get("as"), people)
    known = (*VERBS, *run.vocabulary.verbs)
    verb = next((verb for verb in known if verb in when), None)
    if verb is None:
        message = Text("a step says what somebody does: {verbs}", verbs=", ".join(known))
        run.report(document, f"{pointer}/when", "missing-key", message)
        return
    subject = when[verb]
    object_name = kinds.get(subject, subject) if isinstance(subject, str) else ""
    if object_name in run.objects and isinstance(when.get("set"), Mapping):
        _check_fields(document, run, f"{pointer}/when/set", run.objects[object_name], list(when["set"]))
    if object_name in run.objects and "where" in when and verb in COUNTS:
        run.expression(document, f"{pointer}/when/where", object_name, source=_address(document), how="scenario")
    if "name" in when and verb == "create" and isinstance(when["name"], str):
        kinds[when["name"]] = object_name
