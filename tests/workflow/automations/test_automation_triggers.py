"""What sets an automation off: T01 to T06, T08, T13 to T15."""

from __future__ import annotations

import pytest

from looseleaf_platform.errors import Refused
from looseleaf_platform.jobs.outbox import drain
from looseleaf_platform.records.requests import Change
from looseleaf_workflow.automations import dispatch, telling
from looseleaf_workflow.extension import WORKFLOW


def rule(trigger, name="rule", more="", steps="[{update: mark, values: {note: done}}]"):
    return f"automation: {name}\nobject: deal\ntrigger: {trigger}\n{more}\nsteps: {steps}\n"


NOTE = "[{notify: tell, who: submitter, text: 'hello {{ name }}'}]"


def test_t01_a_rule_runs_after_the_commit_of_the_write_that_set_it_off(firm):
    firm.publish(rule("created"))
    deal = firm.deal()
    assert (firm.runs(), firm.get(deal)["note"]) == ([], None)
    firm.settle()
    assert (firm.states(), firm.get(deal)["note"]) == ([("rule", "done")], "done")


def test_t01_a_save_that_is_rolled_back_sets_nothing_off(firm):
    firm.publish(rule("created"))
    with pytest.raises(Refused):
        firm.write(Change("create", "deal", values={"name": "a"}), Change("create", "deal", values={"name": None}))
    firm.settle()
    assert firm.runs() == []


def test_t01_each_rule_has_one_run_for_each_change_however_often_its_message_comes(firm):
    firm.publish(rule("updated", steps=NOTE))
    deal = firm.deal()
    firm.settle()
    firm.change(deal, note="x")
    messages = []

    def keep(workspace, message):
        messages.append(message)
        for _ in range(3):
            dispatch.look(workspace, message)

    drain(firm.workspace, {**WORKFLOW.handlers, dispatch.TOPIC: keep})
    for message in messages:
        dispatch.look(firm.workspace, message)
    firm.settle()
    assert firm.states() == [("rule", "done")]
    assert len(firm.rows("wf_notification")) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"total": "1.0"}, {"total": "1.00"}),
        ({"note": "a b"}, {"note": "  a b "}),
        ({"marks": ["x", "y"]}, {"marks": ["x", "y"]}),
        ({"status": "sent"}, {"status": "sent"}),
    ],
)
def test_t02_a_field_that_is_the_same_once_normalised_has_not_changed(firm, before, after):
    (field,) = before
    firm.publish(rule(f"{{field_changed: {field}}}", steps=NOTE))
    deal = firm.deal(**before)
    firm.change(deal, **after, name="other")
    firm.settle()
    assert firm.runs() == []


@pytest.mark.parametrize(
    ("options", "runs"),
    [("", 1), (", to: sent", 1), (", to: [accepted, sent]", 1), (", to: lost", 0), (", from: draft, to: sent", 1), (", from: lost", 0)],
)
def test_t02_from_and_to_look_at_both_images(firm, options, runs):
    firm.publish(rule(f"{{field_changed: status{options}}}", steps=NOTE))
    deal = firm.deal(status="draft")
    firm.change(deal, status="sent")
    firm.change(deal, note="later")  # what comes afterwards changes nothing of what was then
    firm.settle()
    assert len(firm.runs()) == runs


def test_t02_an_event_says_what_was_then_although_the_record_has_moved_on(firm):
    firm.publish(rule("{field_changed: status, to: sent}", steps=NOTE))
    deal = firm.deal(status="draft", note="first", total=5)
    firm.change(deal, status="sent")
    firm.change(deal, status="lost", note="second", total=None)
    firm.settle()
    (run,) = firm.runs()
    assert (run["event"]["before"]["status"], run["event"]["after"]["status"], run["event"]["after"]["note"]) == ("draft", "sent", "first")
    assert run["event"]["changed"] == ["status"]


def test_t03_one_write_that_touches_a_record_several_times_is_one_net_change(firm):
    firm.publish(rule("updated", steps=NOTE))
    deal = firm.deal(status="draft", note="a")
    firm.settle()
    firm.write(Change("update", "deal", deal, {"status": "sent"}), Change("update", "deal", deal, {"note": "b"}))
    firm.settle()
    (run,) = firm.runs()
    assert run["event"]["changed"] == ["note", "status"]


