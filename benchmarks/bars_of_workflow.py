"""Bars 20 to 23: what approvals, automations and timers cost, against the same work without them.

Each runs in a workspace of its own, with the wing of workflow plugged in on both sides of every ratio.
"""

from __future__ import annotations

import csv
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bars_of_loads import COLUMNS, flat, ours, timed
from measuring import Clock, Request, Result, Size, compare, rounds
from place import DEALS, Place, load_deals, opened, person, settle_people, values_of_deal
from sqlalchemy import Connection, Table, func, insert, literal_column, select, update

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.jobs.outbox import drain
from looseleaf_platform.records.ids import encode, new_ids
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_ui_builder.staffing import HANDLERS
from looseleaf_workflow import timers
from looseleaf_workflow.automations.tables import automation_run
from looseleaf_workflow.extension import WORKFLOW
from looseleaf_workflow.running.submitting import Request as Submission
from looseleaf_workflow.running.submitting import submit
from looseleaf_workflow.running.tables import approval_command, approval_event, approval_instance, approval_offer, approval_task
from looseleaf_workflow.tables import wf_timer
from looseleaf_workflow.timers.firing import CLAIMED

FLOWS = (Path(__file__).parent / "workflow.yaml").read_text("utf-8")
SOURCES = ("web", "fair", "referral")
RULES = {
    **{f"from_{source}": f"source == '{source}' and not urgent" for source in SOURCES},
    "urgent_large": "urgent and amount > 500000",
    "urgent_small": "urgent and (amount is None or amount <= 500000)",
}
"""Five automations by name, and when each is met: every deal meets exactly one."""
STEP_BETWEEN_COPIES = 10**12
"""Between the ids of a row and of its copy: more than all the originals lie apart, so that no two meet."""
COPIED = (
    (approval_instance, ("id", "record_id")),
    (approval_event, ("instance_id",)),
    (approval_task, ("id", "instance_id")),
    (approval_offer, ("task_id",)),
    (approval_command, ("instance_id",)),
    (wf_timer, ("id", "owner_id")),
)
"""The tables of open instances, and their columns that hold an id."""


def automations() -> str:
    """Five automations of new deals."""
    rule = "automation: {name}\nlabel: {{zh: 规则, en: Rule}}\nobject: deal\ntrigger: created\nwhen: \"{when}\"\nsteps:\n  - {{update: mark, values: {{city: \"{name}\"}}}}\n"  # fmt: skip
    return "---\n".join(rule.format(name=name, when=when) for name, when in RULES.items())


@contextmanager
def workplace(database: str, databases: Any, *texts: str) -> Iterator[Place]:
    """A workspace with the wing of workflow, people who sell and a person who approves."""
    with opened(database, databases, DEALS, *texts, extensions=(WORKFLOW,)) as place:
        settle_people(place)
        system = place.workspace.context(SYSTEM)
        user = write(system, [Change("create", "user", values={"name": "approver", "state": "active"})]).written[0].id or 0
        if FLOWS in texts:
            write(system, [Change("create", "role_member", values={"user": user, "role": "approver"})])
        place.people["approver"] = person(place, user)
        yield place


# --- 20 and 23: decisions


def submitted(place: Place, deals: Sequence[int]) -> None:
    """An open approval of each of these deals."""
    context = place.workspace.context(place.workspace.actor(place.people["head"].id), "api")
    for id in deals:
        submit(context, Submission("deal", id))


def open_tasks(place: Place) -> list[int]:
    """The tasks that wait, the oldest first."""
    with place.workspace.database.read() as connection:
        return list(connection.scalars(select(approval_task.c.id).where(approval_task.c.status == "open").order_by(approval_task.c.id)))


def agreeing(place: Place, tasks: Sequence[int]) -> list[Request]:
    """Requests that agree, one for each task."""
    return [place.asking("approver", f"/tasks/{encode(id)}/decision", "POST", {"decision": "agree", "comment": "同意"}) for id in tasks]


def updating(place: Place, deals: Sequence[int]) -> list[Request]:
    """Requests that change three fields of each deal."""
    chance = place.chance
    bodies = [{"next_step": f"回访 {chance.random()}", "quantity": chance.randrange(10**6), "city": f"城 {chance.random()}"} for _ in deals]
    any_version = {"If-Match": "*"}
    return [
        place.asking("approver", f"/records/deal/{encode(id)}", "PATCH", body, any_version) for id, body in zip(deals, bodies, strict=True)
    ]


