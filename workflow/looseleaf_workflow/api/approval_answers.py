"""Approvals, their trails and tasks as the API gives them: no value of a record, but a title, and what a change request asks for, where the step doesn't hide it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from looseleaf_metadata.labels import Label
from looseleaf_platform.api.callers import locale
from looseleaf_platform.context import Context
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.approvals.events import Event
from looseleaf_workflow.running.looking import OpenTask, Seen
from looseleaf_workflow.running.proposed import hidden_from, proposed


def instance_answer(context: Context, one: Seen) -> dict[str, Any]:
    """An approval with its tasks, its trail, and what it asks to change, as the caller may see it."""
    found = one.instance
    return {
        "id": found.code,
        "approval": found.definition.name,
        "label": Label.of(found.definition.label).text(locale()),
        "status": found.state.status,
        "round": found.state.round,
        "submitter": found.submitter,
        "started_at": _moment(found.started_at),
        "to": found.leaving["to"] if found.leaving else None,
        "held_by": list(dict.fromkeys(task.holder for task in one.tasks if task.holder)),
        "tasks": [task_answer(task) for task in one.tasks],
        "trail": [_event(event) for event in one.trail],
        "changes": [
            {"field": each.name, "before": each.raw[0], "after": each.raw[1]}
            for each in proposed(context, found, hidden_from(context, one.tasks))
        ],
    }


def _event(event: Event) -> dict[str, Any]:
    """An event without values of the record: edits, inputs and what changed stay out."""
    body = event.as_data()["body"]
    vote = body.get("vote", {})
    return {
        "number": event.number,
        "event": body["type"],
        "at": _moment(event.at),
        "actor": event.actor,
        "on_behalf_of": event.on_behalf_of or None,
        "node": body.get("node") or None,
        "slots": _slots(body),
        "outcome": vote.get("outcome") or body.get("status"),
        "comment": vote.get("comment") or body.get("text") or body.get("comment") or _why_it_broke(body),
    }


def _why_it_broke(body: Mapping[str, Any]) -> str | None:
    """Which text of the flow can't be worked out, and the kind of error; what an error says of itself may hold a value."""
    return f"{body['expression']}: {body['message'].partition(':')[0]}" if body["type"] == "broke" else None


def _slots(body: Mapping[str, Any]) -> list[str]:
    """The decisions that an event is about, as `takeback` and `removal` name them."""
    if "visit" not in body:
        return []
    keys = [one["key"] if isinstance(one, Mapping) else one for one in (body.get("slots") or (body.get("slot"),)) if one]
    return [f"{body['node']}:{body['visit']}:{key}" for key in keys]


def task_answer(one: OpenTask) -> dict[str, Any]:
    """A task, with no more of its record than the title."""
    return {
        "id": encode(one.id),
        "kind": one.kind,
        "approval": one.instance.definition.name,
        "label": Label.of(one.instance.definition.label).text(locale()),
        "step": one.step.text(locale()) if one.step is not None else None,
        "instance": one.instance.code,
        "object": one.instance.object,
        "record": encode(one.instance.record),
        "title": one.title or None,
        "submitter": one.instance.submitter,
        "holder": one.holder or None,
        "acting_for": one.acting_for or None,
        "due_at": _moment(one.due),
        "opened_at": _moment(one.opened),
        "edit": list(one.edit),
        "require": list(one.require),
        "hide": list(one.hide),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
