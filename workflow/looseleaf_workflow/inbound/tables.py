"""The tables of inbound events: what has come in, as it came, and the secrets that senders sign with."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from looseleaf_platform.database.types import JsonText, UtcDateTime
from looseleaf_workflow.tables import TABLES

inbound_event = Table(
    "inbound_event",
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("source_id", Text, nullable=False),
    Column("key", Text, nullable=False),  # by which its sender knows it
    Column("hash", Text, nullable=False),  # of the body: the same key with another body is another event
    Column("body", Text, nullable=False),  # as it came; "" once it is erased
    Column("data", JsonText),  # its fields by name, as their types write them
    Column("chain", Text, nullable=False, server_default=""),  # handed back by the sender, where it is one that we sent out
    Column("revision", Integer, nullable=False),  # whose rules it meets
    Column("received_at", UtcDateTime, nullable=False),
    Column("state", Text, nullable=False),  # "stored", "done", "unmatched", "quiet", "failed"
    Column("runs", JsonText),  # ids of the runs that it set off
    Column("problems", JsonText),  # [{"automation", "code", "zh", "en"}]: why a rule did not run
    Column("handled_at", UtcDateTime),
)
Index("inbound_event_once", inbound_event.c.source_id, inbound_event.c.key, unique=True)
Index("inbound_event_of_source", inbound_event.c.source_id, inbound_event.c.state, inbound_event.c.id)
Index("inbound_event_age", inbound_event.c.received_at)

inbound_secret = Table(
    "inbound_secret",  # a row for each secret there ever was; the text of one that is over is gone
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("source_id", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("made_by", BigInteger),
    Column("ends_at", UtcDateTime),  # NULL for the one in force
)
Index("inbound_secret_of_source", inbound_secret.c.source_id, inbound_secret.c.id)