def test_t03_what_one_write_changes_and_changes_back_is_no_change(firm):
    firm.publish(rule("{field_changed: status}", steps=NOTE))
    deal = firm.deal(status="draft")
    firm.write(Change("update", "deal", deal, {"status": "sent"}), Change("update", "deal", deal, {"status": "draft"}))
    firm.settle()
    assert firm.runs() == []


@pytest.mark.parametrize("trigger", ['{became_true: "total >= 100"}', "updated\nwhen: total >= 100\nonce: on_becoming_true"])
def test_t04_a_rule_about_becoming_true_runs_only_when_a_condition_turns_true(firm, trigger):
    firm.publish(rule(trigger, steps=NOTE, more="loop: {per_hour: 100}"))
    deal = firm.deal(total=5)
    for total, runs in ((99, 0), (100, 1), (500, 1), (1, 1), (200, 2)):
        firm.change(deal, total=total)
        firm.settle()
        assert len(firm.runs()) == runs, total


def test_t05_entering_and_leaving_a_stage_are_events_of_the_stage_field(firm):
    firm.publish(rule("{stage_entered: won}", "came", steps=NOTE), rule("{stage_left: open}", "went", steps=NOTE))
    deal = firm.deal()
    firm.settle()
    assert firm.runs() == []
    firm.change(deal, stage="won")
    firm.settle()
    assert firm.states() == [("came", "done"), ("went", "done")]
    assert firm.runs()[0]["event"].keys() == firm.runs()[1]["event"].keys() >= {"kind", "before", "after", "changed"}


def test_t08_what_the_system_keeps_itself_can_set_nothing_off(firm):
    from looseleaf_metadata.problems import MetadataError

    with pytest.raises(MetadataError, match="kept by the system"):
        firm.publish(rule("{field_changed: updated_at}"))


def test_t13_a_run_that_has_begun_ends_on_its_version_and_a_queued_event_is_held_against_the_rule_of_its_time(firm):
    firm.publish(rule("created", steps="[{wait: a_day, for: 1 days}, {update: mark, values: {note: old}}]"))
    begun = firm.deal()
    firm.settle()
    queued = firm.deal()
    firm.publish(rule("created", steps="[{update: mark, values: {note: new}}]"))
    fresh = firm.deal()
    firm.settle()
    assert firm.get(fresh)["note"] == "new"
    firm.later(days=1)
    assert (firm.get(begun)["note"], firm.get(queued)["note"]) == ("old", "old")


def test_t14_a_deleted_record_is_there_in_full_as_it_was(firm):
    firm.publish(rule("deleted", more="when: total > 1", steps="[{notify: tell, who: owner, text: '{{ name }}: {{ total }}'}]"))
    deal = firm.deal(total=7, status="sent")
    firm.delete(deal)
    firm.settle()
    (run,) = firm.runs()
    assert (run["state"], run["event"]["before"]["status"]) == ("done", "sent")
    assert [row["text"] for row in firm.rows("wf_notification")] == ["二期: 7.00"]


def test_t50_a_condition_that_can_t_be_worked_out_keeps_no_other_rule_from_running(firm):
    square = "total * total * total * total"
    firm.publish(rule("created", "huge", more=f"when: {square} * {square} > 1"), rule("created", "good", steps=NOTE))
    deal = firm.deal(total="9999999999")
    firm.settle()
    assert firm.states() == [("good", "done")]
    assert telling.explain(firm.system, "huge", deal).reason.code == "unanswerable"


def test_t44_each_row_of_an_import_sets_its_rule_off_exactly_once(firm):
    firm.publish(rule("created", more="when: total < 110"))
    rows = [Change("create", "deal", values={"name": f"d{number}", "total": number}) for number in range(120)]
    ids = firm.write(*rows, by=firm.system, source="import")
    firm.settle()
    runs = firm.runs()
    assert [run["record_id"] for run in runs] == ids[:110]
    assert {run["state"] for run in runs} == {"done"}


@pytest.mark.parametrize("source", ["screen", "api", "import", "job", "seed", "sync"])
def test_t15_a_rule_listens_to_every_door_but_seeds_and_synchronisation_unless_it_says_otherwise(firm, source):
    firm.publish(rule("created", "all", steps=NOTE), rule("created", "forms", more="sources: [screen]", steps=NOTE))
    firm.deal(source=source)
    firm.settle()
    expected = [] if source in ("seed", "sync") else ["all"]
    assert [name for name, _ in firm.states()] == expected + (["forms"] if source == "screen" else [])
