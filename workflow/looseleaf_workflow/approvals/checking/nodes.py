"""Builds the nodes of a flow from their data, and checks what one node can be asked alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from looseleaf_metadata.expressions.nodes import Literal
from looseleaf_metadata.labels import Label
from looseleaf_metadata.names import humanised
from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals.checking.draft import Draft
from looseleaf_workflow.approvals.checking.people import check_clock, due, field_rights, mode, policies
from looseleaf_workflow.approvals.checking.schema import PERMISSIONS
from looseleaf_workflow.approvals.definition import Branch, Call, Copy, End, Lane, Node, Parallel, Policies, Step

MAX_DEPTH = 6


def build_flow(draft: Draft, pointer: str, data: list[Any], base: Policies, depth: int = 0) -> tuple[Node, ...]:
    """The nodes of a list. `base`: the policies of the whole flow."""
    if depth > MAX_DEPTH and data:
        draft.fault(pointer, "too-deep", Text("blocks stand in each other at most {limit} deep", limit=MAX_DEPTH))
        return ()
    return tuple(_node(draft, f"{pointer}/{index}", one, base, depth) for index, one in enumerate(data))


def _node(draft: Draft, pointer: str, data: Mapping[str, Any], base: Policies, depth: int) -> Node:
    kind, id = next(iter(data.items()))
    if id in draft.places:
        message = Text("there is a step '{name}' already", name=id)
        draft.fault(f"{pointer}/{kind}", "duplicate-step", message, Text("a step's name occurs once in a flow"))
    draft.places.setdefault(id, pointer)
    draft.step = id
    label = Label.of(data.get("label", humanised(id))).as_data()
    return BUILDERS[kind](draft, pointer, id, label, data, base, depth)


def _step(draft: Draft, pointer: str, id: str, label: Any, data: Mapping[str, Any], base: Policies, depth: int) -> Node:
    kind = next(iter(data))
    who = draft.who(f"{pointer}/who", picks=True)
    claim = data.get("claim", False)
    step = Step(
        id,
        label,
        who,
        kind,  # type: ignore[arg-type]
        mode(draft, f"{pointer}/mode", data.get("mode", "any" if claim else None), len(who)),
        due(draft, f"{pointer}/due", data.get("due")),
        field_rights(draft, f"{pointer}/fields", data.get("fields", {})),
        data.get("on_reject", "end"),
        tuple(data.get("allow", PERMISSIONS)),
        data.get("human_required", False),
        policies(data.get("people", {}), base),
        claim is not False,
        claim["lease"] if isinstance(claim, dict) else "",
    )
    _check_step(draft, pointer, data, step)
    return step


def _check_step(draft: Draft, pointer: str, data: Mapping[str, Any], step: Step) -> None:
    if step.lease:
        check_clock(draft, f"{pointer}/claim/lease", step.lease)
    if step.claim and step.mode.kind != "any":
        draft.fault(f"{pointer}/claim", "bad-value", Text("one person claims a task: the mode must be 'any'"), key=True)
    if not step.human_required:
        return
    if step.policies.if_empty == "approve":
        where = f"{pointer}/people/if_empty" if "people" in data else f"{pointer}/human_required"
        draft.fault(
            where, "no-human", Text("a person must decide this step, so nobody can't mean approve"), Text("use admin, hold or reject")
        )
    levels = step.due.levels if step.due else ()
    if any(level.action == "auto_agree" for level in levels):
        draft.fault(f"{pointer}/due/then", "no-human", Text("a person must decide this step, so time can't agree"))
    if data.get("people", {}).get("self") == "skip":
        draft.fault(f"{pointer}/people/self", "no-human", Text("a person must decide this step, so it can't be skipped"))


def _copy(draft: Draft, pointer: str, id: str, label: Any, data: Mapping[str, Any], base: Policies, depth: int) -> Node:
    return Copy(id, label, draft.who(f"{pointer}/who", picks=True), draft.fields(f"{pointer}/hide", data.get("hide", ())))


def _branch(draft: Draft, pointer: str, id: str, label: Any, data: Mapping[str, Any], base: Policies, depth: int) -> Node:
    pick = data.get("pick", "first_true")
    lanes = []
    closed = False
    for index, case in enumerate(data.get("cases", ())):
        here = f"{pointer}/cases/{index}"
        draft.step = id
        condition = draft.condition(f"{here}/when")
        constant = condition.root.value if condition is not None and isinstance(condition.root, Literal) else None
        if closed or constant is False:
            draft.fault(f"{here}/when", "unreachable", Text("this case is never taken"))
        closed = closed or (constant is True and pick == "first_true")
        flow = build_flow(draft, f"{here}/flow", case.get("flow", []), base, depth + 1)
        lanes.append(Lane(_key(case, index), _lane_label(case), case["when"], flow))
    flow = build_flow(draft, f"{pointer}/else", data.get("else", []), base, depth + 1)
    if closed and flow:
        draft.fault(f"{pointer}/else", "unreachable", Text("this case is never taken"), key=True)
    _check_keys(draft, f"{pointer}/cases", lanes)
    return Branch(id, label, (*lanes, Lane("else", "", "", flow)), pick)


def _parallel(draft: Draft, pointer: str, id: str, label: Any, data: Mapping[str, Any], base: Policies, depth: int) -> Node:
    lanes = tuple(
        Lane(_key(one, index), _lane_label(one), "", build_flow(draft, f"{pointer}/branches/{index}/flow", one["flow"], base, depth + 1))
        for index, one in enumerate(data["branches"])
    )
    _check_keys(draft, f"{pointer}/branches", lanes)
    written = data.get("join", "all")
    join = {"all": 0, "any": 1}[written] if isinstance(written, str) else written["at_least"]
    if join > len(lanes):
        draft.fault(f"{pointer}/join/at_least", "too-large", Text("there are only {count} branches", count=len(lanes)))
    return Parallel(id, label, lanes, join, data.get("on_branch_reject", "cancel_others"))


def _key(data: Mapping[str, Any], index: int) -> str:
    return str(data.get("id", index + 1))


def _lane_label(data: Mapping[str, Any]) -> Any:
    return Label.of(data["label"]).as_data() if "label" in data else ""


def _check_keys(draft: Draft, pointer: str, lanes: Any) -> None:
    seen: set[str] = set()
    for index, lane in enumerate(lanes):
        if lane.key in seen or lane.key == "else":
            draft.fault(f"{pointer}/{index}/id", "duplicate-step", Text("there is a branch '{name}' already", name=lane.key))
        seen.add(lane.key)


def _call(draft: Draft, pointer: str, id: str, label: Any, data: Mapping[str, Any], base: Policies, depth: int) -> Node:
    name = data["approval"]
    known = draft.run.names("approval")
    if name in known:
        draft.refer(f"approval:{name}", f"{pointer}/approval", "call")
    else:
        draft.unknown(f"{pointer}/approval", name, known)
    if "of" in data:
        draft.run.known_path(draft.document, f"{pointer}/of", draft.object, data["of"], draft.source, "call")
    return Call(id, label, name, data.get("of", ""), data.get("on_reject", "end"), data.get("on_cancel", "end"))


def _end(draft: Draft, pointer: str, id: str, label: Any, data: Mapping[str, Any], base: Policies, depth: int) -> Node:
    return End(id, label, data.get("outcome", "approved"))


BUILDERS: Mapping[str, Callable[[Draft, str, str, Any, Mapping[str, Any], Policies, int], Node]] = {
    "approve": _step,
    "handle": _step,
    "cc": _copy,
    "branch": _branch,
    "parallel": _parallel,
    "call": _call,
    "end": _end,
}
