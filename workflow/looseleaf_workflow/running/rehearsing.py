"""`submit`, `decide`, `withdraw` and `reverse` in scenarios: approvals as the tests of a template do them, by the very calls of the screens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Fault, NotThere, Refused
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.running import asking
from looseleaf_workflow.running.asking import Said
from looseleaf_workflow.running.looking import OpenTask, approvals_of, tasks_of
from looseleaf_workflow.running.submitting import Request, submit


def submit_in_scenario(context: Context, object_name: str, id: int, step: Mapping[str, Any]) -> None:
    """`submit: deal`, with `approval` to name the flow, `to` for leave to go to a stage, `picks` of people by step, `set` to ask for other values of what is approved."""
    picks = {name: tuple(_person(context, one) for one in people) for name, people in step.get("picks", {}).items()}
    changes = FrozenMap(step.get("set", {}))
    submit(context, Request(object_name, id, str(step.get("approval", "")), FrozenMap(picks), str(step.get("to", "")), changes))


def decide_in_scenario(context: Context, object_name: str, id: int, step: Mapping[str, Any]) -> None:
    """`decide: deal` with a `decision`: agree (left out), reject, transfer, resubmit, …; `comment`, `set` of what the step edits, `user`, `target`."""
    found = _task(context, id, str(step.get("step", "")))
    people = (_person(context, str(step["user"])),) if "user" in step else ()
    said = Said(str(step.get("comment", "")), people, str(step.get("target", "")), edits=FrozenMap(step.get("set", {})))
    asking.decide_task(context, found, str(step.get("decision", "agree")), said)


def withdraw_in_scenario(context: Context, object_name: str, id: int, step: Mapping[str, Any]) -> None:
    """`withdraw: deal`, with a `reason`: the approval that is running."""
    running = next((one.instance for one in approvals_of(context, object_name, id) if not one.instance.state.ended), None)
    if running is None:
        raise NotThere
    asking.ask(context, running.id, c.Withdraw(str(step.get("reason", ""))))


def reverse_in_scenario(context: Context, object_name: str, id: int, step: Mapping[str, Any]) -> None:
    """`reverse: deal`, with a `reason`: the newest approval that was given."""
    approved = next((one.instance for one in approvals_of(context, object_name, id) if one.instance.state.status == "approved"), None)
    if approved is None:
        raise NotThere
    asking.ask(context, approved.id, c.Reverse(str(step.get("reason", ""))))


def _task(context: Context, record: int, step: str) -> OpenTask:
    """The task that waits for somebody on a record. Raises Refused where none does."""
    mine = [task for task in tasks_of(context) if task.instance.record == record and step in ("", task.task.node)]
    if not mine:
        raise Refused([Fault("/decision", "no-task", Text("No decision on this record waits for {name}", name=context.actor.name))])
    return mine[0]


def _person(context: Context, name: str) -> str:
    """Somebody of the scenario, by their name in it."""
    users = context.runtime.object("user")
    with context.workspace.database.read() as connection:
        found = connection.scalar(select(users.table.c.id).where(users.fields["name"].main == name))
    if found is None:
        raise Refused([Fault("/user", "unknown-person", Text("unknown person '{name}'", name=name[:60]))])
    return encode(found)
