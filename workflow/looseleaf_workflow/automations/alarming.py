"""Telling those who look after automations that a rule fails, or was stopped: once for each rule within an hour, however often it happens."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, select

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_workflow.automations.definition import automation_by_id
from looseleaf_workflow.automations.tables import automation_run
from looseleaf_workflow.notifications.telling import About, tell

ABILITY = "automations"
PAUSE = timedelta(hours=1)
"""How long nothing more is told of a rule of which something was told."""
BAD = ("failed", "parked")
FAILED = Text("The automation “{name}” has failed", name="")
STOPPED = Text("The automation “{name}” was switched off: it ran again and again for one record", name="")


def alarm_of_failure(connection: Connection, context: Context, run_id: int) -> None:
    """Tell that a run did not end well, unless one of the same rule did not within the last hour."""
    runs = automation_run.c
    run = connection.execute(select(automation_run).where(runs.id == run_id)).one()
    others = (runs.automation_id == run.automation_id, runs.id != run_id, runs.state.in_(BAD))
    told = select(runs.id).where(*others, runs.finished_at > context.now - PAUSE).limit(1)
    if connection.scalar(told) is None:
        alarm(connection, context, run.automation_id, run.name, FAILED, About(run.object_id, run.record_id, run_id))


def alarm(connection: Connection, context: Context, automation_id: str, name: str, words: Text, about: About) -> None:
    """Tell something of a rule to those who look after automations, to each in their language."""
    automation = automation_by_id(context.model, automation_id)
    texts = {}
    for person, locale in lookers_after(connection, context):
        spoken = locale or context.model.defaults.locale
        called = automation.label.text(spoken) if automation is not None else name
        texts[person] = Text(words.msgid, name=called).translate(spoken)
    tell(connection, context.now, texts, about, f"alarm:{automation_id}:{words.msgid}")


def lookers_after(connection: Connection, context: Context) -> list[tuple[int, str]]:
    """Ids and languages of the active people whose roles look after automations; of the administrators, where there are none."""
    users, members = context.runtime.object("user"), context.runtime.object("role_member")
    active = (users.table.c.deleted_at.is_(None), users.fields["state"].main != "gone")
    people = select(users.table.c.id, users.fields["locale"].main.label("locale")).where(*active).order_by(users.table.c.id)
    roles = sorted(role.name for role in context.model.roles.values() if ABILITY in role.abilities)
    theirs = select(members.fields["user"].main).where(members.table.c.deleted_at.is_(None), members.fields["role"].main.in_(roles))
    found = connection.execute(people.where(users.table.c.id.in_(theirs))).all() if roles else []
    rows = found or connection.execute(people.where(users.fields["administrator"].main.is_(True))).all()
    return [(row.id, row.locale or "") for row in rows]
