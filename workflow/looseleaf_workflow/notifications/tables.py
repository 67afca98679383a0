"""The table of notifications: a row for each person and thing told. Rows that are folded into an earlier one name it as their head."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text, text

from looseleaf_platform.database.types import UtcDateTime
from looseleaf_workflow.tables import TABLES


def _words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


wf_notification = Table(
    "wf_notification",
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, nullable=False),
    _words("object_id"),
    Column("record_id", BigInteger),
    _words("text"),
    Column("run_id", BigInteger),  # of the automation that told it
    Column("at", UtcDateTime, nullable=False),
    Column("read_at", UtcDateTime),  # of heads only
    _words("digest"),  # what is told together: a topic and a window of time; "" for what stands alone
    Column("head_id", BigInteger),  # the notification that this one is folded into
)

FOLDED = text("head_id IS NOT NULL")
HEADS = text("head_id IS NULL")
UNREAD = text("head_id IS NULL AND read_at IS NULL")
OPEN_DIGESTS = text("digest <> '' AND head_id IS NULL AND read_at IS NULL")
_COLUMNS = wf_notification.c
Index("wf_notification_heads", _COLUMNS.user_id, _COLUMNS.id, sqlite_where=HEADS, postgresql_where=HEADS)
Index("wf_notification_unread", _COLUMNS.user_id, sqlite_where=UNREAD, postgresql_where=UNREAD)
Index(
    "wf_notification_digest", _COLUMNS.user_id, _COLUMNS.digest,
    unique=True, sqlite_where=OPEN_DIGESTS, postgresql_where=OPEN_DIGESTS,
)  # fmt: skip
Index("wf_notification_folded", _COLUMNS.head_id, _COLUMNS.id, sqlite_where=FOLDED, postgresql_where=FOLDED)
Index("wf_notification_record", _COLUMNS.object_id, _COLUMNS.record_id)
