"""Scenarios: the templates' own pass, and a scenario that is wrong says so, at the step and in which way."""

from __future__ import annotations

from pathlib import Path

import pytest

from looseleaf_metadata.loader import read_documents
from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.publishing import read_folders
from looseleaf_platform.scenarios import ScenarioResult, run_scenarios
from looseleaf_ui_builder.wings import EXTENSIONS, product_vocabulary

EXAMPLES = Path(__file__).parents[3] / "examples"
TEMPLATES = ("base", "b2b_sales", "retail", "service_desk")
DEAL = """
object: deal
label: Deal
fields:
  name: {type: text, required: true}
  amount: {type: currency}
  reason: {type: text, required_when: "name == 'lost'"}
  secret: {type: text}
---
role: seller
objects: {deal: {read: own, create: true, update: own}}
fields: {deal.secret: hidden}
---
"""


def results_of(vocabulary: Vocabulary, steps: str) -> ScenarioResult:
    """The result of one scenario over the small deal object."""
    given = "scenario: a test\ngiven:\n  people: {lin: {role: seller}, wang: {role: seller}}\n"
    given += "  records:\n    - {deal: first, name: First, amount: 100 CNY, owner: lin}\nsteps:\n"
    texts = [(f"{number}.yaml", part) for number, part in enumerate((DEAL + given + steps).split("---\n"))]
    documents, problems = read_documents(texts)
    assert not problems
    (result,) = run_scenarios(documents, vocabulary)
    return result


def test_every_scenario_of_the_shipped_templates_passes() -> None:
    documents, problems = read_folders([EXAMPLES / name for name in TEMPLATES])
    assert not problems
    results = run_scenarios(documents, product_vocabulary(), extensions=EXTENSIONS)
    assert [(result.name, [str(fault) for fault in result.faults]) for result in results if not result.passed] == []
    assert {result.app for result in results} == set(TEMPLATES)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("  - {when: {as: lin, update: first, set: {name: lost}}, then: {first.amount: 100 CNY}}\n", "was refused"),
        ("  - {when: {as: lin, update: first, set: {name: won}}, refused: {at: reason}}\n", "it went through"),
        ("  - {when: {as: lin, update: first, set: {name: lost}}, refused: {at: amount}}\n", "was refused at reason"),
        ("  - {when: {as: lin, read: first}, then: {first.amount: 99 CNY}}\n", "first.amount: expected 99 CNY"),
        ("  - {when: {as: lin, read: first, field: secret}, then: visible}\n", "expected visible, is hidden"),
        ("  - {when: {as: wang, read: first}, then: visible}\n", "was refused"),
        ("  - {when: {as: lin, count: deal}, then: 2}\n", "expected 2, is 1"),
        ("  - {when: {as: lin, count: deal, where: \"name == 'other'\"}, then: 1}\n", "expected 1, is 0"),
    ],
)
def test_a_scenario_that_is_wrong_says_in_which_way(vocabulary: Vocabulary, steps: str, said: str) -> None:
    result = results_of(vocabulary, steps)
    assert result.step == 1
    assert said in " ".join(str(fault) for fault in result.faults)


def test_a_scenario_sees_what_its_people_see(vocabulary: Vocabulary) -> None:
    steps = """
  - {when: {as: wang, read: first}, then: not there}
  - {when: {as: lin, read: first, field: secret}, then: hidden}
  - {when: {as: wang, count: deal}, then: 0}
  - {when: {as: lin, update: first, set: {name: lost}}, refused: {at: reason}}
  - {when: {as: lin, create: deal, name: second, set: {name: Second, amount: 5 CNY}}, then: {second.amount: 5 CNY}}
"""
    assert results_of(vocabulary, steps.lstrip("\n")).passed
