"""A short chaos drill: `./dev.py chaos` is the long one."""

from __future__ import annotations

import sys

import pytest

from chaos.drill import Plan, drill

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills by signals")


def test_e01_e04_e05_killed_processes_and_stopped_databases_lose_nothing_and_double_nothing() -> None:
    report = drill(Plan(deals=24, approvals=8, hands=4, workers=2, kills=(4.0, 8.0), outages=(8.0, 14.0), calm=150, seed=7))
    assert not report.wrong, str(report)
    assert report.done["kill -9"] > 0
    assert report.done["PostgreSQL stopped"] > 0
