"""Yardstick B: what one would write by hand for deals alone, tuned: Flask, Core statements made once, a fast dumper, orjson, marshmallow.

It answers what the product's API answers, asks for the same rights and stores the same rows. Nothing in it is general.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
from flask import Flask, Response, request
from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy import Connection, Text, bindparam, cast, insert, literal, null, or_, select, union_all, update
from tables import account, change, deal, grams, operation, outbox, role_member, share, team, token, user

from looseleaf_platform.database.engines import Database
from looseleaf_platform.records.ids import decode, encode, new_id
from looseleaf_platform.records.search import grams_of
from looseleaf_ui_builder.web.security import HEADERS

OWN = tuple(column for column in deal.c if column.name.startswith("f_"))
ALWAYS = {**HEADERS, "Cache-Control": "no-store"}

# --- who asks

CALLER = select(token.c.expires_at, token.c.revoked_at, user.c.id, user.c.f_team, user.c.f_state).where(
    token.c.hash == bindparam("hash"), user.c.id == token.c.user_id, user.c.deleted_at.is_(None)
)
_below = select(team.c.id).where(team.c.id == bindparam("team"), team.c.deleted_at.is_(None)).cte("below", recursive=True)
_below = _below.union(select(team.c.id).where(team.c.f_parent == _below.c.id, team.c.deleted_at.is_(None)))
RIGHTS = union_all(
    select(_below.c.id, cast(null(), Text)), select(literal(0), role_member.c.f_role).where(role_member.c.f_user == bindparam("me"))
)

# --- reads

_shared = union_all(
    *(
        select(share.c.record_id).where(
            share.c.principal_kind == kind, share.c.principal_id == bindparam(name), share.c.object_id == "deal",
            share.c.level.in_(bindparam("levels", expanding=True)),
        )
        for kind, name in (("user", "me"), ("team", "team"))
    )
)  # fmt: skip
WITHIN_REACH = or_(deal.c.owner_id == bindparam("me"), deal.c.team_id.in_(bindparam("teams", expanding=True)), deal.c.id.in_(_shared))


def _title(table: Any, column: Any) -> Any:
    at = table.alias()
    return select(at.c.f_name).where(at.c.id == column, at.c.deleted_at.is_(None)).scalar_subquery()


COLUMNS = (
    deal.c.id, deal.c.version, deal.c.f_name, deal.c.f_code, deal.c.f_account, deal.c.f_stage, deal.c.f_source, deal.c.f_amount,
    deal.c.f_amount__currency, deal.c.f_cost, deal.c.f_discount, deal.c.f_probability, deal.c.f_quantity, deal.c.f_close_date,
    deal.c.f_start_date, deal.c.f_called_at, deal.c.f_city, deal.c.f_competitor, deal.c.f_next_step, deal.c.f_notes, deal.c.f_urgent,
    deal.c.owner_id, deal.c.team_id, deal.c.created_at, deal.c.created_by, deal.c.updated_at, deal.c.updated_by,
    _title(account, deal.c.f_account), _title(user, deal.c.owner_id), _title(team, deal.c.team_id), _title(user, deal.c.created_by),
    _title(user, deal.c.updated_by),
)  # fmt: skip
GET = select(*COLUMNS).where(deal.c.id == bindparam("id"), deal.c.deleted_at.is_(None), WITHIN_REACH)
LIST = (
    select(*COLUMNS)
    .where(deal.c.owner_id == bindparam("owner"), deal.c.f_stage == bindparam("stage"), deal.c.deleted_at.is_(None), WITHIN_REACH)
    .order_by(deal.c.f_close_date.asc().nulls_last(), deal.c.id)
    .limit(bindparam("size"))
)


def dump(row: Any) -> dict[str, Any]:
    """A row of COLUMNS as the API answers it."""
    (id, version, name, code, account_id, stage, source, amount, currency, cost, discount, probability, quantity, close_date, start_date,
     called_at, city, competitor, next_step, notes, urgent, owner, team_id, created_at, created_by, updated_at, updated_by,
     account_title, owner_title, team_title, creator, changer) = row  # fmt: skip
    titles = {"account": account_title, "owner": owner_title, "team": team_title, "created_by": creator, "updated_by": changer}
    return {
        "id": encode(id), "version": version, "name": name, "code": code, "stage": stage, "source": source, "quantity": quantity,
        "city": city, "competitor": competitor, "next_step": next_step, "notes": notes, "urgent": urgent,
        "account": None if account_id is None else encode(account_id),
        "amount": None if amount is None else {"amount": f"{amount:f}", "currency": currency},
        "cost": None if cost is None else f"{cost:f}",
        "discount": None if discount is None else f"{discount:f}",
        "probability": None if probability is None else f"{probability:f}",
        "close_date": None if close_date is None else close_date.isoformat(),
        "start_date": None if start_date is None else start_date.isoformat(),
        "called_at": moment(called_at), "owner": None if owner is None else encode(owner), "team": None if team_id is None else encode(team_id),
        "created_at": moment(created_at), "created_by": None if created_by is None else encode(created_by),
        "updated_at": moment(updated_at), "updated_by": None if updated_by is None else encode(updated_by),
        "$titles": {name: title for name, title in titles.items() if title},
    }  # fmt: skip


def moment(value: datetime | None) -> str | None:
    """ISO 8601 in UTC."""
    return None if value is None else value.replace(tzinfo=None).isoformat() + "Z"


# --- writes

STAGES, SOURCES = ("open", "quoted", "won", "lost"), ("web", "fair", "referral")


class Id(fields.Field[int]):
    """13 characters to a number."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> int:
        try:
            return decode(value)
        except ValueError as error:
            raise ValidationError("not an id") from error


