"""Bars 11 and 15: many records at once, and many writers at once."""

from __future__ import annotations

import csv
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import yardstick
from measuring import Result, Size, ratio
from place import Place, values_of_deal
from sqlalchemy import select, text
from tables import METADATA, deal, grams

from looseleaf_platform.importing.mapping import ImportMapping, Source, Target
from looseleaf_platform.importing.running import run_import
from looseleaf_platform.records.ids import encode, new_id, new_ids
from looseleaf_platform.records.search import grams_of

COLUMNS = ("name", "code", "stage", "source", "amount", "cost", "discount", "probability", "quantity", "close_date", "start_date",
           "called_at", "city", "competitor", "next_step", "notes", "urgent")  # fmt: skip
MAPPING = ImportMapping(targets=(Target("deal", fields={name: Source(column=name) for name in COLUMNS}),))
DECIMALS = {"cost": 2, "discount": 4, "probability": 4}


def imports(place: Place, size: Size, folder: Path, count: int) -> list[Result]:
    """Bar 11: an import of `count` lines against a bare COPY (PostgreSQL) and against a loader by hand that stores identical rows."""
    rates: dict[str, list[float]] = {"ours": [], "by hand": [], "bare": []}
    for number in range(1 if size.short else 3):
        path = folder / f"deals{number}.csv"
        lines = [[*row.values()] for row in (flat(values_of_deal(place)) for _ in range(count))]
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *lines])
        rates["ours"].append(count / timed(lambda: ours(place, path, count)))  # noqa: B023 - used at once
        rates["by hand"].append(count / timed(lambda: by_hand(place, path)))  # noqa: B023
        rates["bare"].append(count / timed(lambda: bare(place, path)))  # noqa: B023
        compare_stored(place)
    name, note = place.database, f"{count:,} lines of 17 fields, wall time"
    results = []
    bars = {"bare": ("COPY" if name == "postgresql" else "executemany", 0.35 if name == "postgresql" else 0.0), "by hand": ("a loader that stores identical rows", 0.5)}  # fmt: skip
    for side, (label, least) in bars.items():
        figure, _ = ratio(rates["ours"], rates[side]) if len(rates["ours"]) > 1 else (rates["ours"][0] / rates[side][0], None)
        asked = least > 0 and (side == "bare" or name == "sqlite")
        limit = f"≥ {least:g}" if asked else "(told only)"
        result = Result(11, f"import, rows/s against {label}", name, figure, limit, not asked or figure >= least - 0.05, note=note)
        result.details = {f"{key} rows/s": round(max(values)) for key, values in rates.items()}
        results.append(result)
    return results


def flat(values: dict[str, Any]) -> dict[str, str]:
    """An API body as the cells of a line."""
    return {name: values[name]["amount"] if name == "amount" else str(values[name]) for name in COLUMNS}


def timed(work: Callable[[], object]) -> float:
    """Seconds of wall time."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def ours(place: Place, path: Path, count: int) -> None:
    """The product's import."""
    context = place.workspace.context(place.workspace.actor(place.people["head"].id), "import")
    report = run_import(context, path, MAPPING)
    if report.refused or report.objects["deal"]["created"] != count:
        raise RuntimeError(f"refused {report.refused}: {report.samples[:1]}")


def parsed(line: dict[str, str]) -> dict[str, Any]:
    """The cells of a line as a careful loader takes them."""
    values: dict[str, Any] = dict(line)
    for name, scale in DECIMALS.items():
        values[name] = Decimal(line[name]).quantize(Decimal(1).scaleb(-scale))
    values["amount"] = {"amount": Decimal(line["amount"]).quantize(Decimal("0.01")), "currency": "CNY"}
    values["quantity"], values["urgent"] = int(line["quantity"]), line["urgent"] == "True"
    values["close_date"], values["start_date"] = date.fromisoformat(line["close_date"]), date.fromisoformat(line["start_date"])
    values["called_at"] = datetime.fromisoformat(line["called_at"]).astimezone(UTC)
    if not line["name"] or line["stage"] not in yardstick.STAGES or line["source"] not in yardstick.SOURCES:
        raise ValueError(line)
    return values


