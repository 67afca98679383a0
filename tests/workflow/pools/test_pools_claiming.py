"""Taking records out of a pool: one owner each, limits that hold under many claims at once, and who may see what lies there."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from looseleaf_platform.access.explain import explain
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotAllowed, NotThere, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change, Condition, Group, Operation, Query
from looseleaf_platform.records.write import write
from looseleaf_workflow.pools.acting import Done, assign, claim, give_back, pool_named
from support.leads import LIN, ZHOU, Leads

Firm = Callable[..., Leads]
POOL = """
pool: lake
label: {zh: 线索公海, en: Lead pool}
object: lead
members: [rep]
managers: [boss]
match: "region != 'north'"
"""


def lake(leads: Leads, by: Context, *ids: int) -> list[Done]:
    """Somebody claims."""
    context = leads.again(by)
    return claim(context, pool_named(context, "lake"), ids)


def codes(done: list[Done]) -> list[str]:
    """What keeps each, "" for what was done."""
    return [one.code for one in done]


def fill(leads: Leads, count: int, **values: object) -> list[int]:
    """Leads that lie in the pool."""
    return [leads.make(**{"region": "east", **values}) for _ in range(count)]


def at_once(acts: list[Callable[[], list[Done]]]) -> list[list[Done]]:
    """Each act in a thread of its own, begun together."""
    barrier, found = threading.Barrier(len(acts)), [[] for _ in acts]  # type: ignore[var-annotated]
    errors: list[BaseException] = []

    def run(index: int) -> None:
        barrier.wait()
        try:
            found[index] = acts[index]()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    return found


def test_p01_of_two_who_claim_at_once_one_gets_it_and_the_other_hears_who(firm: Firm) -> None:
    leads = firm(POOL)
    for _ in range(5):
        [id] = fill(leads, 1)
        results = at_once([lambda by=by, id=id: lake(leads, by, id) for by in leads.people])  # type: ignore[misc]
        assert sorted(codes([one for [one] in results])) == ["", "taken", "taken"]
        owner = leads.owner(id)
        for person, [one] in zip(leads.people, results, strict=True):
            assert one.message.translate("en") == f"{owner} has taken it" if one.code else person.actor.name == owner
        assert [row["kind"] for row in leads.rows("pool_event", record_id=id)] == ["entered", "claimed"]


def test_p02_twenty_claims_at_once_with_five_left_give_exactly_five(firm: Firm) -> None:
    leads = firm(POOL + "claim: {per_day: 6}\n")
    first, *ids = fill(leads, 21)
    assert codes(lake(leads, leads.people[0], first)) == [""]
    results = at_once([lambda id=id: lake(leads, leads.people[0], id) for id in ids])  # type: ignore[misc]
    assert Counter(codes([one for [one] in results])) == {"": 5, "pool-day": 15}
    assert sum(leads.owner(id) == LIN for id in ids) == 5


def test_p02_the_holding_cap_holds_under_claims_at_once(firm: Firm) -> None:
    leads = firm(POOL + "claim: {hold_max: 3}\n")
    ids = fill(leads, 10)
    results = at_once([lambda id=id: lake(leads, leads.people[0], id) for id in ids])  # type: ignore[misc]
    assert Counter(codes([one for [one] in results])) == {"": 3, "pool-cap": 7}


def test_p03_the_day_is_the_workspaces_and_what_was_given_back_still_counts(firm: Firm) -> None:
    leads = firm(POOL + "claim: {per_day: 1}\n")
    one, other = fill(leads, 2)
    assert codes(lake(leads, leads.people[0], one)) == [""]
    context = leads.again(leads.people[0])
    assert codes(give_back(context, pool_named(context, "lake"), [one])) == [""]
    assert codes(lake(leads, leads.people[0], one)) == ["pool-day"]
    leads.clock.advance(hours=14, minutes=29)  # 23:59 in Shanghai
    assert codes(lake(leads, leads.people[0], other)) == ["pool-day"]
    leads.clock.advance(minutes=1)
    assert codes(lake(leads, leads.people[0], other)) == [""]


def test_p04_what_is_not_counted_leaves_room_and_the_cap_of_a_role_wins(firm: Firm) -> None:
    leads = firm(
        POOL + "claim: {hold_max: 1, not_counted: \"status == 'won'\", hold_max_of: {senior: 2}}\n",
        "role: senior\nobjects: {lead: {read: own}}",
    )
    one, other, third, fourth, fifth = fill(leads, 5)
    assert codes(lake(leads, leads.people[0], one, other)) == ["", "pool-cap"]
    leads.change(one, status="won")
    assert codes(lake(leads, leads.people[0], other)) == [""]
    write(leads.system, [Change("create", "role_member", values={"user": leads.people[1].actor.id, "role": "senior"})])
    assert codes(lake(leads, leads.people[1], third, fourth, fifth)) == ["", "", "pool-cap"]


def test_p05_who_had_it_waits_and_is_told_until_when(firm: Firm) -> None:
    leads = firm(POOL + "claim: {previous_owner_wait: 3 days}\n")
    [id] = fill(leads, 1)
    lake(leads, leads.people[0], id)
    leads.change(id, leads.boss, owner=None)
    [refused] = lake(leads, leads.people[0], id)
    assert refused.code == "pool-previous"
    assert refused.message.translate("en") == "You had it before: you may claim it again from 2026-03-05 09:30"
    assert refused.message.translate("zh") == "您之前负责过：2026-03-05 09:30 起可以再次领取"
    leads.clock.advance(days=3)
    assert codes(lake(leads, leads.people[0], id)) == [""]


def test_p05_who_never_had_it_need_not_wait(firm: Firm) -> None:
    leads = firm(POOL + "claim: {previous_owner_wait: 3 days}\n")
    [id] = fill(leads, 1)
    lake(leads, leads.people[0], id)
    leads.change(id, leads.boss, owner=None)
    assert codes(lake(leads, leads.people[1], id)) == [""]


def test_p06_nobody_claims_what_has_just_come_in_but_a_manager_may_assign_it(firm: Firm) -> None:
    leads = firm(POOL + "claim: {new_wait: 2 hours}\n")
    one, other = fill(leads, 2)
    assert codes(lake(leads, leads.people[0], one)) == ["pool-new"]
    boss = leads.again(leads.boss)
    assert codes(assign(boss, pool_named(boss, "lake"), [one], leads.people[0].actor.id or 0)) == [""]
    leads.clock.advance(hours=2)
    assert codes(lake(leads, leads.people[0], other)) == [""]


def test_p13_the_limits_hold_at_every_door_at_which_somebody_takes_a_record(firm: Firm) -> None:
    leads = firm(POOL + "claim: {new_wait: 2 hours}\n", "role: reacher\nobjects: {lead: {read: all, update: all}}")
    write(leads.system, [Change("create", "role_member", values={"user": leads.people[0].actor.id, "role": "reacher"})])
    [id] = fill(leads, 1)
    reacher = leads.workspace.context(leads.workspace.actor(leads.people[0].actor.id or 0), "api")
    with pytest.raises(Refused, match="just come in"):
        leads.change(id, reacher, owner=reacher.actor.id)


def test_p16_a_manager_ignores_waiting_and_obeys_the_cap_unless_with_a_reason(firm: Firm) -> None:
    leads = firm(POOL + "claim: {hold_max: 1, previous_owner_wait: 30 days}\n")
    one, other = fill(leads, 2)
    boss = leads.again(leads.boss)
    pool, chen = pool_named(boss, "lake"), leads.people[1].actor.id or 0
    lake(leads, leads.people[1], one)
    assert codes(give_back(boss, pool, [one], "收回")) == [""]
    assert codes(assign(boss, pool, [one, other], chen)) == ["", "pool-cap"]
    with pytest.raises(Refused):
        assign(boss, pool, [other], chen, override=True)
    assert codes(assign(boss, pool, [other], chen, "大客户", override=True)) == [""]
    assert leads.rows("pool_event", record_id=other)[-1]["reason"] == "大客户"


def test_p16_only_managers_assign(firm: Firm) -> None:
    leads = firm(POOL)
    context = leads.again(leads.people[0])
    with pytest.raises(NotAllowed):
        assign(context, pool_named(context, "lake"), fill(leads, 1), context.actor.id or 0)


def test_p17_a_batch_claim_answers_for_each_and_leaves_one_event_each(firm: Firm) -> None:
    leads = firm(POOL + "claim: {per_day: 150}\n")
    changes = [Change("create", "lead", values={"name": "线索", "region": "east"}) for _ in range(200)]
    ids = [one.id or 0 for one in write(leads.system, changes).written]
    lake(leads, leads.people[1], ids[3])
    done = lake(leads, leads.people[0], *ids)
    assert [one.id for one in done] == ids
    assert Counter(codes(done)) == {"": 150, "pool-day": 49, "taken": 1}
    claimed = leads.rows("pool_event", kind="claimed", user_id=leads.people[0].actor.id)
    assert sorted(row["record_id"] for row in claimed) == sorted(one.id for one in done if not one.code)
    owned = {row["record_id"] for row in leads.rows("pool_standing", owner=leads.people[0].actor.id)}
    assert owned == {one.id for one in done if not one.code}


def test_p17_more_than_two_hundred_at_once_are_refused(firm: Firm) -> None:
    leads = firm(POOL)
    with pytest.raises(Refused):
        lake(leads, leads.people[0], *range(1, 202))


# --- who sees what


def test_p11_members_see_what_lies_in_the_pool_without_its_hidden_fields(firm: Firm) -> None:
    leads = firm(POOL + "hide_in_pool: [mobile, email]\n")
    [id] = fill(leads, 1, mobile="13900010001")
    lin = leads.again(leads.people[0])
    record = read.get(lin, "lead", id)
    assert (record.values.get("mobile"), "mobile" in record.masked, record.values["region"]) == (None, True, "east")
    assert read.get(leads.again(leads.boss), "lead", id).values["mobile"] == "13900010001"
    lake(leads, leads.people[0], id)
    assert read.get(lin, "lead", id).values["mobile"] == "13900010001"
    with pytest.raises(NotThere):
        read.get(leads.again(leads.people[1]), "lead", id)


def test_p11_what_is_hidden_can_not_be_asked_for_either(firm: Firm) -> None:
    leads = firm(POOL + "hide_in_pool: [mobile]\n")
    fill(leads, 1, mobile="13900010001")
    lin = leads.again(leads.people[0])
    asked = Group("and", (Condition("mobile", "eq", "13900010001"),))
    assert read.page(lin, "lead", Query(where=asked)).records == ()
    assert len(read.page(lin, "lead", Query()).records) == 1


def test_what_another_pool_or_none_takes_is_not_seen_and_not_claimed(firm: Firm) -> None:
    leads = firm(POOL)
    id = leads.make(region="north")
    assert codes(lake(leads, leads.people[0], id)) == ["not-there"]


def test_who_is_no_member_finds_no_pool(firm: Firm) -> None:
    leads = firm(POOL.replace("[rep]", "[boss]"))
    with pytest.raises(NotThere):
        pool_named(leads.again(leads.people[0]), "lake")


def test_p11_giving_back_makes_room_under_the_cap(firm: Firm) -> None:
    leads = firm(POOL + "claim: {hold_max: 1}\n")
    one, other = fill(leads, 2)
    lin = leads.again(leads.people[0])
    assert codes(lake(leads, lin, one, other)) == ["", "pool-cap"]
    give_back(lin, pool_named(lin, "lake"), [one])
    assert codes(lake(leads, lin, other, one)) == ["", "pool-cap"]


def test_p11_giving_back_clears_owner_and_team_and_keeps_the_history(firm: Firm) -> None:
    leads = firm(POOL)
    team = leads.make(object="team", name="华东")
    write(leads.system, [Change("update", "user", leads.people[2].actor.id, {"team": team})])
    [id] = fill(leads, 1)
    zhou = leads.workspace.context(leads.workspace.actor(leads.people[2].actor.id or 0), "api")
    lake(leads, zhou, id)
    assert (leads.owner(id), leads.get(id)["team"]) == (ZHOU, team)
    assert codes(give_back(leads.again(zhou), pool_named(leads.again(zhou), "lake"), [id])) == [""]
    assert (leads.owner(id), leads.get(id)["team"]) == ("", None)
    assert [(row["kind"], leads.names.get(row["user_id"], "")) for row in leads.rows("pool_event", record_id=id)] == [
        ("entered", ""),
        ("claimed", ZHOU),
        ("returned", ZHOU),
    ]


def test_p13_every_door_sets_the_same_clocks(firm: Firm) -> None:
    leads = firm(POOL + "protect: {for: 15 days}\nreturn: {any: [{rule: no_followup, after: 30 days, from: activity.lead}]}\n")
    lin = leads.people[0].actor.id

    def claimed() -> int:
        [id] = fill(leads, 1)
        lake(leads, leads.people[0], id)
        return id

    def transferred() -> int:
        id = leads.make(region="east", owner=leads.people[1].actor.id)
        leads.change(id, leads.boss, owner=lin)
        return id

    doors = {
        "claim": claimed,
        "transfer": transferred,
        "creation": lambda: leads.make(region="east", owner=lin),
        "import": lambda: (
            write(
                leads.again(leads.boss).by("import"),
                [Change("create", "lead", values={"name": "x", "region": "east", "owner": lin})],
                Operation("import"),
                collect=True,
            )
            .written[0]
            .id
            or 0
        ),
    }
    for door, come in doors.items():
        id = come()
        [standing] = leads.rows("pool_standing", record_id=id)
        [timer] = leads.rows("wf_timer", owner_kind="pool", owner_id=id, state="waiting")
        now = leads.clock()
        assert (standing["owner"], standing["since"], standing["protected_until"]) == (lin, now, now + timedelta(days=15)), door
        assert timer["fire_at"] == now + timedelta(days=30), door


def test_p14_the_first_pool_that_matches_takes_a_record_and_moving_is_an_event(firm: Firm) -> None:
    vip = POOL.replace("lake", "vip").replace("region != 'north'", "score > 80") + "order: 1\n"
    leads = firm(POOL, vip)
    id = leads.make(region="east", score=90)
    assert [row["pool_id"] for row in leads.rows("pool_standing", record_id=id)] == ["vip"]
    leads.change(id, score=10)
    assert [row["pool_id"] for row in leads.rows("pool_standing", record_id=id)] == ["lake"]
    assert [(row["kind"], row["pool_id"]) for row in leads.rows("pool_event", record_id=id)] == [("entered", "vip"), ("moved", "lake")]


def test_a_token_that_may_only_read_claims_nothing(firm: Firm) -> None:
    leads = firm(POOL)
    [id] = fill(leads, 1)
    for limits, allowed in ((frozenset({"lead:read"}), False), (frozenset({"lead:read", "lead:update"}), True)):
        actor = leads.workspace.actor(leads.people[0].actor.id or 0, limits=limits)
        context = leads.workspace.context(actor, "api")
        pool = pool_named(context, "lake")
        if allowed:
            assert codes(claim(context, pool, [id])) == [""]
        else:
            with pytest.raises(NotAllowed):
                claim(context, pool, [id])


def test_why_a_member_sees_what_lies_in_the_pool_is_explained(firm: Firm) -> None:
    leads = firm(POOL)
    [id] = fill(leads, 1)
    lin = leads.again(leads.people[0])
    found = explain(lin, lin.actor, "lead", id, "read")
    assert found.allowed
    assert "“Lead pool” brings this record within reach" in [one.translate("en") for one in found.reasons]
    assert not explain(lin, lin.actor, "lead", id, "update").allowed
