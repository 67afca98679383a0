"""The tables of automations. A run keeps what set it off and the version that it works on; its steps are its state."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, text

from looseleaf_platform.database.types import JsonText, UtcDateTime
from looseleaf_workflow.tables import TABLES


def _words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


automation_version = Table(
    "automation_version",  # what runs work on, for as long as there are runs of it
    TABLES,
    Column("hash", Text, primary_key=True),
    _words("automation_id"),
    Column("data", JsonText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

automation_run = Table(
    "automation_run",
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),  # the rule and what set it off: the same never runs twice
    _words("automation_id"),
    _words("name"),
    _words("version"),
    _words("object_id"),
    Column("record_id", BigInteger),
    Column("event", JsonText),  # {"kind", "before", "after"}: images by field name
    _words("state"),  # "waiting", "running", "sleeping", "held", "done", "failing", "failed", "cancelled", "loop_stopped"
    _words("chain"),  # of the operation that began it all
    Column("depth", Integer, nullable=False),
    Column("cause", BigInteger),  # the run whose write set this one off
    Column("operation", BigInteger),
    _words("source"),
    Column("actor", BigInteger),
    Column("retry_of", BigInteger),
    _words("error"),
    Column("listens", Boolean, nullable=False),  # wakes when its record changes
    Column("journal", Integer, nullable=False),  # changes of its steps so far
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
)
Index("automation_run_of_record", automation_run.c.object_id, automation_run.c.record_id, automation_run.c.created_at)
Index("automation_run_of_rule", automation_run.c.automation_id, automation_run.c.id)
UNWELL = text("state IN ('failed', 'parked')")
Index("automation_run_unwell", automation_run.c.automation_id, automation_run.c.finished_at, sqlite_where=UNWELL, postgresql_where=UNWELL)
Index("automation_run_chain", automation_run.c.chain, automation_run.c.automation_id)

automation_step = Table(
    "automation_step",
    TABLES,
    Column("run_id", BigInteger, primary_key=True, autoincrement=False),
    Column("path", Text, primary_key=True),  # "0", "1.case0.2", "3.<item>.0"
    _words("kind"),
    _words("name"),
    _words("state"),  # "open", "waiting", "sending", "retry", "done", "skipped", "failed", "unknown"
    Column("attempts", Integer, nullable=False),
    Column("input", JsonText),
    Column("output", JsonText),
    _words("error"),
    Column("token", Text),
    Column("lease_until", UtcDateTime),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
)

automation_switch = Table(
    "automation_switch",
    TABLES,
    Column("automation_id", Text, primary_key=True),  # "" for all
    Column("running", Boolean, nullable=False),
    _words("reason"),
    Column("actor", BigInteger),
    Column("at", UtcDateTime, nullable=False),
)

automation_scan = Table(
    "automation_scan",  # up to which moment a rule that goes by the clock was looked after
    TABLES,
    Column("automation_id", Text, primary_key=True),
    Column("until", UtcDateTime, nullable=False),
)
