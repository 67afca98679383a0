"""explain(): the verdict agrees with what happens, the reasons name roles, owners, teams and shares, and nobody is told too much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.access.explain import Explanation, explain
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.errors import NotAllowed, NotThere
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_platform.sharing import give
from support.deals import acting, firm, fresh_workspace, make, with_limits
from support.tally import DATABASES


@dataclass
class Firm:
    """Lin and Zhou of the east team, a deal each, one of them with lines."""

    context: Context
    team: int
    lin: int
    zhou: int
    hers: int
    his: int

    def caller(self, *roles: str, user: int | None = None) -> Context:
        """Lin, or another user, in the east team."""
        return acting(self.context.workspace, user or self.lin, *roles, team=self.team)


@pytest.fixture(scope="module", params=DATABASES)
def people(request: pytest.FixtureRequest, vocabulary: Vocabulary) -> Iterator[Firm]:
    """A workspace with the firm in it."""
    with fresh_workspace(request, vocabulary) as workspace:
        context = firm(workspace)
        [team] = make(context, "team", [{"name": "华东"}])
        lin, zhou = make(context, "user", [{"name": "林晓", "team": team}, {"name": "周岚", "team": team}])
        rows = [
            {"name": "hers", "owner": lin, "amount": 5, "lines": [{"product": "pump"}]},
            {"name": "his", "owner": zhou, "amount": 7, "stage": "won"},
        ]
        hers, his = make(context, "deal", rows)
        yield Firm(context, team, lin, zhou, hers, his)


def said(explanation: Explanation, locale: str = "en") -> str:
    """All reasons as one text."""
    return "\n".join(reason.translate(locale) for reason in explanation.reasons)


def myself(caller: Context, id: int | None, action: str, field: str | None = None) -> Explanation:
    """What the caller is told about the caller."""
    return explain(caller, caller.actor, "deal", id, action, field)


def test_a_grant_is_named_with_what_it_reaches(people: Firm) -> None:
    own = myself(people.caller("own"), people.hers, "update")
    assert own.allowed
    assert "The role Own records lets one change Deals: their own records" in said(own)
    assert "The record belongs to 林晓 of 华东" in said(own)
    assert "By the role Own records this record is within reach" in said(own)
    assert "角色“自己的”" in said(own, "zh")


def test_why_not_is_told_too(people: Firm) -> None:
    caller = people.caller("team")
    seen = myself(caller, people.his, "read")
    assert seen.allowed
    assert "the records of their team" in said(seen)
    update = myself(caller, people.his, "update")
    assert not update.allowed
    assert "By the role Team records this record is out of reach" in said(update)
    delete = myself(caller, people.his, "delete")
    assert not delete.allowed
    assert "The role Team records doesn't let one delete Deals" in said(delete)


@pytest.mark.parametrize(
    "roles", [("own",), ("team",), ("won_ones",), ("own_or_tier_a",), ("everything",), ("own", "team"), ("no_amount",), ()]
)
@pytest.mark.parametrize("action", ["read", "update", "delete", "export"])
def test_the_verdict_is_what_happens(people: Firm, roles: tuple[str, ...], action: str) -> None:
    caller = people.caller(*roles)
    for id in (people.hers, people.his):
        assert myself(caller, id, action).allowed == (id in read.reachable(caller, "deal", [id], action))


def test_a_record_out_of_sight_sounds_like_one_that_is_not_there(people: Firm) -> None:
    caller = people.caller("own")
    assert myself(caller, people.his, "read") == myself(caller, 42, "read")
    assert "周岚" not in said(myself(caller, people.his, "read"))
    with pytest.raises(NotThere):
        explain(caller, caller.actor, "nonsense", None, "read")
    with pytest.raises(NotThere):
        explain(caller, caller.actor, "deal", people.hers, "nonsense")


def test_only_those_who_may_ask_about_others_are_answered(people: Firm) -> None:
    zhou = people.caller("own", user=people.zhou).actor
    with pytest.raises(NotAllowed):
        explain(people.caller("own"), zhou, "deal", people.hers, "read")
    asker = people.caller("everything")
    about = explain(asker, zhou, "deal", people.hers, "read")
    assert not about.allowed
    assert "out of reach" in said(about)
    assert explain(asker, zhou, "deal", people.his, "read").allowed
    with pytest.raises(NotThere):
        explain(asker, zhou, "deal", 42, "read")


def test_a_condition_is_quoted_only_to_those_who_may_ask_about_anybody(people: Firm) -> None:
    caller = people.caller("won_ones", user=people.zhou)
    assert "stage == 'won'" not in said(myself(caller, people.his, "read"))
    assert "stage == 'won'" in said(explain(people.caller("everything"), caller.actor, "deal", people.his, "read"))


def test_shares_are_told(people: Firm) -> None:
    zhou = people.caller("own", user=people.zhou)
    [lent] = make(people.context, "deal", [{"name": "lent", "owner": people.lin}])
    give(people.context, "deal", lent, "user", people.zhou, "read")
    assert myself(zhou, lent, "read").allowed
    assert "It is shared with Lin" in said(myself(zhou, lent, "read"))
    update = myself(zhou, lent, "update")
    assert not update.allowed
    assert "but not so as to change it" in said(update)


def test_fields_are_explained(people: Firm) -> None:
    caller = people.caller("amount_of_own")
    assert myself(caller, people.hers, "read", "amount").allowed
    withheld = myself(caller, people.his, "read", "amount")
    assert not withheld.allowed
    assert "In this record Amount is withheld" in said(withheld)
    assert "The role Sees own amounts has Amount withheld" in said(withheld)
    formula = myself(caller, people.his, "read", "net")
    assert not formula.allowed
    assert "Net is worked out" in said(formula)
    assert not myself(people.caller("team"), people.hers, "update", "net").allowed


def test_a_hidden_field_is_not_explained_to_those_from_whom_it_is_hidden(people: Firm) -> None:
    caller = people.caller("no_amount")
    for name in ("amount", "net", "nonsense"):
        with pytest.raises(NotThere):
            myself(caller, people.hers, "read", name)
    told = explain(people.caller("everything"), caller.actor, "deal", people.hers, "read", "amount")
    assert not told.allowed
    assert "The role Sees no amounts has Amount hidden" in said(told)


def test_lines_administrators_tokens_and_those_without_roles(people: Firm) -> None:
    caller = people.caller("own")
    line = read.get(caller, "deal", people.hers).values["lines"][0].id
    about_line = explain(caller, caller.actor, "deal_line", line, "update")
    assert about_line.allowed
    assert "follow the rights to the Deal" in said(about_line)
    assert "is an administrator" in said(explain(people.context, SYSTEM, "deal", people.hers, "delete"))
    token = with_limits(people.caller("everything"), "deal:read")
    assert "The token may not delete Deals" in said(myself(token, people.hers, "delete"))
    assert "has no role" in said(myself(people.caller(), None, "read"))


def test_deleted_records_are_said_to_be_in_the_recycle_bin(people: Firm) -> None:
    [id] = make(people.context, "deal", [{"name": "gone", "owner": people.lin}])
    write(people.context, [Change("delete", "deal", id=id)])
    told = myself(people.caller("own"), id, "read")
    assert "recycle bin" in said(told)
    assert myself(people.caller("team"), id, "read") == myself(people.caller("team"), 42, "read")
