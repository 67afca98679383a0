"""The inbox of approvals bound to its reader: what waits for them, what they decided, what they submitted.

Queries: three for the tasks or requests, one for the titles of each object, one for the names of those who submitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.screens.approvals import Choice, choices_for, status_of
from looseleaf_workflow.organisation import person_id
from looseleaf_workflow.running.looking import OpenTask, decided_by, submitted_by, tasks_of


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the inbox. `task` None for what one submitted; `mark`: of the approval's status."""

    label: Label
    title: str
    object: str
    record: str
    code: str
    submitter: str
    status: Text
    mark: str
    at: datetime | None
    task: OpenTask | None = None
    choices: tuple[Choice, ...] = ()

    @property
    def together(self) -> bool:
        """Whether it can be decided together with others: nothing but a comment is asked."""
        task = self.task
        return task is not None and task.kind == "approve" and not task.require and any(one.decision == "agree" for one in self.choices)


def bind_inbox(context: Context, tab: str) -> tuple[Row, ...]:
    """The tasks that wait for the reader, those that they decided, or what they submitted."""
    if tab == "submitted":
        rows = [(instance, title, None) for instance, title in submitted_by(context)]
    else:
        tasks = tasks_of(context) if tab == "waiting" else decided_by(context)
        rows = [(task.instance, task.title, task) for task in tasks]  # type: ignore[misc]
    ids = {id for instance, _, _ in rows if (id := person_id(instance.submitter)) is not None}
    people = {encode(id): name for id, name in read.titles(context, "user", ids).items()}
    return tuple(
        Row(
            Label.of(instance.definition.label), title, instance.object, encode(instance.record), instance.code,
            people.get(instance.submitter, ""), *status_of(instance.state), task.due if task and task.open else instance.started_at,
            task, choices_for(context, task) if task is not None and task.open else (),
        )
        for instance, title, task in rows
    )  # fmt: skip
