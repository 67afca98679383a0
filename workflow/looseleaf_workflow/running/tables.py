"""The tables of approvals that run. Events are the truth; state, tasks and offers follow from them and are kept at hand.

People are texts here, as in events: ids of users as people see them, or "@admins".
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text

from looseleaf_platform.database.types import JsonText, UtcDateTime
from looseleaf_workflow.tables import TABLES

ALIVE = text("status in ('running', 'error')")


def _words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


approval_version = Table(
    "approval_version",  # what instances run on; never changed, and never removed
    TABLES,
    Column("sha256", Text, primary_key=True),
    _words("name"),
    Column("data", JsonText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

approval_instance = Table(
    "approval_instance",
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _words("approval_id"),
    _words("version"),
    _words("object_id"),
    Column("record_id", BigInteger, nullable=False),
    _words("status"),
    _words("submitter"),
    Column("number", Integer, nullable=False),  # of its last event
    _words("head"),  # the hash of its last event
    Column("state", JsonText, nullable=False),
    Column("choice", JsonText),  # {"reason", "matched"}: why this flow
    Column("leaving", JsonText),  # {"field", "to"}: the stage that it asks leave to go to
    Column("parent", BigInteger),  # the instance that called it,
    _words("parent_node"),
    Column("parent_visit", Integer),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)
Index(
    "approval_instance_once", approval_instance.c.record_id, approval_instance.c.approval_id,
    unique=True, sqlite_where=ALIVE, postgresql_where=ALIVE,
)  # fmt: skip
Index("approval_instance_record", approval_instance.c.record_id, approval_instance.c.id)
Index("approval_instance_alive", approval_instance.c.object_id, sqlite_where=ALIVE, postgresql_where=ALIVE)
Index("approval_instance_submitter", approval_instance.c.submitter, approval_instance.c.id)

approval_event = Table(
    "approval_event",  # never changed; each holds the hash of the one before
    TABLES,
    Column("instance_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _words("actor"),
    _words("on_behalf_of"),
    _words("command"),
    Column("at", UtcDateTime, nullable=False),
    Column("data", JsonText, nullable=False),
    _words("before"),
    _words("hash"),
)

approval_command = Table(
    "approval_command",  # what was asked, with the facts that it was decided by: enough to decide it again
    TABLES,
    Column("key", Text, primary_key=True),
    _words("request"),
    Column("instance_id", BigInteger, nullable=False),
    _words("actor"),
    _words("version"),  # that it was decided on
    Column("body", JsonText, nullable=False),
    Column("facts", JsonText, nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
Index("approval_command_of", approval_command.c.instance_id, approval_command.c.last)

approval_task = Table(
    "approval_task",
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("instance_id", BigInteger, nullable=False),
    _words("node"),
    Column("visit", Integer, nullable=False),
    _words("slot"),
    Column("generation", Integer, nullable=False),
    _words("kind"),
    _words("path"),
    _words("holder"),
    _words("acting_for"),
    _words("status"),  # "open", "done", "transferred", "returned", "cancelled"
    Column("due_at", UtcDateTime),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
)
Index(
    "approval_task_once", approval_task.c.instance_id, approval_task.c.node, approval_task.c.visit, approval_task.c.slot,
    approval_task.c.generation, unique=True,
)  # fmt: skip
Index("approval_task_holder", approval_task.c.holder, approval_task.c.closed_at)

approval_offer = Table(
    "approval_offer",  # who may take an open task: its holder, or all who may claim it
    TABLES,
    Column("person", Text, primary_key=True),
    Column("task_id", BigInteger, primary_key=True, autoincrement=False),
)
Index("approval_offer_task", approval_offer.c.task_id)

approval_link = Table(
    "approval_link",  # a mail about a task, and the link in it by which it is decided; never the secret itself
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", BigInteger, nullable=False),  # of the outbox that was asked for the mail
    Column("user_id", BigInteger, nullable=False),
    Column("task_id", BigInteger, nullable=False),
    Column("hash", Text, unique=True),  # NULL where the mail has no such link
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)
Index("approval_link_once", approval_link.c.message_id, approval_link.c.user_id, unique=True)
Index("approval_link_over", approval_link.c.expires_at)

approval_effect = Table(
    "approval_effect",  # what an event asked of the world, once each
    TABLES,
    Column("instance_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),  # "event.number"
    _words("kind"),
    _words("what"),
    Column("people", JsonText, nullable=False),
    Column("data", JsonText, nullable=False),
    _words("state"),  # "done", "failed", "unknown" where nobody carries it out yet
    _words("error"),
    Column("at", UtcDateTime, nullable=False),
)
