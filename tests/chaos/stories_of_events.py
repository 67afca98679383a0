"""Stories of events from outside, which are stored before they are answered, and of scores, which are counted again whenever they must."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from chaos.stories import Act, House, tells
from looseleaf_platform.errors import NotAllowed
from looseleaf_platform.jobs.outbox import put
from looseleaf_workflow.automations.tables import automation_run
from looseleaf_workflow.inbound import secrets
from looseleaf_workflow.inbound.tables import inbound_event, inbound_secret
from looseleaf_workflow.receiving import telling
from looseleaf_workflow.receiving.taking import take
from looseleaf_workflow.scores import keeping
from looseleaf_workflow.scores.tables import score_adoption
from looseleaf_workflow.stages import publishing
from looseleaf_workflow.tables import wf_timer


def told_of(house: House, source: str, **values: str) -> int:
    """An event from outside, under the id that its sender gives it."""
    return take(house.system, source, {}, json.dumps(values).encode())


@tells("workflow.receiving.taking:take", "workflow.receiving.answering:_answer")
def an_event_comes_and_is_answered(house: House) -> Iterator[Act]:
    name = house.name("visited")
    deal = house.make("deal", name=name)

    def send() -> None:
        told_of(house, "visit", visit=name, deal=name)
        house.settle()

    yield send
    assert [row.state for row in house.rows(inbound_event, key=name)] == ["done"]
    assert [run.state for run in house.rows(automation_run, record_id=deal)] == ["done"]
    assert house.get("deal", deal)["marks"] == ("visited",)


@tells("workflow.receiving.answering:_fail")
def an_event_that_nobody_can_answer_is_kept(house: House) -> Iterator[Act]:
    name = house.name("ghost")
    told_of(house, "ghost", visit=name)
    yield house.settle
    assert [row.state for row in house.rows(inbound_event, key=name)] == ["failed"]


@tells("workflow.receiving.telling:again")
def an_event_is_answered_once_more(house: House) -> Iterator[Act]:
    name = house.name("late")
    id = told_of(house, "visit", visit=name, deal=name)
    house.settle()
    deal = house.make("deal", name=name)

    def ask() -> None:
        with suppress(NotAllowed):  # nothing is left to come of it
            telling.again(house.system, "visit", id)

    yield ask
    assert [run.state for run in house.rows(automation_run, record_id=deal)] == ["done"]


@tells("workflow.inbound.secrets:make")
def a_sender_gets_a_new_secret(house: House) -> Iterator[Act]:
    made = list[str]()
    yield lambda: made.append(secrets.make(house.system, "visit", 0))
    assert [row.secret for row in house.rows(inbound_secret) if row.ends_at is None] == made[-1:]


@tells("workflow.inbound.clearing:clear")
def old_events_are_cleared_away(house: House) -> Iterator[Act]:
    name = house.name("old")
    told_of(house, "visit", visit=name, deal=name)
    house.settle()
    house.clock.advance(days=60)
    yield house.settle
    assert house.rows(inbound_event, key=name) == []


@tells("workflow.scores.keeping:_write", "workflow.scores.adopting:adopt")
def a_score_is_brought_to_the_records_that_are_there(house: House) -> Iterator[Act]:
    visitor = house.make("visitor", name=house.name("visitor"), seen_on=house.clock().date().isoformat())
    house.settle()
    with house.workspace.database.write() as connection:
        table = house.workspace.runtime.object("visitor")
        connection.execute(table.table.update().values({table.fields["points"].main: 1}))
        connection.execute(delete(score_adoption))
        put(connection, house.workspace, publishing.TOPIC, {"revision": house.workspace.runtime.revision})
    yield house.settle
    assert house.get("visitor", visitor)["points"] >= 18  # a day may have passed
    assert len(house.rows(score_adoption)) == 1
    assert len(house.rows(wf_timer, owner_kind="score", state="waiting")) == 1


@tells("workflow.scores.timing:mend")
def a_score_without_a_timer_gets_one(house: House) -> Iterator[Act]:
    with house.workspace.database.write() as connection:
        connection.execute(delete(wf_timer).where(wf_timer.c.owner_kind == "score"))
        keeping.count_all(connection, house.workspace, _heat(house).id)
    yield house.settle
    assert len(house.rows(wf_timer, owner_kind="score", state="waiting")) == 1


def _heat(house: House) -> Any:
    return house.system.model.others["score"]["heat"]


@tells("workflow.scores.adopting:ring")
def a_score_fades_from_day_to_day(house: House) -> Iterator[Act]:
    visitor = house.make("visitor", name=house.name("visitor"), seen_on=house.clock().date().isoformat())
    house.settle()
    house.clock.advance(days=5)
    yield house.settle
    assert 0 < house.get("visitor", visitor)["points"] < 20
    assert len(house.rows(wf_timer, owner_kind="score", state="waiting")) == 1


@contextmanager
def small_pages() -> Iterator[None]:
    """A score is counted for one record at a time."""
    usual, keeping.PAGE = keeping.PAGE, 1
    try:
        yield
    finally:
        keeping.PAGE = usual


@tells("workflow.scores.keeping:handle")
def a_score_is_counted_page_by_page(house: House) -> Iterator[Act]:
    day = (house.clock() - timedelta(days=20)).date().isoformat()
    visitors = [house.make("visitor", name=house.name("visitor"), seen_on=day) for _ in range(2)]
    house.settle()
    with house.workspace.database.write() as connection:
        table = house.workspace.runtime.object("visitor")
        connection.execute(table.table.update().values({table.fields["points"].main: 1}))
        keeping.count_all(connection, house.workspace, _heat(house).id)

    def go_on() -> None:
        with small_pages():
            for _ in range(len(house.rows(table.table))):
                house.settle()

    yield go_on
    assert [house.get("visitor", id)["points"] for id in visitors] == [0, 0]
