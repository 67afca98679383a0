"""Mails of tasks: asked for with the decision (performing.py), written after its commit, when it is known what each reader may see.

A mail carries the link of links.py where nothing but a comment is asked, else the address of the approval. Without an address of the site
(LOOSELEAF_SITE_URL) there is nothing to lead to, and no mail. A message that is handled twice sends nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.database.upserts import insert_into
from looseleaf_platform.errors import NotThere
from looseleaf_platform.identity import accounts, mail
from looseleaf_platform.identity.accounts import Account
from looseleaf_platform.identity.keys import hash_of, new_secret
from looseleaf_platform.jobs.outbox import Message
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import decode, new_id
from looseleaf_workflow.organisation import person_id
from looseleaf_workflow.running.links import PATH, VALID, may_decide, open_choices
from looseleaf_workflow.running.looking import OpenTask, task_of
from looseleaf_workflow.running.tables import approval_link, approval_task

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

SUBJECTS = {
    "task": Text("A decision waits for you: {approval}", approval=""),
    "reminder": Text("A decision still waits for you: {approval}", approval=""),
}
"""What is mailed, by the effect's word."""
KEPT = timedelta(days=30)
"""How long links that are over can still say so."""


def send(workspace: Workspace, message: Message) -> None:
    """Handle the message of one task: a mail to each who has an address, as long as the task waits for them."""
    said, task = message.payload, approval_task.c
    where = (task.instance_id == decode(said["instance"]), task.node == said["node"], task.slot == said["slot"], task.status == "open")
    with workspace.database.read() as connection:
        id = connection.scalar(select(task.id).where(*where).order_by(task.opened_at.desc(), task.id.desc()))
        people = [accounts.account(connection, workspace.runtime, decode(one)) for one in said["people"]] if id is not None else []
    for person in people:
        if id is not None and person is not None and person.may_sign_in and person.email:
            _send(workspace, message, id, person)


def _send(workspace: Workspace, message: Message, task: int, person: Account) -> None:
    context = workspace.context(workspace.actor(person.id), "job")
    try:
        found = task_of(context, task)
    except NotThere:
        return
    decides = found.instance.definition.mail == "decide" and may_decide(found, person.id) and bool(open_choices(context, found))
    secret, now = new_secret(), workspace.clock()
    until = now + VALID
    row = {
        "id": new_id(), "message_id": message.id, "user_id": person.id, "task_id": task, "hash": hash_of(secret) if decides else None,
        "created_at": now, "expires_at": until,
    }  # fmt: skip
    subject, body = _written(context, message.payload["what"], found, person.name, secret if decides else "", until)
    with workspace.database.write() as connection:
        connection.execute(delete(approval_link).where(approval_link.c.expires_at < now - KEPT))
        first = insert_into(connection.dialect.name, approval_link).values(row).on_conflict_do_nothing().returning(approval_link.c.id)
        if connection.scalar(first) is not None:
            mail.post(connection, workspace, str(person.email), person.locale, subject, body)


def _written(context: Context, what: str, found: OpenTask, name: str, secret: str, until: datetime) -> tuple[Text, Text]:
    """Subject and body for one reader. Of the record there is its title at most, where they may see it and the step does not hide it."""
    locale, site = context.locale, context.workspace.site
    approval = Label.of(found.instance.definition.label).text(locale)
    page = f"{site}/approvals/{found.instance.code}"
    facts = "\n".join(one.translate(locale) for one in _facts(context, found))
    subject = Text(SUBJECTS[what].msgid, approval=f"{approval} · {found.title}" if found.title else approval)
    if not secret:
        body = Text("{name},\n\na decision waits for you.\n\n{facts}\n\nDecide here:\n\n{page}\n", name=name, facts=facts, page=page)
        return subject, body
    body = Text(
        "{name},\n\na decision waits for you.\n\n{facts}\n\nDecide here, without signing in:\n\n{link}\n\n"
        "The link works once, until {until}, and decides in your name: don't pass it on.\n\nOr sign in and see everything:\n\n{page}\n",
        name=name,
        facts=facts,
        link=f"{site}{PATH}{secret}",
        until=_moment(context, until),
        page=page,
    )
    return subject, body


def _facts(context: Context, found: OpenTask) -> Iterator[Text]:
    locale = context.locale
    yield Text("Approval: {approval}", approval=Label.of(found.instance.definition.label).text(locale))
    if found.step is not None:
        yield Text("Step: {step}", step=found.step.text(locale))
    if found.title:
        yield Text("About: {title}", title=found.title)
    submitter = person_id(found.instance.submitter)
    names = read.titles(context, "user", [submitter]) if submitter is not None else {}
    if submitter in names:
        yield Text("Submitted by: {name}", name=names[submitter])
    if found.due is not None:
        yield Text("Due: {moment}", moment=_moment(context, found.due))


def _moment(context: Context, at: datetime) -> str:
    return at.astimezone(ZoneInfo(context.actor.timezone)).strftime("%Y-%m-%d %H:%M")
