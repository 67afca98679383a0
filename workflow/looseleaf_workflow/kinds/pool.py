"""`pool`: a shared pool of an object's records: who may claim them, how many, and what brings them back."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.expressions.check import check_expression
from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.frozen import freeze
from looseleaf_metadata.kinds.base import EXPRESSION, LABEL, NAME, NAMES, Kind, Schema, listing, mapping, named, text
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Object
from looseleaf_metadata.names import humanised
from looseleaf_metadata.texts import Text
from looseleaf_workflow.calendars import DURATION, parse_duration
from looseleaf_workflow.kinds.calendar import known_calendar
from looseleaf_workflow.pools.definition import ClaimLimits, Pool, Protection, Return, ReturnRule
from looseleaf_workflow.who_checks import known_role

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

COUNT: Schema = {"type": "integer", "minimum": 1, "maximum": 1_000_000}
ROLES = listing(NAME, minItems=1, uniqueItems=True)
RETURN_RULE = mapping(
    {"rule": NAME, "label": LABEL, "after": DURATION, "from": text(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$"), "where": EXPRESSION},
    ("rule", "after", "from"),
)
CLAIM = mapping(
    {
        "per_day": COUNT,
        "hold_max": COUNT,
        "hold_max_of": named(COUNT, minProperties=1),
        "not_counted": EXPRESSION,
        "previous_owner_wait": DURATION,
        "new_wait": DURATION,
        "ask": NAMES,
    },
    minProperties=1,
)
RETURN = mapping(
    {
        "any": listing(RETURN_RULE, minItems=1),
        "all": listing(RETURN_RULE, minItems=1),
        "warn": listing(DURATION, minItems=1, uniqueItems=True),
        "exempt": EXPRESSION,
    },
    minProperties=1,
)
KNOWN = {
    "no_followup": Label.of({"en": "No follow-up", "zh": "没有跟进"}),
    "no_opportunity": Label.of({"en": "No new opportunity", "zh": "没有新商机"}),
    "no_deal": Label.of({"en": "No deal", "zh": "没有成交"}),
}
"""What common rules are called where nothing is said."""


class PoolKind(Kind):
    """A shared pool."""

    name = "pool"
    required = ("object", "members")

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {
            "id": NAME,
            "label": LABEL,
            "object": NAME,
            "members": ROLES,
            "managers": ROLES,
            "match": EXPRESSION,
            "order": {"type": "integer", "minimum": 0, "maximum": 10_000},
            "claim": CLAIM,
            "protect": mapping({"for": DURATION, "max_extensions": COUNT}, ("for",)),
            "return": RETURN,
            "calendar": NAME,
            "hide_in_pool": NAMES,
        }

    def build(self, document: Document, run: Compilation) -> Any:
        """The pool, with everything that it names checked."""
        owner = run.known_object(document, "/object", document.data["object"], f"pool:{document.name}", "pool")
        return None if owner is None else _Builder(document, run, owner).pool()

    def finish(self, built: dict[str, Any], run: Compilation) -> None:
        """A pool behind one that takes every record holds none."""
        documents = {document.name: document for document in run.documents if document.kind == self.name}
        for one, other in combinations(sorted(built.values(), key=lambda it: (it.order, it.match is None, it.name)), 2):
            if one.object == other.object and one.match is None:
                message = Text("no record comes here: '{other}' takes all of {object}", other=one.name, object=one.object)
                hint = Text("give one of them 'match', or a lower 'order'")
                run.report(documents[other.name], "/object", "no-effect", message, hint)


class _Builder:
    """Builds one pool from its document."""

    def __init__(self, document: Document, run: Compilation, owner: Object) -> None:
        self.document, self.run, self.owner = document, run, owner
        self.source = f"pool:{document.name}"

    def pool(self) -> Pool | None:
        """The whole pool; None for an object whose records always or never have an owner."""
        data = self.document.data
        if self.owner.owner != "optional":
            message = Text("a pool holds records without an owner: {object} has none", object=self.owner.name)
            self.report("/object", "no-effect", message, Text("write 'owner: optional' there"))
            return None
        match = self._expression("/match", self.owner.name) if "match" in data else None
        hide = self._hidden(data.get("hide_in_pool", ()))
        self._check_inert(data)
        return Pool(
            id=data.get("id", self.document.name),
            name=self.document.name,
            label=Label.of(data.get("label", humanised(self.document.name))),
            object=self.owner.name,
            members=self._roles("members", data["members"]),
            managers=self._roles("managers", data.get("managers", ())),
            match=match,
            order=data.get("order", 100),
            claim=self._claim(data.get("claim", {})),
            protect=Protection(data["protect"]["for"], data["protect"].get("max_extensions", 0)) if "protect" in data else Protection(),
            back=self._return(data["return"]) if "return" in data else None,
            calendar=self._calendar(data.get("calendar", "")),
            hide=hide,
            in_pool=self._in_pool(data.get("match", "")),
            app=self.document.app,
            place=self.document.place(),
        )

    def report(self, pointer: str, code: str, message: Text, suggestion: Text | None = None, *, key: bool = False) -> None:
        """Note a problem of this document."""
        self.run.report(self.document, pointer, code, message, suggestion, key=key)

    def _expression(self, pointer: str, object_name: str) -> Any:
        return self.run.expression(self.document, pointer, object_name, source=self.source, how="expression")

    def _in_pool(self, match: str) -> Expression | None:
        """Which records lie in the pool: those that match and belong to nobody."""
        shell = self.run.objects[self.owner.name]
        source = f"owner is None and ({match})" if match else "owner is None"
        found = check_expression(source, shell, self.run.objects, place=self.document.place(), path="/match")
        return found if isinstance(found, Expression) else None

    def _roles(self, key: str, names: Any) -> frozenset[str]:
        known = set()
        for index, name in enumerate(names):
            pointer = f"/{key}/{index}"
            if not known_role(self.document, self.run, pointer, name, self.source):
                continue
            known.add(name)
            role = self.run.roles.get(name)
            if role is not None and self.owner.name not in role.grants:
                message = Text("'{role}' has no right to read {object}: nobody sees what is in the pool", role=name, object=self.owner.name)
                self.report(pointer, "no-effect", message, Text("give the role 'read: own' there"))
        return frozenset(known)

    def _hidden(self, names: Any) -> frozenset[str]:
        found = set()
        for index, name in enumerate(names):
            field = self.run.known_field(self.document, f"/hide_in_pool/{index}", self.owner.name, name, self.source, "hidden")
            if field is not None and (name == self.owner.title or field.system):
                self.report(f"/hide_in_pool/{index}", "bad-value", Text("'{name}' can't be hidden: people know records by it", name=name))
            elif field is not None:
                found.add(name)
        return frozenset(found)

    def _check_inert(self, data: Mapping[str, Any]) -> None:
        claim, protect = data.get("claim", {}), data.get("protect", {})
        if "not_counted" in claim and not {"hold_max", "hold_max_of"} & claim.keys():
            self.report("/claim/not_counted", "no-effect", Text("'{key}' has no effect here", key="not_counted"), key=True)
        if protect and "return" not in data:
            self.report("/protect", "no-effect", Text("nothing takes records back here: there is nothing to protect them from"), key=True)
        if "max_extensions" in protect and "managers" not in data:
            self.report("/protect/max_extensions", "no-effect", Text("there are no managers who could extend it"), key=True)

    def _claim(self, data: Mapping[str, Any]) -> ClaimLimits:
        for name in data.get("hold_max_of", {}):
            known_role(self.document, self.run, f"/claim/hold_max_of/{name}", name, self.source)
        return ClaimLimits(
            per_day=data.get("per_day", 0),
            hold_max=data.get("hold_max", 0),
            hold_max_of=tuple(sorted(data.get("hold_max_of", {}).items())),
            not_counted=self._expression("/claim/not_counted", self.owner.name) if "not_counted" in data else None,
            previous_owner_wait=self._duration("/claim/previous_owner_wait", data.get("previous_owner_wait", "")),
            new_wait=self._duration("/claim/new_wait", data.get("new_wait", "")),
            ask=self._asked(data.get("ask", ())),
        )

    def _asked(self, names: Any) -> tuple[str, ...]:
        """Fields that people can fill in when they claim."""
        found = []
        for index, name in enumerate(names):
            field = self.run.known_field(self.document, f"/claim/ask/{index}", self.owner.name, name, self.source, "asked")
            types = self.run.vocabulary.field_types
            if field is not None and (field.system or (field.type in types and types[field.type].computed) or field.type == "lines"):
                self.report(f"/claim/ask/{index}", "bad-value", Text("'{name}' can't be filled in with a claim", name=name))
            elif field is not None:
                found.append(name)
        return tuple(found)

    def _duration(self, pointer: str, written: str) -> str:
        """A duration; one in working time needs a calendar to count by."""
        if written and parse_duration(written).working and "calendar" not in self.document.data:
            self.report(pointer, "missing-key", Text("working time needs a calendar to count by"), Text("add 'calendar: …'"))
        return written

    def _calendar(self, name: str) -> str:
        if name:
            known_calendar(self.run, self.document, "/calendar", name, self.source)
        return name

    # --- coming back

    def _return(self, data: Mapping[str, Any]) -> Return | None:
        self._duration("/protect/for", self.document.data.get("protect", {}).get("for", ""))
        keys = [key for key in ("any", "all") if key in data]
        if len(keys) != 1:
            self.report("/return", "unclear-rule", Text("say 'any' or 'all', and under it the rules"))
            return None
        rules = [self._rule(f"/return/{keys[0]}/{index}", one) for index, one in enumerate(data[keys[0]])]
        warn = [self._duration(f"/return/warn/{index}", one) for index, one in enumerate(data.get("warn", ()))]
        exempt = self._expression("/return/exempt", self.owner.name) if "exempt" in data else None
        return Return(tuple(rule for rule in rules if rule is not None), freeze(keys[0]), tuple(warn), exempt)

    def _rule(self, pointer: str, data: Mapping[str, Any]) -> ReturnRule | None:
        name = data["rule"]
        self._duration(f"{pointer}/after", data["after"])
        object_name, _, by = data["from"].partition(".")
        target = self.run.known_object(self.document, f"{pointer}/from", object_name, self.source, "return")
        if target is None:
            return None
        field = self.run.known_field(self.document, f"{pointer}/from", object_name, by, self.source, "return")
        if field is None:
            return None
        if field.type != "lookup" or field.target != self.owner.name:
            message = Text("'{name}' is no look-up to {object}", name=data["from"], object=self.owner.name)
            self.report(f"{pointer}/from", "wrong-type", message)
            return None
        where = self._expression(f"{pointer}/where", object_name) if "where" in data else None
        label = Label.of(data["label"]) if "label" in data else KNOWN.get(name, Label.of(humanised(name)))
        return ReturnRule(name, label, data["after"], object_name, by, where)
