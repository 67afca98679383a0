"""visible() against the rules evaluated in plain Python: for users, teams, roles, shares and actions in all combinations."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotThere
from looseleaf_platform.records import read
from looseleaf_platform.records.reading import lists
from looseleaf_platform.records.requests import Change, Query
from looseleaf_platform.records.write import write
from looseleaf_platform.sharing import give
from support.deals import acting, firm, fresh_workspace, make
from support.tally import DATABASES

ROLES = ("everything", "own", "team", "team_tree", "won_ones", "own_or_tier_a", "nothing")


@dataclass
class Deal:
    """What the rules look at."""

    id: int
    owner: int | None
    team: int | None
    stage: str
    tier: str | None
    shared: set[tuple[str, int, str]] = field(default_factory=set)


@dataclass
class Firm:
    """A filled workspace: head office over east and west; two people in each, one in none."""

    context: Context
    teams: dict[str, int]
    users: dict[int, int | None]
    deals: list[Deal]

    def tree(self, team: int | None) -> tuple[int, ...]:
        """A team and those below it."""
        if team is None:
            return ()
        return (team, self.teams["east"], self.teams["west"]) if team == self.teams["head"] else (team,)


@pytest.fixture(scope="module", params=DATABASES)
def filled(request: pytest.FixtureRequest, vocabulary: Vocabulary) -> Iterator[Firm]:
    """Eighty deals of all kinds."""
    with fresh_workspace(request, vocabulary) as workspace:
        yield fill(firm(workspace))


def fill(context: Context) -> Firm:
    """Make teams, people, accounts, deals and shares, the same every time."""
    [head] = make(context, "team", [{"name": "head"}])
    east, west = make(context, "team", [{"name": "east", "parent": head}, {"name": "west", "parent": head}])
    teams = {"head": head, "east": east, "west": west}
    of = [head, east, east, west, west, None]
    users = dict(zip(make(context, "user", [{"name": f"user {number}", "team": team} for number, team in enumerate(of)]), of, strict=True))
    tiers = ["a", "b", None]
    accounts = make(context, "account", [{"name": f"account {tier}", "tier": tier} for tier in tiers])
    chance = random.Random(7)
    rows, deals = [], []
    for number in range(80):
        owner = chance.choice([*users, None])
        team = users[owner] if owner is not None else chance.choice([*teams.values(), None])
        stage, account = chance.choice(["open", "won", "lost"]), chance.choice([0, 1, 2, None])
        rows.append(
            {
                "name": f"deal {number:02}",
                "owner": owner,
                "team": team,
                "stage": stage,
                "account": None if account is None else accounts[account],
            }
        )
        deals.append(Deal(0, owner, team, stage, None if account is None else tiers[account]))
    for deal, id in zip(deals, make(context, "deal", rows), strict=True):
        deal.id = id
    for deal in chance.sample(deals, 25):
        kind, level = chance.choice(["user", "team"]), chance.choice(["read", "update"])
        principal = chance.choice([*users] if kind == "user" else [*teams.values()])
        give(context, "deal", deal.id, kind, principal, level)  # type: ignore[arg-type]
        deal.shared.add((kind, principal, level))
    return Firm(context, teams, users, deals)


def grant_holds(role: str, action: str, deal: Deal, user: int, team: int | None, tree: tuple[int, ...]) -> bool:
    """One role's grant, said in Python."""
    own = deal.owner == user
    in_team = own or (team is not None and deal.team == team)
    in_tree = own or (deal.team is not None and deal.team in tree)
    table = {
        ("everything", "read"): True,
        ("everything", "update"): True,
        ("everything", "delete"): True,
        ("own", "read"): own,
        ("own", "update"): own,
        ("own", "delete"): own,
        ("team", "read"): in_team,
        ("team", "update"): own,
        ("team_tree", "read"): in_tree,
        ("team_tree", "update"): in_team,
        ("won_ones", "read"): deal.stage == "won",
        ("own_or_tier_a", "read"): own or deal.tier == "a",
        ("own_or_tier_a", "update"): own and deal.stage == "open",
    }
    return table.get((role, action), False)


GRANTED = {
    "read": {"everything", "own", "team", "team_tree", "won_ones", "own_or_tier_a"},
    "update": {"everything", "own", "team", "team_tree", "own_or_tier_a"},
    "delete": {"everything", "own"},
}
SHARED = {"read": {"read", "update"}, "update": {"update"}, "delete": set()}