def read(path: Path) -> list[dict[str, str]]:
    """The lines of a file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_hand(place: Place, path: Path) -> None:
    """A loader for deals alone, that stores what the product stores, a thousand lines a transaction."""
    hand = yardstick.Yardstick(place.workspace.database, place.workspace.runtime.revision)
    person, lines = place.people["head"], read(path)
    for start in range(0, len(lines), 1000):
        records, changes, found, kept = [], [], [], []
        now, operation_id = datetime.now(UTC), new_id()
        for line in lines[start : start + 1000]:
            values, id = parsed(line), new_id()
            stamped = {
                "id": id,
                "owner_id": person.id,
                "team_id": person.team,
                "created_at": now,
                "created_by": person.id,
                "updated_at": now,
            }
            records.append(yardstick.BLANK | yardstick.columns_of(values) | stamped | {"updated_by": person.id, "version": 1})
            said = values | {"owner": person.id}
            payload = {name: yardstick.plain(name, value) for name, value in said.items() if value is not None}
            changes.append(hand.change_row(operation_id, id, 1, "create", payload, now))
            found.extend({"gram": gram, "field_id": "name", "record_id": id} for gram in sorted(grams_of(values["name"])))
            kept.append(encode(id))
        message = yardstick.message(operation_id, 0, "create", now)
        message["payload"]["records"] = {"deal": {"create": kept}}
        with place.workspace.database.writer.begin() as connection:
            connection.execute(yardstick.INSERT_OPERATION, hand.operation(operation_id, "import", person.id, now) | {"source": "import"})
            connection.execute(yardstick.INSERT, records)
            connection.execute(yardstick.INSERT_CHANGE, changes)
            connection.execute(yardstick.INSERT_GRAMS, found)
            connection.execute(yardstick.INSERT_OUTBOX, message)


def bare(place: Place, path: Path) -> None:
    """The records alone, by the fastest way of the driver, unchecked."""
    me, now = place.people["head"].id, datetime.now(UTC)
    lines = read(path)
    stamps = {"owner_id": me, "created_at": now, "created_by": me, "updated_at": now, "updated_by": me, "version": 1}
    names = ["id", *stamps, *(f"f_{name}" for name in COLUMNS), "f_amount__currency", "f_amount__base"]
    rows = [(id, *stamps.values(), *line.values(), "CNY", line["amount"]) for id, line in zip(new_ids(len(lines)), lines, strict=True)]
    columns = ", ".join(names)
    with place.workspace.database.writer.begin() as connection:
        driver: Any = connection.connection.driver_connection
        if place.database == "sqlite":
            rows = [(row[0], row[1], str(now), row[3], str(now), *row[5:]) for row in rows]
            driver.executemany(f"INSERT INTO o_deal ({columns}) VALUES ({', '.join('?' * len(names))})", rows)
        else:
            with driver.cursor().copy(f"COPY o_deal ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
    with place.workspace.database.writer.begin() as connection:  # out of the way of what is compared and measured next
        connection.execute(text("DELETE FROM o_deal WHERE created_at = :now"), {"now": str(now) if place.database == "sqlite" else now})


def compare_stored(place: Place) -> None:
    """Raise AssertionError where the last record of both loaders is stored differently."""
    change = METADATA.tables["change"]
    with place.workspace.database.read() as connection:
        sides = []
        for order in (deal.c.id, deal.c.id.desc()):
            newest = select(deal).where(deal.c.owner_id == place.people["head"].id).order_by(order)
            record = connection.execute(newest.limit(1)).one()
            twin = connection.execute(newest.where(deal.c.f_code == record.f_code, deal.c.f_name == record.f_name)).all()
            sides.append([_stored(connection, change, row) for row in twin])
    for twins in sides:
        assert len(twins) >= 2, "both loaders have stored the line"
        assert all(one == twins[0] for one in twins), twins


def _stored(connection: Any, change: Any, row: Any) -> Any:
    dropped = ("id", "created_at", "updated_at")
    record = {key: value for key, value in row._mapping.items() if key not in dropped}
    changed = connection.execute(select(change.c.kind, change.c.version, change.c.payload).where(change.c.record_id == row.id)).one()
    found = sorted(connection.scalars(select(grams.c.gram).where(grams.c.record_id == row.id)))
    return record, changed.kind, changed.version, orjson.loads(changed.payload), found


def writers(place: Place, size: Size) -> list[Result]:
    """Bar 15: eight threads that create against one, on SQLite. All that was answered is stored, nobody is refused or starved."""
    seconds = 0.3 if size.short else 5.0
    one = created(place, 1, seconds)
    eight = created(place, 8, seconds)
    again = created(place, 1, seconds)
    single = (sum(one[0]) + sum(again[0])) / 2
    share = min(eight[0]) / max(eight[0])
    lost = eight[2]
    rates = {"1 thread, creations/s": round(single / seconds), "8 threads, creations/s": round(sum(eight[0]) / seconds), "shares": eight[0]}
    return [
        Result(
            15,
            "8 threads against 1, creations/s",
            place.database,
            sum(eight[0]) / single,
            "≥ 0.8",
            sum(eight[0]) >= 0.8 * single,
            details=rates,
        ),
        Result(15, "slowest thread against fastest", place.database, share, "≥ 0.5", share >= 0.5),
        Result(15, "creations lost or refused", place.database, lost, "0", lost == 0, unit="", note="201s = records = change rows"),
    ]


def created(place: Place, threads: int, seconds: float) -> tuple[list[int], list[int], int]:
    """Creations per thread in `seconds`, refusals per thread, and how many of all are lost or refused."""
    counts, refused = [0] * threads, [0] * threads
    bodies = [[values_of_deal(place) for _ in range(50)] for _ in range(threads)]
    mark = os.urandom(6).hex()
    until = time.monotonic() + seconds

    def work(number: int) -> None:
        while time.monotonic() < until:
            body = bodies[number][counts[number] % 50] | {"code": mark}
            answer = place.asking("head", "/records/deal", "POST", body)()
            counts[number] += answer.status == 201
            refused[number] += answer.status != 201

    crew = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    change = METADATA.tables["change"]
    with place.workspace.database.read() as connection:
        ids = list(connection.scalars(select(deal.c.id).where(deal.c.f_code == mark)))
        rows = sum(
            len(connection.scalars(select(change.c.id).where(change.c.record_id.in_(ids[start : start + 500]))).all())
            for start in range(0, len(ids), 500)
        )
    return counts, refused, sum(refused) + abs(sum(counts) - len(ids)) + abs(len(ids) - rows)


__all__ = ["imports", "writers"]
