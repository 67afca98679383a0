"""A pool may ask whoever claims for something: by when it is followed up, say. It is said with the claim, by whatever door."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from looseleaf_platform.errors import Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_workflow.pools.acting import claim, pool_named
from support.leads import Leads

POOL = """
pool: lake
object: lead
members: [rep]
managers: [boss]
claim: {ask: [email]}
"""


def test_what_a_pool_asks_for_is_said_with_the_claim_and_managers_are_not_asked(firm: Callable[..., Leads]) -> None:
    leads = firm(POOL)
    lin, boss = leads.again(leads.people[0]), leads.again(leads.boss)
    lake = pool_named(lin, "lake")
    id, other = leads.make(region="east", email="before@firm.cn"), leads.make(region="east")
    [kept] = claim(lin, lake, [id])
    assert (kept.code, kept.message.translate("en")) == ("pool-ask", "Fill in “E-mail” when you claim it")
    assert claim(lin, lake, [id], {"email": " "})[0].code == "pool-ask"
    with pytest.raises(Refused) as others:
        claim(lin, lake, [id], {"score": 100})
    assert others.value.faults[0].pointer == "/values/score"
    assert claim(lin, lake, [id], {"email": "now@firm.cn"})[0].code == ""
    found = read.get(leads.system, "lead", id).values
    assert (found["owner"], found["email"]) == (lin.actor.id, "now@firm.cn")
    write(boss, [Change("update", "lead", other, {"owner": boss.actor.id})])
    assert leads.owner(other) == "何文静"
