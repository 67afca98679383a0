"""`sla`: what is promised about an object's records: clocks with targets, pauses, warnings, and what happens where a target is missed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.types import Kind as ValueKind
from looseleaf_metadata.frozen import freeze
from looseleaf_metadata.kinds.base import BOOLEAN, EXPRESSION, LABEL, NAME, Kind, Schema, either, listing, mapping, text
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Object
from looseleaf_metadata.names import humanised
from looseleaf_metadata.texts import Text
from looseleaf_workflow.arrivals import Arrival
from looseleaf_workflow.automations.draft import Draft
from looseleaf_workflow.calendars import DURATION, parse_duration
from looseleaf_workflow.clocks.definition import BREACHED, MET, WARNED, CalendarChoice, ClockRule, Flow, Policy, Target
from looseleaf_workflow.kinds.arrivals import ARRIVAL, build_arrival, condition
from looseleaf_workflow.kinds.calendar import known_calendar
from looseleaf_workflow.kinds.clock_flows import CLOCK_FLOW, DEFINITIONS, build_flow, clock_said

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

CREATED = "created"
"""The word for a clock that runs as soon as the policy is about the record."""
MOMENT = either(string=EXPRESSION, object=ARRIVAL)
PERCENT = text(pattern=r"^[1-9][0-9]?%$")
CALENDAR = either(string=NAME, array=listing(mapping({"when": EXPRESSION, "use": NAME}, ("use",)), minItems=1))
CLOCK = mapping(
    {
        "clock": NAME,
        "label": LABEL,
        "start": MOMENT,
        "stop": MOMENT,
        "pause_when": EXPRESSION,
        "target": either(string=DURATION, array=listing(mapping({"when": EXPRESSION, "in": DURATION}, ("in",)), minItems=1)),
        "warn": listing(either(string=PERCENT, object=mapping({"at": PERCENT, "then": CLOCK_FLOW}, ("at", "then"))), minItems=1),
        "rearm": BOOLEAN,
        "reopen": {"type": "string", "enum": ["continue", "restart"]},
        "breach": CLOCK_FLOW,
        "met": CLOCK_FLOW,
        "missed_at": NAME,
    },
    ("clock", "stop", "target"),
)


class SlaKind(Kind):
    """An SLA policy."""

    name = "sla"
    required = ("object", "clocks")

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {"id": NAME, "label": LABEL, "object": NAME, "calendar": CALENDAR, "when": EXPRESSION, "clocks": listing(CLOCK, minItems=1)}

    def schema(self, vocabulary: Vocabulary) -> Schema:
        """The whole schema, with the people and steps that it refers to."""
        return {**super().schema(vocabulary), "$defs": DEFINITIONS}

    def build(self, document: Document, run: Compilation) -> Any:
        """The policy, with everything that it names checked."""
        owner = run.known_object(document, "/object", document.data["object"], f"sla:{document.name}", "sla")
        return None if owner is None else _Builder(document, run, owner).policy()


class _Builder:
    """Builds one policy from its document."""

    def __init__(self, document: Document, run: Compilation, owner: Object) -> None:
        self.document, self.run, self.owner = document, run, owner
        self.source = f"sla:{document.name}"
        self.label = Label.of(document.data.get("label", humanised(document.name)))

    def policy(self) -> Policy:
        """The whole policy."""
        data = self.document.data
        calendars = self._calendars(data.get("calendar", ""))
        when = self._expression("/when") if "when" in data else None
        found: dict[str, ClockRule] = {}
        for index, one in enumerate(data["clocks"]):
            if one["clock"] in found:
                self.report(f"/clocks/{index}/clock", "duplicate-name", Text("the clock '{name}' is there twice", name=one["clock"]))
            found[one["clock"]] = self._clock(f"/clocks/{index}", one, calendars, when)
        place = self.document.place()
        return Policy(
            data.get("id", self.document.name), self.document.name, self.label, self.owner.name, tuple(found.values()), self.document.app, place
        )  # fmt: skip

    def report(self, pointer: str, code: str, message: Text, hint: Text | None = None, *, key: bool = False) -> None:
        """Note a problem of this document."""
        self.run.report(self.document, pointer, code, message, hint, key=key)

    def _expression(self, pointer: str) -> Expression | None:
        return condition(self.document, self.run, pointer, self.owner.name, self.source)

    def _calendars(self, written: Any) -> tuple[CalendarChoice, ...]:
        if isinstance(written, str):
            if written:
                known_calendar(self.run, self.document, "/calendar", written, self.source)
            return (CalendarChoice(written),)
        found = []
        for index, one in enumerate(written):
            known_calendar(self.run, self.document, f"/calendar/{index}/use", one["use"], self.source)
            found.append(CalendarChoice(one["use"], self._expression(f"/calendar/{index}/when") if "when" in one else None))
        self._check_order("/calendar", written)
        if "when" in written[-1]:
            message = Text("records for which none of these holds have no calendar")
            self.report(f"/calendar/{len(written) - 1}/when", "no-effect", message, Text("let the last one hold for all"), key=True)
        return tuple(found)

    def _check_order(self, pointer: str, written: Any) -> None:
        """What comes after an entry that holds for all is never asked."""
        for index, one in enumerate(written[:-1]):
            if "when" not in one:
                message = Text("this holds for all: what comes after it has no effect")
                self.report(f"{pointer}/{index}", "no-effect", message, Text("put it last"))

    def _clock(self, pointer: str, data: Mapping[str, Any], calendars: tuple[CalendarChoice, ...], when: Expression | None) -> ClockRule:
        label = Label.of(data.get("label", humanised(data["clock"])))
        start = self._moment(f"{pointer}/start", data.get("start", CREATED))
        stop = self._moment(f"{pointer}/stop", data["stop"], human=True)
        self._check_reopen(pointer, data, start, stop)
        flows, warnings = self._flows(pointer, data, label)
        header = {key: self.document.data[key] for key in ("when", "calendar", "object") if key in self.document.data}
        return ClockRule(
            id=f"sla:{self.document.data.get('id', self.document.name)}.{data['clock']}",
            kind="sla",
            owner=self.document.name,
            name=data["clock"],
            label=label,
            owner_label=self.label,
            object=self.owner.name,
            targets=self._targets(f"{pointer}/target", data["target"]),
            calendars=calendars,
            when=when,
            start=start,
            stop=stop,
            pause_when=self._expression(f"{pointer}/pause_when") if "pause_when" in data else None,
            warnings=warnings,
            rearm=data.get("rearm", False),
            reopen=data.get("reopen", "continue"),
            flows=freeze(flows),
            flag=self._flag(f"{pointer}/missed_at", data.get("missed_at", "")),
            written=freeze(
                {"policy": header, "clock": {key: value for key, value in data.items() if key not in ("label", "breach", "met")}}
            ),
        )

    def _moment(self, pointer: str, written: Any, human: bool = False) -> Expression | Arrival | None:
        if written == CREATED:
            if human:
                self.report(pointer, "no-effect", Text("a clock that stops at once promises nothing"))
            return None
        if isinstance(written, str):
            return self._expression(pointer)
        return build_arrival(self.document, self.run, pointer, self.owner.name, written, self.source, human)

    def _check_reopen(self, pointer: str, data: Mapping[str, Any], start: Any, stop: Any) -> None:
        if "reopen" not in data:
            return
        if isinstance(start, Arrival):
            message = Text("each arrival begins this clock anew")
            self.report(f"{pointer}/reopen", "no-effect", message, key=True)
        elif isinstance(stop, Arrival):
            message = Text("what has arrived does not un-arrive: this clock stays stopped")
            self.report(f"{pointer}/reopen", "no-effect", message, key=True)

    def _targets(self, pointer: str, written: Any) -> tuple[Target, ...]:
        if isinstance(written, str):
            self._check_duration(pointer, written)
            return (Target(written),)
        found = []
        for index, one in enumerate(written):
            self._check_duration(f"{pointer}/{index}/in", one["in"])
            found.append(Target(one["in"], self._expression(f"{pointer}/{index}/when") if "when" in one else None))
        self._check_order(pointer, written)
        return tuple(found)

    def _check_duration(self, pointer: str, written: str) -> None:
        """A duration in working time needs a calendar to count by."""
        if parse_duration(written).working and "calendar" not in self.document.data:
            self.report(pointer, "missing-key", Text("working time needs a calendar to count by"), Text("add 'calendar: …'"))

    def _flag(self, pointer: str, name: str) -> str:
        """The field that holds when the target was missed."""
        field = self.run.known_field(self.document, pointer, self.owner.name, name, self.source, "field") if name else None
        if field is not None and (field.expression_type.kind is not ValueKind.DATETIME or field.value is not None):
            self.report(pointer, "wrong-type", Text("'{name}' can't keep this: it is {kind}", name=name, kind=field.type))
        return name if field is not None else ""

    # --- what is done

    def _flows(self, pointer: str, data: Mapping[str, Any], label: Label) -> tuple[dict[str, Flow], tuple[int, ...]]:
        flows: dict[str, Flow] = {}
        for key, word, said in (("breach", BREACHED, Text("the target was missed")), ("met", MET, Text("the target was met"))):
            if key in data:
                flows[word] = self._flow(f"{pointer}/{key}", data[key], said, label)
        percents: list[int] = []
        for index, one in enumerate(data.get("warn", ())):
            written = one if isinstance(one, str) else one["at"]
            percent = int(written[:-1])
            if percent in percents:
                self.report(f"{pointer}/warn/{index}", "duplicate-name", Text("there is a warning at {percent}% already", percent=percent))
            percents.append(percent)
            said = Text("{percent}% of the time have passed", percent=percent)
            if not isinstance(one, str):
                flows[f"{WARNED}:{percent}"] = self._flow(f"{pointer}/warn/{index}/then", one["then"], said, label)
            elif self.owner.owner != "none":
                flows[f"{WARNED}:{percent}"] = self._to_owner(said, label)
        return flows, tuple(sorted(set(percents)))

    def _draft(self) -> Draft:
        calendar = self.document.data.get("calendar", "")
        return Draft(self.document, self.run, self.owner.name, calendar if isinstance(calendar, str) else calendar[-1]["use"], kind="sla")

    def _flow(self, pointer: str, written: Any, said: Text, label: Label) -> Flow:
        draft = self._draft()
        return build_flow(draft, pointer, written, clock_said(draft, said, label))

    def _to_owner(self, said: Text, label: Label) -> Flow:
        """A warning of which nothing more is said is for the owner."""
        draft = self._draft()
        return build_flow(draft, "", [{"notify": "owner"}], clock_said(draft, said, label))
