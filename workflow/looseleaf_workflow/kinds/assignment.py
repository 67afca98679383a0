"""`assignment`: who gets a new record of an object: a list of rules, the first that finds somebody decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.expressions.types import ANY
from looseleaf_metadata.expressions.types import Kind as ValueKind
from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.kinds.base import BOOLEAN, EXPRESSION, LABEL, NAME, NAMES, PATH, Kind, Schema, either, listing, mapping, text
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Object
from looseleaf_metadata.names import humanised
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text
from looseleaf_workflow.assignment.definition import (
    Area,
    Assignment,
    ByField,
    BySame,
    LeastLoaded,
    Rotation,
    Rule,
    Skipping,
    Territories,
    Way,
)
from looseleaf_workflow.members import MEMBERS, build_members
from looseleaf_workflow.who_checks import WhoScope, known_user_field

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

VALUE: Schema = either(string=text(maxLength=200), boolean=BOOLEAN, array=listing(text(maxLength=200), minItems=1))
AREA = mapping(
    {"area": NAME, "match": {"type": "object", "propertyNames": NAME, "additionalProperties": VALUE, "minProperties": 1}, "to": MEMBERS},
    ("area", "match", "to"),
)
WAYS = ("field", "same", "round_robin", "least_loaded", "territory")
TO = mapping(
    {
        "field": PATH,
        "same": listing(NAME, minItems=1, uniqueItems=True),
        "round_robin": MEMBERS,
        "least_loaded": MEMBERS,
        "territory": listing(AREA, minItems=1),
        "skip": listing({"type": "string", "enum": ["absent", "at_cap"]}, uniqueItems=True),
        "cap": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
        "open": EXPRESSION,
        "weight": EXPRESSION,
    },
    minProperties=1,
)
NOBODY = either(string={"type": "string", "enum": ["queue", "manager"]}, object=mapping({"pool": NAME}, ("pool",)))


class AssignmentKind(Kind):
    """Who gets a new record."""

    name = "assignment"
    required = ("object", "rules")

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {
            "id": NAME,
            "label": LABEL,
            "object": NAME,
            "when": EXPRESSION,
            "order": {"type": "integer", "minimum": 0, "maximum": 10_000},
            "rules": listing(mapping({"id": NAME, "when": EXPRESSION, "to": TO}, ("to",)), minItems=1),
            "reassign_on": NAMES,
            "nobody": NOBODY,
        }

    def build(self, document: Document, run: Compilation) -> Any:
        """The rules, with everything that they name checked."""
        owner = run.known_object(document, "/object", document.data["object"], f"assignment:{document.name}", "assignment")
        return None if owner is None else _Builder(document, run, owner).assignment()

    def finish(self, built: dict[str, Any], run: Compilation) -> None:
        """What another assignment of the object takes before it gets to ask has no effect."""
        documents = {document.name: document for document in run.documents if document.kind == self.name}
        for one, other in combinations(sorted(built.values(), key=lambda it: (it.order, it.when is None)), 2):
            if one.object == other.object and one.when is None:
                message = Text("no record comes here: '{other}' takes all of {object}", other=one.name, object=one.object)
                run.report(documents[other.name], "/object", "no-effect", message, Text("give one of them 'when', or a lower 'order'"))


class _Builder:
    """Builds one assignment from its document."""

    def __init__(self, document: Document, run: Compilation, owner: Object) -> None:
        self.document, self.run, self.owner = document, run, owner
        self.source = f"assignment:{document.name}"

    def assignment(self) -> Assignment | None:
        """The whole of it; None for an object whose records have no owner."""
        data = self.document.data
        if self.owner.owner == "none":
            self.report("/object", "no-effect", Text("records of {object} have no owner", object=self.owner.name))
            return None
        rules = tuple(rule for index, one in enumerate(data["rules"]) if (rule := self._rule(index, one)) is not None)
        self._check_order(data["rules"])
        for index, name in enumerate(data.get("reassign_on", ())):
            self.run.known_field(self.document, f"/reassign_on/{index}", self.owner.name, name, self.source, "reassign")
        nobody, pool = self._nobody(data.get("nobody", "manager" if self.owner.owner == "required" else "queue"))
        return Assignment(
            id=data.get("id", self.document.name),
            name=self.document.name,
            label=Label.of(data.get("label", humanised(self.document.name))),
            object=self.owner.name,
            rules=rules,
            when=self._expression("/when") if "when" in data else None,
            order=data.get("order", 100),
            reassign_on=frozenset(data.get("reassign_on", ())),
            nobody=nobody,
            pool=pool,
            app=self.document.app,
            place=self.document.place(),
        )

    def report(self, pointer: str, code: str, message: Text, suggestion: Text | None = None, *, key: bool = False) -> None:
        """Note a problem of this document."""
        self.run.report(self.document, pointer, code, message, suggestion, key=key)

    def _expression(self, pointer: str, number: bool = False) -> Any:
        found = self.run.expression(
            self.document, pointer, self.owner.name, source=self.source, how="expression", **({"expected": None} if number else {})
        )
        if number and found is not None and found.type.kind is not ValueKind.NUMBER:
            self.report(pointer, "wrong-type", Text("a number is needed, this gives {kind}", kind=str(found.type)))
            return None
        return found

    def _nobody(self, written: Any) -> tuple[Any, str]:
        if isinstance(written, str):
            if written == "queue" and self.owner.owner == "required":
                message = Text("every record of {object} has an owner: it can't wait for one", object=self.owner.name)
                self.report("/nobody", "bad-value", message, Text("say 'manager'"))
            return written, ""
        name, names = written["pool"], self.run.names("pool")
        if name in names:
            self.run.refer(self.source, f"pool:{name}", self.document, "/nobody/pool", "pool")
            pool = next(one for one in self.run.documents if one.kind == "pool" and one.name == name)
            if pool.data.get("object") != self.owner.name:
                self.report(
                    "/nobody/pool",
                    "wrong-object",
                    Text("the pool '{name}' holds no records of {object}", name=name, object=self.owner.name),
                )
        else:
            self.report("/nobody/pool", "unknown-pool", Text("unknown pool '{name}'", name=name), suggest(name, names))
        return "pool", name

    def _check_order(self, rules: Any) -> None:
        """A rule after one that always finds somebody in general is never asked."""
        seen: set[str] = set()
        for index, one in enumerate(rules):
            name = one.get("id", f"rule_{index + 1}")
            if name in seen:
                self.report(f"/rules/{index}", "duplicate-name", Text("the rule '{name}' is there twice", name=name))
            seen.add(name)

    # --- rules

    def _rule(self, index: int, data: Mapping[str, Any]) -> Rule | None:
        pointer = f"/rules/{index}"
        chosen = [key for key in WAYS if key in data["to"]]
        if len(chosen) != 1:
            self.report(f"{pointer}/to", "unclear-rule", Text("one of these says who gets it: {words}", words=", ".join(WAYS)))
            return None
        self._check_keys(f"{pointer}/to", chosen[0], data["to"])
        way = self._way(f"{pointer}/to", chosen[0], data["to"])
        when = self._expression(f"{pointer}/when") if "when" in data else None
        return None if way is None else Rule(data.get("id", f"rule_{index + 1}"), way, when)

    def _check_keys(self, pointer: str, way: str, data: Mapping[str, Any]) -> None:
        """Settings that this way of finding somebody has no use for."""
        skips = data.get("skip", ["absent"])
        idle = {
            "skip": way in ("field", "same"),
            "cap": way in ("field", "same") or "at_cap" not in skips,
            "open": way in ("field", "same") or (way != "least_loaded" and "at_cap" not in skips),
            "weight": way != "least_loaded",
        }
        for key, useless in idle.items():
            if useless and key in data:
                self.report(f"{pointer}/{key}", "no-effect", Text("'{key}' has no effect here", key=key), key=True)
        if "at_cap" in skips and "cap" not in data:
            self.report(f"{pointer}/skip", "missing-key", Text("'{name}' is missing here", name="cap"))

    def _way(self, pointer: str, way: str, data: Mapping[str, Any]) -> Way | None:
        skipping = self._skipping(pointer, data)
        if way == "field":
            scope = WhoScope(self.owner.name, self.source)
            return ByField(data["field"]) if known_user_field(self.document, self.run, f"{pointer}/field", data["field"], scope) else None
        if way == "same":
            return BySame(tuple(self._same(pointer, data["same"])))
        if way == "territory":
            areas = tuple(area for index, one in enumerate(data["territory"]) if (area := self._area(f"{pointer}/territory/{index}", one)))
            self._check_overlaps(f"{pointer}/territory", areas)
            return Territories(areas, skipping)
        members = build_members(self.document, self.run, f"{pointer}/{way}", data[way], self.source)
        if way == "round_robin":
            return Rotation(members, skipping)
        return LeastLoaded(members, skipping, self._expression(f"{pointer}/weight", number=True) if "weight" in data else None)

    def _skipping(self, pointer: str, data: Mapping[str, Any]) -> Skipping:
        skips = data.get("skip", ["absent"])
        return Skipping(
            "absent" in skips,
            data.get("cap", 0) if "at_cap" in skips else 0,
            self._expression(f"{pointer}/open") if "open" in data else None,
        )

    def _same(self, pointer: str, names: list[str]) -> Iterator[str]:
        for index, name in enumerate(names):
            at = f"{pointer}/same/{index}"
            found = self.run.known_field(self.document, at, self.owner.name, name, self.source, "same")
            if found is not None and (found.value is not None or found.type in ("lines", "json", "rollup", "rich_text", "multi_lookup")):
                self.report(at, "wrong-type", Text("'{name}' can't be compared: it is {kind}", name=name, kind=found.type))
            elif found is not None:
                yield name

    # --- territories

    def _area(self, pointer: str, data: Mapping[str, Any]) -> Area | None:
        match = {name: self._values(f"{pointer}/match/{name}", name, value) for name, value in data["match"].items()}
        members = build_members(self.document, self.run, f"{pointer}/to", data["to"], self.source)
        known = {name: values for name, values in match.items() if values is not None}
        return Area(data["area"], FrozenMap(known), members) if len(known) == len(match) else None

    def _values(self, pointer: str, name: str, written: Any) -> frozenset[object] | None:
        field = self.run.known_field(self.document, pointer, self.owner.name, name, self.source, "territory", key=True)
        values = frozenset(written) if isinstance(written, list) else frozenset([written])
        if field is None:
            return None
        if field.expression_type == ANY:
            return values
        kind = ValueKind.BOOLEAN if isinstance(written, bool) else ValueKind.OPTION if field.type == "select" else ValueKind.TEXT
        if field.expression_type.kind is not kind or field.value is not None:
            self.report(
                pointer,
                "wrong-type",
                Text("a territory goes by choices, texts and yes or no: '{name}' is {kind}", name=name, kind=field.type),
            )
            return None
        live = [option.name for option in field.options if not option.retired]
        for value in sorted(str(one) for one in values) if field.type == "select" else ():
            if value not in live:
                message = Text("'{name}' is not an option of the field '{field}'", name=value, field=name)
                self.report(pointer, "unknown-option", message, suggest(value, live))
            else:
                target = f"object:{self.owner.name}/field:{name}/option:{value}"
                self.run.refer(self.source, target, self.document, pointer, "territory")
        return values

    def _check_overlaps(self, pointer: str, areas: tuple[Area, ...]) -> None:
        """Two areas that are equally narrow, and may both hold a record, leave it open whose it is."""
        for (_, one), (index, other) in combinations(enumerate(areas), 2):
            common = one.match.keys() & other.match.keys()
            if len(one.match) == len(other.match) and all(one.match[name] & other.match[name] for name in common):
                message = Text(
                    "'{name}' and '{other}' overlap: a record can match both, and neither is narrower", name=other.name, other=one.name
                )
                self.report(f"{pointer}/{index}/match", "overlap", message, Text("let one of them match one field more"))
