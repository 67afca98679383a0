"""Bars 5, 6, 7, 16, 17 and 19: what metadata cost: rules, many objects, a publish, the dumper."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measuring import Answer, Clock, Request, Result, Size, compare, prepared, ratio, rounds
from place import DEALS, MODEL, Person, Place, opened, person, values_of_deal
from sqlalchemy import text

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from support.workspaces import publish_texts

FORMULAS = """  net:      {type: formula, returns: currency, value: "amount * (1 - discount)"}
  weighted: {type: formula, returns: currency, value: "amount * probability"}
  margin:   {type: formula, returns: currency, value: "amount - cost"}
  length:   {type: formula, returns: integer, value: "days_between(start_date, close_date)"}
  is_won:   {type: formula, returns: boolean, value: "stage == 'won'"}
"""
CHECKS = (
    "amount >= 0", "discount <= 1", "probability <= 1", "quantity > 0", "close_date is None or close_date >= start_date or stage == 'lost' or quantity > 0",
    "cost >= 0", "not (stage == 'won' and amount == 0)", "source in ['web', 'fair', 'referral']", "net <= amount", "weighted <= amount",
)  # fmt: skip


def ruled_model() -> str:
    """The model with ten rules and five formulas on deals, and beside it `plain_deal` without."""
    documents = DEALS.split("---\n")
    deal = documents[1]
    plain = deal.replace("object: deal", "object: plain_deal").replace("name: deals", "name: plain_deals")
    ruled = deal.replace("indexes:", FORMULAS + "indexes:") + "rules:\n"
    ruled += "".join(f'  - {{check: "{check}", message: {{zh: 不对, en: Wrong}}}}\n' for check in CHECKS)
    roles = [role.replace("  deal: {", "  plain_deal: {read: all, create: true}\n  deal: {") for role in documents[2:]]
    return "---\n".join([documents[0], ruled, plain, *roles])


def rules(database: str, databases: Any, size: Size) -> list[Result]:
    """Bar 5: create with ten rules and five formulas against the same without."""
    with opened(database, databases, ruled_model()) as place:
        somebody(place)
        place.accounts = [new(place, "account", name="恒拓")]

        def create(object_name: str) -> Callable[[int], list[Request]]:
            return lambda count: [place.asking("head", f"/records/{object_name}", "POST", values_of_deal(place)) for _ in range(count)]

        taken = rounds({"with": create("deal"), "without": create("plain_deal")}, size)
    return [compare(5, "create with 10 rules and 5 formulas against without", database, taken, "with", "without", 1.10)]


def new(place: Place, object_name: str, **values: Any) -> int:
    """A record made by the system."""
    return write(place.workspace.context(SYSTEM), [Change("create", object_name, values=values)]).written[0].id or 0


def somebody(place: Place) -> Person:
    """A head of sales, where the model has that role; and an administrator."""
    user = new(place, "user", name="head", state="active")
    if "sales_head" in place.workspace.runtime.model.roles:
        new(place, "role_member", user=user, role="sales_head")
    place.people["head"] = person(place, user)
    place.people["admin"] = person(place, new(place, "user", name="admin", state="active", administrator=True))
    return place.people["head"]


def wide_object(number: int, extra: str = "") -> str:
    """An object with thirty fields."""
    kinds = ("text", "integer", "decimal", "date", "boolean", "datetime")
    fields = "".join(f"  f{field}: {{type: {kinds[field % len(kinds)]}}}\n" for field in range(29))
    return f"object: thing{number}\nlabel: {{zh: 物{number}, en: Thing {number}}}\nowner: none\nfields:\n  name: {{type: text}}\n{fields}{extra}---\n"


def many_objects(database: str, databases: Any, size: Size, count: int = 100) -> list[Result]:
    """Bar 6: get with a hundred objects of thirty fields against one, and memory per object."""
    with (
        opened(database, databases, wide_object(0)) as one,
        opened(database, databases, *(wide_object(number) for number in range(count))) as many,
    ):
        ids: dict[int, int] = {}
        for place in (one, many):
            somebody(place)
        single = new(one, "thing0", name="a")
        gc.collect()
        before = resident()
        for number in range(count):
            ids[number] = new(many, f"thing{number}", name="a")
            many.asking("admin", f"/records/thing{number}/{encode(ids[number])}")()
        gc.collect()
        memory = (resident() - before) / count / 1e6
        numbers = list(range(count))
        sides = {
            "one": lambda times: [one.asking("admin", f"/records/thing0/{encode(single)}") for _ in range(times)],
            "many": lambda times: [
                many.asking("admin", f"/records/thing{number}/{encode(ids[number])}") for number in many.chance.choices(numbers, k=times)
            ],
        }
        taken = rounds(sides, size)
    name = f"get of a random one of {count} objects against the only one"
    met = memory <= 1.0
    return [
        compare(6, name, database, taken, "many", "one", 1.05, "30 fields each"),
        Result(
            6,
            "memory per object in use",
            database,
            memory,
            "≤ 1",
            met,
            unit=" MB",
            note="growth of the process, statements and plans included",
        ),
    ]


def resident() -> int:
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Crowd:
    """Threads that ask again and again; what went wrong and how long the slowest took."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.failed: list[str] = []
        self.slowest: dict[str, float] = {}
        self.done = 0
        self.threads: list[threading.Thread] = []

    def add(self, name: str, ask: Callable[[], Answer]) -> None:
        """One more thread."""

        def work() -> None:
            while not self.over.is_set():
                began = time.monotonic()
                try:
                    answer = ask()
                    if answer.status >= 400:
                        self.failed.append(f"{name}: {answer.status} {answer.body[:200]!r}")
                except Exception as error:
                    self.failed.append(f"{name}: {error!r}")
                self.slowest[name] = max(self.slowest.get(name, 0.0), time.monotonic() - began)
                self.done += 1

        self.threads.append(threading.Thread(target=work))
        self.threads[-1].start()

    def reset(self) -> None:
        """Forget the slowest so far."""
        self.slowest.clear()


