"""Builds and checks what a step says of people and time: policies, modes, due times, claims."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals.checking.draft import Draft
from looseleaf_workflow.approvals.definition import Due, FieldRights, Level, Mode, Policies
from looseleaf_workflow.calendars.durations import parse_duration


def policies(data: Mapping[str, Any], base: Policies) -> Policies:
    """The policies of a step: what it says itself, else what the flow says."""
    return Policies(
        data.get("self", base.self_approval),
        data.get("dedup", base.dedup),
        data.get("if_empty", base.if_empty),
        data.get("on_leave", base.on_leave),
    )


def mode(draft: Draft, pointer: str, data: Any, entries: int) -> Mode:
    """The mode with its short forms spelt out. `entries`: how many people or groups `who` names."""
    if data is None or isinstance(data, str):
        return Mode(data or "all")  # type: ignore[arg-type]
    waits, any_reject = data.get("wait_for_all", False), data.get("any_reject", "waits_for_others")
    quotas = [key for key in ("at_least", "percent") if key in data]
    if "any_reject" in data and (quotas or "weights" in data):
        draft.inert(f"{pointer}/any_reject", Text("'{key}' has an effect only where one agree is enough", key="any_reject"))
    if not quotas:
        return _without_quota(draft, pointer, data, any_reject)
    if len(quotas) > 1:
        draft.fault(f"{pointer}/percent", "two-quotas", Text("a step has one quota: at_least or percent"), key=True)
    needed = Decimal(str(data[quotas[0]]))
    if "weights" in data:
        weights = tuple(Decimal(str(weight)) for weight in data["weights"])
        if len(weights) != entries:
            message = Text("{count} weights stand beside {entries} entries of who", count=len(weights), entries=entries)
            draft.fault(f"{pointer}/weights", "bad-value", message)
        if quotas[0] == "percent":
            draft.fault(f"{pointer}/percent", "bad-value", Text("with weights, at_least says what sum is needed"), key=True)
        return Mode("weights", needed, weights, waits)
    if quotas[0] == "at_least" and needed != needed.to_integral_value():
        draft.fault(f"{pointer}/at_least", "bad-value", Text("people are counted in whole numbers"))
    return Mode("at_least" if quotas[0] == "at_least" else "percent", needed, (), waits)


def _without_quota(draft: Draft, pointer: str, data: Mapping[str, Any], any_reject: Any) -> Mode:
    if "weights" in data:
        draft.fault(f"{pointer}/weights", "missing-key", Text("'{name}' is missing here", name="at_least"))
    if "wait_for_all" in data:
        draft.inert(f"{pointer}/wait_for_all", Text("'{key}' has an effect only with a quota", key="wait_for_all"))
    return Mode("any", any_reject=any_reject)


def due(draft: Draft, pointer: str, data: Any) -> Due | None:
    """When a task is due, its reminders, and the levels of what follows."""
    if data is None:
        return None
    whole: Mapping[str, Any] = {"in": data} if isinstance(data, str) else data
    check_clock(draft, f"{pointer}/in" if whole is data else pointer, whole["in"])
    for index, offset in enumerate(whole.get("remind", ())):
        check_clock(draft, f"{pointer}/remind/{index}", offset)
    written = whole.get("then", "remind")
    listed = written if isinstance(written, list) else [written]
    levels = []
    for index, one in enumerate(listed):
        here = f"{pointer}/then/{index}" if isinstance(written, list) else f"{pointer}/then"
        levels.append(_level(draft, here, one, whole["in"], first=index == 0))
        if index < len(listed) - 1 and levels[-1].action in ("auto_agree", "auto_reject"):
            draft.fault(here, "unreachable", Text("nothing follows once the task is decided"))
    return Due(tuple(levels), tuple(whole.get("remind", ())), whole.get("misfire", "once"), whole.get("on_transfer", "keep"))


def _level(draft: Draft, pointer: str, data: Any, within: str, *, first: bool) -> Level:
    if isinstance(data, str):
        return Level(within, data)  # type: ignore[arg-type]
    after = data.get("after", within)
    if "after" in data:
        check_clock(draft, f"{pointer}/after", after)
        if first:
            draft.inert(f"{pointer}/after", Text("the first level follows when the task is due: '{key}' says when", key="in"))
            after = within
    actions = [key for key in ("escalate_to", "transfer", "do") if key in data]
    if len(actions) != 1:
        draft.fault(pointer, "bad-value", Text("say one thing that happens: {words}", words="escalate_to, transfer, do"))
        return Level(after, "remind")
    if actions[0] == "do":
        return Level(after, data["do"])
    who = draft.who(f"{pointer}/{actions[0]}", holder=True)
    return Level(after, actions[0], who)  # type: ignore[arg-type]


def check_clock(draft: Draft, pointer: str, duration: str) -> None:
    """Working hours and days need a calendar."""
    if parse_duration(duration).working and not draft.calendar:
        message = Text("'{duration}' is working time, and the flow names no calendar", duration=duration)
        draft.fault(pointer, "no-calendar", message, Text("add 'calendar: …' to the flow"))


def field_rights(draft: Draft, pointer: str, data: Mapping[str, Any]) -> FieldRights:
    """Fields that a step edits, hides or requires; what is hidden can't be edited."""
    known = {key: draft.fields(f"{pointer}/{key}", data.get(key, ())) for key in ("edit", "hide", "require")}
    for key in ("edit", "require"):
        for index, name in enumerate(data.get(key, ())):
            if name in known["hide"]:
                draft.fault(f"{pointer}/{key}/{index}", "hidden-field", Text("the step hides the field '{name}'", name=name))
    return FieldRights(known["edit"], known["hide"], known["require"])