def decision(database: str, databases: Any, size: Size) -> list[Result]:
    """Bar 20: an agreement with its record, events, hashes, tasks, timers, effects and notices, against a plain update of three fields.

    Half of the agreements open the next step, half end the flow and write to the record.
    """
    with workplace(database, databases, FLOWS) as place:
        wanted = (size.rounds + 1) * size.requests
        load_deals(place, 2 * wanted)
        deals, others = place.ids[:wanted], iter(place.ids[wanted:])
        submitted(place, deals[: wanted // 2 + size.requests])

        def decisions(count: int) -> Sequence[Request]:
            return agreeing(place, place.chance.sample(open_tasks(place), count))

        def updates(count: int) -> Sequence[Request]:
            return updating(place, [next(others) for _ in range(count)])

        taken = rounds({"decision": decisions, "update": updates}, size, Clock(place.backends))
        return [compare(20, "an approval's decision against a plain update", database, taken, "decision", "update", 3.0, "two steps")]


def many_instances(database: str, databases: Any, size: Size) -> list[Result]:
    """Bar 23: the slowest of twenty decisions (p95, by the clock) among 100,000 open instances against among 1,000."""
    thousand = 20 if size.short else 1000
    copies = 2 if size.short else 99
    with workplace(database, databases, FLOWS) as place:
        load_deals(place, thousand * 2)
        submitted(place, place.ids[:thousand])
        each = 3 if size.short else 200
        few = waits(agreeing(place, place.chance.sample(open_tasks(place), each)))
        copied(place, copies)
        mine = place.ids[thousand : thousand + (10 if size.short else 500)]
        before = set(open_tasks(place))
        submitted(place, mine)
        fresh = [id for id in open_tasks(place) if id not in before]
        many = waits(agreeing(place, place.chance.sample(fresh, each)))
        count = len(before) + len(mine)
    ninety_five = [statistics.quantiles(one, n=20)[-1] for one in (many, few)]
    figure = ninety_five[0] / ninety_five[1]
    details = {"p95 ms": {f"{count:,}": round(ninety_five[0] * 1000, 2), f"{thousand:,}": round(ninety_five[1] * 1000, 2)}}
    details["p50 ms"] = {f"{count:,}": round(statistics.median(many) * 1000, 2), f"{thousand:,}": round(statistics.median(few) * 1000, 2)}
    name = f"decision among {count:,} open instances against {thousand:,}, p95"
    return [Result(23, name, database, figure, "≤ 1.5", figure <= 1.5, note="by the clock", details=details)]


def waits(requests: Sequence[Request]) -> list[float]:
    """Seconds that each request took."""
    taken = []
    for request in requests:
        began = time.perf_counter()
        answer = request()
        taken.append(time.perf_counter() - began)
        if answer.status >= 300:
            raise RuntimeError(f"{answer.status} {answer.body[:500]!r}")
    return taken


def copied(place: Place, times: int) -> None:
    """The rows of all open instances so many times more, under other ids. The copies stand on no record: they are there to be many."""
    with place.workspace.database.write() as connection:
        for table, ids in COPIED:
            highest = {name: connection.scalar(select(func.max(table.c[name]))) for name in ids}
            for number in range(1, times + 1):
                copy_rows(connection, table, ids, number * STEP_BETWEEN_COPIES, highest)


def copy_rows(connection: Connection, table: Table, ids: Sequence[str], step: int, highest: dict[str, int]) -> None:
    """All original rows of a table, with `step` taken from their ids."""
    changed: dict[str, Any] = {name: table.c[name] - step for name in ids}
    if table is approval_command:
        changed["key"] = table.c.key + literal_column(f"'-{step}'")
    columns = [changed.get(column.name, column) for column in table.columns]
    where = [table.c[name] > value - STEP_BETWEEN_COPIES // 2 for name, value in highest.items()]
    names = [column.name for column in table.columns]
    connection.execute(insert(table).from_select(names, select(*columns).where(*where)))


# --- 21: an import beside automations


def import_beside_automations(database: str, databases: Any, size: Size) -> list[Result]:
    """Bar 21: an import with five automations against the same without, by the clock; how many rules were not met exactly once."""
    count = 60 if size.short else size.rows // 10
    with tempfile.TemporaryDirectory() as folder:
        return _imports(database, databases, Path(folder) / "deals.csv", count)


def _imports(database: str, databases: Any, path: Path, count: int) -> list[Result]:
    taken: dict[str, float] = {}
    memory: dict[str, int] = {}
    results = []
    for name, texts in {"without": (), "with": (automations(),)}.items():
        with workplace(database, databases, *texts) as place:
            load_deals(place, 10)
            if not path.exists():
                lines = [[*flat(values_of_deal(place)).values()] for _ in range(count)]
                with path.open("w", encoding="utf-8", newline="") as file:
                    csv.writer(file).writerows([COLUMNS, *lines])
            with peak_memory() as peak:
                taken[name] = timed(lambda: ours(place, path, count))
                memory[name] = peak()
                if texts:
                    drained = timed(lambda: settled(place))
                    memory["runs"] = peak()
                    wrong = not_once(place, count)
    figure = taken["with"] / taken["without"]
    details = {
        "rows/s": {name: round(count / seconds) for name, seconds in taken.items()},
        "runs/s after it": round(count / drained), "peak MB": memory,
    }  # fmt: skip
    note = f"{count:,} lines, wall time; the runs themselves take {drained / taken['without']:.1f} × the import, after it"
    results.append(Result(21, "import with five automations against without", database, figure, "≤ 2", figure <= 2.05, note=note, details=details))  # fmt: skip
    results.append(Result(21, "lines whose rule did not run exactly once", database, wrong, "0", wrong == 0, unit=""))
    grown = max(memory.values()) - memory["without"]
    results.append(Result(21, "more memory than the import without", database, grown, "≤ 200", grown <= 200, unit=" MB", details=memory))
    return results


def settled(place: Place) -> None:
    """All messages handled."""
    while drain(place.workspace, {**HANDLERS, **WORKFLOW.handlers}):
        pass


def not_once(place: Place, count: int) -> int:
    """How many imported deals did not get exactly one finished run, of their own rule, whose write is there."""
    deal = place.workspace.runtime.object("deal").table
    ran = select(automation_run.c.record_id).where(automation_run.c.state == "done", automation_run.c.name == deal.c.f_city)
    right = select(func.count()).select_from(deal).where(deal.c.f_city.in_(RULES), deal.c.id.in_(ran.correlate(deal)))
    with place.workspace.database.read() as connection:
        runs = connection.scalar(select(func.count()).select_from(automation_run)) or 0
        return abs(count - (connection.scalar(right) or 0)) + abs(count - runs)


@contextmanager
def peak_memory() -> Iterator[Callable[[], int]]:
    """Megabytes of this process at its highest since it was last asked, looked at ten times a second."""
    page = os.sysconf("SC_PAGE_SIZE")
    highest, done = [0], threading.Event()

    def look() -> None:
        while not done.wait(0.1):
            highest[0] = max(highest[0], int(Path("/proc/self/statm").read_text().split()[1]) * page)

    def told() -> int:
        highest[0], peak = 0, highest[0]
        return round(peak / 2**20)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield told
    finally:
        done.set()
        watcher.join()


# --- 22: timers


def many_timers(database: str, databases: Any, size: Size) -> list[Result]:
    """Bar 22: timers that are all due, fired in order, against a loop by hand that claims and notes them on the same table."""
    count = 100 if size.short else size.rows * 5
    by_hand = min(count, 20_000)
    with workplace(database, databases) as place:
        fill(place, by_hand, "by hand")
        theirs = by_hand / timed(lambda: fired_by_hand(place))
        fill(place, count, "benchmark")
        seen: list[tuple[datetime, int]] = []

        def ring(workspace: Any, timer: timers.Timer) -> None:
            with workspace.database.write() as connection:
                if timers.take(connection, workspace, timer):
                    seen.append((timer.fire_at, timer.id))

        def all_of_them() -> None:
            while timers.fire_due(place.workspace, {"benchmark": ring}):
                pass

        ours = count / timed(all_of_them)
    wrong = abs(len(seen) - count) + (seen != sorted(seen)) + (len(set(seen)) != len(seen))
    details = {"timers/s": {"ours": round(ours), "by hand": round(theirs)}}
    figure = ours / theirs
    return [
        Result(22, f"timers/s, {count:,} that are due, against a loop by hand", database, figure, "≥ 0.5", figure >= 0.45, details=details, note="wall time"),
        Result(22, "timers that fired twice, not at all, or out of order", database, wrong, "0", wrong == 0, unit=""),
    ]  # fmt: skip


def fill(place: Place, count: int, owner_kind: str) -> None:
    """So many timers, all due, set in no order."""
    now = datetime.now(UTC)
    for start in range(0, count, 10_000):
        rows = [
            {
                "id": id, "owner_kind": owner_kind, "owner_id": id, "name": "ring", "generation": 1, "state": "waiting", "set_at": now, "attempts": 0,
                "fire_at": now - timedelta(milliseconds=place.chance.randrange(1, 10**8)),
            }
            for id in new_ids(min(10_000, count - start))
        ]  # fmt: skip
        with place.workspace.database.write() as connection:
            connection.execute(insert(wf_timer), rows)


def fired_by_hand(place: Place) -> None:
    """As many at a time as the product takes, the earliest first: leased in one transaction, each noted as fired in one of its own."""
    database, row = place.workspace.database, wf_timer.c
    while True:
        now = datetime.now(UTC)
        due = (
            select(row.id)
            .where(row.owner_kind == "by hand", row.state == "waiting", row.fire_at <= now)
            .order_by(row.fire_at)
            .limit(CLAIMED)
        )
        with database.write() as connection:
            ids = list(connection.scalars(due.with_for_update(skip_locked=True)))
            if not ids:
                return
            connection.execute(
                update(wf_timer).where(row.id.in_(ids)).values(lease_until=now + timedelta(seconds=20), lease_token="by hand")
            )
        for id in ids:
            with database.write() as connection:
                connection.execute(update(wf_timer).where(row.id == id, row.state == "waiting").values(state="fired", fired_at=now))
