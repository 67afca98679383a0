"""Profiles: what sets of roles may do with objects and fields, formulas, lines, tokens, administrators."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.access.profile import profile_of
from looseleaf_platform.context import SYSTEM, Actor
from looseleaf_platform.workspace import Workspace
from support.deals import acting, firm, fresh_workspace, with_limits

MORE = """
role: sees_credit
label: {zh: 看信用额度, en: Sees credit}
fields:
  account.credit: read
---
role: masks_won
label: {zh: 赢单的不看, en: Not of won ones}
objects:
  deal: {read: all}
fields:
  deal.amount: {masked: "stage == 'won'"}
---
role: masks_lost
label: {zh: 输单的不看, en: Not of lost ones}
objects:
  deal: {read: all}
fields:
  deal.amount: {masked: "stage == 'lost'"}
---
role: only_reads_amount
label: {zh: 金额只读, en: Amounts are for reading}
objects:
  deal: {read: all, update: all, create: true}
fields:
  deal.amount: read
  deal.lines: read
"""


@pytest.fixture(scope="module")
def workspace(request: pytest.FixtureRequest, vocabulary: Vocabulary) -> Iterator[Workspace]:
    """A firm; profiles don't ask the database, so one kind is enough."""
    request.param = "sqlite"
    with fresh_workspace(request, vocabulary) as workspace:
        firm(workspace, MORE)
        yield workspace


def test_the_most_generous_role_wins(workspace: Workspace) -> None:
    assert "amount" not in acting(workspace, 1, "no_amount").profile.readable("deal")
    both = acting(workspace, 1, "no_amount", "own").profile
    assert "amount" in both.readable("deal")
    assert "amount" in both.writable("deal")


def test_a_role_that_does_not_reach_an_object_does_not_open_its_fields(workspace: Workspace) -> None:
    profile = acting(workspace, 1, "no_amount", "nothing", "won_ones").profile
    assert "credit" not in profile.readable("account")
    assert "amount" in profile.readable("deal")
    assert "amount" not in acting(workspace, 1, "no_amount", "nothing").profile.readable("deal")


def test_a_role_may_open_a_single_field(workspace: Workspace) -> None:
    profile = acting(workspace, 1, "no_amount", "sees_credit").profile
    assert "credit" in profile.readable("account")
    assert "credit" not in profile.writable("account")


def test_formulas_go_with_what_they_read(workspace: Workspace) -> None:
    readable = acting(workspace, 1, "no_amount").profile.readable("deal")
    assert {"net", "big", "credit", "line_total"}.isdisjoint(readable)
    assert {"hint", "city", "discount"} <= set(readable)
    assert "city" not in acting(workspace, 1, "won_ones").profile.readable("deal")


def test_masks_of_several_roles_hold_together_and_pass_on_to_formulas(workspace: Workspace) -> None:
    one = acting(workspace, 1, "masks_won").profile.masked("deal")
    assert one["amount"] is not None
    assert one["amount"].source == "stage == 'won'"
    assert one["net"] is not None
    assert one["big"] is not None
    both = acting(workspace, 1, "masks_won", "masks_lost").profile.masked("deal")["amount"]
    assert both is not None
    assert both.source == "(stage == 'lost') and (stage == 'won')"
    assert acting(workspace, 1, "masks_won", "everything").profile.masked("deal") == {}
    assert acting(workspace, 1, "amount_of_own").profile.masked("account")["phone"] is None


def test_what_may_be_written(workspace: Workspace) -> None:
    writable = acting(workspace, 1, "only_reads_amount").profile.writable("deal")
    assert {"name", "account", "owner", "discount"} <= writable
    assert {"amount", "net", "line_total", "lines", "created_at", "id", "version"}.isdisjoint(writable)
    assert acting(workspace, 1, "team_tree").profile.writable("account") == frozenset()


def test_lines_follow_their_parent(workspace: Workspace) -> None:
    own = acting(workspace, 1, "own").profile
    assert all(own.can("deal_line", action) for action in ("create", "read", "update", "delete"))
    assert not own.can("deal_line", "export")
    reader = acting(workspace, 1, "only_reads_amount").profile
    assert reader.can("deal_line", "read")
    assert not reader.can("deal_line", "update")
    assert "price" not in acting(workspace, 1, "no_amount").profile.readable("deal_line")


def test_everybody_may_read_the_directory_unless_a_role_says_otherwise(workspace: Workspace) -> None:
    profile = acting(workspace, 1, "own").profile
    assert profile.can("user", "read")
    assert {"name", "team"} <= set(profile.readable("user"))
    assert {"phone", "administrator"}.isdisjoint(profile.readable("user"))
    assert not profile.can("user", "update")
    assert not profile.can("role_member", "read")


def test_administrators_and_the_system_may_do_everything(workspace: Workspace) -> None:
    for actor in (SYSTEM, Actor(id=1, administrator=True)):
        profile = profile_of(actor, workspace.runtime.model)
        assert profile.can("deal", "delete")
        assert profile.has("builder")
        assert "amount" in profile.readable("deal")
        assert profile.masked("deal") == {}
        assert "administrator" in profile.writable("user")
        assert not profile.can("nonsense", "read")


def test_a_token_gives_less(workspace: Workspace) -> None:
    caller = acting(workspace, 1, "everything")
    assert caller.profile.has("share")
    limited = with_limits(caller, "deal:read", "*:export", "explain").profile
    assert limited.can("deal", "read")
    assert limited.can("account", "export")
    assert not limited.can("deal", "update")
    assert not limited.can("account", "read")
    assert limited.has("explain")
    assert not limited.has("share")
    administrator = workspace.context(Actor(id=1, administrator=True, limits=frozenset({"deal:*"}))).profile
    assert administrator.can("deal", "delete")
    assert not administrator.can("account", "read")


def test_equal_sets_of_roles_share_a_profile(workspace: Workspace) -> None:
    assert acting(workspace, 1, "own", "team").profile is acting(workspace, 2, "team", "own").profile
    assert acting(workspace, 1, "own").profile is not acting(workspace, 1, "team").profile
