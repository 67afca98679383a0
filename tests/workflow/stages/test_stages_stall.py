"""Deals that rest too long: S08, S09."""

from __future__ import annotations

import pytest

from looseleaf_platform.jobs.outbox import drain
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_workflow.clocks import adopting
from looseleaf_workflow.extension import WORKFLOW
from support.stages import FIRM
from support.workspaces import publish_texts

TOLD = "then: [{notify: owner, text: '{{ name }} 停滞'}]"
FROM_ENTRY = f"{{after: 2 workdays, {TOLD}}}"
FROM_ACTIVITY = f"{{after: 2 workdays, since: last_activity, {TOLD}}}"


def firm_with(limit, more="entered_at: since"):
    """The firm, whose deals rest no longer in the first stage than a limit says."""
    text = FIRM.replace("- {stage: contact, probability: 10}", f"- {{stage: contact, probability: 10, stall: {limit}}}")
    return text.replace("entered_at: since", more)


def settle(sales):
    """What is due by now happens."""
    for _ in range(4):
        for chore in WORKFLOW.chores:
            chore(sales.workspace)
        drain(sales.workspace, WORKFLOW.handlers)


def later(sales, **time):
    """Time passes, and what is due happens."""
    sales.clock.advance(**time)
    settle(sales)


def begin(sales, limit, **more):
    publish_texts(sales.workspace, firm_with(limit, **more))
    settle(sales)


def told(sales):
    return [row["text"] for row in sales.rows("wf_notification")]


def stalled(sales, id):
    return [row["breached"] and row["live"] for row in sales.rows("wf_clock", id)]


def test_s08_a_deal_that_rests_is_flagged_and_told_of_once_in_working_time(sales):
    begin(sales, FROM_ENTRY)
    deal = sales.deal()  # Monday 9:30
    later(sales, days=1, hours=23)
    assert (stalled(sales, deal), told(sales)) == ([False], [])
    later(sales, hours=1, minutes=1)  # Wednesday 9:31
    assert (stalled(sales, deal), told(sales)) == ([True], ["二期产线 停滞"])
    sales.change(deal, name="二期")
    later(sales, days=30)
    assert (stalled(sales, deal), told(sales)) == ([True], ["二期产线 停滞"])


def test_s08_a_weekend_is_no_rest(sales):
    begin(sales, FROM_ENTRY)
    sales.clock.advance(days=4)
    deal = sales.deal()  # Friday 9:30
    later(sales, days=3, hours=23)
    assert stalled(sales, deal) == [False]
    later(sales, hours=2)
    assert stalled(sales, deal) == [True]


def test_s08_activity_clears_it_and_begins_the_limit_anew(sales):
    begin(sales, FROM_ACTIVITY)
    deal = sales.deal()
    later(sales, days=1)
    sales.change(deal, name="二期")
    later(sales, days=1, hours=1)
    assert stalled(sales, deal) == [False]
    later(sales, days=1)
    assert (stalled(sales, deal), len(told(sales))) == ([True], 1)
    sales.change(deal, name="三期")
    assert stalled(sales, deal) == [False]
    later(sales, days=4)
    assert (stalled(sales, deal), len(told(sales))) == ([True], 2)


def test_s08_where_it_is_said_what_counts_only_that_is_activity(sales):
    begin(sales, FROM_ACTIVITY.replace("then:", "counts: [{from: deal_line.deal, where: \"product != 'x'\"}], then:"))
    deal = sales.deal()
    later(sales, days=1)
    sales.change(deal, name="二期")
    sales.change(deal, lines=[{"product": "x"}])
    later(sales, days=1, hours=1)
    assert stalled(sales, deal) == [True]
    sales.change(deal, lines=[{"product": "机床"}])
    assert stalled(sales, deal) == [False]


def test_s08_what_a_job_writes_is_no_activity(sales):
    begin(sales, FROM_ACTIVITY)
    deal = sales.deal()
    later(sales, days=1)
    sales.change(deal, sales.system, name="二期")
    later(sales, days=1, hours=1)
    assert stalled(sales, deal) == [True]


@pytest.mark.parametrize("how", ["moved on", "deleted"])
def test_s08_what_moves_on_or_goes_does_not_stall(sales, how):
    begin(sales, FROM_ENTRY)
    deal = sales.deal(budget=5)
    later(sales, days=1)
    if how == "moved on":
        sales.change(deal, stage="needs")
    else:
        write(sales.again(sales.lin), [Change("delete", "deal", deal)])
    later(sales, days=30)
    assert (stalled(sales, deal), told(sales)) == ([False], [])


def test_s08_coming_again_is_a_new_visit_with_the_whole_limit(sales):
    begin(sales, FROM_ENTRY)
    deal = sales.deal(budget=5)
    later(sales, days=3)
    sales.change(deal, stage="needs")
    assert stalled(sales, deal) == [False]
    sales.change(deal, stage="contact")
    later(sales, days=1)
    assert (stalled(sales, deal), len(told(sales))) == ([False], 1)
    later(sales, days=4)
    assert (stalled(sales, deal), len(told(sales))) == ([True], 2)


def test_s08_a_field_of_the_record_shows_since_when_so_that_lists_can_ask_for_it(sales):
    begin(sales, FROM_ENTRY, more="stalled_at: since")
    deal = sales.deal(budget=5)
    assert sales.get(deal)["since"] is None
    later(sales, days=3)
    assert sales.get(deal)["since"] == sales.rows("wf_clock_event", deal)[0]["at"]
    sales.change(deal, stage="needs")
    settle(sales)
    assert sales.get(deal)["since"] is None


def test_s09_a_shorter_limit_counts_for_what_rests_already_once_and_a_few_at_a_time(sales, monkeypatch):
    monkeypatch.setattr(adopting, "PER_MINUTE", 2)
    begin(sales, FROM_ENTRY.replace("2 workdays", "20 workdays"))
    deals = [sales.deal() for _ in range(3)]
    later(sales, days=3)
    young = sales.deal()
    begin(sales, FROM_ENTRY)
    assert [stalled(sales, deal) for deal in deals] == [[True], [True], [False]]
    later(sales, minutes=1)
    assert [stalled(sales, deal) for deal in (*deals, young)] == [[True], [True], [True], [False]]
    begin(sales, FROM_ENTRY)
    later(sales, hours=1)
    assert len(told(sales)) == 3
    assert [(row["started"], row["moved"], row["kept"]) for row in sales.rows("wf_clock_adoption")][-1:] == [(0, 4, 0)]
    begin(sales, FROM_ENTRY.replace("2 workdays", "1 workdays"))
    later(sales, hours=1)
    assert (len(sales.rows("wf_clock_adoption")), len(told(sales))) == (3, 3), "shortened again, those already told of are not told again"


def test_s09_a_limit_that_comes_later_counts_from_when_a_deal_came_to_its_stage(sales):
    deal = sales.deal()
    sales.clock.advance(days=1)
    begin(sales, FROM_ENTRY)
    later(sales, hours=23)
    assert stalled(sales, deal) == [False]
    later(sales, hours=2)
    assert stalled(sales, deal) == [True]
    publish_texts(sales.workspace, FIRM)
    settle(sales)
    assert stalled(sales, deal) == [False]
