"""The kind `approval`: what may be written, what it means, and what is refused before anybody submits anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from looseleaf_metadata.compile import Compiled
from looseleaf_metadata.model import Model
from looseleaf_metadata.schemas import published_schemas
from looseleaf_workflow.approvals.checking.schema import HEADER, NODES
from looseleaf_workflow.approvals.definition import Definition, Mode, Parallel, Step
from looseleaf_workflow.who import Anchor, Manager, RoleMembers
from support.approval_texts import BIG_DEAL


def flow(*steps: str, header: str = "") -> str:
    """An approval of opportunities from its steps in flow style."""
    lines = "\n".join(f"  - {step}" for step in steps)
    return f"approval: small\nobject: opportunity\n{header}\nflow:\n{lines}\n"


def definition_of(model: Model, name: str = "small") -> Definition:
    found = model.others["approval"][name].definition
    assert isinstance(found, Definition)
    return found


def test_the_flow_of_the_handbook_is_sound(model_of: Callable[..., Model]) -> None:
    definition = definition_of(model_of(BIG_DEAL), "big_deal")
    assert definition.tree.ids() == (
        "manager",
        "size",
        "director",
        "finance_legal",
        "cfo",
        "legal",
        "director_only",
        "seal",
        "finance_team",
    )
    assert definition.tree.path("cfo") == "size/1/finance_legal/1/cfo"
    assert definition.step("director").who == (RoleMembers("sales_director", "submitter.region"),)
    assert definition.step("legal").mode == Mode("percent", Decimal(60))
    assert isinstance(definition.tree.node("finance_legal"), Parallel)
    due = definition.step("manager").due
    assert due is not None
    assert (due.levels[0].action, due.levels[0].who) == ("escalate_to", (Manager("holder"),))


def test_a_definition_is_the_same_after_a_trip_through_json(model_of: Callable[..., Model]) -> None:
    definition = definition_of(model_of(BIG_DEAL), "big_deal")
    again = Definition.of_data(json.loads(definition.as_json()))
    assert again == definition
    assert again.sha256 == definition.sha256
    assert len(definition.sha256) == 64


def test_the_short_form_means_the_same_as_the_long_one(model_of: Callable[..., Model]) -> None:
    short = model_of(flow("{approve: boss, who: manager}"))
    long = model_of(
        flow(
            "{approve: boss, label: Boss, who: [{manager: {of: submitter, level: 1, when_missing: empty}}], mode: all, on_reject: end}",
            header="label: Small\nwithdraw: before_first_vote",
        )
    )
    assert definition_of(short).sha256 == definition_of(long).sha256


def test_a_different_word_is_a_different_version(model_of: Callable[..., Model]) -> None:
    one, other = (model_of(flow(f"{{approve: boss, who: manager, mode: {mode}}}")) for mode in ("any", "all"))
    assert definition_of(one).sha256 != definition_of(other).sha256


def test_labels_may_be_chinese_english_or_both(model_of: Callable[..., Model]) -> None:
    model = model_of(flow("{approve: boss, who: owner, label: {zh: 主管, en: Boss}}"))
    step = definition_of(model).step("boss")
    assert step.label == {"zh": "主管", "en": "Boss"}
    assert step.who == (Anchor("owner"),)


def test_words_for_kinds_and_words_for_properties_are_disjoint() -> None:
    properties = {key for kind, schema in NODES.items() for key in schema["properties"] if key != kind}
    assert not properties & set(NODES)
    assert not {"on", "off", "yes", "no"} & (properties | set(NODES) | set(HEADER))


def test_the_published_schema_knows_the_flow_of_the_handbook(language: object) -> None:
    from jsonschema import Draft202012Validator

    from looseleaf_metadata.loader import read_documents

    schema = published_schemas(language)["approval.schema.json"]  # type: ignore[arg-type]
    Draft202012Validator.check_schema(schema)
    documents, _ = read_documents([("a.yaml", BIG_DEAL)])
    assert [error.message for error in Draft202012Validator(schema).iter_errors(documents[0].data)] == []
    wrong = json.loads(json.dumps(documents[0].data, default=float))
    wrong["flow"][0]["approv"] = wrong["flow"][0].pop("approve")
    assert not Draft202012Validator(schema).is_valid(wrong)


@pytest.mark.parametrize(
    ("target", "source"),
    [
        ("object:opportunity", "approval:big_deal"),
        ("role:cfo", "approval:big_deal/step:cfo"),
        ("role:sales_director", "approval:big_deal/step:director"),
        ("object:user/field:region", "approval:big_deal/step:director"),
        ("object:opportunity/field:seal_keeper", "approval:big_deal/step:seal"),
        ("object:opportunity/field:seal_no", "approval:big_deal/step:seal"),
        ("object:opportunity/field:discount", "approval:big_deal/step:size"),
        ("object:opportunity/field:discount_approved", "approval:big_deal"),
        ("object:quote_line", "approval:big_deal"),
        ("approval:big_deal/step:director", "approval:big_deal/step:cfo"),
        ("calendar:cn_office", "approval:big_deal"),
    ],
)
def test_everything_that_a_flow_names_is_an_edge_of_the_reference_graph(target: str, source: str, model_of: Callable[..., Model]) -> None:
    edges = model_of(BIG_DEAL).used_by(target)
    assert source in {edge.source for edge in edges}
    assert all(edge.place.line for edge in edges if edge.source.startswith("approval"))


BOSS = "{approve: boss, who: manager}"
A100 = {
    "duplicate-step": flow(BOSS, "{handle: boss, who: owner}"),
    "unreachable": flow(BOSS, "{end: stop}", "{approve: later, who: owner}"),
    "missing-key": flow('{branch: size, cases: [{when: "amount > 1", flow: []}]}'),
    "not-before": flow(
        f'{{branch: size, cases: [{{when: "amount > 1", flow: [{BOSS}]}}], else: []}}', "{approve: last, who: owner, on_reject: step:boss}"
    ),
    "unknown-step": flow(BOSS, "{approve: last, who: owner, on_reject: step:bos}"),
    "unknown-role": flow("{approve: boss, who: {role: nobody}}"),
    "unknown-field": flow("{handle: seal, who: owner, fields: {edit: [seal]}}"),
    "empty-value": flow(f"{{parallel: two, branches: [{{flow: [{BOSS}]}}, {{flow: []}}]}}"),
    "no-human": flow("{approve: boss, who: manager, human_required: true, people: {if_empty: approve}}"),
    "no-calendar": flow("{approve: boss, who: manager, due: 8 workhours}"),
    "unknown-calendar": flow(BOSS, header="calendar: us_office"),
    "circular-calls": flow("{call: again, approval: small}"),
    "type": flow(f'{{branch: size, cases: [{{when: "amount", flow: [{BOSS}]}}], else: []}}'),
    "unknown-name": flow(f'{{branch: size, cases: [{{when: "amonut > 1", flow: [{BOSS}]}}], else: []}}'),
    "unknown-step-kind": flow("{aprove: boss, who: manager}"),
}


@pytest.mark.parametrize("code", A100)
def test_a100_publish_validation_refuses(code: str, codes_of: Callable[..., list[str]]) -> None:
    assert codes_of(A100[code]) == ["unknown-step" if code == "unknown-step-kind" else code]


def test_a100_an_unknown_option_in_a_condition_is_refused(codes_of: Callable[..., list[str]]) -> None:
    firm = "object: ticket\ntitle: name\nfields:\n  name: {type: text}\n  state: {type: select, options: {open: Open, done: Done}}\n"
    text = "approval: close\nobject: ticket\nflow:\n  - branch: b\n    cases: [{when: \"state == 'closd'\", flow: []}]\n    else: []\n"
    assert len(codes_of(firm, text)) == 1


def test_a100_calls_in_a_circle_through_another_flow_are_refused_once(codes_of: Callable[..., list[str]]) -> None:
    one = "approval: one\nobject: opportunity\nflow:\n  - {call: next, approval: two}\n"
    two = "approval: two\nobject: opportunity\nflow:\n  - {call: next, approval: one}\n"
    assert codes_of(one, two) == ["circular-calls"]


def test_a126_calls_are_at_most_five_deep(codes_of: Callable[..., list[str]]) -> None:
    texts = [f"approval: flow_{n}\nobject: opportunity\nflow:\n  - {{call: next, approval: flow_{n + 1}}}\n" for n in range(6)]
    last = "approval: flow_{}\nobject: opportunity\nflow:\n  - {{approve: boss, who: manager}}\n"
    assert codes_of(*texts, last.format(6)) == ["circular-calls"]
    assert codes_of(*texts[1:], last.format(6)) == []


def test_a02_two_flows_with_the_same_order_are_refused(codes_of: Callable[..., list[str]]) -> None:
    one, two = (f"approval: {name}\nobject: opportunity\norder: 5\nflow:\n  - {BOSS}\n" for name in ("one", "two"))
    assert codes_of(one, two) == ["same-order"]


def test_a125_a_branch_may_not_read_the_clock_or_who_is_asking(codes_of: Callable[..., list[str]]) -> None:
    for condition in ("close_date < today()", "created_at < now()", "owner == me"):
        assert codes_of(flow(f'{{branch: b, cases: [{{when: "{condition}", flow: [{BOSS}]}}], else: []}}')) == ["not-pure"]
    assert codes_of(flow(f'{{branch: b, cases: [{{when: "submitter.region == region", flow: [{BOSS}]}}], else: []}}')) == []


INERT = {
    "no-effect-choose": ("no-effect", flow("{approve: boss, who: manager, on_reject: choose}")),
    "no-effect-in": ("no-effect", flow("{approve: boss, who: {field: seal_keeper, in: submitter.region}}")),
    "never-taken": ("unreachable", flow(f'{{branch: b, cases: [{{when: "False", flow: [{BOSS}]}}], else: []}}')),
    "after-true": (
        "unreachable",
        flow(f'{{branch: b, cases: [{{when: "True", flow: []}}, {{when: "amount > 1", flow: [{BOSS}]}}], else: []}}'),
    ),
    "join": (
        "too-large",
        flow(f"{{parallel: two, join: {{at_least: 3}}, branches: [{{flow: [{BOSS}]}}, {{flow: [{{cc: c, who: owner}}]}}]}}"),
    ),
    "hidden": ("hidden-field", flow("{handle: seal, who: owner, fields: {edit: [seal_no], hide: [seal_no]}}")),
    "weights": ("bad-value", flow("{approve: boss, who: [manager, owner], mode: {at_least: 2, weights: [1]}}")),
    "half-a-person": ("bad-value", flow("{approve: boss, who: [manager, owner], mode: {at_least: 1.5}}")),
    "claim": ("bad-value", flow("{approve: boss, who: {role: legal}, claim: true, mode: all}")),
    "auto-agree": ("no-human", flow("{approve: boss, who: owner, human_required: true, due: {in: 2 days, then: auto_agree}}")),
    "deadline": ("no-human", flow("{approve: boss, who: owner, human_required: true}", header="deadline: {in: 2 days, do: auto_agree}")),
    "not-a-user": ("wrong-type", flow("{approve: boss, who: {field: amount}}")),
    "expr": ("wrong-type", flow('{approve: boss, who: {expr: "amount"}}')),
    "two-whos": ("unclear-who", flow("{approve: boss, who: {role: legal, field: seal_keeper}}")),
    "holder": ("unknown-person", flow("{approve: boss, who: {manager: holder}}")),
    "action": ("unknown-step", flow(BOSS, header="on_approved: [{explode: self}]")),
    "reversal": ("no-effect", flow(BOSS, header="on_reversed: [{notify: owner}]")),
    "unless": ("not-pure", flow(BOSS, header='reverse: {who: {role: legal}, unless: "close_date < today()"}')),
    "stage": ("unknown-option", flow(BOSS, header="on_approved: [{move_stage: contrat}]")),
    "option": ("unknown-key", flow(BOSS, header="on_approved: [{update: self, values: {seal_no: x}, priority: high}]")),
    "template": ("unknown-name", flow(BOSS, header='on_approved: [{notify: owner, text: "{{ amont }} agreed"}]')),
    "people": ("unknown-role", flow(BOSS, header="on_rejected: [{notify: {role: financ}}]")),
    "words": ("no-effect", flow(BOSS, header="on_rejected: [{notify: owner, text: Sorry, template: rejected}]")),
    "started": ("unknown-automation", flow(BOSS, header="on_approved: [{start: hand_over}]")),
    "created": ("unknown-object", flow(BOSS, header="on_approved: [{create: contrac, values: {name: x}}]")),
    "update": ("unknown-field", flow(BOSS, header="on_approved: [{update: self, values: {amonut: 1}}]")),
    "include": ("unknown-children", flow(BOSS, header="lock: {include: [quote_lin]}")),
    "callee": ("unknown-approval", flow("{call: c, approval: biggest}")),
    "nested-end": (
        "unreachable",
        flow('{branch: b, cases: [{when: "amount > 1", flow: [{end: e, outcome: rejected}]}], else: [{end: f}]}', BOSS),
    ),
}


@pytest.mark.parametrize("case", INERT)
def test_what_could_have_no_effect_or_no_sense_is_refused(case: str, codes_of: Callable[..., list[str]]) -> None:
    code, text = INERT[case]
    assert codes_of(text) == [code]


def test_blocks_stand_in_each_other_at_most_six_deep(codes_of: Callable[..., list[str]]) -> None:
    def nested(depth: int) -> str:
        inner = BOSS if not depth else nested(depth - 1)
        return f'{{branch: b{depth}, cases: [{{when: "amount > {depth}", flow: [{inner}]}}], else: []}}'

    assert codes_of(flow(nested(5))) == []
    assert codes_of(flow(nested(6))) == ["too-deep"]


def test_a_problem_says_where_it_stands_and_what_was_meant(compiled: Callable[..., Compiled]) -> None:
    [problem] = compiled(flow("{approve: boss, who: {role: legl}}")).problems
    assert (problem.place.line, problem.path) == (5, "/flow/0/who/role")
    assert problem.as_data("en")["suggestion"] == "did you mean 'legal'?"
    assert "legl" in problem.as_data("zh")["message"]
    assert "unknown" not in problem.as_data("zh")["message"]


def test_a_hand_written_step_keeps_its_order(model_of: Callable[..., Model]) -> None:
    definition = definition_of(model_of(flow("{approve: a, who: owner}", "{approve: b, who: manager}")))
    assert [node.id for node in definition.flow if isinstance(node, Step)] == ["a", "b"]
