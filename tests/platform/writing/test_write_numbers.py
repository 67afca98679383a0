"""Auto-numbers never repeat: not after a deletion, a rolled back write, a purge, under many writers, nor after old numbers came in."""

from __future__ import annotations

import threading

import pytest

from looseleaf_platform.errors import Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.sequences import read as read_number
from looseleaf_platform.records.write import write


@pytest.fixture
def deal(system, create):
    """deal("name") stores a deal and gives its number."""
    account = create("account", name="a")

    def make(name: str, **values: object) -> str:
        id = create("deal", name=name, account=account, **values)
        return str(read.get(system, "deal", id).values["number"])

    return make


def test_numbers_go_up_and_start_again_with_the_period(deal, clock):
    assert [deal("a"), deal("b")] == ["D-202603-0001", "D-202603-0002"]
    clock.advance(days=31)
    assert deal("c") == "D-202604-0001"


def test_the_period_is_the_workspaces_day_not_utc(deal, clock):
    from datetime import UTC, datetime

    clock.set(datetime(2026, 3, 31, 16, 30, tzinfo=UTC))  # already April in Shanghai
    assert deal("a") == "D-202604-0001"


def test_a_refused_write_uses_up_no_number_and_a_deleted_record_keeps_its_own(system, deal, rows):
    assert deal("a") == "D-202603-0001"
    with pytest.raises(Refused):
        deal("b", discount=7)
    assert deal("b") == "D-202603-0002"
    gone = next(row["id"] for row in rows("deal") if row["f_name"] == "b")
    write(system, [Change("delete", "deal", gone)])
    write(system, [Change("purge", "deal", gone)])
    assert deal("c") == "D-202603-0003"


def test_numbers_of_a_batch_are_in_its_order(system, create):
    account = create("account", name="a")
    changes = [Change("create", "deal", values={"name": f"d{n}", "account": account}) for n in range(30)]
    ids = [one.id for one in write(system, changes).written]
    assert [read.get(system, "deal", id).values["number"] for id in ids] == [f"D-202603-{n:04}" for n in range(1, 31)]


def test_numbers_go_on_after_those_that_were_brought_from_elsewhere(deal):
    assert deal("old", number="D-202603-0041") == "D-202603-0041"
    assert deal("older", number="D-202603-0007") == "D-202603-0007"
    assert deal("odd", number="2019/5") == "2019/5"
    assert deal("new") == "D-202603-0042"


def test_many_writers_get_different_numbers(system, create, rows):
    accounts = [create("account", name=f"a{n}") for n in range(6)]

    def work(number: int) -> None:
        for step in range(5):
            values = {"name": f"{step}", "account": accounts[number]}
            write(system, [Change("create", "deal", values=values), Change("create", "deal", values=values | {"name": f"{step}x"})])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(row["f_number"] for row in rows("deal")) == [f"D-202603-{n:04}" for n in range(1, 61)]


@pytest.mark.parametrize(
    ("format", "text", "expected"),
    [
        ("SJ-{yyyy}{mm}-{seq:4}", "SJ-202603-0012", ("2026-03", 12)),
        ("SJ-{yyyy}{mm}-{seq:4}", "SJ-202603-123456", ("2026-03", 123456)),
        ("SJ-{yyyy}{mm}-{seq:4}", "SJ-202613-0012", None),
        ("SJ-{yyyy}{mm}-{seq:4}", "XX-202603-0012", None),
        ("{seq:6}", "000007", ("", 7)),
        ("{yy}.{seq:3}", "26.004", ("2026", 4)),
        ("{yyyy}-{mm}-{dd}/{seq:3}", "2026-02-30/001", None),
    ],
)
def test_a_number_is_read_by_its_format(format, text, expected):
    assert read_number(format, text) == expected
