"""Yardsticks I (idiomatic: statements made for each request, marshmallow dump) and R (the raw driver and SQL text), for reads.

Both answer what yardstick B answers, with the same rights.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from flask import Flask, Response, request
from marshmallow import Schema, fields
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from tables import account, deal, role_member, share, team, token, user
from yardstick import COLUMNS, GET, RIGHTS, answer, dump

from looseleaf_platform.database.engines import Database
from looseleaf_platform.records.ids import decode, encode


class Idiomatic:
    """Statements written where they are used."""

    def __init__(self, database: Database) -> None:
        self.reader = database.reader
        self.app = Flask("idiomatic")
        self.app.add_url_rule("/deal", view_func=self.list)

    def list(self) -> Response:
        """The first page of somebody's deals in a stage, by date."""
        secret = request.headers["Authorization"].partition(" ")[2]
        with self.reader.connect() as connection:
            hash = hashlib.sha256(secret.encode()).hexdigest()
            known = connection.execute(select(token).where(token.c.hash == hash)).one()
            me = connection.execute(select(user).where(user.c.id == known.user_id, user.c.deleted_at.is_(None))).one()
            if "seller" not in connection.scalars(select(role_member.c.f_role).where(role_member.c.f_user == me.id)).all():
                raise PermissionError
            below = select(team.c.id).where(team.c.id == me.f_team, team.c.deleted_at.is_(None)).cte(recursive=True)
            below = below.union(select(team.c.id).where(team.c.f_parent == below.c.id, team.c.deleted_at.is_(None)))
            teams = connection.scalars(select(below.c.id)).all()
            shared = select(share.c.record_id).where(
                share.c.object_id == "deal",
                ((share.c.principal_kind == "user") & (share.c.principal_id == me.id))
                | ((share.c.principal_kind == "team") & (share.c.principal_id == me.f_team)),
            )
            owner, changer, creator = user.alias(), user.alias(), user.alias()
            statement = (
                select(deal, account.c.f_name, owner.c.f_name, team.c.f_name, creator.c.f_name, changer.c.f_name)
                .select_from(deal)
                .outerjoin(account, (account.c.id == deal.c.f_account) & account.c.deleted_at.is_(None))
                .outerjoin(owner, (owner.c.id == deal.c.owner_id) & owner.c.deleted_at.is_(None))
                .outerjoin(team, (team.c.id == deal.c.team_id) & team.c.deleted_at.is_(None))
                .outerjoin(creator, (creator.c.id == deal.c.created_by) & creator.c.deleted_at.is_(None))
                .outerjoin(changer, (changer.c.id == deal.c.updated_by) & changer.c.deleted_at.is_(None))
                .where(deal.c.owner_id == decode(request.args["owner"]), deal.c.f_stage == request.args["stage"])
                .where(deal.c.deleted_at.is_(None))
                .where((deal.c.owner_id == me.id) | deal.c.team_id.in_(teams) | deal.c.id.in_(shared))
                .order_by(deal.c.f_close_date.asc().nulls_last(), deal.c.id)
                .limit(51)
            )
            rows = connection.execute(statement).all()
        return answer({"data": SHOWN.dump([Shown(row) for row in rows[:50]], many=True), "more": len(rows) > 50})


class Shown:
    """A row as the schema wants it."""

    def __init__(self, row: Any) -> None:
        self.row = row
        width = len(deal.c)
        names = ("account", "owner", "team", "created_by", "updated_by")
        self.titles = {name: title for name, title in zip(names, row[width:], strict=True) if title}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)

    @property
    def amount(self) -> Any:
        """The amount with its currency."""
        return None if self.row.f_amount is None else {"amount": self.row.f_amount, "currency": self.row.f_amount__currency}


class Id(fields.Field[int]):
    """A number as 13 characters."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> str | None:
        return None if value is None else encode(value)


class Moment(fields.Field[datetime]):
    """ISO 8601 in UTC."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


class MoneySchema(Schema):
    """An amount and its currency."""

    amount = fields.Decimal(as_string=True)
    currency = fields.String()


