"""`approval`: who must agree to what is about to happen with a record, in which order, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.frozen import FrozenMap, freeze
from looseleaf_metadata.kinds.base import NAME, Kind, Schema, mapping
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Object
from looseleaf_metadata.names import humanised
from looseleaf_metadata.paths import resolve_path
from looseleaf_metadata.problems import Place, suggest
from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals.checking.changes import change_rule, check_changes
from looseleaf_workflow.approvals.checking.draft import Draft
from looseleaf_workflow.approvals.checking.flow import call_fault, calls_of, check_deadline, check_flow
from looseleaf_workflow.approvals.checking.nodes import build_flow
from looseleaf_workflow.approvals.checking.people import check_clock, policies
from looseleaf_workflow.approvals.checking.schema import DEFINITIONS, EFFECT_KEYS, HEADER
from looseleaf_workflow.approvals.definition import Definition, Level, Lock, Material, Policies, Readers, Reversal
from looseleaf_workflow.automations import short
from looseleaf_workflow.automations.draft import Draft as StepDraft

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

TEMPLATES = ("approved", "rejected", "withdrawn", "terminated", "reversed")
"""Words that the product has for telling people."""
ACTIONS: Mapping[str, Schema] = {
    **{word: short.schema_of(word) for word in short.ARGUMENTS},
    "notify": short.schema_of("notify", optional=frozenset({"text"}), template={"type": "string", "enum": list(TEMPLATES)}),
    "start": mapping({"start": NAME}, ("start",)),
}
"""What an approval may do when it ends: steps of automations in short, and the start of an automation."""


@dataclass(frozen=True, slots=True)
class ApprovalFlow:
    """An approval of the Model. `definition` is what instances run on and keep; its `sha256` names the version."""

    id: str
    name: str
    label: Label
    definition: Definition
    app: str = ""
    place: Place = field(default=Place(), compare=False)


class ApprovalKind(Kind):
    """A flow of decisions about a record."""

    name = "approval"
    required = ("object", "flow")

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {**HEADER, **dict.fromkeys(EFFECT_KEYS, short.listing_of(ACTIONS))}

    def schema(self, vocabulary: Vocabulary) -> Schema:
        """The whole schema, with the nodes and people that refer to themselves."""
        return {**super().schema(vocabulary), "$defs": DEFINITIONS}

    def build(self, document: Document, run: Compilation) -> Any:
        """The flow, with everything it names checked."""
        data = document.data
        owner = run.known_object(document, "/object", data["object"], f"approval:{document.name}", "approval")
        if owner is None:
            return None
        draft = Draft(document, run, owner.name, data.get("calendar", ""))
        _check_calendar(draft)
        base = policies(data.get("people", {}), Policies())
        flow = build_flow(draft, "/flow", data["flow"], base)
        draft.step = ""
        label = Label.of(data.get("label", humanised(document.name)))
        definition = Definition(document.name, owner.name, label.as_data(), flow, **_header(draft, owner))
        check_flow(draft, definition)
        check_deadline(draft, definition)
        return ApprovalFlow(data.get("id", document.name), document.name, label, definition, document.app, document.place())

    def finish(self, built: dict[str, ApprovalFlow], run: Compilation) -> None:
        """Flows that call each other in a circle, on other objects, or that claim the same order."""
        definitions = {name: flow.definition for name, flow in built.items()}
        documents = {document.name: document for document in run.documents if document.kind == "approval"}
        told: set[frozenset[str]] = set()
        for name, definition in definitions.items():
            chain = call_fault(name, definitions)
            if chain and frozenset(chain) not in told:
                told.add(frozenset(chain))
                message = Text("approvals call each other without end: {path}", path=" → ".join(chain))
                run.report(documents[name], "/flow", "circular-calls", message, key=True)
            _check_callees(documents[name], run, definition, definitions)
        check_changes(run, documents, definitions)
        _check_orders(run, documents, definitions)


def _header(draft: Draft, owner: Object) -> dict[str, Any]:
    """The parts of the header as the definition holds them; keys that are not written keep their defaults."""
    data = draft.document.data
    plain = (
        "order",
        "no_match",
        "withdraw",
        "resubmit",
        "max_rounds",
        "max_transfers",
        "max_added",
        "comment_after_end",
        "on_delete",
        "mail",
    )
    parts: dict[str, Any] = {key: data[key] for key in plain if key in data}
    if "start_when" in data:
        draft.condition("/start_when", clock=True)
        parts["start_when"] = data["start_when"]
    parts["require"] = draft.fields("/require", data.get("require", ()))
    lock = data.get("lock", {})
    parts["lock"] = Lock(draft.fields("/lock/fields", lock.get("fields", ())), _included(draft, owner, lock.get("include", ())))
    material = data.get("material", {})
    parts["material"] = Material(draft.fields("/material/fields", material.get("fields", ())), material.get("on_change", "continue"))
    parts["calendar"] = draft.calendar
    parts["deadline"] = _deadline(draft, data.get("deadline"))
    parts["readers"] = tuple(
        Readers(draft.who(f"/readers/{index}/who"), one.get("at", "end"), draft.fields(f"/readers/{index}/hide", one.get("hide", ())))
        for index, one in enumerate(data.get("readers", ()))
    )
    parts["reverse"] = _reversal(draft, data.get("reverse"))
    parts["change"] = change_rule(draft, owner, data.get("change"))
    if "on_reversed" in data and "reverse" not in data:
        draft.inert("/on_reversed", Text("'{key}' has an effect only with '{other}'", key="on_reversed", other="reverse"))
    effects = {key: freeze(data[key]) for key in EFFECT_KEYS if key in data}
    for key in effects:
        _check_effects(draft, key, data[key])
    return {**parts, "effects": FrozenMap(effects)}


def _included(draft: Draft, owner: Object, names: tuple[str, ...]) -> tuple[str, ...]:
    """Children that a lock includes: lines of the object, or objects with a look-up to it."""
    known = []
    for index, name in enumerate(names):
        pointer = f"/lock/include/{index}"
        lines = owner.fields.get(name)
        child = draft.run.objects.get(name)
        if lines is not None and lines.type == "lines":
            draft.refer(f"object:{owner.name}/field:{name}", pointer, "lock")
        elif child is not None and any(one.target == owner.name for one in child.live_fields):
            draft.refer(f"object:{name}", pointer, "lock")
        else:
            children = [one.name for one in draft.run.objects.values() if any(field.target == owner.name for field in one.live_fields)]
            known_lines = [one.name for one in owner.live_fields if one.type == "lines"]
            message = Text("'{name}' are no lines of {object}, and no object that points to it", name=name, object=owner.name)
            draft.fault(pointer, "unknown-children", message, suggest(name, [*known_lines, *children]))
            continue
        known.append(name)
    return tuple(known)


def _deadline(draft: Draft, data: Mapping[str, Any] | None) -> Level | None:
    if data is None:
        return None
    check_clock(draft, "/deadline/in", data["in"])
    return Level(data["in"], data.get("do", "notify_admin"))


def _reversal(draft: Draft, data: Mapping[str, Any] | None) -> Reversal | None:
    if data is None:
        return None
    if "unless" in data:
        draft.condition("/reverse/unless")
    return Reversal(draft.who("/reverse/who"), data.get("unless", ""))


def _check_calendar(draft: Draft) -> None:
    """The calendar exists, where calendars are known at all."""
    if not draft.calendar:
        return
    known = draft.run.names("calendar")
    if draft.calendar in known:
        draft.refer(f"calendar:{draft.calendar}", "/calendar", "calendar")
    elif f"calendar:{draft.calendar}" not in draft.run.broken:
        message = Text("unknown calendar '{name}'", name=draft.calendar)
        draft.fault("/calendar", "unknown-calendar", message, suggest(draft.calendar, known))


def _check_effects(draft: Draft, key: str, effects: list[Mapping[str, Any]]) -> None:
    """Each action, as the step that it is checks it."""
    steps = StepDraft(draft.document, draft.run, draft.object, draft.calendar, kind="approval")
    for index, effect in enumerate(effects):
        pointer, word = f"/{key}/{index}", next(iter(effect))
        if word == "start":
            _check_start(draft, f"{pointer}/start", effect["start"])
        elif word == "notify" and "text" not in effect:
            draft.who(f"{pointer}/notify")
        else:
            if word == "notify" and "template" in effect:
                draft.inert(f"{pointer}/template", Text("'{key}' has no effect beside '{other}'", key="template", other="text"))
            short.check(steps, pointer, effect)


def _check_start(draft: Draft, pointer: str, name: str) -> None:
    """An automation of the same object that is started by hand."""
    known = {one.name: one.data for one in draft.run.documents if one.kind == "automation"}
    fitting = [one for one, data in known.items() if data.get("object") == draft.object and data.get("trigger") == "manual"]
    if name in fitting:
        draft.refer(f"automation:{name}", pointer, "start")
    elif name in known:
        message = Text("'{name}' is not started by hand on records of {object}", name=name, object=draft.object)
        draft.fault(pointer, "wrong-automation", message, suggest(name, fitting))
    else:
        draft.fault(pointer, "unknown-automation", Text("unknown automation '{name}'", name=name), suggest(name, fitting))


def _check_callees(document: Document, run: Compilation, definition: Definition, definitions: Mapping[str, Definition]) -> None:
    """A called flow is about the record that it is called on."""
    for call in calls_of(definition):
        callee = definitions.get(call.approval)
        steps = resolve_path(run.objects, definition.object, call.of).steps if call.of else ()
        on = (steps[-1].field.target if steps else "") if call.of else definition.object
        if callee is not None and on and callee.object != on:
            message = Text("'{name}' is about {object}, and is called on {other}", name=call.approval, object=callee.object, other=on)
            run.report(document, "/flow", "wrong-object", message, key=True)


def _check_orders(run: Compilation, documents: Mapping[str, Document], definitions: Mapping[str, Definition]) -> None:
    """Two flows of one object never claim the same order: which one starts would be chance (A02)."""
    first: dict[tuple[str, int], str] = {}
    called = {call.approval for definition in definitions.values() for call in calls_of(definition)}
    called |= {one.change.flow for one in definitions.values() if one.change is not None}
    for name, definition in definitions.items():
        if name in called:
            continue
        earlier = first.setdefault((definition.object, definition.order), name)
        if earlier != name:
            message = Text("'{name}' has the same order: which of the two starts is not decided", name=earlier)
            run.report(documents[name], "/order", "same-order", message, Text("give each approval of an object an order of its own"))
