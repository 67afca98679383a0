"""The platform's own tables: revisions, operations and changes, the outbox, sign-in, files, jobs. One MetaData for all workspaces.

The PostgreSQL schema is bound by the engine. Text columns named `object_id` and `field_id` hold the stable ids of metadata. Columns named
`by`, `actor` and `user_id` hold the id of a user record, NULL for the system itself. Moments named `…_at` are UTC.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, text

from looseleaf_platform.database.types import JsonText, UtcDateTime

SYSTEM = MetaData()


def _id() -> Column[int]:
    return Column("id", BigInteger, primary_key=True, autoincrement=False)


def _reference(name: str, required: bool = False) -> Column[Any]:
    return Column(name, BigInteger, nullable=not required)


def _words(name: str, required: bool = True) -> Column[Any]:
    return Column(name, Text, nullable=not required, server_default="" if required else None)


def _moment(name: str, required: bool = False) -> Column[Any]:
    return Column(name, UtcDateTime, nullable=not required)


migration = Table(
    "migration",
    SYSTEM,
    Column("owner", Text, primary_key=True),  # "platform", or the extension that brought the step
    Column("number", Integer, primary_key=True, autoincrement=False),
    _moment("at", required=True),
)

# --- metadata -------------------------------------------------------------------------------------------------------------------

revision = Table(
    "revision",
    SYSTEM,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("documents", JsonText, nullable=False),  # [[file name, YAML text], …] in order
    Column("storage", JsonText, nullable=False),  # which tables and columns hold what: publishing/storage.py
    _reference("by"),
    _moment("at", required=True),
    _words("reason"),
    _words("kind"),  # "system", "publish", "rollback", "install", "purge"
    Column("summary", JsonText, nullable=False),  # the plan's changes as data
    _reference("rolled_back_to"),
)

draft = Table(
    "draft",
    SYSTEM,
    _id(),
    _words("name"),
    Column("documents", JsonText, nullable=False),  # {file name: YAML text}
    Column("base_revision", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    _reference("by"),
    _moment("at", required=True),
    _reference("updated_by"),
    _moment("updated_at", required=True),
)

# --- what happened --------------------------------------------------------------------------------------------------------------

operation = Table(
    "operation",
    SYSTEM,
    _id(),
    _words("kind"),
    _reference("parent"),
    _reference("cause"),
    _words("chain"),
    _words("source"),
    _reference("actor"),
    _words("reason"),
    Column("exemptions", JsonText),
    _moment("at", required=True),
    Column("revision", BigInteger, nullable=False),
    Index("operation_at", "at"),
    Index("operation_parent", "parent", sqlite_where=text("parent IS NOT NULL"), postgresql_where=text("parent IS NOT NULL")),
)

change = Table(
    "change",
    SYSTEM,
    _id(),
    _reference("operation_id", required=True),
    _words("object_id"),
    _reference("record_id", required=True),
    Column("version", Integer, nullable=False),
    Column("revision", BigInteger, nullable=False),
    _words("kind"),  # "create", "update", "delete", "restore", "purge"
    Column("payload", JsonText),  # NULL once erased
    Column("salt", LargeBinary),
    Column("commitment", LargeBinary),
    _moment("at", required=True),
    Index("change_of_record", "object_id", "record_id", "id"),
    Index("change_of_operation", "operation_id"),
)

_GIVEN_UP = text("done_at IS NOT NULL AND error IS NOT NULL")
outbox = Table(
    "outbox",
    SYSTEM,
    _id(),
    _words("lane"),
    _words("topic"),
    Column("payload", JsonText),
    _moment("created_at", required=True),
    _moment("due_at", required=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _moment("lease_until"),
    _words("lease_token", required=False),
    _moment("done_at"),
    _words("error", required=False),
    Index("outbox_due", "lane", "due_at", "id", sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")),
    Index("outbox_failed", "id", sqlite_where=_GIVEN_UP, postgresql_where=_GIVEN_UP),
    Index("outbox_done", "done_at", sqlite_where=text("done_at IS NOT NULL"), postgresql_where=text("done_at IS NOT NULL")),
)

idempotency = Table(
    "idempotency",
    SYSTEM,
    Column("key", Text, primary_key=True),
    Column("actor", BigInteger, primary_key=True, autoincrement=False),  # 0 for the system
    _words("request_hash"),
    Column("response", JsonText),
    _moment("at", required=True),
    Index("idempotency_at", "at"),
)

sequence = Table(
    "sequence",
    SYSTEM,
    Column("field_id", Text, primary_key=True),  # "object id.field id"
    Column("period", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

duplicate_key = Table(
    "duplicate_key",
    SYSTEM,
    Column("object_id", Text, primary_key=True),
    Column("rule_id", Text, primary_key=True),
    Column("key_hash", BigInteger, primary_key=True, autoincrement=False),  # of the normalised values that the rule compares
    Column("record_id", BigInteger, primary_key=True, autoincrement=False),
    Index("duplicate_key_of_record", "record_id"),
)

# --- rights and people ----------------------------------------------------------------------------------------------------------

share = Table(
    "share",
    SYSTEM,
    _id(),
    _words("object_id"),
    _reference("record_id", required=True),
    _words("principal_kind"),  # "user" or "team"
    _reference("principal_id", required=True),
    _words("level"),  # "read" or "update"
    _reference("by"),
    _moment("at", required=True),
    UniqueConstraint("object_id", "record_id", "principal_kind", "principal_id", name="share_once"),
    Index("share_of_principal", "principal_kind", "principal_id", "object_id", "record_id"),
)

credential = Table(
    "credential",
    SYSTEM,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    _words("password_hash"),
    _moment("changed_at", required=True),
)

session = Table(
    "session",
    SYSTEM,
    Column("id_hash", Text, primary_key=True),
    _reference("user_id", required=True),
    _moment("created_at", required=True),
    _moment("seen_at", required=True),
    _moment("expires_at", required=True),
    _moment("revoked_at"),
    _words("ip"),
    _words("agent"),
    _words("csrf"),
    Index("session_of_user", "user_id"),
)

token = Table(
    "token",
    SYSTEM,
    _id(),
    Column("hash", Text, nullable=False, unique=True),
    _words("prefix"),  # the first characters, to tell tokens apart in a list
    _reference("user_id", required=True),
    _words("name"),
    Column("scopes", JsonText),  # NULL: all that the owner may do
    _moment("created_at", required=True),
    _moment("expires_at"),
    _moment("last_used_at"),
    _moment("revoked_at"),
    Index("token_of_user", "user_id"),
)

ticket = Table(
    "ticket",
    SYSTEM,
    _id(),
    _words("kind"),  # "invitation" or "reset"
    Column("hash", Text, nullable=False, unique=True),
    _reference("user_id", required=True),
    _reference("by"),
    _moment("created_at", required=True),
    _moment("expires_at", required=True),
    _moment("used_at"),
    Index("ticket_of_user", "user_id"),
)

attempt = Table("attempt", SYSTEM, _id(), _words("key"), _moment("at", required=True), Index("attempt_key", "key", "at"))

mail = Table(
    "mail",
    SYSTEM,
    _id(),
    _words("recipient"),
    _words("subject"),
    _words("body"),
    _moment("created_at", required=True),
    _moment("sent_at"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _moment("tried_at"),
    _words("error", required=False),
    Index("mail_unsent", "created_at", sqlite_where=text("sent_at IS NULL"), postgresql_where=text("sent_at IS NULL")),
)

# --- work and settings ----------------------------------------------------------------------------------------------------------

personal_view = Table(
    "personal_view",
    SYSTEM,
    _id(),
    _reference("user_id", required=True),
    _words("object_id"),
    _words("name"),
    Column("definition", JsonText, nullable=False),
    Column("shared", Boolean, nullable=False, server_default=text("false")),
    Column("position", Integer, nullable=False, server_default="0"),
    _moment("created_at", required=True),
    _moment("updated_at", required=True),
    Index("personal_view_of_user", "user_id", "object_id"),
    Index("personal_view_of_object", "object_id", "shared"),
)

import_mapping = Table(
    "import_mapping",
    SYSTEM,
    _id(),
    _reference("user_id"),
    _words("object_id"),
    _words("signature"),  # of the file's columns
    Column("mapping", JsonText, nullable=False),
    _moment("at", required=True),
    UniqueConstraint("user_id", "object_id", "signature", name="import_mapping_once"),
)

job = Table(
    "job",
    SYSTEM,
    _id(),
    _words("kind"),
    _words("state"),  # "waiting", "running", "done", "failed", "cancelled"
    Column("progress", JsonText),
    Column("payload", JsonText),
    Column("result", JsonText),
    _words("error", required=False),
    _reference("actor"),
    _moment("created_at", required=True),
    _moment("updated_at", required=True),
    _moment("started_at"),
    _moment("finished_at"),
    _moment("lease_until"),
    _words("lease_token", required=False),
    Index("job_state", "kind", "state", "created_at"),
    Index("job_of_actor", "actor", "created_at"),
)

file = Table(
    "file",
    SYSTEM,
    _id(),
    _words("name"),
    _words("mime"),
    Column("size", BigInteger, nullable=False),
    _words("sha256"),
    _words("storage"),  # where the bytes are, in the terms of the file store
    _reference("by"),
    _moment("at", required=True),
    _words("object_id", required=False),
    _reference("record_id"),
    _words("field_id", required=False),
    _moment("deleted_at"),
    Index("file_of_record", "object_id", "record_id"),
    Index("file_content", "sha256"),
)

setting = Table(
    "setting",
    SYSTEM,
    Column("key", Text, primary_key=True),
    Column("value", JsonText),
    _reference("updated_by"),
    _moment("updated_at", required=True),
)