class ShownSchema(Schema):
    """A deal as it is answered."""

    id = Id()
    version = fields.Integer()
    name, code, stage, source, city, competitor, next_step, notes = (
        fields.String(attribute=f"f_{name}") for name in ("name", "code", "stage", "source", "city", "competitor", "next_step", "notes")
    )
    account = Id(attribute="f_account")
    amount = fields.Nested(MoneySchema)
    cost, discount, probability = (fields.Decimal(attribute=f"f_{name}", as_string=True) for name in ("cost", "discount", "probability"))
    quantity = fields.Integer(attribute="f_quantity")
    close_date, start_date = (fields.Date(attribute=f"f_{name}") for name in ("close_date", "start_date"))
    called_at = Moment(attribute="f_called_at")
    urgent = fields.Boolean(attribute="f_urgent")
    owner, team = Id(attribute="owner_id"), Id(attribute="team_id")
    created_at, updated_at = Moment(), Moment()
    created_by, updated_by = Id(), Id()
    titles = fields.Dict(data_key="$titles")


SHOWN = ShownSchema()


class Raw:
    """SQL text to the driver's cursor, rows to JSON by hand."""

    def __init__(self, database: Database) -> None:
        self.reader, self.sqlite = database.reader, database.dialect == "sqlite"
        dialect = sqlite.dialect(paramstyle="named") if self.sqlite else postgresql.dialect(paramstyle="pyformat")
        self.known = text_of(
            select(token.c.expires_at, token.c.revoked_at, user.c.id, user.c.f_team, user.c.f_state).where(
                token.c.hash == "HASH", user.c.id == token.c.user_id, user.c.deleted_at.is_(None)
            ),
            dialect,
        )
        self.rights, self.found = text_of(RIGHTS, dialect), text_of(GET, dialect)
        self.app = Flask("raw")
        self.app.add_url_rule("/deal/<id>", view_func=self.get)

    def get(self, id: str) -> Response:
        """One deal."""
        secret = request.headers["Authorization"].partition(" ")[2]
        with self.reader.connect() as connection:
            cursor = connection.connection.driver_connection.cursor()
            hash = hashlib.sha256(secret.encode()).hexdigest()
            cursor.execute(self.known, {"hash_1": hash})
            _, _, me, own, _ = cursor.fetchone()
            cursor.execute(self.rights, {"team": own, "me": me, "param_1": 0})
            rights = cursor.fetchall()
            if "seller" not in {role for _, role in rights}:
                raise PermissionError
            teams = [one for one, role in rights if role is None]
            text, parameters = expanded(self.found, {"teams": teams, "levels": ["read", "update"]}, self.sqlite)
            fixed = {"principal_kind_1": "user", "principal_kind_2": "team", "object_id_1": "deal", "object_id_2": "deal"}
            cursor.execute(text, {**parameters, **fixed, "me": me, "team": own, "id": decode(id)})
            row = cursor.fetchone()
            if row is None:
                return answer({}, 404)
            return answer(dump(loaded(row) if self.sqlite else row), 200, {"ETag": f'"{row[1]}"'})


def text_of(statement: Any, dialect: Any) -> str:
    """A statement as the driver takes it, written once."""
    return str(statement.compile(dialect=dialect))


def expanded(text: str, lists: dict[str, list[Any]], colons: bool) -> tuple[str, dict[str, Any]]:
    """The text with its lists written out."""
    parameters: dict[str, Any] = {}
    for name, values in lists.items():
        keys = [f"{name}_{number}" for number in range(len(values))]
        text = text.replace(f"__[POSTCOMPILE_{name}]", ", ".join(f":{key}" if colons else f"%({key})s" for key in keys))
        parameters |= dict(zip(keys, values, strict=True))
    return text, parameters


SCALES = {7: 2, 9: 2, 10: 4, 11: 4}
MOMENTS, DATES = (15, 23, 25), (13, 14)


def loaded(row: Any) -> list[Any]:
    """A row of SQLite with its numbers, dates and moments."""
    values = list(row)
    for place, scale in SCALES.items():
        if values[place] is not None:
            values[place] = Decimal(values[place]).scaleb(-scale)
    for place in DATES:
        if values[place] is not None:
            values[place] = date.fromisoformat(values[place])
    for place in MOMENTS:
        if values[place] is not None:
            values[place] = datetime.fromisoformat(values[place])
    values[20] = None if values[20] is None else bool(values[20])
    return values


__all__ = ["COLUMNS", "Idiomatic", "Raw"]
