"""What people ask of an approval, in words, made into commands: the API, the screens and scenarios all come by here.

Checks the shape of what is said; whether somebody may, and what follows, is decided by the core.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Fault, Refused
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write_within
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals.definition import EVERYBODY, Mode, Step
from looseleaf_workflow.approvals.questions import ADMINS
from looseleaf_workflow.approvals.wayback import offered
from looseleaf_workflow.organisation import Firm
from looseleaf_workflow.people import resolve
from looseleaf_workflow.running.changing import again
from looseleaf_workflow.running.command import Remake, act
from looseleaf_workflow.running.looking import OpenTask, seen_instance
from looseleaf_workflow.running.stored import Instance

DECISIONS = ("agree", "reject", "transfer", "claim", "unclaim", "resubmit", "add_sign", "ask", "urge")
POSITIONS = ("before", "after", "together")
MODES: Mapping[str, Mode] = {"all": EVERYBODY, "any": Mode("any"), "sequence": Mode("sequence")}
MOST_WORDS, MOST_PEOPLE = 5000, 50
NOTHING_CHANGES = Text("Nothing would change")


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says with a decision. `people` are ids in text; `position`, `mode` and `binding` are of people whom one adds; `via`: see Vote."""

    comment: str = ""
    people: tuple[str, ...] = ()
    target: str = ""
    position: str = ""
    mode: str = "all"
    binding: bool = True
    edits: Mapping[str, Any] = FrozenMap()  # frozen
    via: str = ""


def decide_task(context: Context, found: OpenTask, decision: str, said: Said, key: str = "") -> Instance:
    """Decide a task, or do something else with it. Returns the approval as it stands then. Raises what `act` raises."""
    act(context, found.instance.id, command_for(found, decision, said), key, _edit(found, decision, said), _remade(found, decision, said))
    return seen_instance(context, found.instance.id, told=True)


def ask(context: Context, instance: int, body: c.Body, key: str = "") -> Instance:
    """Ask something of an approval as a whole. Raises NotThere for who may not see it, and what `act` raises."""
    seen_instance(context, instance)
    if isinstance(body, c.Comment):
        _bound("/text", body.text, body.mentions)
    act(context, instance, body, key)
    return seen_instance(context, instance, told=True)


def command_for(found: OpenTask, decision: str, said: Said) -> c.Body:
    """The command that a decision on a task is. Raises Refused."""
    _bound("/comment", said.comment, said.people)
    if decision not in DECISIONS:
        raise Refused([Fault("/decision", "unknown-option", Text("unknown decision '{name}'", name=decision[:60]))])
    if found.kind == "consent" and decision in ("agree", "reject"):
        return c.AnswerWithdrawal(decision == "agree")
    if (decision == "resubmit") is not (found.kind == "resubmit") and decision != "urge":
        raise Refused([Fault("/decision", "unknown-option", Text("this task is not decided so"))])
    if decision == "reject" and not said.comment.strip():
        raise Refused([Fault("/comment", "required", Text("Say why"))])
    if decision == "resubmit":
        return c.Resubmit(said.comment)
    return _MAKERS[decision](found, said)


def _agree(found: OpenTask, said: Said) -> c.Body:
    if found.kind == "opinion":
        return c.GiveOpinion(found.task, said.comment)
    return c.Agree(found.task, said.comment, FrozenMap(said.edits), said.via)


def _add_sign(found: OpenTask, said: Said) -> c.Body:
    if said.position not in POSITIONS:
        raise Refused([Fault("/position", "unknown-option", Text("expected {expected}", expected=", ".join(POSITIONS)))])
    if said.mode not in MODES:
        raise Refused([Fault("/mode", "unknown-option", Text("expected {expected}", expected=", ".join(MODES)))])
    mode = MODES[said.mode]
    return c.AddSign(found.task, said.people, said.position, mode, said.binding, said.comment)  # type: ignore[arg-type]


_MAKERS: Mapping[str, Callable[[OpenTask, Said], c.Body]] = {
    "agree": _agree,
    "reject": lambda found, said: c.Reject(found.task, said.comment, said.target, said.via),
    "transfer": lambda found, said: c.Transfer(found.task, _one(said), said.comment),
    "claim": lambda found, said: c.Claim(found.task),
    "unclaim": lambda found, said: c.Unclaim(found.task),
    "add_sign": _add_sign,
    "ask": lambda found, said: c.AskOpinion(found.task, _one(said), said.comment),
    "urge": lambda found, said: c.Urge(found.task),
}


