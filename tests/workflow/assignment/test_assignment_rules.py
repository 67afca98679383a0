"""Who gets a new lead: each way of finding somebody, as records come in."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write
from looseleaf_workflow.extension import TIMERS
from looseleaf_workflow.timers import fire_due
from support.leads import CHEN, LIN, ZHOU, Leads
from support.stages import open_with_workflow

Firm = Callable[..., Leads]
TURNS = "assignment: web\nobject: lead\nrules:\n  - {to: {round_robin: rep}}\n"


def test_g01_one_after_the_other_in_strict_order_through_single_writes_and_sets(firm: Firm) -> None:
    leads = firm(TURNS)
    assert [leads.given() for _ in range(4)] == [LIN, CHEN, ZHOU, LIN]
    assert leads.many(5) == [CHEN, ZHOU, LIN, CHEN, ZHOU]


def test_g01_the_turn_survives_a_restart(firm: Firm, clock: object) -> None:
    leads = firm(TURNS)
    leads.given()
    leads.workspace = open_with_workflow(leads.workspace.database.writer.url.render_as_string(hide_password=False), clock)  # type: ignore[arg-type]
    assert leads.given() == CHEN
    leads.workspace.close()


def test_g01_concurrent_leads_keep_the_strict_order(firm: Firm) -> None:
    leads = firm(TURNS)
    barrier = threading.Barrier(6)
    errors: list[BaseException] = []

    def create() -> None:
        try:
            barrier.wait()
            for _ in range(5):
                leads.make()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    by_turn = sorted(leads.rows("assign_decision"), key=lambda row: row["facts"]["turn"])
    assert [row["facts"]["turn"] for row in by_turn] == list(range(1, 31))
    assert [leads.names[row["owner"]] for row in by_turn] == [LIN, CHEN, ZHOU] * 10
    assert Counter(leads.names[row["owner"]] for row in by_turn) == {LIN: 10, CHEN: 10, ZHOU: 10}


def test_g01_who_is_absent_is_skipped_and_the_order_of_turns_stays(firm: Firm) -> None:
    leads = firm(TURNS)
    leads.set_state(leads.people[1], "on_leave")
    assert [leads.given() for _ in range(3)] == [LIN, ZHOU, LIN]
    leads.set_state(leads.people[1], "active")
    assert [leads.given() for _ in range(3)] == [CHEN, ZHOU, LIN]


def test_g01_who_is_at_the_cap_is_skipped_until_a_record_closes(firm: Firm) -> None:
    leads = firm(TURNS.replace("rep}", "rep, skip: [absent, at_cap], cap: 1, open: \"status == 'new'\"}"))
    first = leads.make()
    assert leads.many(2) == [CHEN, ZHOU]
    assert leads.given() == ""
    leads.change(first, status="closed")
    assert leads.given() == LIN


def test_g02_weights_are_exact_over_each_full_cycle(firm: Firm) -> None:
    leads = firm(
        "assignment: web\nobject: lead\nrules:\n  - to: {round_robin: [{user: lin@firm.cn, weight: 3}, {user: chen@firm.cn, weight: 2}, {user: zhou@firm.cn}]}\n"
    )
    for _ in range(3):
        assert Counter(leads.many(6)) == {LIN: 3, CHEN: 2, ZHOU: 1}


AREAS = """
assignment: areas
object: lead
rules:
  - id: areas
    to:
      territory:
        - {area: east, match: {region: east}, to: {user: lin@firm.cn}}
        - {area: east_machines, match: {region: east, industry: machines}, to: {user: chen@firm.cn}}
        - {area: elsewhere, match: {region: [south, north]}, to: {user: zhou@firm.cn}}
"""


def test_g03_the_narrowest_territory_wins(firm: Firm) -> None:
    leads = firm(AREAS)
    assert leads.given(region="east", industry="trade") == LIN
    assert leads.given(region="east", industry="machines") == CHEN
    assert leads.given(region="north", industry="machines") == ZHOU


def test_g03_what_lies_in_no_territory_goes_to_the_queue_and_the_decision_says_so(firm: Firm) -> None:
    leads = firm(AREAS)
    id = leads.make(leads.boss)
    assert leads.owner(id) == ""
    [decision] = leads.rows("assign_decision", record_id=id)
    assert (decision["outcome"], decision["owner"]) == ("queue", None)
    assert decision["facts"] == {"tried": [{"rule": "areas", "area": None}]}


LEAST = 'assignment: load\nobject: lead\nrules:\n  - to: {least_loaded: rep, open: "status == \'new\'", weight: "coalesce(score, 1)"}\n'


def test_g04_whoever_has_the_least_weighted_open_work_gets_it(firm: Firm) -> None:
    leads = firm(LEAST)
    assert leads.given(score=5) == LIN
    assert leads.given(score=2) == CHEN
    assert leads.given(score=1) == ZHOU
    assert leads.given(score=2) == ZHOU
    assert leads.given(score=1) == CHEN


def test_g04_of_those_with_the_same_load_whoever_has_waited_longest(firm: Firm) -> None:
    leads = firm(LEAST)
    for name in (LIN, CHEN, ZHOU, LIN):
        id = leads.make()
        assert leads.owner(id) == name
        leads.change(id, status="closed")


def test_g04_records_of_one_set_count_for_each_other(firm: Firm) -> None:
    leads = firm(LEAST)
    assert Counter(leads.many(9)) == {LIN: 3, CHEN: 3, ZHOU: 3}


STICKY = """
assignment: sticky
object: lead
rules:
  - {id: account, to: {field: account.owner}}
  - {id: like, to: {same: [mobile]}}
  - {id: turns, to: {round_robin: rep}}