class MoneySchema(Schema):
    """An amount and its currency."""

    amount = fields.Decimal(places=2, required=True)
    currency = fields.String(required=True, validate=validate.OneOf(("CNY",)))


class DealSchema(Schema):
    """What may be sent for a deal."""

    name = fields.String(required=True, validate=validate.Length(1, 120))
    code = fields.String(validate=validate.Length(max=40))
    account = Id()
    stage = fields.String(validate=validate.OneOf(STAGES))
    source = fields.String(validate=validate.OneOf(SOURCES))
    amount = fields.Nested(MoneySchema)
    cost = fields.Decimal(places=2)
    discount = fields.Decimal(places=4, validate=validate.Range(0, 1))
    probability = fields.Decimal(places=4, validate=validate.Range(0, 1))
    quantity = fields.Integer(validate=validate.Range(0))
    close_date = fields.Date()
    start_date = fields.Date()
    called_at = fields.AwareDateTime(format="iso", default_timezone=UTC)
    city = fields.String(validate=validate.Length(max=60))
    competitor = fields.String(validate=validate.Length(max=60))
    next_step = fields.String(validate=validate.Length(max=200))
    notes = fields.String()
    urgent = fields.Boolean()


NEW, PART = DealSchema(), DealSchema(partial=True)
LOCK = select(deal).where(deal.c.id == bindparam("id"), deal.c.deleted_at.is_(None), WITHIN_REACH).with_for_update(of=deal, key_share=True)
ACCOUNT = select(account.c.id).where(account.c.id == bindparam("id"), account.c.deleted_at.is_(None))
INSERT, INSERT_OPERATION, INSERT_CHANGE, INSERT_GRAMS, INSERT_OUTBOX = (insert(table) for table in (deal, operation, change, grams, outbox))
BLANK = {column.name: None for column in deal.c}
UPDATES: dict[frozenset[str], Any] = {}


