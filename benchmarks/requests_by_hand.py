"""Bars 1 to 4: get, list, create and update against the yardsticks B, I and R on the same tables.

Before anything is timed, answers and stored rows of both sides are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from measuring import Answer, Request, Result, Size, compare, prepared, rounds
from place import Place, values_of_deal
from plain_yardsticks import Idiomatic, Raw
from sqlalchemy import select
from tables import METADATA
from yardstick import Yardstick

from looseleaf_platform.records.ids import decode, encode

ASKER = "left"


class Sides:
    """The product and the yardsticks on one place."""

    def __init__(self, place: Place) -> None:
        self.place = place
        database = place.workspace.database
        self.by_hand = Yardstick(database, place.workspace.runtime.revision)
        self.idiomatic, self.raw = Idiomatic(database), Raw(database)
        self.me = place.people[ASKER]
        mine = f"owner_id = {self.me.id}"
        with database.read() as connection:
            self.mine = list(connection.exec_driver_sql(f"SELECT id FROM o_deal WHERE {mine} LIMIT 2000").scalars())

    def get(self, app: Any, prefix: str) -> Callable[[int], Sequence[Request]]:
        """Requests for one of my deals."""
        return lambda count: [
            prepared(app, f"{prefix}/deal/{encode(self.place.chance.choice(self.mine))}", headers=self.me.headers) for _ in range(count)
        ]

    def list_ours(self, count: int) -> Sequence[Request]:
        """Requests for my deals in a stage, of the product."""
        return [self.page("won") for _ in range(count)]

    def page(self, stage: str) -> Request:
        """Fifty of my deals in a stage."""
        conditions = [{"field": "owner", "op": "eq", "value": encode(self.me.id)}, {"field": "stage", "op": "eq", "value": stage}]
        return self.place.asking(ASKER, "/records/deal", filter=orjson.dumps({"and": conditions}).decode(), sort="close_date")

    def list_theirs(self, app: Any) -> Callable[[int], Sequence[Request]]:
        """The same of a yardstick."""
        query = {"owner": encode(self.me.id), "stage": "won"}
        return lambda count: [prepared(app, "/deal", headers=self.me.headers, **query) for _ in range(count)]

    def create(self, app: Any, prefix: str) -> Callable[[int], Sequence[Request]]:
        """Requests for new deals."""
        return lambda count: [prepared(app, f"{prefix}/deal", "POST", self.me.headers, self.seventeen()) for _ in range(count)]

    def seventeen(self) -> dict[str, Any]:
        """Seventeen fields of a new deal."""
        values = values_of_deal(self.place)
        del values["urgent"]
        return values

    def update(self, app: Any, prefix: str, part: int) -> Callable[[int], Sequence[Request]]:
        """Requests that change three fields each, of deals that the other side leaves alone. `part`: 0 or 1."""
        versions: dict[int, int] = {}
        ours = self.mine[part::2]

        def make(count: int) -> Sequence[Request]:
            requests = []
            for id in self.place.chance.sample(ours, min(count, len(ours))):
                version = versions.get(id) or self.version(id)
                versions[id] = version + 1
                amount = {"amount": f"{self.place.chance.randrange(10**8) / 100:.2f}", "currency": "CNY"}
                body = {"amount": amount, "next_step": f"回访 {version} {id % 997}", "quantity": self.place.chance.randrange(100, 10**6)}
                headers = {**self.me.headers, "If-Match": f'"{version}"'}
                requests.append(prepared(app, f"{prefix}/deal/{encode(id)}", "PATCH", headers, body))
            return requests

        return make

    def version(self, id: int) -> int:
        """The stored version of a deal."""
        with self.place.workspace.database.read() as connection:
            return int(connection.exec_driver_sql(f"SELECT version FROM o_deal WHERE id = {id}").scalar_one())


API = "/api/v1/records"


def bars(place: Place, size: Size) -> list[Result]:
    """Bars 1 to 4 on one place."""
    sides = Sides(place)
    hand, name = sides.by_hand.app, place.database
    compare_reads(sides)
    compare_writes(sides)
    get = rounds({"ours": sides.get(place.app, API), "B": sides.get(hand, ""), "R": sides.get(sides.raw.app, "")}, size)
    listed = rounds({"ours": sides.list_ours, "B": sides.list_theirs(hand), "I": sides.list_theirs(sides.idiomatic.app)}, size)
    create = rounds({"ours": sides.create(place.app, API), "B": sides.create(hand, "")}, size)
    update = rounds({"ours": sides.update(place.app, API, 0), "B": sides.update(hand, "", 1)}, size)
    return [
        compare(1, "get by id, against B", name, get, "ours", "B", 1.15),
        compare(1, "get by id, against R", name, get, "ours", "R", 2.0),
        compare(2, "list of 50 × 24 fields, against B", name, listed, "ours", "B", 1.15),
        compare(2, "list of 50 × 24 fields, against I", name, listed, "ours", "I", 0.5),
        compare(3, "create, 17 fields, against B", name, create, "ours", "B", 1.15),
        compare(4, "update of 3 fields, against B", name, update, "ours", "B", 1.10),
    ]


def compare_reads(sides: Sides) -> None:
    """Raise AssertionError where the yardsticks answer something else than the product."""
    place, hand = sides.place, sides.by_hand.app
    for id in sides.mine[:5]:
        path = f"/deal/{encode(id)}"
        ours: Answer = place.asking(ASKER, f"/records{path}")()
        for app in (hand, sides.raw.app):
            same_answer(ours, prepared(app, path, headers=sides.me.headers)())
    listed = sides.list_ours(1)[0]().data
    for app in (hand, sides.idiomatic.app):
        theirs = sides.list_theirs(app)(1)[0]().data
        same(theirs["data"], listed["data"])
        same(theirs["more"], listed["page"]["next"] is not None)


def compare_writes(sides: Sides) -> None:
    """Raise AssertionError where a create or update by hand stores or answers something else."""
    place, hand, headers = sides.place, sides.by_hand.app, sides.me.headers
    body = sides.seventeen()
    found = []
    for app, prefix in ((place.app, API), (hand, "")):
        created = prepared(app, f"{prefix}/deal", "POST", headers, body)()
        id = created.data["id"]
        change = {"amount": {"amount": "7.10", "currency": "CNY"}, "next_step": "寄样", "quantity": 4711}
        updated = prepared(app, f"{prefix}/deal/{id}", "PATCH", {**headers, "If-Match": '"1"'}, change)()
        found.append((neutral(created, id), neutral(updated, id), stored_rows(place, decode(id))))
    same(found[1], found[0])


def neutral(answer: Answer, id: str) -> Any:
    """An answer without the id."""
    assert answer.status < 300, answer.body
    shown = {name: value.replace(id, "ID") for name, value in answer.headers.items()}
    return answer.status, shown, orjson.loads(answer.body.replace(id.encode(), b"ID"))


def stored_rows(place: Place, id: int) -> dict[str, list[Any]]:
    """All that is stored of a record, without ids, moments, salts and what is made of them."""
    deal, grams, change, operation, outbox = (
        METADATA.tables[name] for name in ("o_deal", "o_deal__grams", "change", "operation", "outbox")
    )
    with place.workspace.database.read() as connection:
        changes = connection.execute(select(change).where(change.c.record_id == id).order_by(change.c.version)).all()
        operations = [row.operation_id for row in changes]
        said = connection.execute(select(operation).where(operation.c.id.in_(operations)).order_by(operation.c.id)).all()
        messages = [row for row in connection.execute(select(outbox)) if row.payload.get("operation") in map(encode, operations)]
        found = {
            "record": connection.execute(select(deal).where(deal.c.id == id)).all(),
            "grams": connection.execute(select(grams).where(grams.c.record_id == id).order_by(grams.c.gram)).all(),
            "change": changes,
            "operation": said,
            "outbox": sorted(messages, key=lambda row: row.id),
        }
    dropped = ("id", "record_id", "operation_id", "at", "created_at", "updated_at", "due_at", "salt", "commitment")
    rows = {kind: [{key: value for key, value in row._mapping.items() if key not in dropped} for row in of] for kind, of in found.items()}
    for row in rows["change"]:
        row["payload"] = orjson.loads(row["payload"])
    for row in rows["outbox"]:
        row["payload"] = orjson.loads(orjson.dumps(row["payload"]).replace(encode(id).encode(), b"ID")) | {"operation": "O"}
    return rows


def same_answer(ours: Answer, theirs: Answer) -> None:
    """Raise AssertionError for different answers."""
    same(theirs.status, ours.status)
    same(dict(theirs.headers), dict(ours.headers) | {"Content-Length": theirs.headers["Content-Length"]})
    same(theirs.data, ours.data)


def same(theirs: Any, ours: Any) -> None:
    """Raise AssertionError that shows both."""
    if theirs != ours:
        raise AssertionError(f"the yardstick differs:\n{theirs}\nthe product:\n{ours}")
