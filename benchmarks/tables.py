"""The yardstick's own idea of the tables, written by hand as one would for an application about deals alone.

They are the very tables that the product has made from model.yaml; the comparison of stored rows holds the two together.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, LargeBinary, MetaData, String, Table, Text

from looseleaf_platform.database.types import ExactDecimal, JsonText, UtcDateTime

METADATA = MetaData()

account = Table(
    "o_account", METADATA, Column("id", BigInteger, primary_key=True), Column("f_name", Text), Column("deleted_at", UtcDateTime)
)
team = Table(
    "o_team",
    METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("f_name", Text),
    Column("f_parent", BigInteger),
    Column("deleted_at", UtcDateTime),
)
user = Table(
    "o_user",
    METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("f_name", Text),
    Column("f_team", BigInteger),
    Column("f_state", Text),
    Column("f_locale", Text),
    Column("f_timezone", Text),
    Column("deleted_at", UtcDateTime),
)
role_member = Table("o_role_member", METADATA, Column("f_user", BigInteger), Column("f_role", Text), Column("deleted_at", UtcDateTime))
deal = Table(
    "o_deal",
    METADATA,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("owner_id", BigInteger),
    Column("team_id", BigInteger),
    Column("created_at", UtcDateTime),
    Column("created_by", BigInteger),
    Column("updated_at", UtcDateTime),
    Column("updated_by", BigInteger),
    Column("version", Integer),
    Column("deleted_at", UtcDateTime),
    Column("deleted_by", BigInteger),
    Column("f_name", Text),
    Column("f_code", Text),
    Column("f_account", BigInteger),
    Column("f_stage", Text),
    Column("f_source", Text),
    Column("f_amount", ExactDecimal(18, 2)),
    Column("f_amount__currency", String(3)),
    Column("f_amount__base", ExactDecimal(18, 2)),
    Column("f_cost", ExactDecimal(14, 2)),
    Column("f_discount", ExactDecimal(18, 4)),
    Column("f_probability", ExactDecimal(18, 4)),
    Column("f_quantity", BigInteger),
    Column("f_close_date", Date),
    Column("f_start_date", Date),
    Column("f_called_at", UtcDateTime),
    Column("f_city", Text),
    Column("f_competitor", Text),
    Column("f_next_step", Text),
    Column("f_notes", Text),
    Column("f_urgent", Boolean(create_constraint=False)),
)
grams = Table("o_deal__grams", METADATA, Column("gram", Text), Column("field_id", Text), Column("record_id", BigInteger))
token = Table(
    "token",
    METADATA,
    Column("id", BigInteger),
    Column("hash", Text),
    Column("user_id", BigInteger),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)
share = Table(
    "share",
    METADATA,
    Column("object_id", Text),
    Column("record_id", BigInteger),
    Column("principal_kind", Text),
    Column("principal_id", BigInteger),
    Column("level", Text),
)
operation = Table(
    "operation",
    METADATA,
    Column("id", BigInteger),
    Column("kind", Text),
    Column("parent", BigInteger),
    Column("cause", BigInteger),
    Column("chain", Text),
    Column("source", Text),
    Column("actor", BigInteger),
    Column("reason", Text),
    Column("exemptions", Text),
    Column("at", UtcDateTime),
    Column("revision", BigInteger),
)
change = Table(
    "change",
    METADATA,
    Column("id", BigInteger),
    Column("operation_id", BigInteger),
    Column("object_id", Text),
    Column("record_id", BigInteger),
    Column("version", Integer),
    Column("revision", BigInteger),
    Column("kind", Text),
    Column("payload", Text),
    Column("salt", LargeBinary),
    Column("commitment", LargeBinary),
    Column("at", UtcDateTime),
)
outbox = Table(
    "outbox",
    METADATA,
    Column("id", BigInteger),
    Column("lane", Text),
    Column("topic", Text),
    Column("payload", JsonText),
    Column("created_at", UtcDateTime),
    Column("due_at", UtcDateTime),
    Column("attempts", Integer),
)
