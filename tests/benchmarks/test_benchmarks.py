"""Every bar of the benchmarks runs on tiny data, and the yardsticks store and answer what the product does. Never looks at a time."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"


@pytest.fixture(scope="module")
def run() -> Iterator[ModuleType]:
    """The benchmarks' own program, imported from its folder as it is run."""
    before = list(sys.path)
    sys.path.insert(0, str(BENCHMARKS))
    yield importlib.import_module("run")
    sys.path[:] = before


def measured(run: ModuleType, database: str, databases: Any, *bars: int) -> dict[int, list[Any]]:
    """The results of some bars in the short form."""
    results: list[Any] = []
    run.measure(database, databases, run.SHORT, set(bars), results.append)
    found: dict[int, list[Any]] = {}
    for result in results:
        found.setdefault(result.bar, []).append(result)
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> tuple[str, Any]:
    """Where fresh databases come from, of each kind."""
    return request.param, request.getfixturevalue(f"{request.param}_databases")


def test_applications_by_hand_answer_and_store_the_same(run: ModuleType, databases: tuple[str, Any]) -> None:
    found = measured(run, *databases, 1, 2, 3, 4)  # raises where rows or answers differ
    assert {bar: len(results) for bar, results in found.items()} == {1: 2, 2: 2, 3: 1, 4: 1}


def test_bars_of_reads_find_the_same_records_as_a_scan(run: ModuleType, databases: tuple[str, Any]) -> None:
    assert set(measured(run, *databases, 8, 9, 10, 12, 19)) >= {8, 9, 10, 12}


def test_bars_of_loads_lose_nothing(run: ModuleType, databases: tuple[str, Any]) -> None:
    found = measured(run, *databases, 11, 15)
    assert 11 in found
    if databases[0] == "sqlite":
        assert found[15][-1].figure == 0, "all that was answered is stored"


def test_bars_of_metadata_fail_no_request(run: ModuleType, databases: tuple[str, Any]) -> None:
    found = measured(run, *databases, 5, 6, 7, 16)
    assert found[7][-1].figure == 0, found[7][-1].details
    assert not found[16][0].details["failures"]
    assert len(found[5]) == 1
    assert len(found[6]) == 2


def test_expressions_equal_sql(run: ModuleType, databases: tuple[str, Any]) -> None:
    assert measured(run, *databases, 18)[18][-1].figure == 0


def test_bars_of_workflow_run_each_rule_once_and_each_timer_in_its_turn(run: ModuleType, databases: tuple[str, Any]) -> None:
    found = measured(run, *databases, 20, 21, 22, 23)
    assert (len(found[20]), len(found[23])) == (1, 1)
    assert found[21][1].figure == 0, "a line's rule did not run exactly once"
    assert found[22][1].figure == 0, "a timer fired twice, not at all or out of order"
