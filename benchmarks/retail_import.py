"""The whole Online Retail set (541,909 lines) imported by the mapping that `retail` ships, and compared with what the file says.

    .venv/bin/python benchmarks/retail_import.py --database sqlite|postgresql|URL [--lines N]

PostgreSQL is LOOSELEAF_TEST_DATABASE_URL's, or one of our own. Imports twice: the second time nothing may change.
Prints seconds, lines a second and the comparison as JSON; exit status 1 where anything is refused, lost, different or changed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from looseleaf_platform.importing.running import ImportReport, run_import  # noqa: E402
from looseleaf_platform.vocabulary import platform_vocabulary  # noqa: E402
from looseleaf_platform.workspace import Workspace  # noqa: E402
from support import retail, servers  # noqa: E402
from support.databases import PostgresqlDatabases  # noqa: E402

SOURCE = ROOT.parent / "shared" / "data" / "uci-online-retail" / "online_retail.csv.gz"
EVERY = 20_000


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'retail.sqlite3'}"
        return
    configured = os.environ.get("LOOSELEAF_TEST_DATABASE_URL")
    server = None if configured else servers.start_postgresql()
    databases = PostgresqlDatabases(configured or server.url)  # type: ignore[union-attr]
    try:
        with databases.fresh() as url:
            yield url
    finally:
        if server:
            server.stop()


def told(report: ImportReport) -> bool:
    """Say how far it is, now and then."""
    if report.lines // EVERY != getattr(told, "last", 0):
        told.last = report.lines // EVERY  # type: ignore[attr-defined]
        print(f"{report.lines:,} lines, {report.seconds:,.0f} s", file=sys.stderr, flush=True)
    return True


def measure(workspace: Workspace, path: Path) -> dict[str, Any]:
    """Import twice and compare."""
    context, mapping = retail.prepare(workspace)
    reports = [run_import(context, path, mapping, progress=told) for _ in range(2)]
    wanted, found = retail.expected(path), retail.stored(workspace)
    first, second = reports
    return {
        "lines": first.lines,
        "refused": first.refused,
        "seconds": round(first.seconds, 1),
        "lines_per_second": round(first.lines / first.seconds),
        "records": {name: dict(counts) for name, counts in first.objects.items()},
        "total_gbp": {"file": str(wanted.total), "stored": str(found.total), "groups": len(wanted.totals)},
        "differences": retail.differences(wanted, found)[:50],
        "again": {
            "seconds": round(second.seconds, 1),
            "refused": second.refused,
            "records": {k: dict(v) for k, v in second.objects.items()},
        },
        "samples": [sample.reasons for sample in first.samples[:5]],
    }


def is_sound(result: dict[str, Any]) -> bool:
    """Nothing refused, nothing different, nothing changed by the second import."""
    again = result["again"]
    unchanged = all(set(counts) == {"same"} for counts in again["records"].values())
    return not result["refused"] and not result["differences"] and not again["refused"] and unchanged


def main() -> int:
    """Run once on the database that was named. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--lines", type=int, help="only the first so many")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="looseleaf-") as name, database(arguments.database, Path(name)) as url:
        path = retail.unpack(SOURCE, Path(name) / "retail.csv", arguments.lines)
        workspace = Workspace.open(url, platform_vocabulary())
        result = {"database": arguments.database, **measure(workspace, path)}
        workspace.close()
    print(json.dumps(result, indent=2, ensure_ascii=False))
    return 0 if is_sound(result) else 1


if __name__ == "__main__":
    sys.exit(main())
