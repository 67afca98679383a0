"""`pipeline`: the stages of an object, what must hold to enter and to leave them, what is to be done in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.documents import pointer_of
from looseleaf_metadata.expressions.types import Kind as ValueKind
from looseleaf_metadata.frozen import freeze
from looseleaf_metadata.kinds.base import BOOLEAN, EXPRESSION, HUE, LABEL, NAME, NAMES, Kind, Schema, either, listing, mapping, named, text
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field, Object
from looseleaf_metadata.names import humanised
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text
from looseleaf_workflow.automations.draft import Draft
from looseleaf_workflow.calendars import DURATION, parse_duration
from looseleaf_workflow.kinds.arrivals import ARRIVAL, build_arrival
from looseleaf_workflow.kinds.calendar import known_calendar
from looseleaf_workflow.kinds.clock_flows import CLOCK_FLOW, DEFINITIONS, build_flow, clock_said
from looseleaf_workflow.kinds.pipeline_sense import check_neighbours, check_stages
from looseleaf_workflow.stages.definition import ApprovalGate, Criterion, KeyAction, Pipeline, Stage, Stall

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

CRITERIA = listing(either(string=EXPRESSION, object=mapping({"check": EXPRESSION, "label": LABEL}, ("check",))))
ACTION = either(
    string=text(maxLength=120),
    object=mapping({"action": NAME, "label": LABEL, "when": EXPRESSION, "sticky": BOOLEAN, "optional": BOOLEAN}, ("action",)),
)
STALL = mapping(
    {
        "after": DURATION,
        "since": {"type": "string", "enum": ["entry", "last_activity"]},
        "counts": listing(ARRIVAL, minItems=1),
        "then": CLOCK_FLOW,
    },
    ("after",),
)
STAGE = mapping(
    {
        "stage": NAME,
        "label": LABEL,
        "hue": HUE,
        "probability": {"type": "integer", "minimum": 0, "maximum": 100},
        "closed": {"type": "string", "enum": ["won", "lost"]},
        "enter_when": CRITERIA,
        "exit_when": CRITERIA,
        "require": NAMES,
        "reasons": NAME,
        "clears": NAMES,
        "do": listing(ACTION),
        "skip": BOOLEAN,
        "back": {"type": "string", "enum": ["allowed", "reason", "never"]},
        "stall": STALL,
        "gate": mapping({"approval": NAME, "when": EXPRESSION}, ("approval",)),
    },
    ("stage",),
)


class PipelineKind(Kind):
    """The stages of an object."""

    name = "pipeline"
    required = ("object", "stages")

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {
            "id": NAME,
            "label": LABEL,
            "object": NAME,
            "field": NAME,
            "when": EXPRESSION,
            "order": {"type": "integer", "minimum": 0, "maximum": 10_000},
            "calendar": NAME,
            "probability": NAME,
            "entered_at": NAME,
            "stalled_at": NAME,
            "skip": BOOLEAN,
            "moved": named(NAME, minProperties=1),
            "override": {"type": "string", "enum": ["allowed", "never"]},
            "stages": listing(STAGE, minItems=2),
        }

    def schema(self, vocabulary: Vocabulary) -> Schema:
        """The whole schema, with the people and steps that it refers to."""
        return {**super().schema(vocabulary), "$defs": DEFINITIONS}

    def build(self, document: Document, run: Compilation) -> Any:
        """The pipeline, with every field, option and expression that it names checked."""
        data = document.data
        owner = run.known_object(document, "/object", data["object"], f"pipeline:{document.name}", "pipeline")
        return None if owner is None else _Builder(document, run, owner).pipeline()

    def finish(self, built: dict[str, Any], run: Compilation) -> None:
        """Pipelines of one field must leave each other something to do."""
        check_neighbours(built.values(), run)


class _Builder:
    """Builds one pipeline from its document."""

    def __init__(self, document: Document, run: Compilation, owner: Object) -> None:
        self.document, self.run, self.owner = document, run, owner
        self.source = f"pipeline:{document.name}"

    def pipeline(self) -> Pipeline | None:
        """The whole pipeline; None where its field can't hold stages."""
        data = self.document.data
        field = self._stage_field()
        if field is None:
            return None
        probability = self._kept("probability", "probability", (ValueKind.NUMBER,))
        stages = [self._stage(f"/stages/{index}", field, one) for index, one in enumerate(data["stages"])]
        built = Pipeline(
            id=data.get("id", self.document.name),
            name=self.document.name,
            label=Label.of(data.get("label", humanised(self.document.name))),
            object=self.owner.name,
            field=field.name,
            stages=tuple(stage for stage in stages if stage is not None),
            when=self._expression("/when") if "when" in data else None,
            order=data.get("order", 100),
            probability=probability,
            entered_at=self._kept("entered_at", "", (ValueKind.DATETIME,)),
            stalled_at=self._kept("stalled_at", "", (ValueKind.DATETIME,)),
            calendar=self._calendar(),
            moved=freeze(data.get("moved", {})),
            override=data.get("override", "allowed") == "allowed",
            app=self.document.app,
            place=self.document.place(),
        )
        check_stages(self.document, self.run, built)
        return built

    def _stage_field(self) -> Field | None:
        """The select field that holds the stage: the one named, else the one in the role of the stage, else `stage`."""
        named = self.document.data.get("field")
        name = named or self.owner.roles_of_fields.get("stage", "stage")
        pointer = "/field" if named else "/object"
        found = self.run.known_field(self.document, pointer, self.owner.name, name, self.source, "stage")
        if found is not None and found.type != "select":
            message = Text("stages are kept in a select field, '{name}' is {kind}", name=name, kind=found.type)
            self.run.report(self.document, pointer, "wrong-type", message)
            return None
        return found

    def _kept(self, key: str, fallback: str, kinds: tuple[ValueKind, ...]) -> str:
        """The name of a field that the pipeline keeps; `fallback` where the object has a field of that name and nothing is said."""
        name = self.document.data.get(key)
        if name is None:
            there = self.owner.fields.get(fallback)
            return fallback if there is not None and not there.retired and there.expression_type.kind in kinds else ""
        found = self._field(f"/{key}", name)
        if found is None:
            return ""
        if found.expression_type.kind not in kinds or found.value is not None:
            message = Text("'{name}' can't keep this: it is {kind}", name=name, kind=found.type)
            self.run.report(self.document, f"/{key}", "wrong-type", message)
        return str(name)

    def _calendar(self) -> str:
        name = str(self.document.data.get("calendar", ""))
        if name:
            known_calendar(self.run, self.document, "/calendar", name, self.source)
        return name

    def _stage(self, pointer: str, field: Field, data: Mapping[str, Any]) -> Stage | None:
        name = data["stage"]
        option = field.option(name)
        if option is None or option.retired:
            live = [one.name for one in field.options if not one.retired]
            message = Text("'{name}' is not an option of the field '{field}'", name=name, field=field.name)
            if f"object:{self.owner.name}/field:{field.name}" not in self.run.broken:
                self.run.report(self.document, f"{pointer}/stage", "unknown-option", message, suggest(name, live))
            return None
        address = f"{self.source}/stage:{name}"
        target = f"object:{self.owner.name}/field:{field.name}/option:{name}"
        self.run.refer(address, target, self.document, f"{pointer}/stage", "stage")
        for key in ("require", "clears"):
            for index, one in enumerate(data.get(key, ())):
                self._field(f"{pointer}/{key}/{index}", one)
        if "reasons" in data:
            self._field(f"{pointer}/reasons", data["reasons"])
        return Stage(
            id=option.id,
            name=name,
            label=Label.of(data["label"]) if "label" in data else option.label,
            hue=data.get("hue", option.hue),
            probability=data.get("probability"),
            closed=data.get("closed", ""),
            enter_when=self._criteria(f"{pointer}/enter_when", data.get("enter_when", ())),
            exit_when=self._criteria(f"{pointer}/exit_when", data.get("exit_when", ())),
            require=tuple(data.get("require", ())),
            reasons=data.get("reasons", ""),
            clears=tuple(data["clears"]) if "clears" in data else ((data["reasons"],) if "reasons" in data else ()),
            actions=self._actions(f"{pointer}/do", data.get("do", ())),
            skip=data.get("skip", self.document.data.get("skip", False)),
            back=data.get("back", "allowed"),
            stall=self._stall(f"{pointer}/stall", data.get("stall"), Label.of(data["label"]) if "label" in data else option.label),
            gate=self._gate(f"{pointer}/gate", data.get("gate")),
        )

    def _field(self, pointer: str, name: str) -> Field | None:
        """A field that somebody can fill in."""
        found = self.run.known_field(self.document, pointer, self.owner.name, name, self.source, "field")
        if found is not None and found.type in self.run.vocabulary.field_types and self.run.vocabulary.field_types[found.type].computed:
            message = Text("nobody fills in '{name}': it is computed", name=name)
            self.run.report(self.document, pointer, "computed-field", message, Text("write it as a criterion"))
        return found

    def _criteria(self, pointer: str, written: Any) -> tuple[Criterion, ...]:
        found = []
        for index, one in enumerate(written):
            named = isinstance(one, Mapping)
            check = self._expression(f"{pointer}/{index}/check" if named else f"{pointer}/{index}")
            if check is not None:
                found.append(Criterion(check, Label.of(one["label"]) if named and "label" in one else None))
        return tuple(found)

    def _expression(self, pointer: str) -> Any:
        return self.run.expression(self.document, pointer, self.owner.name, source=self.source, how="expression")

    def _actions(self, pointer: str, written: Any) -> tuple[KeyAction, ...]:
        found: dict[str, KeyAction] = {}
        for index, one in enumerate(written):
            at = f"{pointer}/{index}"
            action = self._action(at, one)
            if action.id in found:
                self.run.report(self.document, at, "duplicate-name", Text("the key action '{name}' is there twice", name=action.id))
            if action.sticky and action.when is None:
                message = Text("'sticky' has no effect on an action that is done by hand")
                self.run.report(self.document, at + pointer_of("sticky"), "no-effect", message, key=True)
            found[action.id] = action
        return tuple(found.values())

    def _action(self, pointer: str, data: Any) -> KeyAction:
        if isinstance(data, str):
            return KeyAction(data, Label.of(data))
        return KeyAction(
            id=data["action"],
            label=Label.of(data.get("label", humanised(data["action"]))),
            when=self._expression(f"{pointer}/when") if "when" in data else None,
            sticky=data.get("sticky", False),
            optional=data.get("optional", False),
        )

    def _stall(self, pointer: str, data: Any, label: Label) -> Stall | None:
        if data is None:
            return None
        calendar = self.document.data.get("calendar", "")
        if parse_duration(data["after"]).working and not calendar:
            message = Text("working time needs a calendar to count by")
            self.run.report(self.document, f"{pointer}/after", "missing-key", message, Text("add 'calendar: …'"))
        if "counts" in data and data.get("since") != "last_activity":
            message = Text("'{key}' has an effect only with 'since: last_activity'", key="counts")
            self.run.report(self.document, f"{pointer}/counts", "no-effect", message, key=True)
        written = enumerate(data.get("counts", ()))
        counts = [
            build_arrival(self.document, self.run, f"{pointer}/counts/{index}", self.owner.name, one, self.source, True)
            for index, one in written
        ]
        draft = Draft(self.document, self.run, self.owner.name, calendar, kind="pipeline")
        said = clock_said(draft, Text("nothing has happened for {duration}", duration=data["after"]), label)
        then = build_flow(draft, f"{pointer}/then", data.get("then", ()), said)
        return Stall(data["after"], data.get("since", "entry"), freeze(then), tuple(one for one in counts if one is not None))

    def _gate(self, pointer: str, data: Any) -> ApprovalGate | None:
        if data is None:
            return None
        name, names = data["approval"], self.run.names("approval")
        if name in names:
            self.run.refer(self.source, f"approval:{name}", self.document, f"{pointer}/approval", "gate")
        else:
            message = Text("unknown approval '{name}'", name=name)
            self.run.report(self.document, f"{pointer}/approval", "unknown-approval", message, suggest(name, names))
        return ApprovalGate(data["approval"], self._expression(f"{pointer}/when") if "when" in data else None)