def reaches(roles: set[str], action: str, deal: Deal, user: int, team: int | None, tree: tuple[int, ...]) -> bool:
    """Whether an action reaches a deal: by a grant or a share, and it can be read."""
    by_grant = any(grant_holds(role, action, deal, user, team, tree) for role in roles)
    principals = {("user", user), ("team", team)}
    by_share = any((kind, who) in principals and level in SHARED[action] for kind, who, level in deal.shared)
    reached = by_grant or (by_share and bool(roles & GRANTED[action]))
    return reached and (action == "read" or reaches(roles, "read", deal, user, team, tree))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(roles=st.sets(st.sampled_from(ROLES)), person=st.integers(0, 5), action=st.sampled_from(["read", "update", "delete"]))
def test_what_is_visible_is_what_the_rules_say(filled: Firm, roles: set[str], person: int, action: str) -> None:
    user, team = list(filled.users.items())[person]
    tree = filled.tree(team)
    expected = {deal.id for deal in filled.deals if reaches(roles, action, deal, user, team, tree)}
    caller = acting(filled.context.workspace, user, *roles, team=team, tree=tree)
    assert read.reachable(caller, "deal", [deal.id for deal in filled.deals], action) == expected
    if action == "read" and roles & GRANTED["read"]:
        assert listed(caller) == expected
        assert read.count(caller, "deal", Query()) == (len(expected), False)
        assert read.totals(caller, "deal", Query(), ["discount"], "count") == {"discount": len(expected)}


def listed(caller: Context) -> set[int]:
    """The ids of all deals, walked page by page in an order with empty values; each once, in order, whichever way they are put together."""
    walks = []
    for many_shares in (lists.MANY_SHARES, 0):
        lists.MANY_SHARES, kept = many_shares, lists.MANY_SHARES
        try:
            walks.append(list(walk(caller, "")))
        finally:
            lists.MANY_SHARES = kept
    assert walks[0] == walks[1]
    assert len(set(walks[0])) == len(walks[0])
    return set(walks[0])


def walk(caller: Context, after: str) -> Iterator[int]:
    """Ids in the order of stage and account."""
    while True:
        page = read.page(caller, "deal", Query(sort=("-account", "stage", "-name"), size=7, after=after))
        yield from (record.id for record in page.records)
        if not page.next:
            return
        after = page.next


def test_more_teams_than_have_conditions_of_their_own_are_one_list(filled: Firm) -> None:
    user = next(iter(filled.users))
    tree = (*filled.tree(filled.teams["head"]), *range(1, 10))
    caller = acting(filled.context.workspace, user, "team_tree", team=filled.teams["head"], tree=tree)
    expected = {deal.id for deal in filled.deals if reaches({"team_tree"}, "read", deal, user, filled.teams["head"], tree)}
    assert listed(caller) == expected


def test_who_may_read_nothing_of_an_object_is_told_that_it_is_not_there(filled: Firm) -> None:
    caller = acting(filled.context.workspace, next(iter(filled.users)), "nothing")
    for call in (
        lambda: read.page(caller, "deal", Query()),
        lambda: read.count(caller, "deal", Query()),
        lambda: read.get(caller, "deal", filled.deals[0].id),
        lambda: read.page(caller, "nonsense", Query()),
    ):
        with pytest.raises(NotThere):
            call()
    assert read.titles(caller, "deal", [filled.deals[0].id]) == {}


@pytest.fixture
def lined(filled: Firm) -> Iterator[dict[int, int]]:
    """Deals with a line each, by the id of their owner; gone after the test, as the firm is shared with the other tests."""
    users = list(filled.users)[:3]
    rows = [{"name": f"lined {user}", "owner": user, "lines": [{"product": f"for {user}", "price": 1}]} for user in users]
    deals = make(filled.context, "deal", rows)
    yield dict(zip(users, deals, strict=True))
    write(filled.context, [Change("delete", "deal", id=deal) for deal in deals])


def test_lines_are_visible_with_their_parent(filled: Firm, lined: dict[int, int]) -> None:
    for user, deal in itertools.product(lined, lined.values()):
        caller = acting(filled.context.workspace, user, "own")
        mine = deal == lined[user]
        products = [record.values["product"] for record in read.page(caller, "deal_line", Query()).records]
        assert products == [f"for {user}"]
        if mine:
            assert [line.values["product"] for line in read.get(caller, "deal", deal).values["lines"]] == products
        else:
            with pytest.raises(NotThere):
                read.related(caller, "deal", deal, "deal_lines", Query())
