"""Measures Looseleaf against the bars that it is held to, on SQLite and PostgreSQL, and prints a table.

    ./dev.py bench                    all bars, both databases
    ./dev.py bench --short            every bar once, on tiny data: shows that it runs, says nothing of speed
    ./dev.py bench --only 1,2,12      some bars
    ./dev.py bench --rows 1000000     other sizes; --rounds, --requests, --database sqlite

Results go to benchmarks/results/ as JSON. The exit status is 1 where a bar is missed. What the bars are: docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

import bars_of_dumping  # noqa: E402 - after the path
import bars_of_loads  # noqa: E402
import bars_of_metadata  # noqa: E402
import bars_of_reads  # noqa: E402
import bars_of_workflow  # noqa: E402
import expressions  # noqa: E402
import requests_by_hand  # noqa: E402
from measuring import SHORT, Result, Size  # noqa: E402
from place import Place, brought_up_to_date, load_deals, opened, settle_people  # noqa: E402

from support import servers  # noqa: E402
from support.databases import PostgresqlDatabases, SqliteDatabases  # noqa: E402

ALL = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 17, 18, 19, 20, 21, 22, 23)
ON_DEALS = frozenset({1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 15, 16, 19})
DATABASES = ("sqlite", "postgresql")
IMPORTED = 20_000
Told = Callable[[Result], None]


def main() -> int:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="./dev.py bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="tiny data, two rounds")
    parser.add_argument("--only", default="", metavar="N,…", help="the bars to measure")
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--rows", type=int, help="records in the large object")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--requests", type=int, help="a round")
    settings = parser.parse_args()
    given = {name: getattr(settings, name) for name in ("rows", "rounds", "requests") if getattr(settings, name)}
    size = replace(SHORT if settings.short else Size(), **given)
    wanted = {int(number) for number in settings.only.split(",") if number} or set(ALL)
    results: list[Result] = []

    def tell(result: Result) -> None:
        results.append(result)
        print(line(result), flush=True)

    for database in settings.database or DATABASES:
        with databases_of(database) as databases:
            measure(database, databases, size, wanted, tell)
    keep(results, size)
    missed = [result for result in results if not result.met]
    print(f"\n{len(results) - len(missed)} of {len(results)} figures meet their bar.")
    return 1 if missed and not size.short else 0


@contextmanager
def databases_of(database: str) -> Iterator[Any]:
    """Fresh databases of one kind."""
    with tempfile.TemporaryDirectory(prefix="looseleaf-bench-") as folder:
        if database == "sqlite":
            yield SqliteDatabases(Path(folder))
            return
        server = servers.start_postgresql()
        try:
            yield PostgresqlDatabases(server.url)
        finally:
            server.stop()


def measure(database: str, databases: Any, size: Size, wanted: set[int], tell: Told) -> None:
    """All wanted bars on one database."""
    if wanted & ON_DEALS:
        with opened(database, databases) as place:
            settle_people(place)
            few = max(200, min(10_000, size.rows // 20))
            load_deals(place, size.rows)
            load_deals(place, few, "prospect")
            brought_up_to_date(place)
            on_deals(place, size, wanted, few, tell)
    apart: dict[int, Callable[[], list[Result]]] = {
        5: lambda: bars_of_metadata.rules(database, databases, size),
        6: lambda: bars_of_metadata.many_objects(database, databases, size, 5 if size.short else 100),
        17: lambda: [] if size.short else bars_of_metadata.failed_publish(database),
        18: lambda: told_expressions(database, databases, size),
        20: lambda: bars_of_workflow.decision(database, databases, size),
        21: lambda: bars_of_workflow.import_beside_automations(database, databases, size),
        22: lambda: bars_of_workflow.many_timers(database, databases, size),
        23: lambda: bars_of_workflow.many_instances(database, databases, size),
    }
    for number, work in apart.items():
        if number in wanted:
            for result in work():
                tell(result)


def on_deals(place: Place, size: Size, wanted: set[int], few: int, tell: Told) -> None:
    """The bars that need many deals; those that add or change records come last."""
    with tempfile.TemporaryDirectory() as folder:
        imported = 40 if size.short else IMPORTED
        steps: list[tuple[set[int], Callable[[], list[Result]]]] = [
            ({8}, lambda: bars_of_reads.deep_page(place, size)),
            ({9}, lambda: bars_of_reads.two_sizes(place, size, few)),
            ({10}, lambda: bars_of_reads.restricted(place, size)),
            ({12}, lambda: bars_of_reads.search(place, size)),
            ({19}, lambda: bars_of_dumping.bars(place.workspace, size) if place.database == "sqlite" else []),
            ({1, 2, 3, 4}, lambda: [result for result in requests_by_hand.bars(place, size) if result.bar in wanted]),
            ({11}, lambda: bars_of_loads.imports(place, size, Path(folder), imported)),
            ({15}, lambda: bars_of_loads.writers(place, size) if place.database == "sqlite" else []),
            ({16}, lambda: bars_of_metadata.publish_beside_transaction(place, size)),
            ({7}, lambda: bars_of_metadata.publish(place, size)),
        ]
        for bars, work in steps:
            if bars & wanted:
                for result in work():
                    tell(result)


def told_expressions(database: str, databases: Any, size: Size) -> list[Result]:
    """Bar 18, measured by expressions.py."""
    with databases.fresh() as url:
        answer = expressions.run([url], 500 if size.short else 100_000)
    slowest = min(part["ratio"] for part in answer["speed"].values())
    differing = sum(answer["equal_to_sql"][database]["differing"].values())
    rows = answer["equal_to_sql"][database]["rows"]
    return [
        Result(18, "compiled expression against simpleeval parsed once", database, slowest, "≥ 5", slowest >= 5, details=answer["speed"]),
        Result(
            18, "answers that differ from SQL's", database, differing, "0", differing == 0, unit="", note=f"8 expressions on {rows:,} rows"
        ),
    ]


def line(result: Result) -> str:
    """A result as a row of the table."""
    quartiles = f"({result.quartiles[0]:.2f}-{result.quartiles[1]:.2f})" if result.quartiles else ""
    figure = f"{result.figure:.2f}{result.unit}" if isinstance(result.figure, float) else f"{result.figure}{result.unit}"
    return (
        f"{result.bar:>3}  {'met   ' if result.met else 'MISSED'}  {result.database:<10}  {figure:>9} {quartiles:<12} {result.limit:<12}"
        f"  {result.name}{f' ({result.note})' if result.note else ''}"
    )


def keep(results: list[Result], size: Size) -> None:
    """Write the results down."""
    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    data = {"at": now.isoformat(), "size": vars(size), "results": [result.as_data() for result in results]}
    name = f"{now:%Y-%m-%d-%H%M%S}{'-short' if size.short else ''}.json"
    (folder / name).write_text(json.dumps(data, indent=1, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
