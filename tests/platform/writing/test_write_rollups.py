"""Roll-ups: right after every kind of change, also when many write at once; found and put right where they aren't."""

from __future__ import annotations

import random
import threading
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from looseleaf_platform.errors import Unavailable
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.rollups import rebuild, verify
from looseleaf_platform.records.write import write

ROLLUPS = (
    ("account", "won"), ("account", "deals"), ("account", "biggest"), ("account", "mean"), ("account", "ordered"),
    ("deal", "line_total"), ("deal", "line_count"), ("deal", "hardware"), ("deal", "tasks"),
)  # fmt: skip


def all_right(system) -> None:
    for object_name, field in ROLLUPS:
        assert verify(system, object_name, field) == (), f"{object_name}.{field}"


def values(system, object_name: str, id: int, *names: str) -> list[object]:
    record = read.get(system, object_name, id)
    return [record.values[name] for name in names]


def test_a_new_parent_has_gathered_nothing(system, create):
    account = create("account", name="a")
    assert values(system, "account", account, "deals", "won", "biggest", "mean", "ordered") == [0, 0, None, None, 0]
    all_right(system)


def test_sums_counts_greatest_and_mean_follow_every_change(system, create):
    account, other = create("account", name="a"), create("account", name="b")
    deals = [create("deal", name=f"d{amount}", account=account, amount=amount) for amount in (100, 50, 25)]
    assert values(system, "account", account, "deals", "won", "biggest", "mean") == [3, 0, Decimal("100.00"), Decimal("58.333333")]
    write(system, [Change("update", "deal", deals[0], {"stage": "won"}), Change("update", "deal", deals[1], {"account": other})])
    assert values(system, "account", account, "deals", "won", "mean") == [2, Decimal("100.00"), Decimal("62.500000")]
    assert values(system, "account", other, "deals", "biggest") == [1, Decimal("50.00")]
    write(system, [Change("delete", "deal", deals[0])])
    assert values(system, "account", account, "deals", "won", "biggest") == [1, 0, Decimal("25.00")]
    all_right(system)


def test_a_roll_up_does_not_change_the_version_of_its_parent(system, create, rows):
    account = create("account", name="a")
    create("deal", name="d", account=account, amount=5)
    assert read.get(system, "account", account).version == 1
    assert [row["kind"] for row in rows("change", record_id=account)] == ["create"]
    assert write(system, [Change("update", "account", account, {"employees": 3}, version=1)]).written[0].version == 2


def test_roll_ups_of_roll_ups_follow(system, create):
    account = create("account", name="a")
    deal = create("deal", name="d", account=account, lines=[{"quantity": 3, "price": "10.10"}])
    assert values(system, "account", account, "ordered") == [Decimal("30.30")]
    write(system, [Change("create", "deal_line", values={"deal": deal, "price": 1})])
    assert values(system, "account", account, "ordered") == [Decimal("31.30")]
    all_right(system)


def test_what_a_filter_reads_through_a_look_up_is_followed_too(system, create):
    product = create("product", name="switch", category="hardware")
    account = create("account", name="a")
    deal = create("deal", name="d", account=account, lines=[{"product": product, "price": 70}, {"price": 5}])
    assert values(system, "deal", deal, "hardware", "line_total") == [Decimal("70.00"), Decimal("75.00")]
    write(system, [Change("update", "product", product, {"category": "service"})])
    assert values(system, "deal", deal, "hardware") == [0]
    all_right(system)


def test_money_is_gathered_in_the_workspaces_currency(system, create):
    create("exchange_rate", currency="USD", date="2026-01-01", rate="7.1234")
    account = create("account", name="a")
    create("deal", name="d", account=account, amount={"amount": "100", "currency": "USD"}, tax=None)
    assert values(system, "account", account, "biggest") == [Decimal("712.34")]


def test_wrong_roll_ups_are_found_and_put_right(crm, system, create):
    accounts = [create("account", name=name) for name in "abc"]
    for account in accounts:
        create("deal", name="d", account=account, amount=10)
    table = crm.runtime.object("account").table
    with crm.database.write() as connection:
        connection.execute(update(table).where(table.c.id.in_(accounts[:2])).values(f_deals=7))
    assert verify(system, "account", "deals") == tuple(accounts[:2])
    assert rebuild(system, "account", "deals") == 2
    all_right(system)


def run_randomly(system, accounts: list[int], seed: int, steps: int) -> None:
    """Create, move, change and delete deals and lines of these accounts, as a busy person would."""
    chance = random.Random(seed)
    mine: list[int] = []
    for step in range(steps):
        choice = chance.random()
        account = chance.choice(accounts)
        if choice < 0.45 or not mine:
            lines = [{"quantity": chance.randint(0, 9), "price": chance.randint(0, 500)} for _ in range(chance.randint(0, 3))]
            fields = {"name": f"{seed}-{step}", "account": account, "amount": chance.randint(1, 9999) / 100, "lines": lines}
            mine.append(int(write(system, [Change("create", "deal", values=fields)]).written[0].id or 0))
        elif choice < 0.65:
            write(system, [Change("update", "deal", chance.choice(mine), {"account": account})])
        elif choice < 0.85:
            fields = {
                "amount": chance.randint(1, 9999),
                "stage": chance.choice(("open", "won")),
                "lines": [{"price": chance.randint(0, 99)}],
            }
            write(system, [Change("update", "deal", id, fields) for id in {chance.choice(mine), chance.choice(mine)}])
        else:
            gone = mine.pop(chance.randrange(len(mine)))
            write(system, [Change("delete", "deal", gone)])
            if chance.random() < 0.5:
                write(system, [Change("restore", "deal", gone)])
                mine.append(gone)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_roll_ups_are_right_whatever_many_writers_do_at_once(system, create, seed):
    accounts = [create("account", name=f"{seed}-{number}") for number in range(3)]
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            run_randomly(system, accounts, seed + number, 12)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    all_right(system)


def test_a_busy_parent_turns_nobody_away(system, create):
    account = create("account", name="a")
    refused: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(10):
                write(system, [Change("create", "deal", values={"name": f"{number}-{step}", "account": account, "amount": 1})])
        except Unavailable as error:
            refused.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == []
    assert values(system, "account", account, "deals", "biggest") == [80, Decimal("1.00")]
    assert len({record.values["number"] for record in read.stream(system, "deal", read.Query())}) == 80


@pytest.mark.parametrize("wrong", [("account", "name"), ("account", "nothing"), ("unicorn", "x")])
def test_only_roll_ups_are_rebuilt(system, wrong):
    with pytest.raises(KeyError):
        rebuild(system, *wrong)
