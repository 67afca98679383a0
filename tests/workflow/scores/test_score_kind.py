"""What is wrong in a score is told where it stands, and so is what can have no effect."""

from __future__ import annotations

import pytest

from looseleaf_metadata.compile import compile_documents
from looseleaf_metadata.loader import read_documents
from looseleaf_workflow.vocabulary import workflow_vocabulary
from support.scores import FIRM, SCORE

SMALL = """
score: small
object: lead
field: points
grade: grade
criteria: [{criterion: one, when: "closed", points: 10}%s]
grades: [{grade: a, from: 10}, {grade: b, from: 0}]
"""
PLAIN = SMALL % ""
OTHER = "\n---\nscore: other\nobject: lead\nfield: points\ncriteria: [{criterion: one, when: closed, points: 5}]"
WORTH = '\n---\nscore: worth\nobject: customer\nfield: worth\ncriteria: [{criterion: one, points: "%s"}]'


def problems(*texts: str) -> list[tuple[str, str]]:
    """Codes and pointers of what is wrong with scores in the firm."""
    documents, faults = read_documents([("firm.yaml", "\n---\n".join((FIRM, *texts)))])
    return [(one.code, one.path) for one in compile_documents(documents, workflow_vocabulary(), faults=faults).problems]


def test_a_score_says_what_it_means_in_few_words() -> None:
    assert problems(SCORE) == problems(PLAIN) == []


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        (PLAIN.replace("object: lead", "object: leads"), "unknown-object", "/object"),
        (PLAIN.replace("field: points", "field: pionts"), "unknown-field", "/field"),
        (PLAIN.replace("field: points", "field: interest"), "wrong-type", "/field"),
        (PLAIN.replace("grade: grade", "grade: source"), "bad-value", "/grade"),
        (PLAIN.replace("closed", "closde"), "unknown-name", "/criteria/0/when"),
        (PLAIN.replace("closed", "owner == me"), "bad-value", "/criteria/0/when"),
        (PLAIN.replace("closed", "updated_at > created_at"), "circular-score", "/criteria/0/when"),
        (PLAIN.replace("closed", "True"), "no-effect", "/criteria/0/when"),
        (SMALL % ", {criterion: two, when: closed, points: 0}", "no-effect", "/criteria/1/points"),
        (SMALL % ", {criterion: two, points: 3}", "no-effect", "/criteria/1"),
        (SMALL % ", {criterion: one, when: closed, points: 3}", "duplicate-name", "/criteria/1/criterion"),
        (SMALL % ", {criterion: two, points: {web: 3}}", "missing-key", "/criteria/1/points"),
        (SMALL % ", {criterion: two, by: source, points: 3}", "no-effect", "/criteria/1/by"),
        (SMALL % ", {criterion: two, by: name, points: {web: 3}}", "wrong-type", "/criteria/1/by"),
        (SMALL % ", {criterion: two, by: source, points: {wbe: 3}}", "unknown-option", "/criteria/1/points/wbe"),
        (SMALL % ", {criterion: two, points: 3, fades: {since: name, days: 3}}", "wrong-type", "/criteria/1/fades/since"),
        (SMALL % ', {criterion: two, points: "name"}', "type", "/criteria/1/points"),
        (SMALL % ", {criterion: two, when: closed, points: 3, group: none}", "unknown-group", "/criteria/1/group"),
        (PLAIN + "groups: [{group: none, most: 5}]", "no-effect", "/groups/0"),
        (PLAIN.replace("points: 10", "points: 10, group: g") + "groups: [{group: g, most: 10}]", "no-effect", "/groups/0/most"),
        (PLAIN + "highest: 0", "bad-value", "/highest"),
        (PLAIN + "at: '03:00'", "no-effect", "/at"),
        (PLAIN.replace("from: 10", "from: 11"), "unreachable", "/grades/0/from"),
        (PLAIN.replace("from: 10", "from: 0"), "unreachable", "/grades/1/from"),
        (PLAIN.replace("from: 0", "from: -5").replace("from: 10", "from: 0"), "unreachable", "/grades/1/from"),
        (PLAIN.replace("grade: a,", "grade: z,"), "unknown-option", "/grades/0/grade"),
        (PLAIN.replace("grade: grade\n", ""), "missing-key", "/grades"),
        (PLAIN + OTHER, "duplicate-name", "/field"),
        (PLAIN.replace("closed", "points > 3"), "circular-score", "/criteria"),
        (PLAIN.replace("closed", "customer.worth > 3") + WORTH % "best", "circular-score", "/criteria"),
    ],
)  # fmt: skip
def test_what_is_wrong_or_inert_is_told_where_it_stands(text: str, code: str, path: str) -> None:
    assert (code, path) in problems(text)


def test_one_score_may_be_counted_from_another() -> None:
    assert problems(PLAIN + WORTH % "best") == []


def test_a_field_that_holds_less_than_the_score_may_come_to_is_told_of() -> None:
    bounded = FIRM.replace("points:    {type: integer,", "points:    {type: integer, min: 0, max: 50,")
    documents, faults = read_documents([("firm.yaml", f"{bounded}\n---\n{SCORE}")])
    found = compile_documents(documents, workflow_vocabulary(), faults=faults).problems
    assert [(one.code, one.path, one.suggestion.translate("en")) for one in found] == [("bad-value", "/field", "add 'highest: 50'")]  # type: ignore[union-attr]
