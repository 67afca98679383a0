"""What the check says of a pipeline: every reference is resolved, and nothing is silently inert."""

from __future__ import annotations

import pytest

from looseleaf_metadata.compile import compile_documents
from looseleaf_metadata.loader import read_documents
from looseleaf_workflow.stages.wording import words
from looseleaf_workflow.vocabulary import workflow_vocabulary
from support.stages import FIRM

OBJECT = """
object: deal
fields:
  name: {type: text}
  amount: {type: integer}
  note: {type: text}
  doubled: {type: formula, returns: integer, value: "amount * 2"}
  closed_at: {type: date}
  stage: {type: select, options: {one: One, two: Two, won: Won}}
"""
STAGES = "stages: [{stage: one}, {stage: two}, {stage: won, closed: won}]"


def problems(text: str, object_text: str = OBJECT) -> list[tuple[str, str]]:
    """Code and sentence of what is wrong with a pipeline."""
    documents, faults = read_documents([("object.yaml", object_text), ("pipeline.yaml", text)])
    found = compile_documents(documents, workflow_vocabulary(), faults=faults)
    return [(problem.code, str(problem.message)) for problem in found.problems]


def test_a_short_pipeline_is_enough() -> None:
    assert problems(f"pipeline: p\nobject: deal\n{STAGES}") == []


@pytest.mark.parametrize(
    ("lines", "code", "sentence"),
    [
        (f"object: dael\n{STAGES}", "unknown-object", "unknown object 'dael'"),
        (f"object: deal\nfield: note\n{STAGES}", "wrong-type", "stages are kept in a select field, 'note' is text"),
        ("object: deal\nstages: [{stage: one}, {stage: tow}, {stage: two}, {stage: won, closed: won}]", "unknown-option", "'tow' is not an option of the field 'stage'"),
        ("object: deal\nstages: [{stage: one}, {stage: two}, {stage: one}, {stage: won, closed: won}]", "duplicate-name", "the stage 'one' is there twice"),
        ("object: deal\nstages: [{stage: one}, {stage: won, closed: won}, {stage: two}]", "order", "an open stage comes before the closed ones"),
        ("object: deal\nstages: [{stage: one}, {stage: two}]", "unreachable", "the option 'won' of 'stage' is a stage of no pipeline"),
        ("object: deal\nstages: [{stage: one, probability: 5}, {stage: two}, {stage: won, closed: won}]", "no-effect", "'probability' has no effect here"),
        ("object: deal\nstages: [{stage: one}, {stage: two}, {stage: won, closed: won, exit_when: ['amount > 0']}]", "no-effect", "'exit_when' has no effect here"),
        ("object: deal\nstages: [{stage: one, back: never}, {stage: two}, {stage: won, closed: won}]", "no-effect", "'back' has no effect here"),
        ("object: deal\nstages: [{stage: one, exit_when: [amuont > 0]}, {stage: two}, {stage: won, closed: won}]", "unknown-name", "amuont"),
        ("object: deal\nstages: [{stage: one, exit_when: [amount]}, {stage: two}, {stage: won, closed: won}]", "type", ""),
        ("object: deal\nstages: [{stage: one}, {stage: two, require: [doubled]}, {stage: won, closed: won}]", "computed-field", "nobody fills in 'doubled': it is computed"),
        ("object: deal\nstages: [{stage: one, do: [call, call]}, {stage: two}, {stage: won, closed: won}]", "duplicate-name", "the key action 'call' is there twice"),
        ("object: deal\nstages: [{stage: one, do: [{action: call, sticky: true}]}, {stage: two}, {stage: won, closed: won}]", "no-effect", "'sticky' has no effect on an action that is done by hand"),
        ("object: deal\nstages: [{stage: one, gate: {approval: big}}, {stage: two}, {stage: won, closed: won}]", "unknown-approval", "unknown approval 'big'"),
        (f"object: deal\ncalendar: nowhere\n{STAGES}", "unknown-calendar", "unknown calendar 'nowhere'"),
        (f"object: deal\nentered_at: closed_at\n{STAGES}", "wrong-type", "'closed_at' can't keep this: it is date"),
        ("object: deal\nstages: [{stage: one, stall: {after: soon}}, {stage: two}, {stage: won, closed: won}]", "bad-value", ""),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said(lines: str, code: str, sentence: str) -> None:
    (found,) = problems(f"pipeline: p\n{lines}")
    assert found[0] == code
    assert sentence in found[1]


def test_of_several_pipelines_each_must_have_something_to_do() -> None:
    two = f"pipeline: p\nobject: deal\n{STAGES}\n---\npipeline: q\nobject: deal\n{STAGES}"
    assert problems(two) == [("unreachable", "no record comes to this pipeline: 'p' takes all of deal")]
    assert problems(two.replace("pipeline: q\n", "pipeline: q\nwhen: amount > 5\n")) == []


def test_a_pipeline_joins_the_reference_graph() -> None:
    documents, _ = read_documents([("firm.yaml", FIRM)])
    model = compile_documents(documents, workflow_vocabulary()).model
    assert model is not None
    option = {edge.source for edge in model.used_by("object:deal/field:stage/option:needs")}
    assert "pipeline:b2b/stage:needs" in option
    assert "pipeline:b2b" in {edge.source for edge in model.used_by("object:deal/field:lost_reason")}
    assert "pipeline:b2b" in {edge.source for edge in model.used_by("object:account/field:industry")}


@pytest.mark.parametrize(
    ("expression", "english", "chinese"),
    [
        ("budget > 0", "Budget is more than 0", "预算大于 0"),
        ("5 <= budget", "Budget is at least 5", "预算不小于 5"),
        ("lost_reason == 'price'", "Reason for losing is “价格”", "输单原因为“价格”"),
        ("lost_reason in ['price', 'rival']", "Reason for losing is one of “价格”, “竞品”", "输单原因为以下之一：“价格”、“竞品”"),
        ("account.industry is not None", "Account · Industry is filled in", "已填写客户 · 行业"),
        ("budget > amount and decider is None", "Budget is more than Amount and Decision maker is empty", "预算大于 金额，并且决策人为空"),
        ("probability >= 0.25 or probability < 1", "Probability is at least 25% or Probability is less than 100%", "赢率不小于 25%，或者赢率小于 100%"),
        ("budget * 2 > 10", "“Budget” * 2 > 10", "“预算” * 2 > 10"),
    ],
)  # fmt: skip
def test_a_criterion_is_told_in_words(expression: str, english: str, chinese: str) -> None:
    text = FIRM.replace('enter_when: ["budget > 0"]', f'enter_when: ["{expression}"]')
    documents, _ = read_documents([("firm.yaml", text)])
    compiled = compile_documents(documents, workflow_vocabulary())
    assert compiled.model is not None, [str(problem.message) for problem in compiled.problems]
    criterion = compiled.model.others["pipeline"]["b2b"].stages[1].enter_when[0]
    said = words(criterion.check, compiled.model.objects)
    assert (said.text("en"), said.text("zh")) == (english, chinese)