@contextmanager
def crowd(place: Place, readers: int, writers: int) -> Iterator[Crowd]:
    """People who read the newest deals and make new ones."""
    people = Crowd()
    for number in range(readers):
        people.add(f"reader {number}", lambda: place.asking("head", "/records/deal", **{"page[size]": "20"})())
    for number in range(writers):
        people.add(f"writer {number}", lambda: place.asking("head", "/records/deal", "POST", values_of_deal(place))())
    try:
        yield people
    finally:
        people.over.set()
        for thread in people.threads:
            thread.join()


def with_field(name: str) -> str:
    """The model with one more field on deals."""
    return MODEL.replace("  urgent: ", f"  {name}: {{type: text, label: {{zh: 新, en: New}}}}\n  urgent: ")


def publish(place: Place, size: Size) -> list[Result]:
    """Bar 7: the first request after a publish against the steady ones, and no request fails while one publishes."""
    firsts, steady, static = [], [], []
    id = encode(place.ids[0])
    for number in range(2 if size.short else 7):
        publish_texts(place.workspace, with_field(f"extra{number}"))
        requests = [place.asking("head", f"/records/deal/{id}") for _ in range(30)]
        began = time.process_time()
        requests[0]()
        firsts.append(time.process_time() - began)
        for request in requests[1:10]:
            request()
        began = time.process_time()
        for request in requests[10:]:
            request()
        steady.append((time.process_time() - began) / 20)
        static.append(static_page(place))
    figure, quartiles = ratio(firsts, steady)
    page = statistics.median(firsts) / statistics.median(static)
    first = Result(7, "first get after a publish against steady ones", place.database, figure, "≤ 50", figure <= 50, quartiles)
    first.details = {"first_ms": round(statistics.median(firsts) * 1e3, 1), "times a static page": round(page, 1)}
    with crowd(place, 2, 2) as people:
        for number in range(2 if size.short else 5):
            publish_texts(place.workspace, with_field(f"under_load{number}"))
            time.sleep(0.05)
    failed = Result(7, "requests failed while publishing under load", place.database, len(people.failed), "0", not people.failed, unit="")
    failed.details = {"requests": people.done, "failures": people.failed[:3]}
    return [first, failed]


def static_page(place: Place) -> float:
    """CPU seconds of a page that asks nothing of anybody."""
    requests = [prepared(place.app, "/healthz") for _ in range(20)]
    began = time.process_time()
    for request in requests:
        request()
    return (time.process_time() - began) / 20


def publish_beside_transaction(place: Place, size: Size) -> list[Result]:
    """Bar 16: the slowest request while a field is added, with a transaction of 1.5 s open on the same table."""
    seconds = 0.2 if size.short else 1.5
    with crowd(place, 1, 1) as people:
        time.sleep(seconds)
        usual = max(people.slowest.values(), default=0.0)
        people.reset()
        holder = threading.Thread(target=hold, args=(place, seconds))
        holder.start()
        time.sleep(0.05)
        publish_texts(place.workspace, with_field("beside"))
        holder.join()
        slowest = dict(people.slowest)
    static = static_page(place)
    concerned = slowest if place.database == "postgresql" else {name: took for name, took in slowest.items() if name.startswith("reader")}
    worst = max(concerned.values(), default=0.0)
    name = "slowest request while a field is added beside an open transaction"
    note = f"{size.rows:,} records, transaction of {seconds} s" + (
        "" if place.database == "postgresql" else "; readers (writers wait their turn)"
    )
    result = Result(16, name, place.database, worst * 1e3, "≤ 500", worst <= 0.5 and not people.failed, unit=" ms", note=note)
    result.details = {"slowest_s": {key: round(took, 3) for key, took in slowest.items()}, "slowest_before_s": round(usual, 3),
                      "times a static page": round(worst / static), "failures": people.failed[:3]}  # fmt: skip
    return [result]


def hold(place: Place, seconds: float) -> None:
    """Keep a transaction open that has read and, on PostgreSQL, written the table of deals."""
    database = place.workspace.database
    with database.write() if database.dialect == "postgresql" else database.read() as connection:
        connection.execute(text("SELECT count(*) FROM (SELECT id FROM o_deal LIMIT 1) AS one")).scalar()
        if database.dialect == "postgresql":
            connection.execute(text("UPDATE o_deal SET f_city = f_city WHERE id = (SELECT min(id) FROM o_deal)"))
        time.sleep(seconds)


FAULTS = "tests/platform/publishing/test_publish.py::test_a_publish_that_fails_between_any_two_statements_leaves_everything_as_it_was"


def failed_publish(database: str) -> list[Result]:
    """Bar 17: the test that makes every statement of a publish fail once."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", f"{FAULTS}[{database}]"]
    done = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=False)
    met = done.returncode == 0
    return [
        Result(
            17,
            "publishes that fail at any statement and leave a trace",
            database,
            0 if met else 1,
            "0",
            met,
            unit="",
            note=FAULTS.split("::")[1],
        )
    ]


__all__ = ["Clock", "failed_publish", "many_objects", "publish", "publish_beside_transaction", "rules"]
