"""Money is kept in its own currency and valued in the workspace's, by the rate of the day."""

from __future__ import annotations

from decimal import Decimal

import pytest

from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write


@pytest.fixture
def account(create) -> int:
    """An account, and two rates of the dollar."""
    create("exchange_rate", currency="USD", date="2026-01-01", rate="7")
    create("exchange_rate", currency="USD", date="2026-03-02", rate="7.2")
    create("exchange_rate", currency="USD", date="2026-12-31", rate="9")
    return create("account", name="a")


def test_the_newest_rate_that_is_not_in_the_future_counts(system, account, create, rows, clock):
    deal = create("deal", name="d", account=account, amount="USD 100", tax=None)
    assert (rows("deal")[0]["f_amount"], rows("deal")[0]["f_amount__base"]) == (Decimal("100.00"), Decimal("720.00"))
    assert read.get(system, "deal", deal).values["net_amount"] == Decimal("720.00")


def test_an_amount_that_does_not_change_keeps_its_old_value(system, account, create, rows, clock):
    deal = create("deal", name="d", account=account, amount="USD 100", tax=None)
    clock.advance(days=365)
    assert write(system, [Change("update", "deal", deal, {"amount": "100 USD"})]).written[0].outcome == "same"
    write(system, [Change("update", "deal", deal, {"amount": "101 USD"})])
    assert rows("deal")[0]["f_amount__base"] == Decimal("909.00")


def test_the_same_amount_in_another_currency_is_another_value(system, account, create, rows):
    deal = create("deal", name="d", account=account, amount=100)
    assert write(system, [Change("update", "deal", deal, {"amount": {"amount": "100", "currency": "USD"}})]).written[0].outcome == "updated"


def test_without_a_rate_the_amount_is_refused(system, account, faults_of):
    assert faults_of(system, Change("create", "deal", values={"name": "d", "account": account, "amount": "GBP 5"})) == [
        ("/amount", "no-rate")
    ]


def test_a_worth_that_can_not_be_kept_is_refused(system, account, faults_of):
    change = Change("create", "deal", values={"name": "d", "account": account, "amount": "USD 9999999999999999"})
    assert ("/amount", "too-large") in faults_of(system, change)


def test_defaults_of_money_may_read_money(system, account, create):
    deal = create("deal", name="d", account=account, amount="USD 100")
    assert read.get(system, "deal", deal).values["tax"].amount == Decimal("93.60")