"""


def test_g05_the_owner_of_the_same_account_or_phone_precedes_the_rotation(firm: Firm) -> None:
    leads = firm(STICKY)
    account = leads.make(object="account", owner=leads.people[2].actor.id)
    assert leads.given(mobile="139") == LIN
    assert leads.given(account=account) == ZHOU
    assert leads.given(mobile="139") == LIN
    assert leads.given() == CHEN


def test_g05_an_owner_who_is_absent_or_gone_precedes_nobody(firm: Firm) -> None:
    leads = firm(STICKY)
    assert leads.given(mobile="139") == LIN
    leads.set_state(leads.people[0], "gone")
    assert leads.given(mobile="139") == CHEN


def test_g05_two_of_one_set_with_the_same_phone_go_to_the_same_person(firm: Firm) -> None:
    leads = firm(STICKY)
    assert leads.many(3, mobile="138") == [LIN, LIN, LIN]


def test_g06_where_nobody_is_available_it_goes_to_the_manager(firm: Firm) -> None:
    leads = firm(TURNS + "nobody: manager\n")
    for person in leads.people:
        leads.set_state(person, "on_leave")
    id = leads.make()
    assert leads.owner(id) == "何文静"
    [decision] = leads.rows("assign_decision", record_id=id)
    assert decision["outcome"] == "manager"
    assert set(decision["facts"]["tried"][0]["skipped"].values()) == {"absent"}


def test_g06_what_waits_in_the_queue_goes_to_the_first_who_is_back(firm: Firm) -> None:
    leads = firm(TURNS)
    for person in leads.people:
        leads.set_state(person, "on_leave")
    id, taken = leads.make(), leads.make()
    leads.clock.advance(minutes=10)
    fire_due(leads.workspace, TIMERS)
    assert leads.owner(id) == ""
    leads.set_state(leads.people[1], "active")
    leads.change(taken, owner=leads.boss.actor.id)
    leads.clock.advance(minutes=10)
    fire_due(leads.workspace, TIMERS)
    assert (leads.owner(id), leads.owner(taken)) == (CHEN, "何文静")
    assert [row["outcome"] for row in leads.rows("assign_decision", record_id=id)] == ["queue", "assigned"]
    assert leads.rows("wf_timer", owner_kind="assignment", state="waiting") == []


def test_g07_an_edit_asks_again_only_for_declared_fields(firm: Firm) -> None:
    leads = firm(AREAS + "reassign_on: [region]\n")
    id = leads.make(leads.boss, region="east", industry="trade")
    leads.change(id, leads.boss, industry="machines")
    assert leads.owner(id) == LIN
    other = leads.make(leads.boss, region="east", industry="trade")
    leads.change(other, leads.boss, region="south")
    assert leads.owner(other) == ZHOU


def test_g07_what_a_person_has_touched_stays_where_it_is(firm: Firm) -> None:
    leads = firm(AREAS + "reassign_on: [region]\n")
    touched, moved = leads.make(region="east"), leads.make(region="east")
    leads.change(touched, leads.people[0], score=3)
    leads.change(moved, leads.boss, owner=leads.people[2].actor.id)
    for id in (touched, moved):
        leads.change(id, leads.boss, region="south")
    assert [leads.owner(touched), leads.owner(moved)] == [LIN, ZHOU]
    system = leads.make(region="east")
    leads.change(system, score=3)
    leads.change(system, region="south")
    assert leads.owner(system) == ZHOU


def test_a_given_owner_is_kept_and_takes_no_turn(firm: Firm) -> None:
    leads = firm(TURNS)
    assert leads.given(owner=leads.people[2].actor.id) == ZHOU
    assert leads.given() == LIN


def test_who_creates_a_lead_does_not_keep_it_against_the_rules(firm: Firm) -> None:
    leads = firm(TURNS)
    assert leads.owner(leads.make(leads.boss)) == LIN


def test_the_team_goes_with_the_owner(firm: Firm) -> None:
    leads = firm(TURNS)
    team = leads.make(object="team", name="华东")
    write(leads.system, [Change("update", "user", leads.people[0].actor.id, {"team": team})])
    assert leads.get(leads.make(leads.boss))["team"] == team


def test_an_import_keeps_owners_where_it_declares_that(firm: Firm) -> None:
    leads = firm(TURNS)
    id = leads.make(leads.boss, operation=Operation("import", exemptions=frozenset({"assignment"})))
    assert leads.rows("assign_decision") == []
    assert leads.owner(id) == "何文静"


def test_refused_rows_of_an_import_take_no_turn(firm: Firm) -> None:
    leads = firm(TURNS)
    changes = [Change("create", "lead", values={"name": name} if name else {}) for name in ("一", "", "三", "", "五")]
    outcome = write(leads.system, changes, Operation("import"), collect=True)
    assert [leads.owner(one.id) if one.id else "refused" for one in outcome.written] == [LIN, "refused", CHEN, "refused", ZHOU]


def test_members_are_found_by_team_with_the_teams_below(firm: Firm) -> None:
    leads = firm("assignment: web\nobject: lead\nrules:\n  - {to: {round_robin: {role: rep, team: 华东}}}\n")
    east = leads.make(object="team", name="华东")
    shanghai = leads.make(object="team", name="上海", parent=east)
    for person, team in zip(leads.people[1:], (east, shanghai), strict=True):
        write(leads.system, [Change("update", "user", person.actor.id, {"team": team})])
    assert [leads.given() for _ in range(3)] == [CHEN, ZHOU, CHEN]