def columns_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Loaded values as columns."""
    found = {f"f_{name}": value for name, value in values.items()}
    if values.get("amount") is not None:
        money = values["amount"]
        found |= {"f_amount": money["amount"], "f_amount__currency": money["currency"], "f_amount__base": money["amount"]}
    return found


def plain(name: str, value: Any) -> Any:
    """A loaded or stored value as a change row tells it."""
    if value is None:
        return None
    if name == "amount":
        return {"amount": f"{value['amount']:f}", "currency": value["currency"]}
    if name in ("account", "owner", "team"):
        return encode(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return moment(value.astimezone(UTC))
    return value.isoformat() if hasattr(value, "isoformat") else value


class Yardstick:
    """The application. Uses the engines as they are set up for the product, without its `read` and `write`."""

    def __init__(self, database: Database, revision: int) -> None:
        self.reader, self.writer, self.revision = database.reader, database.writer, revision
        self.app = Flask("yardstick")
        self.app.add_url_rule("/deal/<id>", view_func=self.get)
        self.app.add_url_rule("/deal", view_func=self.list)
        self.app.add_url_rule("/deal", view_func=self.create, methods=["POST"])
        self.app.add_url_rule("/deal/<id>", view_func=self.change, methods=["PATCH"])

    def caller(self, connection: Connection) -> dict[str, Any]:
        """The parameters of who asks."""
        secret = request.headers["Authorization"].partition(" ")[2]
        row = connection.execute(CALLER, {"hash": hashlib.sha256(secret.encode()).hexdigest()}).one()
        now = datetime.now(UTC)
        if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now) or row.f_state == "gone":
            raise PermissionError
        rights = connection.execute(RIGHTS, {"team": row.f_team, "me": row.id}).all()
        if "seller" not in {role for _, role in rights}:
            raise PermissionError
        return {"me": row.id, "team": row.f_team, "teams": [id for id, role in rights if role is None], "levels": ["read", "update"]}

    def get(self, id: str) -> Response:
        """One deal."""
        with self.reader.connect() as connection:
            row = connection.execute(GET, {**self.caller(connection), "id": decode(id)}).first()
        return answer({}, 404) if row is None else answer(dump(row), 200, {"ETag": f'"{row[1]}"'})

    def list(self) -> Response:
        """The first page of somebody's deals in a stage, by date."""
        arguments = request.args
        wanted = {"owner": decode(arguments["owner"]), "stage": arguments["stage"], "size": 51}
        with self.reader.connect() as connection:
            rows = connection.execute(LIST, {**self.caller(connection), **wanted}).all()
        return answer({"data": [dump(row) for row in rows[:50]], "more": len(rows) > 50})

    def create(self) -> Response:
        """A new deal."""
        values = NEW.load(orjson.loads(request.get_data()))
        with self.reader.connect() as connection:
            caller = self.caller(connection)
        now, id, operation_id = datetime.now(UTC), new_id(), new_id()
        me = caller["me"]
        with self.writer.begin() as connection:
            if values.get("account") is not None:
                connection.execute(ACCOUNT, {"id": values["account"]}).one()
            said = {"owner": me, "team": caller["team"]}
            connection.execute(INSERT_OPERATION, self.operation(operation_id, "create", me, now))
            stamped = {"id": id, "owner_id": me, "team_id": caller["team"], "created_at": now, "created_by": me, "updated_at": now}
            connection.execute(INSERT, BLANK | columns_of(values) | stamped | {"updated_by": me, "version": 1})
            payload = {name: plain(name, value) for name, value in (values | said).items()}
            connection.execute(INSERT_CHANGE, self.change_row(operation_id, id, 1, "create", payload, now))
            found = sorted(grams_of(values["name"]))
            connection.execute(INSERT_GRAMS, [{"gram": gram, "field_id": "name", "record_id": id} for gram in found])
            connection.execute(INSERT_OUTBOX, message(operation_id, id, "create", now))
        text = encode(id)
        headers = {"ETag": '"1"', "Location": f"/api/v1/records/deal/{text}"}
        return answer({"id": text, "version": 1, "outcome": "created"}, 201, headers)

    def change(self, id: str) -> Response:
        """Other values for some fields."""
        values = PART.load(orjson.loads(request.get_data()))
        with self.reader.connect() as connection:
            caller = self.caller(connection) | {"levels": ["update"]}
        expected, now, operation_id = int(request.headers["If-Match"].strip('"')), datetime.now(UTC), new_id()
        with self.writer.begin() as connection:
            row = connection.execute(LOCK, caller | {"id": decode(id)}).one()
            if row.version != expected:
                return answer({}, 412)
            before = {name: stored(row, name) for name in values}
            changed = {name: value for name, value in values.items() if plain(name, value) != plain(name, before[name])}
            connection.execute(INSERT_OPERATION, self.operation(operation_id, "edit", caller["me"], now))
            columns = columns_of(changed) | {"version": expected + 1, "updated_at": now, "updated_by": caller["me"]}
            done = connection.execute(updating(frozenset(columns)), columns | {"_id": row.id, "_version": expected})
            if done.rowcount != 1:
                raise RuntimeError("somebody else was faster")
            payload = {name: [plain(name, before[name]), plain(name, value)] for name, value in sorted(changed.items())}
            connection.execute(INSERT_CHANGE, self.change_row(operation_id, row.id, expected + 1, "update", payload, now))
            connection.execute(INSERT_OUTBOX, message(operation_id, row.id, "update", now))
        return answer({"id": id, "version": expected + 1, "outcome": "updated"}, 200, {"ETag": f'"{expected + 1}"'})

    def operation(self, id: int, kind: str, me: int, now: datetime) -> dict[str, Any]:
        """Who did what."""
        return {
            "id": id, "kind": kind, "parent": None, "cause": None, "chain": "", "source": "api", "actor": me, "reason": "",
            "exemptions": None, "at": now, "revision": self.revision,
        }  # fmt: skip

    def change_row(self, operation_id: int, id: int, version: int, kind: str, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
        """What became of the record, with a salted commitment."""
        text, salt = orjson.dumps(payload), os.urandom(16)
        return {
            "id": new_id(), "operation_id": operation_id, "object_id": "deal", "record_id": id, "version": version,
            "revision": self.revision, "kind": kind, "payload": text.decode(), "salt": salt,
            "commitment": hashlib.sha256(salt + text).digest(), "at": now,
        }  # fmt: skip


def stored(row: Any, name: str) -> Any:
    """A stored value as the schema would load it."""
    if name == "amount":
        return None if row.f_amount is None else {"amount": row.f_amount, "currency": row.f_amount__currency}
    return getattr(row, f"f_{name}")


def updating(columns: frozenset[str]) -> Any:
    """The statement that sets these columns."""
    found = UPDATES.get(columns)
    if found is None:
        where = (deal.c.id == bindparam("_id"), deal.c.version == bindparam("_version"))
        found = UPDATES[columns] = update(deal).where(*where).values({name: bindparam(name) for name in columns})
    return found


def message(operation_id: int, id: int, kind: str, now: datetime) -> dict[str, Any]:
    """What the rest of the house is told."""
    payload = {"operation": encode(operation_id), "records": {"deal": {kind: [encode(id)]}}}
    return {"id": new_id(), "lane": "", "topic": "records.written", "payload": payload, "created_at": now, "due_at": now, "attempts": 0}


def answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response."""
    return Response(orjson.dumps(data), status=status, mimetype="application/json", headers={**ALWAYS, **(headers or {})})
