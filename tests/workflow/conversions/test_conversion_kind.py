"""What is told of conversions that can't be right, where it stands; and what they refer to."""

from __future__ import annotations

import re

import pytest

from looseleaf_metadata.compile import compile_documents
from looseleaf_metadata.loader import read_documents
from looseleaf_workflow.vocabulary import workflow_vocabulary
from support.converting import CONVERSION, OBJECTS

CASES = {
    ("object: lead", "object: leed"): "unknown object 'leed'",
    ("status == 'new'", "status == 'old'"): "old",
    ("- target: contact", "- {target: contact, object: contakt}\n  - target: contact"): "unknown object 'contakt'",
    ("- target: contact", "- target: account\n  - target: contact"): "'account' is listed twice",
    ("name: company", "nam: company"): "unknown field 'nam' of account",
    ("name: company", "name: compony"): "unknown field 'compony' of lead",
    ("set: {status: prospect}", "set: {region: east}"): "'region' is filled in twice",
    ("region: region", "region: source"): "'account.region' has no place for: web, fair, call",
    ("options: {call: web}", "options: {cal: web}"): "'source' has no option 'cal'",
    ("options: {call: web}", "options: {call: wep}"): "'source' has no option 'wep'",
    ("{field: source, options: {call: web}}", "source"): "'account.source' has no place for: call",
    ("phone: mobile", "phone: {field: mobile, options: {a: b}}"): "'options' has no effect here",
    ("papers: papers", "papers: account"): "A reference to records can't become anything else",
    ("set: {status: prospect}", "set: {status: prospects}"): "'status' has no option 'prospects'",
    ("set: {status: prospect}", "set: {revenue: viel}"): "viel",
    ("set: {status: prospect}", "set: {created_at: 2026-01-01}"): "the system keeps it",
    ("'首单')\"", "'首单'\""): "error",
    ("concat(coalesce(company, name), ' ', '首单')", "budget > 1"): "text",
    ("link: {account: account}\n    from: {name", "link: {account: deal}\n    from: {name"): "no target before this is called 'deal'",
    ("link: {account: account}\n    from: {name", "link: {consent: account}\n    from: {n"): "'contact.consent' is no look-up to account",
    ("ask: [name, amount]", "ask: [name, amont]"): "unknown field 'amont' of deal",
    ("name: name, mobile: mobile", "mobile: mobile"): "'contact.name' must have a value, and nothing fills it in",
    ("match: never", "match: duplicates"): "deal has no duplicate rules",
    ("set: {status: converted}", "set: {status: done}"): "'status' has no option 'done'",
    ("{account: account, contact: contact, deal: deal}", "{account: acount}"): "no target before this is called 'acount'",
    ("talk.lead", "talk.leed"): "unknown field 'leed' of talk",
    ("talk.lead", "talk.account"): "'talk.account' is no look-up to lead",
    ("from: talk.lead, link: {account: account, deal: deal}", "from: talk.lead, link: {lead: account}"): "'lead' is filled in twice",
    ("- {from: talk.lead,", "- {from: contact.account, move: true,"): "is no look-up to lead",
}


def problems(*texts: str) -> list[str]:
    """What is told of metadata."""
    documents, found = read_documents([(f"document{number}.yaml", text) for number, text in enumerate((OBJECTS, *texts), 1)])
    return [problem.as_text() for problem in (*found, *compile_documents(documents, workflow_vocabulary()).problems)]


def test_the_conversion_that_the_cases_spoil_is_right() -> None:
    assert problems(CONVERSION) == []


@pytest.mark.parametrize("change", CASES, ids=lambda change: change[1][:40])
def test_a_faulty_conversion_is_told_at_its_line(change: tuple[str, str]) -> None:
    spoilt = CONVERSION.replace(*change, 1)
    assert spoilt != CONVERSION
    found = problems(spoilt)
    assert any(CASES[change] in one or CASES[change] == "error" for one in found), found
    assert all(re.match(r"document2\.yaml:\d+:\d+", one) for one in found), found


def test_an_option_that_only_old_records_have_needs_a_place_too() -> None:
    objects = OBJECTS.replace("fair: 展会, call: 电话}", "fair: 展会, call: 电话, cold: {zh: 陌拜, retired: true}}")
    assert objects != OBJECTS
    documents, _ = read_documents([("a.yaml", objects), ("b.yaml", CONVERSION)])
    [problem] = compile_documents(documents, workflow_vocabulary()).problems
    assert "'account.source' has no place for: cold" in problem.as_text()


def test_history_that_must_point_to_the_record_cannot_be_moved_away() -> None:
    objects = OBJECTS.replace("  lead:    {type: lookup, to: lead}\n", "  lead:    {type: lookup, to: lead, required: true}\n")
    documents, _ = read_documents([("a.yaml", objects), ("b.yaml", CONVERSION)])
    [problem] = compile_documents(documents, workflow_vocabulary()).problems
    assert "'todo.lead' must always point somewhere" in problem.as_text()


def test_everything_that_a_conversion_names_is_in_the_reference_graph() -> None:
    documents, _ = read_documents([("a.yaml", OBJECTS), ("b.yaml", CONVERSION)])
    compiled = compile_documents(documents, workflow_vocabulary())
    assert compiled.model is not None
    named = {edge.target for edge in compiled.model.edges if edge.source == "conversion:lead"}
    assert named >= {
        "object:lead", "object:account", "object:lead/field:company", "object:account/field:name", "object:lead/field:source/option:call",
        "object:account/field:source/option:web", "object:lead/field:status/option:new", "object:lead/field:status/option:converted",
        "object:talk/field:lead", "object:talk/field:deal", "object:deal/field:amount",
    }  # fmt: skip
