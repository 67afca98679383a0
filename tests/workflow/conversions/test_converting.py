"""A lead goes over into account, contact and deal: what is made, what is taken, what is kept, by whose rights, and once."""

from __future__ import annotations

import itertools
import threading
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest

from looseleaf_platform import files
from looseleaf_platform.errors import Conflict, NotAllowed, NotThere, Refused
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_workflow.conversions import doing
from looseleaf_workflow.conversions.deciding import Choice
from support.clock import FrozenClock
from support.converting import CONVERSION, OBJECTS, Converting
from support.queries import counted
from support.workspaces import as_user


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    """Where and why it was refused."""
    return [(fault.pointer, fault.code) for fault in refused.value.faults]


def test_a_lead_becomes_three_records_with_its_source_campaign_consent_files_and_history(
    leads: Converting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOSELEAF_FILES", str(tmp_path))
    paper = files.keep(leads.lin, BytesIO(b"an offer"), "offer.txt")
    facts = {"budget": "200000 CNY", "campaign": "春季展", "consent": True, "source": "call", "region": "east", "papers": [paper]}
    id = leads.lead(**facts)
    talk, todo = leads.make("talk", subject="电话", lead=id), leads.make("todo", subject="寄样品", lead=id)
    theirs = write(leads.system, [Change("create", "talk", values={"subject": "展会", "lead": id, "owner": leads.chen.actor.id})])
    other = leads.make("account", name="别家")
    kept = leads.make("talk", subject="顺便", lead=id, account=other)
    [done] = leads.convert(id)
    account, contact, deal = (one.id for one in done.outcomes)
    assert [(one.target, one.how) for one in done.outcomes] == [("account", "made"), ("contact", "made"), ("deal", "made")]
    firm_, person, chance, lead = (
        leads.get("account", account),
        leads.get("contact", contact),
        leads.get("deal", deal),
        leads.get("lead", id),
    )
    assert [firm_[name] for name in ("name", "region", "source", "status", "owner")] == [
        "恒拓精密有限公司", "east", "web", "prospect", leads.lin.actor.id,
    ]  # fmt: skip
    assert (person["account"], person["consent"], person["mobile"]) == (account, True, firm_["phone"])
    assert (chance["name"], chance["amount"].amount, chance["campaign"], chance["large"]) == (
        "恒拓精密有限公司 首单",
        Decimal(200000),
        "春季展",
        True,
    )
    assert (chance["account"], chance["contact"], chance["stage"]) == (account, contact, "qualify")
    assert (lead["status"], lead["account"], lead["contact"], lead["deal"]) == ("converted", account, contact, deal)
    assert [(one.name, one.id == paper.id) for one in firm_["papers"]] == [("offer.txt", False)]
    given = files.of_record(leads.again(leads.lin), "account", account, "papers", firm_["papers"][0].id)
    assert given.path.read_bytes() == b"an offer"
    for one in (talk, theirs.written[0].id):
        assert [leads.get("talk", one)[name] for name in ("lead", "account", "deal")] == [id, account, deal]
    assert [leads.get("talk", kept)[name] for name in ("account", "deal")] == [other, deal]
    assert [leads.get("todo", todo)[name] for name in ("lead", "account")] == [None, account]


def test_what_is_there_is_taken_and_nothing_of_it_overwritten(leads: Converting) -> None:
    account = leads.make("account", name="恒拓精密", source="fair", status="customer")
    contact = leads.make("contact", name="老王", account=account, mobile="139 0001 0001")
    id = leads.lead(region="east", source="web")
    seen = leads.preview(id)
    part = seen.parts["account"]
    assert (part.how, part.id, dict(part.values), set(part.kept)) == (
        "take", account, {"phone": "+8613900010001", "region": "east"}, {"name", "source", "status"},
    )  # fmt: skip
    assert [(one.title, one.fields) for one in part.candidates] == [("恒拓精密", ("name",))]
    assert len(leads.all("account")) == 1
    [done] = leads.convert(id)
    assert [one.how for one in done.outcomes] == ["taken", "taken", "made"]
    assert [one.id for one in done.outcomes][:2] == [account, contact]
    values = leads.get("account", account)
    assert [values[name] for name in ("name", "source", "status", "region")] == ["恒拓精密", "fair", "customer", "east"]
    assert leads.get("contact", contact)["name"] == "老王"


def test_several_that_may_be_meant_are_asked_about_and_a_person_chooses(small: Converting) -> None:
    one, other = small.make("account", name="恒拓精密"), small.make("account", name="恒拓", phone="13900010001")
    id = small.lead()
    assert [candidate.id for candidate in small.preview(id).parts["account"].candidates] == [one, other]
    with pytest.raises(Refused) as refused:
        small.convert(id)
    assert codes(refused) == [("/records/0/targets/account", "choose")]
    [done] = small.convert(id, account=Choice("take", other), deal=Choice("skip"))
    assert [(one.target, one.id == other) for one in done.outcomes] == [("account", True), ("contact", False)]
    assert small.get("lead", id)["deal"] is None


def test_a_person_of_another_firm_is_not_taken_unasked(small: Converting) -> None:
    elsewhere = small.make("account", name="蓝海")
    small.make("contact", name="王建国", account=elsewhere, mobile="13900010001")
    id = small.lead()
    with pytest.raises(Refused) as refused:
        small.convert(id)
    assert codes(refused) == [("/records/0/targets/contact", "choose")]
    small.convert(id, contact=Choice("make"))
    assert len(small.all("contact")) == 2


def test_where_the_lead_points_already_it_goes(small: Converting) -> None:
    account = small.make("account", name="别的名字")
    small.make("account", name="恒拓精密")
    [done] = small.convert(small.lead(account=account))
    assert done.outcomes[0].id == account


def test_twice_is_refused_with_where_it_went(small: Converting, clock: FrozenClock) -> None:
    clock.advance(hours=15)
    id = small.lead()
    small.convert(id)
    write(small.system, [Change("update", "lead", id, {"status": "new"})])
    with pytest.raises(Refused) as refused:
        small.convert(id)
    assert codes(refused) == [("/records/0", "already-converted")]
    said = refused.value.faults[0].say("en")
    assert "It was converted on 2026-03-03" in said, "by the reader's day, not by that of Greenwich"
    assert "恒拓精密有限公司" in said
    assert len(small.all("account")) == 1


def test_of_two_who_convert_at_once_one_does_and_the_other_hears_where_it_went(leads: Converting) -> None:
    for _ in range(3):
        id = leads.lead()
        barrier, said = threading.Barrier(2), []

        def act(id: int = id, barrier: threading.Barrier = barrier, said: list[str] = said) -> None:
            barrier.wait()
            try:
                said.append(str(leads.convert(id, account=Choice("make"), contact=Choice("make"))[0].id == id))
            except (Refused, Conflict) as error:
                said.append(error.faults[0].code if isinstance(error, Refused) else "conflict")

        threads = [threading.Thread(target=act) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(said) == ["True", "already-converted"]
    assert (len(leads.all("account")), len(leads.all("deal"))) == (3, 3)


def test_what_cannot_be_stored_leaves_nothing_behind(leads: Converting) -> None:
    id = leads.lead()
    with pytest.raises(Refused) as refused:
        leads.convert(id, deal=Choice("make", values={"name": "首单", "amount": "-5 CNY"}))
    assert codes(refused) == [("/records/0/targets/deal/values/amount", "rule")]
    assert (leads.all("account"), leads.rows("converted_record"), leads.get("lead", id)["status"]) == ([], [], "new")
    with pytest.raises(Refused) as refused:
        leads.convert(leads.lead(company=None))
    assert codes(refused) == [("/records/0/targets/account/values/name", "required")]
    [done] = leads.convert(id, deal=Choice("make", values={"name": "首单", "amount": "5 CNY"}))
    assert leads.get("deal", done.outcomes[2].id)["name"] == "首单"


def test_only_what_the_condition_lets_through_is_converted(small: Converting) -> None:
    id = small.lead(status="closed")
    assert small.preview(id).code == "not-now"
    with pytest.raises(Refused) as refused:
        small.convert(id)
    assert codes(refused) == [("/records/0", "not-now")]


def test_each_person_converts_by_their_own_rights(leads: Converting) -> None:
    mine = leads.lead(budget="5000 CNY", campaign="春季展", region="east")
    with pytest.raises(NotThere):
        leads.convert(mine, by=leads.wu)
    assert [part.withheld for part in leads.preview(mine, by=leads.gu).parts.values()] == [(), (), ("campaign",)]
    [done] = leads.convert(mine, by=leads.gu)
    deal = leads.get("deal", done.outcomes[2].id)
    assert (deal["amount"], deal["large"], deal["campaign"]) == (None, None, None), "what is hidden or not theirs to write goes nowhere"
    assert leads.get("account", done.outcomes[0].id)["region"] is None, "nor what is masked"
    hidden = leads.make("account", by=leads.wu, name="恒拓精密")
    seen = leads.preview(leads.lead(company="恒拓精密", mobile="13900010009"))
    assert (seen.parts["account"].hidden, [one.id for one in seen.parts["account"].candidates]) == (True, [done.outcomes[0].id])
    with pytest.raises(Refused) as refused:
        leads.convert(leads.lead(), account=Choice("take", hidden))
    assert codes(refused)[0] == ("/records/0/targets/account/id", "no-such-record")


def test_a_colleagues_record_is_linked_to_and_left_as_it_is(small: Converting) -> None:
    account = small.make("account", by=small.chen, name="恒拓精密")
    [done] = small.convert(small.lead(region="east"))
    assert (done.outcomes[0].id, small.get("account", account)["region"]) == (account, None)


def test_without_the_right_to_create_nothing_is_made(small: Converting) -> None:
    small.publish(OBJECTS, CONVERSION, "role: reader\nobjects:\n  lead: {read: all, update: all}\n  account: {read: all}\n")
    reader = as_user(small.workspace, ["reader"], name="读者")
    with pytest.raises((NotAllowed, NotThere)):
        small.convert(small.lead(), by=reader)
    assert small.rows("converted_record") == []


def test_several_leads_of_one_firm_make_it_once_and_all_or_none_are_converted(leads: Converting) -> None:
    ids = [leads.lead(name=name, mobile=f"1390001000{number}") for number, name in enumerate(("王建国", "李敏", "赵强"), 1)]
    ids.append(leads.lead(company="蓝海", mobile="13900010008"))
    refused_too = leads.lead(status="closed", mobile="13900010007")
    with pytest.raises(Refused) as refused:
        leads.convert(*ids, refused_too)
    assert codes(refused) == [("/records/4", "not-now")]
    done = leads.convert(*ids)
    assert len({one.outcomes[0].id for one in done}) == 2
    assert [len(leads.all(name)) for name in ("account", "contact", "deal")] == [2, 4, 4]


def test_two_that_fill_in_one_record_fill_its_blanks_once(small: Converting) -> None:
    account = small.make("account", name="恒拓精密")
    ids = [small.lead(region=region, mobile=f"1390001000{number}") for number, region in enumerate(("east", "south"))]
    small.convert(*ids)
    assert small.get("account", account)["region"] == "east"


def test_a_blank_that_somebody_fills_meanwhile_is_not_overwritten(leads: Converting, monkeypatch: pytest.MonkeyPatch) -> None:
    account = leads.make("account", name="恒拓精密")
    id = leads.lead(region="east")
    looked, worth = doing.look_ahead, itertools.count(1)

    def and_then(*given: object) -> object:
        found = looked(*given)  # type: ignore[arg-type]
        write(leads.system, [Change("update", "account", account, {"region": "south", "revenue": f"{next(worth)} CNY"})])
        return found

    monkeypatch.setattr(doing, "look_ahead", and_then)
    with pytest.raises(Conflict):
        leads.convert(id)
    assert leads.get("account", account)["region"] == "south"
    assert leads.rows("converted_record") == []
    leads.convert(leads.lead(mobile="13900010005"))
    assert leads.get("account", account)["phone"] == "+8613900010005", "what somebody changes elsewhere is no hindrance"


def test_history_that_cannot_be_linked_keeps_all_of_it_from_being_done(small: Converting) -> None:
    objects = OBJECTS.replace(
        "  deal:    {type: lookup, to: deal}\n---\nobject: todo",
        '  deal:    {type: lookup, to: deal}\nrules:\n  - {check: "account is None", at: account, message: {zh: 不行, en: Never}}\n---\nobject: todo',
    )
    assert objects != OBJECTS
    small.publish(objects, CONVERSION)
    id = small.lead()
    small.make("talk", subject="电话", lead=id)
    with pytest.raises(Refused) as refused:
        small.convert(id)
    assert codes(refused) == [("", "history")]
    assert (small.all("account"), small.rows("converted_record")) == ([], [])


def test_the_number_of_queries_does_not_go_by_the_number_of_leads(leads: Converting) -> None:
    counts = []
    for number in (2, 8):
        ids = [leads.lead(name=f"线索 {one}", company=f"公司{number}{one}", mobile=f"139{number:04}{one:04}") for one in range(number)]
        leads.convert(*ids[:1])
        with counted() as sent:
            leads.convert(*ids[1:])
        counts.append(len(sent))
    assert counts[1] <= counts[0] + 4, counts


GATES = """
pipeline: leads
object: lead
field: status
stages:
  - {stage: new, exit_when: [{check: "budget > 0", label: {zh: 有预算, en: A budget}}]}
  - {stage: converted, closed: won}
  - {stage: closed, closed: lost}
---
assignment: accounts
object: account
when: "region == 'south'"
rules:
  - {to: {round_robin: [{user: wu@firm.cn}]}}
"""


def test_stage_gates_and_assignment_hold_as_by_any_other_door(small: Converting) -> None:
    write(small.system, [Change("update", "user", small.wu.actor.id, {"email": "wu@firm.cn"})])
    small.publish(OBJECTS, CONVERSION, GATES)
    id = small.lead(region="south")
    with pytest.raises(Refused) as refused:
        small.convert(id)
    assert codes(refused) == [("/records/0/status", "stage-exit")]
    assert small.all("account") == []
    write(small.again(small.lin), [Change("update", "lead", id, {"budget": "5 CNY"})])
    [done] = small.convert(id)
    assert small.get("account", done.outcomes[0].id)["owner"] == small.wu.actor.id
    assert [(row["to_stage"], row["operation"]) for row in small.rows("stage_move")][-1] == ("converted", done.operation)


def test_what_the_record_itself_would_get_and_cannot_hold_is_told(small: Converting) -> None:
    objects = OBJECTS.replace("  campaign: {type: text}\n  consent", "  campaign: {type: text, max_length: 3}\n  consent")
    small.publish(objects, CONVERSION.replace("set: {status: converted}", "set: {status: converted, campaign: {value: name}}"))
    with pytest.raises(Refused) as refused:
        small.convert(small.lead(name="很长的名字"))
    assert codes(refused) == [("/records/0", "too-long")]


def test_a_value_that_does_not_fit_is_told_at_its_field_unless_the_target_is_left_out(small: Converting) -> None:
    objects = OBJECTS.replace("  campaign: {type: text}\n  large", "  campaign: {type: text, max_length: 3}\n  large")
    assert objects != OBJECTS
    small.publish(objects, CONVERSION)
    id = small.lead(campaign="很长的活动")
    with pytest.raises(Refused) as refused:
        small.convert(id)
    assert codes(refused) == [("/records/0/targets/deal/values/campaign", "too-long")]
    small.convert(id, by=small.gu, deal=Choice("skip"))
    assert small.get("lead", id)["status"] == "converted"