def _one(said: Said) -> str:
    if len(said.people) != 1:
        raise Refused([Fault("/user", "required", Text("Choose one person"))])
    return said.people[0]


def _bound(pointer: str, words: str, people: tuple[str, ...]) -> None:
    if len(words) > MOST_WORDS:
        raise Refused([Fault(pointer, "too-long", Text("At most {count} characters", count=MOST_WORDS))])
    if len(people) > MOST_PEOPLE:
        raise Refused([Fault("/users", "too-many", Text("At most {count} people", count=MOST_PEOPLE))])


def _edit(found: OpenTask, decision: str, said: Said) -> Callable[[Connection, Context], None] | None:
    """The changes of the record that belong to an agreement: stored with it, by the holder's own rights, or not at all (A81)."""
    if not said.edits or (decision == "resubmit" and found.instance.state.proposal is not None):
        return None
    if decision != "agree" or found.kind not in ("approve", "handle"):
        raise Refused([Fault("/edits", "no-effect", Text("Only an agreement changes the record"))])
    foreign = next((name for name in said.edits if name not in found.edit), None)
    if foreign is not None:
        raise Refused([Fault(f"/edits/{foreign}", "not-editable", Text("This step does not edit '{name}'", name=foreign[:60]))])
    change = Change("update", found.instance.object, found.instance.record, said.edits)
    return lambda connection, bound: _write(connection, bound, change)


def _remade(found: OpenTask, decision: str, said: Said) -> Remake | None:
    """A change request that was sent back is asked for on the values of now, with others than before where they are said."""
    if decision != "resubmit" or found.instance.state.proposal is None:
        return None
    return lambda connection, bound, now: c.Resubmit(said.comment, proposal=again(connection, bound, now, said.edits))


def _write(connection: Connection, context: Context, change: Change) -> None:
    write_within(connection, context, [change])


# --- what is open to somebody


def may_reverse(context: Context, instance: Instance) -> bool:
    """Whether the caller may take back what was approved. Asks the database only where the flow lets anybody."""
    rule = instance.definition.reverse
    if rule is None or instance.state.status != "approved":
        return False
    own = encode(context.actor.id) if context.actor.id is not None else ""
    with context.workspace.database.read() as connection:
        firm = Firm(connection, context, instance.object, instance.record)
        return context.actor.administrator or any(own in resolve(one, firm, instance.submitter).people for one in rule.who)


def choices_of(context: Context, found: OpenTask) -> tuple[str, ...]:
    """What the caller may do with an open task, the most likely first. A guide for screens: the core decides."""
    person = encode(context.actor.id) if context.actor.id is not None else ""
    admin = context.actor.administrator
    urging: tuple[str, ...] = ("urge",) if (person == found.instance.submitter or admin) and found.task.node else ()
    if not (found.holder == person or (admin and found.holder == ADMINS)):
        if not found.holder and person in found.offered:
            return ("claim", *urging)
        return (("transfer",) if admin and found.kind in ("approve", "handle", "hold") else ()) + urging
    fixed: dict[str, tuple[str, ...]] = {
        "opinion": ("agree",), "resubmit": ("resubmit",), "consent": ("agree", "reject"), "hold": ("transfer",),
    }  # fmt: skip
    return fixed.get(found.kind) or tuple(_open_to_holder(found))


def _open_to_holder(found: OpenTask) -> list[str]:
    step = found.instance.definition.tree.node(found.task.node)
    allow = step.allow if isinstance(step, Step) else ()
    may: dict[str, bool] = {
        "agree": True,
        "reject": found.kind == "approve",
        "transfer": "transfer" in allow,
        "add_sign": bool(positions_of(found)),
        "ask": "ask" in allow,
        "unclaim": bool(found.offered) and bool(found.holder) and isinstance(step, Step) and step.claim,
    }
    return [name for name, open_ in may.items() if open_]


def positions_of(found: OpenTask) -> tuple[str, ...]:
    """Where the holder of a task may add people."""
    step = found.instance.definition.tree.node(found.task.node)
    if not isinstance(step, Step):
        return ()
    return tuple(one for one in POSITIONS if f"add_{one}" in step.allow and not (step.claim and one == "together"))


def targets_of(found: OpenTask) -> tuple[str, ...]:
    """Where whoever rejects may send it; () where the step says so itself."""
    definition = found.instance.definition
    if definition.step(found.task.node).on_reject != "choose":
        return ()
    steps = offered(definition, found.instance.state, found.task.node)
    return ("to_submitter", "end", *(f"step:{step}" for step in steps))
