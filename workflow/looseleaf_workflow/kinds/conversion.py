"""`conversion`: what becomes of a record that goes over into others, such as a lead into account, contact and opportunity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.documents import pointer_of
from looseleaf_metadata.frozen import FrozenMap, freeze
from looseleaf_metadata.kinds.base import BOOLEAN, EXPRESSION, LABEL, NAME, NAMES, Kind, Schema, either, listing, mapping, named, text
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field, Object
from looseleaf_metadata.problems import did_you_mean
from looseleaf_metadata.texts import Text
from looseleaf_workflow.conversions.definition import Conversion, Copied, Given, History, Link, Target
from looseleaf_workflow.kinds.conversion_values import Values

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

FROM = named(
    either(string=NAME, object=mapping({"field": NAME, "options": named(NAME, minProperties=1)}, ("field",))),
    minProperties=1,
)
SET = named({}, minProperties=1)
LINK = named(NAME, minProperties=1)
TARGET = mapping(
    {
        "target": NAME,
        "object": NAME,
        "match": {"type": "string", "enum": ["duplicates", "never"]},
        "may_skip": BOOLEAN,
        "from": FROM,
        "set": SET,
        "link": LINK,
        "ask": NAMES,
    },
    ("target",),
)
THEN = mapping({"set": SET, "link": LINK}, minProperties=1)
HISTORY = mapping(
    {"from": text(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$"), "link": LINK, "move": BOOLEAN},
    ("from", "link"),
)


class ConversionKind(Kind):
    """What becomes of a record."""

    name = "conversion"
    required = ("object", "targets", "then")

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {
            "id": NAME,
            "label": LABEL,
            "object": NAME,
            "when": EXPRESSION,
            "targets": listing(TARGET, minItems=1, maxItems=10),
            "then": THEN,
            "history": listing(HISTORY, minItems=1),
        }

    def build(self, document: Document, run: Compilation) -> Any:
        """The conversion, with everything that it names checked."""
        owner = run.known_object(document, "/object", document.data["object"], f"conversion:{document.name}", "conversion")
        return None if owner is None else _Builder(document, run, owner).conversion()


class _Builder:
    """Builds one conversion from its document. `known`: the objects of the targets named so far."""

    def __init__(self, document: Document, run: Compilation, owner: Object) -> None:
        self.document, self.run, self.owner = document, run, owner
        self.source = f"conversion:{document.name}"
        self.values = Values(document, run, owner, self.source)
        self.known: dict[str, str] = {}

    def conversion(self) -> Conversion:
        """The whole conversion."""
        data = self.document.data
        targets = [self._target(f"/targets/{index}", one) for index, one in enumerate(data["targets"])]
        then = data["then"]
        filled: set[str] = set()
        given = self._given("/then", then, self.owner.name, filled)
        links = self._links("/then", then, self.owner.name, filled)
        return Conversion(
            id=data.get("id", self.document.name),
            name=self.document.name,
            label=Label.of(data["label"]) if "label" in data else Label.of({"zh": "转化", "en": "Convert"}),
            object=self.owner.name,
            targets=tuple(one for one in targets if one is not None),
            when=self._when(data),
            given=given,
            links=links,
            history=tuple(one for index, each in enumerate(data.get("history", ())) if (one := self._history(f"/history/{index}", each))),
            app=self.document.app,
            place=self.document.place(),
        )

    def report(self, pointer: str, code: str, message: Text, hint: Text | None = None, *, key: bool = False) -> None:
        """Note a problem of this document."""
        self.run.report(self.document, pointer, code, message, hint, key=key)

    def _when(self, data: Mapping[str, Any]) -> Any:
        if "when" not in data:
            return None
        return self.run.expression(self.document, "/when", self.owner.name, source=self.source, how="expression")

    # --- targets

    def _target(self, pointer: str, data: Mapping[str, Any]) -> Target | None:
        name = data["target"]
        where = f"{pointer}/object" if "object" in data else f"{pointer}/target"
        found = self.run.known_object(self.document, where, data.get("object", name), self.source, "conversion")
        if name in self.known:
            self.report(f"{pointer}/target", "listed-twice", Text("'{value}' is listed twice", value=name), Text("give one another name"))
        if found is None:
            self.known[name] = ""
            return None
        filled: set[str] = set()
        copies = self._copies(pointer, data.get("from", {}), found, filled)
        given = self._given(pointer, data, found.name, filled)
        links = self._links(pointer, data, found.name, filled)
        self.known[name] = found.name
        if data.get("match") == "duplicates" and not found.duplicates:
            message = Text("{object} has no duplicate rules: nothing would ever be found", object=found.name)
            self.report(f"{pointer}/match", "no-effect", message, Text("add 'duplicates' there"))
        ask = self._asked(pointer, data.get("ask", ()), found)
        self._check_required(f"{pointer}/target", found, {*filled, *ask})
        return Target(
            name=name,
            object=found.name,
            copies=copies,
            given=given,
            links=links,
            ask=ask,
            takes=data.get("match") != "never" and bool(found.duplicates),
            may_skip=data.get("may_skip", False),
        )

    def _check_required(self, pointer: str, found: Object, filled: set[str]) -> None:
        """A new record must have what its object demands."""
        types = self.run.vocabulary.field_types
        for field in found.live_fields:
            made = field.type == "auto_number" or (field.type in types and types[field.type].computed)
            if field.required and field.default is None and not made and not field.system and field.name not in filled:
                message = Text("'{name}' must have a value, and nothing fills it in", name=f"{found.name}.{field.name}")
                self.report(pointer, "impossible", message, Text("fill it in with 'from', 'set' or 'link', or name it in 'ask'"))

    def _asked(self, pointer: str, names: Any, found: Object) -> tuple[str, ...]:
        known = []
        for index, name in enumerate(names):
            if self.values.fillable(f"{pointer}/ask/{index}", found.name, name, key=False) is not None:
                known.append(name)
        return tuple(known)

    def _copies(self, pointer: str, data: Mapping[str, Any], found: Object, filled: set[str]) -> tuple[Copied, ...]:
        copies = []
        for name, written in data.items():
            where = f"{pointer}/from{pointer_of(name)}"
            field = self._field(where, found.name, name, filled)
            source = written if isinstance(written, str) else written["field"]
            taken = self.run.known_field(
                self.document, where if isinstance(written, str) else f"{where}/field", self.owner.name, source, self.source, "conversion"
            )
            options = {} if isinstance(written, str) else written.get("options", {})
            if field is None or taken is None:
                continue
            self.values.check_copy(where, taken, field, found.name, options)
            copies.append(Copied(name, source, FrozenMap(options)))
        return tuple(copies)

    # --- what every part has

    def _field(self, pointer: str, object_name: str, name: str, filled: set[str]) -> Field | None:
        """A field that can be filled in, once."""
        if name in filled:
            self.report(pointer, "listed-twice", Text("'{value}' is filled in twice", value=name), Text("remove one of the two"), key=True)
        filled.add(name)
        return self.values.fillable(pointer, object_name, name)

    def _given(self, pointer: str, data: Mapping[str, Any], object_name: str, filled: set[str]) -> tuple[Given, ...]:
        found = []
        for name, written in data.get("set", {}).items():
            where = f"{pointer}/set{pointer_of(name)}"
            field = self._field(where, object_name, name, filled)
            if field is None:
                continue
            if isinstance(written, Mapping) and set(written) == {"value"} and isinstance(written["value"], str):
                value = self.values.expression(f"{where}/value", field)
                found += [Given(name, value=value)] if value is not None else []
            else:
                self.values.check_literal(where, field, object_name, written)
                found.append(Given(name, freeze(written)))
        return tuple(found)

    def _links(self, pointer: str, data: Mapping[str, Any], object_name: str, filled: set[str]) -> tuple[Link, ...]:
        found = []
        for name, target in data.get("link", {}).items():
            where = f"{pointer}/link{pointer_of(name)}"
            field = self._field(where, object_name, name, filled)
            if target not in self.known:
                message = Text("no target before this is called '{name}'", name=target)
                self.report(where, "unknown-target", message, did_you_mean(target, self.known))
            elif field is not None and self.known[target] and (field.type != "lookup" or field.target != self.known[target]):
                message = Text("'{name}' is no look-up to {object}", name=f"{object_name}.{name}", object=self.known[target])
                self.report(where, "wrong-type", message, key=True)
            elif field is not None:
                found.append(Link(name, target))
        return tuple(found)

    # --- history

    def _history(self, pointer: str, data: Mapping[str, Any]) -> History | None:
        object_name, _, by = data["from"].partition(".")
        found = self.run.known_object(self.document, f"{pointer}/from", object_name, self.source, "conversion")
        if found is None:
            return None
        field = self.run.known_field(self.document, f"{pointer}/from", object_name, by, self.source, "conversion")
        links = self._links(pointer, data, object_name, {by})
        if field is None:
            return None
        if field.type != "lookup" or field.target != self.owner.name:
            message = Text("'{name}' is no look-up to {object}", name=data["from"], object=self.owner.name)
            self.report(f"{pointer}/from", "wrong-type", message)
            return None
        if data.get("move") and field.required:
            message = Text("'{name}' must always point somewhere: its records can't be moved away", name=data["from"])
            self.report(f"{pointer}/move", "impossible", message, Text("leave out 'move': they are linked to both"), key=True)
        return History(object_name, by, links, bool(data.get("move", False)))
