"""Where the benchmarks run: a workspace of its own on each database, with people, accounts and as many deals as asked for.

Deals are loaded past the write path, by COPY or executemany: the data are a set-up, not what is measured.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from measuring import Request, prepared
from sqlalchemy import Connection, Table, event, insert, text

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.extension import Extension
from looseleaf_platform.identity import tokens
from looseleaf_platform.records.ids import encode, new_ids
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.search import grams_of
from looseleaf_platform.records.write import write
from looseleaf_platform.vocabulary import platform_vocabulary
from looseleaf_platform.workspace import Workspace
from looseleaf_ui_builder.compose import create_app
from support.workspaces import publish_texts

DEALS = (Path(__file__).parent / "model.yaml").read_text("utf-8")


def with_prospects(text: str) -> str:
    """A model with a second object like `deal`, to hold few records."""
    account, deal, *roles = text.split("---\n")
    prospect = deal.replace("object: deal", "object: prospect").replace("name: deals", "name: prospects")
    return "---\n".join([account, deal, prospect, *(role.replace("  deal: {", "  prospect: {read: all}\n  deal: {") for role in roles)])


MODEL = with_prospects(DEALS)
SAME = 60
"""Records of either object that belong to one person, whatever its size."""
SHARES = {"nobody": 0.0, "small": 0.01, "left": 0.25, "right": 0.25, "rest": 0.49}
"""Teams and their part of all deals; "left" and "right" are below "half"."""
CITIES = (
    "北京",
    "上海",
    "广州",
    "深圳",
    "苏州",
    "杭州",
    "南京",
    "武汉",
    "成都",
    "重庆",
    "天津",
    "西安",
    "长沙",
    "青岛",
    "宁波",
    "无锡",
    "佛山",
    "东莞",
    "合肥",
    "郑州",
)
FIRST, SECOND = "恒精华远嘉瑞鼎宏金博天万星云聚中海凯立达", "拓密信通禾丰盛泰诚雅元象河帆力科纳越新安"
TRADES = ("机械有限公司", "电子科技")
STAGES, SOURCES = ("open", "quoted", "won", "lost"), ("web", "fair", "referral")
BATCH = 5000
MOMENT = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)


@dataclass
class Person:
    """A user with a token."""

    id: int
    team: int | None
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        """Of a request of theirs."""
        return {"Authorization": f"Bearer {self.secret}", "Accept-Language": "en"}


@dataclass
class Place:
    """A workspace being measured. `people` by name, `ids` of the deals, `accounts` the ids of accounts."""

    database: str
    workspace: Workspace
    app: Flask
    people: dict[str, Person] = field(default_factory=dict)
    owners: dict[str, list[int]] = field(default_factory=dict)
    teams: dict[str, int] = field(default_factory=dict)
    ids: list[int] = field(default_factory=list)
    accounts: list[int] = field(default_factory=list)
    pids: set[int] = field(default_factory=set)
    chance: random.Random = field(default_factory=lambda: random.Random(2))

    def backends(self) -> Sequence[int]:
        """Process ids of the database's backends that serve this workspace; none on SQLite, which runs in this process."""
        return sorted(self.pids)

    def asking(self, person: str, path: str, method: str = "GET", body: Any = None, headers: Any = None, **query: Any) -> Request:
        """A request to the product's API by one of the people."""
        return prepared(self.app, f"/api/v1{path}", method, {**self.people[person].headers, **(headers or {})}, body, **query)


@contextmanager
def opened(database: str, databases: Any, *texts: str, extensions: Sequence[Extension] = ()) -> Iterator[Place]:
    """A fresh workspace with `texts` published (default: the model of the benchmarks), and with `extensions` plugged in."""
    with databases.fresh() as url:
        workspace = Workspace.open(url, platform_vocabulary(), extensions=extensions)
        place = Place(database, workspace, create_app(workspace))
        if database == "postgresql":
            for engine in (workspace.database.reader, workspace.database.writer):
                event.listen(engine, "checkout", lambda connection, *_: place.pids.add(connection.info.backend_pid))
                event.listen(engine, "connect", lambda connection, *_: place.pids.add(connection.info.backend_pid))
        publish_texts(workspace, *(texts or (MODEL,)))
        try:
            yield place
        finally:
            workspace.close()


def settle_people(place: Place) -> None:
    """Teams, their members, and those who ask: somebody in each team, one above two teams, a head of sales and an administrator."""
    system = place.workspace.context(SYSTEM)

    def new(object_name: str, **values: Any) -> int:
        return write(system, [Change("create", object_name, values=values)]).written[0].id or 0

    place.teams["half"] = new("team", name="half")
    for name in SHARES:
        place.teams[name] = new("team", name=name, **({"parent": place.teams["half"]} if name in ("left", "right") else {}))
        place.owners[name] = [new("user", name=f"{name} {number}", state="active", team=place.teams[name]) for number in range(10)]
    place.owners["same"] = [new("user", name="same", state="active", team=place.teams["rest"])]
    roles = {"nobody": "seller", "small": "seller", "left": "seller", "half": "seller", "head": "sales_head"}
    for name, role in roles.items():
        user = place.owners[name][0] if name in place.owners else new("user", name=name, state="active", team=place.teams.get(name))
        new("role_member", user=user, role=role)
        place.people[name] = person(place, user)
    place.people["admin"] = person(place, new("user", name="admin", state="active", administrator=True))


