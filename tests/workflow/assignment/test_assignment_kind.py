"""What is told of assignment rules that can't be right, where it stands."""

from __future__ import annotations

import pytest

from looseleaf_metadata.compile import compile_documents
from looseleaf_metadata.loader import read_documents
from looseleaf_workflow.vocabulary import workflow_vocabulary
from support.leads import LEADS

HEAD = "assignment: web\nobject: lead\nrules:\n"
CASES = {
    "  - {to: {round_robin: reps}}": "unknown role 'reps'",
    "  - {to: {round_robin: {weight: 2}}}": "say which role, team or user",
    "  - {to: {round_robin: rep, least_loaded: rep}}": "one of these says who gets it",
    "  - {to: {skip: [absent]}}": "one of these says who gets it",
    "  - {to: {round_robin: rep, cap: 3}}": "'cap' has no effect here",
    "  - {to: {round_robin: rep, skip: [at_cap]}}": "'cap' is missing here",
    '  - {to: {round_robin: rep, weight: "1"}}': "'weight' has no effect here",
    '  - {to: {least_loaded: rep, weight: "name"}}': "a number is needed",
    "  - {to: {field: account.owners}}": "owners",
    "  - {to: {field: account}}": "holds no user",
    "  - {to: {same: [telephone]}}": "telephone",
    "  - {when: \"region = 'east'\", to: {round_robin: rep}}": "==",
    "  - {to: {round_robin: rep, skipping: [absent]}}": "skipping",
    "  - {to: {territory: [{area: a, match: {region: est}, to: rep}]}}": "'est' is not an option of the field 'region'",
    '  - {to: {territory: [{area: a, match: {score: "3"}, to: rep}]}}': "a territory goes by choices",
    "  - {to: {territory: [{area: a, match: {region: east}, to: rep}, {area: b, match: {industry: trade}, to: rep}]}}": "'b' and 'a' overlap",
    "  - {id: a, to: {round_robin: rep}}\n  - {id: a, to: {least_loaded: rep}}": "the rule 'a' is there twice",
    "  - {to: {round_robin: rep}}\nnobody: {pool: lake}": "unknown pool 'lake'",
    "  - {to: {round_robin: rep}}\nreassign_on: [regoin]": "regoin",
}


def problems(*texts: str) -> list[str]:
    """What is told of metadata."""
    documents, found = read_documents([(f"document{number}.yaml", text) for number, text in enumerate((LEADS, *texts), 1)])
    return [problem.as_text() for problem in (*found, *compile_documents(documents, workflow_vocabulary()).problems)]


@pytest.mark.parametrize("rules", CASES)
def test_a_faulty_rule_is_told(rules: str) -> None:
    found = problems(HEAD + rules)
    assert any(CASES[rules] in one for one in found), found


def test_g03_overlapping_territories_are_told_and_narrower_ones_are_not() -> None:
    areas = "[{area: a, match: {region: east}, to: rep}, {area: b, match: {region: east, industry: trade}, to: rep}, {area: c, match: {region: south}, to: rep}]"
    assert problems(f"{HEAD}  - {{to: {{territory: {areas}}}}}") == []
    assert any("overlap" in one for one in problems(f"{HEAD}  - {{to: {{territory: {areas.replace('south', '[south, east]')}}}}}"))


def test_of_two_assignments_the_one_that_is_never_asked_is_told() -> None:
    one, other = HEAD + "  - {to: {round_robin: rep}}", HEAD.replace("web", "late") + "  - {to: {round_robin: rep}}\norder: 200"
    assert any("no record comes here: 'web' takes all of lead" in text for text in problems(one, other))
    assert problems(one.replace("object: lead", "object: lead\nwhen: \"region == 'east'\""), other) == []


def test_an_object_without_owners_has_none_to_assign() -> None:
    assert any(
        "have no owner" in one
        for one in problems(
            "object: thing\ntitle: name\nowner: none\nfields: {name: {type: text}}",
            HEAD.replace("lead", "thing") + "  - {to: {round_robin: rep}}",
        )
    )


def test_where_every_record_has_an_owner_none_can_wait_in_a_queue() -> None:
    deal = "object: deal\ntitle: name\nowner: required\nfields: {name: {type: text}}"
    assert any("can't wait" in one for one in problems(deal, HEAD.replace("lead", "deal") + "  - {to: {round_robin: rep}}\nnobody: queue"))


def test_the_graph_knows_the_roles_and_fields_that_rules_name() -> None:
    documents, _ = read_documents([("a.yaml", LEADS), ("b.yaml", HEAD + '  - {when: "score > 3", to: {round_robin: rep}}')])
    edges = compile_documents(documents, workflow_vocabulary()).model.edges
    assert {edge.target for edge in edges if edge.source == "assignment:web"} >= {"object:lead", "role:rep", "object:lead/field:score"}
