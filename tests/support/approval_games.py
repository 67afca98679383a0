"""Random flows and random commands, and a way to bring any instance to its end: what property tests of approvals are made of."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals.checking.flow import rewind_targets
from looseleaf_workflow.approvals.decide import Refusal
from looseleaf_workflow.approvals.definition import (
    Branch,
    Call,
    Copy,
    Definition,
    Due,
    End,
    Lane,
    Level,
    Material,
    Mode,
    Node,
    Parallel,
    Policies,
    Step,
)
from looseleaf_workflow.approvals.listing import Task, tasks
from looseleaf_workflow.who import Anchor, Manager, RoleMembers, User, Who
from support.approval_play import ADMIN, Play

PEOPLE = ("ann", "bob", "cat", "dan", "sub")
CONDITIONS = ("amount > 1", "amount > 2", "discount > 1")
MODES = st.one_of(
    st.sampled_from([Mode("all"), Mode("any"), Mode("sequence"), Mode("any", any_reject="fails")]),
    st.builds(lambda n, w: Mode("at_least", Decimal(n), wait_for_all=w), st.integers(1, 3), st.booleans()),
    st.builds(lambda n, w: Mode("percent", Decimal(n), wait_for_all=w), st.integers(1, 100), st.booleans()),
)
WHO: st.SearchStrategy[Who] = st.lists(
    st.one_of(
        st.sampled_from(PEOPLE).map(User),
        st.sampled_from([RoleMembers("legal"), RoleMembers("nobody"), Manager("submitter"), Anchor("submitter")]),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
ACTIONS = ("remind", "escalate_to", "auto_agree", "auto_reject", "transfer", "notify_admin")
LEVELS = st.lists(
    st.builds(
        lambda action: Level("2 hours", action, (Manager("holder"),) if action in ("escalate_to", "transfer") else ()),
        st.sampled_from(ACTIONS),
    ),
    min_size=1,
    max_size=2,
).map(tuple)
DUES = st.one_of(
    st.none(),
    st.builds(lambda levels, transfer: Due(levels, ("1 hours",), on_transfer=transfer), LEVELS, st.sampled_from(["keep", "restart"])),
)
POLICIES = st.builds(
    Policies,
    st.sampled_from(["skip", "allow", "manager"]),
    st.sampled_from(["none", "first", "adjacent"]),
    st.sampled_from(["approve", "reject", "admin", "hold", "user:dan"]),
    st.sampled_from(["manager", "delegate", "admin", "user:bob"]),
)
ALLOW = ("transfer", "add_before", "add_after", "add_together", "ask", "take_back")


class Names:
    """Ids in order of use."""

    def __init__(self) -> None:
        self.count = 0

    def next(self) -> str:
        self.count += 1
        return f"n{self.count}"


@st.composite
def flows(draw: Any, names: Names, depth: int, least: int = 0, most: int = 3) -> tuple[Node, ...]:
    """A list of nodes."""
    return tuple(draw(nodes(names, depth)) for _ in range(draw(st.integers(least, most))))


@st.composite
def nodes(draw: Any, names: Names, depth: int) -> Node:
    """A node; blocks only where they may still be nested."""
    kinds = ["step"] * 5 + ["handle", "copy", "call"] + (["branch", "parallel"] * 2 if depth else [])
    kind, id = draw(st.sampled_from(kinds)), names.next()
    if kind in ("step", "handle"):
        claim = kind == "step" and draw(st.integers(0, 9)) == 0
        mode = Mode("any") if claim else draw(MODES)
        reject = draw(st.sampled_from(["end", "to_submitter", "previous", "choose", "step"]))
        step = Step(
            id,
            id,
            draw(WHO),
            "approve",
            mode,
            draw(DUES),
            on_reject=reject,
            allow=ALLOW,
            policies=draw(POLICIES),
            claim=claim,
            lease="1 hours" if claim else "",
        )
        return replace(step, kind="handle") if kind == "handle" else step
    if kind == "copy":
        return Copy(id, id, draw(WHO))
    if kind == "call":
        return Call(
            id,
            id,
            "other",
            on_reject=draw(st.sampled_from(["end", "to_submitter", "previous"])),
            on_cancel=draw(st.sampled_from(["end", "pass"])),
        )
    if kind == "branch":
        lanes = [
            Lane(str(n), "", draw(st.sampled_from(CONDITIONS)), draw(flows(names, depth - 1, 0, 2)))
            for n in range(1, draw(st.integers(2, 3)))
        ]
        other = draw(flows(names, depth - 1, 0, 1))
        if draw(st.integers(0, 9)) == 0:
            other = (*other, End(names.next(), "", draw(st.sampled_from(["approved", "rejected"]))))
        return Branch(id, id, (*lanes, Lane("else", "", "", other)), draw(st.sampled_from(["first_true", "all_true"])))
    lanes = [Lane(str(n), "", "", draw(flows(names, depth - 1, 1, 2))) for n in range(1, draw(st.integers(3, 4)))]
    return Parallel(id, id, tuple(lanes), draw(st.integers(0, len(lanes))), draw(st.sampled_from(["cancel_others", "wait_others"])))


@st.composite
def definitions(draw: Any, depth: int = 2) -> Definition:
    """A sound flow: what the check would let pass."""
    flow = draw(flows(Names(), depth, 1, 4))
    material = draw(st.sampled_from(["restart", "reask_voted", "continue"]))
    whole = Definition(
        "random",
        "opportunity",
        "random",
        flow,
        material=Material(("amount",), material),
        withdraw=draw(st.sampled_from(["before_first_vote", "any_time", "never", "needs_consent"])),
        resubmit=draw(st.sampled_from(["from_start", "at_rejecting_step"])),
        max_rounds=draw(st.integers(1, 3)),
        max_transfers=2,
        max_added=2,
        deadline=draw(st.sampled_from([None, Level("9 hours", "auto_reject"), Level("9 hours", "notify_admin")])),
    )
    return replace(whole, flow=tuple(_aimed(whole, node) for node in whole.flow))


def _aimed(definition: Definition, node: Any) -> Any:
    """Rejections that lead to a step get one that may be led to."""
    if isinstance(node, Step) and node.on_reject == "step":
        targets = rewind_targets(definition, node.id)
        return replace(node, on_reject=f"step:{targets[-1]}" if targets else "end")
    if isinstance(node, Branch | Parallel):
        return replace(node, lanes=tuple(replace(lane, flow=tuple(_aimed(definition, one) for one in lane.flow)) for lane in node.lanes))
    return node


def actor_of(task: Task) -> c.Actor:
    """Somebody who may act on a task."""
    holder = task.holder or task.candidates[0]
    return ADMIN if holder == "@admins" else c.Actor(holder)


def finish(play: Play, most: int = 400) -> int:
    """Bring an instance to its end by what people would do: agree, name somebody, answer, submit again. How many steps it took."""
    for step in range(most):
        if play.state.ended:
            return step
        _one_step_on(play, step)
    raise AssertionError(f"never ends; open: {play.open}")


def _one_step_on(play: Play, step: int) -> None:
    if play.status == "error":
        play.world.broken.clear()
        play.do(ADMIN, c.Retry())
        return
    open_ = tasks(play.definition, play.state)
    for node in play.state.active():
        if node.id and isinstance(play.definition.tree.node(node.id), Call):
            play.do(c.SYSTEM, c.ChildEnded(node.id, node.visit, "approved"))
            return
    task = open_[0]
    actor = actor_of(task)
    if task.kind == "resubmit":
        play.do(ADMIN, c.Resubmit())
    elif task.kind == "consent":
        play.do(actor, c.AnswerWithdrawal(True))
    elif task.kind == "opinion":
        play.do(actor, c.GiveOpinion(task.id, "fine"))
    elif task.kind == "hold":
        play.do(ADMIN, c.Transfer(task.id, f"helper{step}"))
    elif not task.holder:
        play.do(actor, c.Claim(task.id))
    else:
        play.do(actor, c.Agree(task.id))


def commands_for(draw: Any, play: Play) -> tuple[c.Actor, c.Body] | None:
    """A command that somebody might give now; not all of them are allowed."""
    open_ = tasks(play.definition, play.state)
    kind = draw(st.sampled_from(KINDS))
    if kind in TASK_KINDS:
        if not open_:
            return None
        task = open_[draw(st.integers(0, len(open_) - 1))]
        person = draw(st.sampled_from((*PEOPLE, "eve", "fay")))
        return actor_of(task), TASK_KINDS[kind](draw, task, person)
    return OTHER_KINDS[kind](draw, play)


def _targets(draw: Any) -> str:
    return str(draw(st.sampled_from(["", "", "end", "to_submitter", "step:n1", "step:n2"])))


TASK_KINDS: dict[str, Any] = {
    "agree": lambda draw, task, person: c.Agree(task.id),
    "agree2": lambda draw, task, person: c.Agree(task.id),
    "reject": lambda draw, task, person: c.Reject(task.id, target=_targets(draw)),
    "transfer": lambda draw, task, person: c.Transfer(task.id, person),
    "add": lambda draw, task, person: c.AddSign(
        task.id,
        (person, "gus")[: draw(st.integers(1, 2))],
        draw(st.sampled_from(["before", "after", "together"])),
        draw(MODES),
        draw(st.booleans()),
    ),
    "ask": lambda draw, task, person: c.AskOpinion(task.id, person),
    "answer": lambda draw, task, person: c.GiveOpinion(task.id),
    "claim": lambda draw, task, person: c.Claim(task.id),
    "unclaim": lambda draw, task, person: c.Unclaim(task.id),
}


def _fire(draw: Any, play: Play) -> tuple[c.Actor, c.Body] | None:
    if not play.state.timers:
        return None
    timer = draw(st.sampled_from(sorted(play.state.timers.values(), key=lambda timer: timer.id)))
    play.world.now = max(play.world.now, timer.at)
    return c.SYSTEM, c.FireTimer(timer.id, timer.generation - draw(st.integers(0, 4)) // 4)


def _change(draw: Any, play: Play) -> tuple[c.Actor, c.Body]:
    play.world.values["amount"] = draw(st.integers(0, 3))
    play.world.values["discount"] = draw(st.integers(0, 3))
    return c.SYSTEM, c.RecordChanged(FrozenMap({"amount": play.world.values["amount"]}))


def _leave(draw: Any, play: Play) -> tuple[c.Actor, c.Body]:
    person = draw(st.sampled_from(PEOPLE))
    play.world.inactive.add(person)
    return c.SYSTEM, c.PersonLeft(person)


def _slots(draw: Any, play: Play) -> tuple[str, int, str, Any] | None:
    found = [(node.id, node.visit, slot.key, slot) for node in play.state.nodes.values() for slot in node.slots]
    return draw(st.sampled_from(found)) if found else None  # type: ignore[no-any-return]


def _take_back(draw: Any, play: Play) -> tuple[c.Actor, c.Body] | None:
    found = _slots(draw, play)
    return (c.Actor(found[3].vote.by), c.TakeBack(*found[:3])) if found and found[3].vote else None


def _remove(draw: Any, play: Play) -> tuple[c.Actor, c.Body] | None:
    found = _slots(draw, play)
    return (c.Actor(found[3].adder or "ann"), c.RemoveSign(*found[:3])) if found else None


def _child(draw: Any, play: Play) -> tuple[c.Actor, c.Body] | None:
    calls = [node for node in play.state.active() if node.id and isinstance(play.definition.tree.node(node.id), Call)]
    if not calls:
        return None
    outcome = draw(st.sampled_from(["approved", "approved", "rejected", "withdrawn", "terminated"]))
    return c.SYSTEM, c.ChildEnded(calls[0].id, calls[0].visit, outcome)


def _migrate(draw: Any, play: Play) -> tuple[c.Actor, c.Body]:
    return ADMIN, c.Migrate(replace(play.definition, order=draw(st.integers(0, 9))))


OTHER_KINDS: dict[str, Any] = {
    "fire": _fire,
    "change": _change,
    "leave": _leave,
    "take_back": _take_back,
    "remove": _remove,
    "child": _child,
    "migrate": _migrate,
    "resubmit": lambda draw, play: (ADMIN, c.Resubmit()),
    "withdraw": lambda draw, play: (c.Actor("sub"), c.Withdraw()),
    "consent": lambda draw, play: (c.Actor(draw(st.sampled_from(PEOPLE))), c.AnswerWithdrawal(draw(st.booleans()))),
    "retry": lambda draw, play: (ADMIN, c.Retry()),
    "reverse": lambda draw, play: (ADMIN, c.Reverse("no")),
    "urge": lambda draw, play: (c.Actor("sub"), c.Comment("hurry")),
}
KINDS = sorted({*TASK_KINDS, *OTHER_KINDS})


def play_on(draw: Any, play: Play) -> None:
    """One random command; refusals are fine, everything that must hold is checked."""
    chosen = commands_for(draw, play)
    if chosen is None:
        return
    actor, body = chosen
    result = play.try_(actor, body)
    if not isinstance(result, Refusal):
        play.keep(result, body)
