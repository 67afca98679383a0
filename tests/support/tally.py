"""Counts how many tests ran on each database and fails a run that left one out or skipped a test for a reason that doesn't count."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from support.shared_data import ABSENT

DATABASES = ("sqlite", "postgresql")


def database_of(item: pytest.Item) -> str | None:
    """The database a parametrised test runs on, from its parameters. Tests in a browser are about screens: one database will do."""
    callspec = getattr(item, "callspec", None)
    if "browser" in getattr(item, "fixturenames", ()):
        return None
    return next((value for value in callspec.params.values() if value in DATABASES), None) if callspec else None


class Tally:
    """A pytest plug-in. Works in the process that reports: alone, or the one that hands tests to workers."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.ran: Counter[str] = Counter()
        self.skipped: list[tuple[str, str]] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note on each test which database it runs on; workers send the note along with the result."""
        for item in items:
            database = database_of(item)
            if database:
                item.user_properties.append(("database", database))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one result."""
        if report.skipped and not hasattr(report, "wasxfail"):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self.skipped.append((report.nodeid, reason.removeprefix("Skipped: ")))
        elif report.when == "call":
            for name, value in report.user_properties:
                if name == "database":
                    self.ran[str(value)] += 1

    @property
    def narrowed(self) -> bool:
        """Whether somebody asked for a part of the tests by name, mark or earlier failure."""
        option = self.config.option
        asked = (
            option.keyword,
            option.markexpr,
            getattr(option, "lf", False),
            option.deselect,
            getattr(option, "maxfail", 0),
            option.collectonly,
        )
        return any(asked) or any("::" in argument for argument in self.config.args)

    @property
    def whole(self) -> bool:
        """Whether the whole suite was asked for."""
        return not self.narrowed and set(self.config.args) <= {"tests", *self.config.getini("testpaths")}

    def complaints(self) -> list[str]:
        """What is wrong with what ran."""
        found = [f"{nodeid} was skipped: {reason}" for nodeid, reason in self.skipped if reason != ABSENT]
        if not self.narrowed and len({self.ran[name] for name in DATABASES}) > 1:
            found.append("The databases did not run the same number of tests")
        found += [f"No test ran on {name}" for name in DATABASES if self.whole and not self.ran[name]]
        return found

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn a good status into a bad one where something was left out."""
        if session.exitstatus == pytest.ExitCode.OK and not hasattr(self.config, "workerinput") and self.complaints():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say the counts and the complaints."""
        counts = ", ".join(f"{self.ran[name]} on {name}" for name in DATABASES)
        terminalreporter.write_line(f"Tests that use a database: {counts}")
        for complaint in self.complaints():
            terminalreporter.write_line(complaint, red=True)
