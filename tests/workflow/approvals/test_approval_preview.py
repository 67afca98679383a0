"""Before anybody submits: which flow, which way, which people, without any effect (A02, A03, A17)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from looseleaf_metadata.model import Model
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.choosing import Choice, choose
from looseleaf_workflow.approvals.decide import Needs, Refusal
from looseleaf_workflow.approvals.definition import Definition
from looseleaf_workflow.approvals.preview import Preview, preview
from support.approval_play import MORNING, Play, World
from support.approval_texts import BIG_DEAL

Flow = Callable[..., Definition]


def foresee(definition: Definition, world: World, **picks: tuple[str, ...]) -> Preview | Refusal:
    facts = q.Facts(MORNING)
    command = c.Command("preview", c.Actor("sub"), c.Submit(c.FrozenMap(picks)))
    while True:
        result = preview(definition, command, facts)
        if not isinstance(result, Needs):
            return result
        facts = q.Facts(MORNING, {**facts.answers, **{one: world.answer(one) for one in result.questions}})


def world(**values: object) -> World:
    roles = {"sales_director": ("dana", "dave"), "cfo": ("fred",), "legal": ("lea", "lars"), "finance": ("fay",)}
    return World(managers={"sub": "boss"}, roles=roles, values={"seal_keeper": "sam", "seal_no": None, **values})


@pytest.mark.parametrize(
    ("amount", "discount", "way"),
    [
        (600_000, "0.2", ["manager", "size", "director", "finance_legal", "cfo", "legal", "seal", "finance_team"]),
        (100_000, "0.2", ["manager", "size", "director_only", "seal", "finance_team"]),
        (100_000, "0.1", ["manager", "size", "seal", "finance_team"]),
    ],
)
def test_a17_a_preview_lists_steps_people_and_the_branch_for_the_data_of_now(
    model_of: Callable[..., Model], amount: int, discount: str, way: list[str]
) -> None:
    definition = model_of(BIG_DEAL).others["approval"]["big_deal"].definition
    seen = foresee(definition, world(amount=amount, discount=Decimal(discount)))
    assert isinstance(seen, Preview)
    assert [one.node for one in seen.nodes] == way
    assert seen.outcome == "approved"
    people = {one.node: one.people for one in seen.nodes}
    assert (people["manager"], people["seal"], people["finance_team"]) == (("boss",), ("sam",), ("fay",))
    if "cfo" in way:
        assert next(one for one in seen.nodes if one.node == "size").lanes == ("1",)
        assert people["legal"] == ("lea", "lars")
        assert next(one for one in seen.nodes if one.node == "cfo").path == "size/1/finance_legal/1/cfo"


def test_a17_a_preview_marks_what_can_not_be_resolved(flow_of: Flow) -> None:
    seen = foresee(flow_of("{approve: one, who: {role: legal}}", "{approve: two, who: {role: cfo}}"), World())
    assert isinstance(seen, Preview)
    assert [(one.node, one.unresolved, one.people) for one in seen.nodes] == [("one", True, ("@admins",)), ("two", True, ("@admins",))]
    broken = foresee(flow_of("{approve: one, who: {role: legal}}"), World(broken={"legal": "no such"}))
    assert isinstance(broken, Preview)
    assert (broken.outcome, broken.nodes[0].unresolved, broken.nodes[0].how) == ("error", True, "no such")


def test_a17_a_preview_says_what_an_instance_then_does(model_of: Callable[..., Model]) -> None:
    definition = model_of(BIG_DEAL).others["approval"]["big_deal"].definition
    firm = world(amount=600_000, discount=Decimal("0.2"))
    seen = foresee(definition, firm)
    assert isinstance(seen, Preview)
    play = Play(definition, firm).submit()
    firm.values["seal_no"] = "7"
    while not play.state.ended:
        play.agree(next(holder for _, holder in sorted(play.open)))
    entered = [event.body.node for event in play.events if type(event.body).__name__ in ("StepEntered", "BlockEntered", "Copied")]
    assert entered == [one.node for one in seen.nodes]


def test_a17_a_preview_shows_who_would_not_be_asked_and_why(flow_of: Flow) -> None:
    steps = ("{approve: one, who: {role: legal}}", "{approve: two, who: {role: legal}}")
    seen = foresee(flow_of(*steps, header="people: {dedup: first}"), World(roles={"legal": ("a",)}))
    assert isinstance(seen, Preview)
    assert [one.how for one in seen.nodes] == ["", "dedup"]


def test_a17_a_preview_refuses_what_a_submission_would(flow_of: Flow) -> None:
    assert isinstance(foresee(flow_of("{approve: one, who: owner}", header="require: [amount]"), World()), Refusal)


@pytest.mark.parametrize(
    ("matches", "choice"),
    [
        ({"small": True, "big": True}, Choice("big", "lowest_order", ("big", "small"))),
        ({"small": True, "big": False}, Choice("small", "only_match", ("small",))),
        ({"small": False, "big": False}, Choice("", "no_match_refuse")),
    ],
)
def test_a02_the_matching_flow_of_the_lowest_order_starts_and_says_why(flow_of: Flow, matches: dict[str, bool], choice: Choice) -> None:
    step = "{approve: one, who: owner}"
    small = flow_of(step, header='order: 20\nstart_when: "amount > 1"')
    big = flow_of(step, header='order: 10\nstart_when: "amount > 2"', name="big")
    needs = choose([small, big], "sub", q.Facts(MORNING))
    assert isinstance(needs, Needs)
    assert len(needs.questions) == 2
    answers: dict[q.Question, q.Answer] = {q.Holds(one.start_when, "sub"): q.Truth(matches[one.name]) for one in (small, big)}
    assert choose([small, big], "sub", q.Facts(MORNING, answers)) == choice


def test_a03_where_nothing_matches_a_record_is_approved_only_if_every_flow_says_so(flow_of: Flow) -> None:
    step, when = "{approve: one, who: owner}", 'start_when: "amount > 1"\nno_match: %s\norder: %d'
    answers: dict[q.Question, q.Answer] = {q.Holds("amount > 1", "sub"): q.Truth(False)}
    facts = q.Facts(MORNING, answers)
    waves, refuses = flow_of(step, header=when % ("approve", 1)), flow_of(step, header=when % ("refuse", 2))
    assert choose([waves], "sub", facts) == Choice("", "no_match_approve")
    assert choose([waves, refuses], "sub", facts) == Choice("", "no_match_refuse")
