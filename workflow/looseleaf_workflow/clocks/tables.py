"""What clocks keep: how each stands, what it told, and which rules were brought to the records that were there before them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from looseleaf_platform.database.types import JsonText, UtcDateTime
from looseleaf_workflow.tables import TABLES

wf_clock = Table(
    "wf_clock",  # one row for a record and a rule
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("object_id", Text, nullable=False),
    Column("record_id", BigInteger, nullable=False),
    Column("rule", Text, nullable=False),  # stable: see ClockRule.id
    Column("live", Boolean, nullable=False),  # the rule is about the record as it is now
    Column("calendar", Text, nullable=False, server_default=""),  # the one that it counts by, "" for none
    Column("clock", JsonText, nullable=False),  # calendars.clocks.Clock
    Column("breached", Boolean, nullable=False),  # in this round
    Column("due_at", UtcDateTime),  # NULL where it stands
    Column("basis", Text, nullable=False, server_default=""),  # fingerprint of the rule and calendars that `due_at` was counted with
)
Index("wf_clock_once", wf_clock.c.record_id, wf_clock.c.rule, unique=True)
Index("wf_clock_rule", wf_clock.c.rule, wf_clock.c.id)

wf_clock_event = Table(
    "wf_clock_event",  # what clocks told: a row each time, never changed
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("clock_id", BigInteger, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("record_id", BigInteger, nullable=False),
    Column("rule", Text, nullable=False),
    Column("kind", Text, nullable=False),  # "sla_warned", "sla_breached", "sla_met", "stalled", "moving"
    Column("percent", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),  # when it came to be so
    Column("told_at", UtcDateTime, nullable=False),
    Column("operation", BigInteger),  # that brought it about; NULL where time did
)
Index("wf_clock_event_record", wf_clock_event.c.record_id, wf_clock_event.c.id)

wf_clock_adoption = Table(
    "wf_clock_adoption",  # a rule, or what it counts by, was changed by a publish: what became of the clocks that were there
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("rule", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("started", Integer, nullable=False),  # clocks begun for records that were there before the rule
    Column("moved", Integer, nullable=False),  # clocks that are due at another moment now
    Column("kept", Integer, nullable=False),  # the others
)
Index("wf_clock_adoption_rule", wf_clock_adoption.c.rule, wf_clock_adoption.c.id)
