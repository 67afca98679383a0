"""What automations ask of money: its worth in the workspace's currency, as everywhere."""

from __future__ import annotations

import pytest

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from support.automations import rule_of as rule

WORTH = "extend: deal\nfields: {worth: {type: currency}, twice: {type: formula, returns: currency, value: 'worth * 2'}}\n"


@pytest.mark.parametrize(("trigger", "when"), [("created", "worth > 700"), ("created", "twice > 1400"), ("{became_true: worth > 700}", "")])
def test_a_condition_on_money_holds_by_its_worth_whatever_the_currency(firm, trigger, when):
    firm.publish(WORTH, rule("  - {update: mark, values: {note: big}}", trigger, f'when: "{when}"' if when else ""))
    rate = Change("create", "exchange_rate", values={"currency": "USD", "date": "2020-01-01", "rate": "7.1"})
    write(firm.workspace.context(SYSTEM, "job"), [rate])
    deals = [firm.deal(name=worth, worth=worth) for worth in ("700 CNY", "701 CNY", "90 USD", "100 USD")]
    firm.settle()
    assert [firm.get(deal)["note"] for deal in deals] == [None, "big", None, "big"]