def person(place: Place, user: int) -> Person:
    """A user with a fresh token."""
    actor = place.workspace.actor(user)
    return Person(user, actor.team, tokens.create(place.workspace.context(actor), "benchmark")[1])


def load_deals(place: Place, count: int, object_name: str = "deal") -> None:
    """Accounts and `count` deals, spread over the teams by SHARES, with their search grams."""
    runtime = place.workspace.runtime
    found = runtime.object(object_name)
    if not place.accounts:
        names = [f"{place.chance.choice(CITIES)}{number}号" for number in range(max(10, count // 50))]
        rows = [{**_stamps(None), "id": id, "f_name": name} for id, name in zip(new_ids(len(names)), names, strict=True)]
        place.accounts = [row["id"] for row in rows]
        with place.workspace.database.write() as connection:
            _store(connection, runtime.object("account").table, rows)
    teams = list(SHARES)
    for start in range(0, count, BATCH):
        size = min(BATCH, count - start)
        rows = [
            _deal(place, team, id)
            for team, id in zip(place.chance.choices(teams, list(SHARES.values()), k=size), new_ids(size), strict=True)
        ]
        if start == 0:
            for row in rows[:SAME]:
                row |= {"owner_id": place.owners["same"][0], "f_stage": "open"}
        if object_name == "deal":
            place.ids.extend(row["id"] for row in rows)
        grams = [{"gram": gram, "field_id": "name", "record_id": row["id"]} for row in rows for gram in known_grams(row["f_name"])]
        with place.workspace.database.write() as connection:
            _store(connection, found.table, rows)
            _store(connection, found.grams, grams)


def brought_up_to_date(place: Place) -> None:
    """Let the database look at what it holds, as it does by itself in time."""
    with place.workspace.database.outside_transactions() as connection:
        connection.execute(text("VACUUM ANALYZE" if place.database == "postgresql" else "ANALYZE"))


@cache
def known_grams(name: str) -> frozenset[str]:
    """The grams of one of the few thousand names."""
    return grams_of(name)


def name_of_deal(chance: random.Random) -> str:
    """A name such as 苏州恒拓电子科技: of 400 firms, each in one of every 400 deals."""
    return chance.choice(CITIES[:5]) + chance.choice(FIRST) + chance.choice(SECOND) + chance.choice(TRADES)


def values_of_deal(place: Place) -> dict[str, Any]:
    """What an API client sends for a new deal: 17 fields, and `urgent`."""
    chance = place.chance
    return {
        "name": f"{name_of_deal(chance)} {chance.randrange(10**6)}", "code": f"D-{chance.randrange(10**6)}",
        "account": encode(chance.choice(place.accounts)), "stage": chance.choice(STAGES), "source": chance.choice(SOURCES),
        "amount": {"amount": f"{chance.randrange(10**8) / 100:.2f}", "currency": "CNY"}, "cost": f"{chance.randrange(10**6) / 100:.2f}",
        "discount": f"{chance.randrange(3000) / 10000:.4f}", "probability": "0.5000", "quantity": chance.randrange(1, 100),
        "close_date": str(date(2026, 1, 1) + timedelta(days=chance.randrange(300))), "start_date": "2026-01-05",
        "called_at": "2026-03-02T06:30:00Z", "city": chance.choice(CITIES), "competitor": "海纳", "next_step": "电话回访",
        "notes": "客户对交期有要求。" * 4, "urgent": chance.random() < 0.1,
    }  # fmt: skip


def _stamps(me: int | None) -> dict[str, Any]:
    return {
        "created_at": MOMENT, "created_by": me, "updated_at": MOMENT, "updated_by": me, "version": 1, "deleted_at": None, "deleted_by": None,
    }  # fmt: skip


def _deal(place: Place, team: str, id: int) -> dict[str, Any]:
    chance = place.chance
    owner = chance.choice(place.owners[team])
    amount = Decimal(chance.randrange(10**8)).scaleb(-2)
    moment = MOMENT - timedelta(seconds=chance.randrange(10**7))
    return {
        **_stamps(owner), "id": id, "owner_id": owner, "team_id": place.teams[team], "updated_at": moment,
        "f_name": name_of_deal(chance), "f_code": f"D-{id % 10**6}", "f_account": chance.choice(place.accounts),
        "f_stage": chance.choice(STAGES), "f_source": chance.choice(SOURCES), "f_amount": amount, "f_amount__currency": "CNY",
        "f_amount__base": amount, "f_cost": Decimal("12.50"), "f_discount": Decimal("0.1000"), "f_probability": Decimal("0.5000"),
        "f_quantity": chance.randrange(100), "f_close_date": date(2025, 6, 1) + timedelta(days=chance.randrange(700)),
        "f_start_date": date(2025, 5, 1), "f_called_at": moment, "f_city": chance.choice(CITIES), "f_competitor": "海纳",
        "f_next_step": "电话回访", "f_notes": "客户对交期有要求。", "f_urgent": chance.random() < 0.1,
    }  # fmt: skip


def _store(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """COPY on PostgreSQL, executemany on SQLite."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(insert(table), rows)
        return
    names = list(rows[0])
    cursor: Any = connection.connection.cursor()
    columns = ", ".join(f'"{name}"' for name in names)
    with cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row([row[name] for name in names])
