"""Who a `who` means: roles, managers, chains, heads, fields, expressions, over a small firm (A06 to A10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from looseleaf_workflow import who
from looseleaf_workflow.approvals.questions import People
from looseleaf_workflow.people import ExpressionError, resolve


@dataclass
class Firm:
    """A firm written down."""

    managers: dict[str, str] = field(default_factory=dict)
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    teams: dict[str, str] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    attributes: dict[tuple[str, str], Any] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    inactive: set[str] = field(default_factory=set)

    def user(self, name: str) -> str:
        return name.partition("@")[0] if "@" in name else ""

    def active(self, person: str) -> bool:
        return person not in self.inactive

    def manager(self, person: str) -> str:
        return self.managers.get(person, "")

    def members(self, role: str) -> tuple[str, ...]:
        return self.roles.get(role, ())

    def attribute(self, person: str, name: str) -> Any:
        return self.attributes.get((person, name))

    def team(self, person: str) -> str:
        return self.teams.get(person, "")

    def head(self, team: str) -> str:
        return self.heads.get(team, "")

    def parent(self, team: str) -> str:
        return self.parents.get(team, "")

    def owner(self) -> str:
        return str(self.record.get("owner", ""))

    def users_at(self, path: str) -> tuple[str, ...]:
        found = self.record.get(path)
        return (found,) if found else ()

    def value_at(self, path: str) -> Any:
        return self.record.get(path)

    def users_of(self, expression: str, submitter: str) -> tuple[str, ...]:
        if expression == "broken":
            raise ExpressionError("no such field", {"amount": 3})
        return (submitter,) if expression == "submitter" else ("ghost",)


TREE = {"sub": "m1", "m1": "m2", "m2": "vp", "vp": "ceo"}


def people(person: who.Person, firm: Firm, holder: str = "") -> tuple[str, ...]:
    return resolve(person, firm, "sub", holder).people


@pytest.mark.parametrize(
    ("level", "when_missing", "expected"),
    [(1, "empty", ("m1",)), (4, "empty", ("ceo",)), (5, "empty", ()), (5, "top", ("ceo",)), (9, "top", ("ceo",))],
)
def test_a07_a_manager_so_many_levels_up(level: int, when_missing: str, expected: tuple[str, ...]) -> None:
    assert people(who.Manager("submitter", level, when_missing), Firm(TREE)) == expected


def test_a07_without_any_manager_there_is_nobody_at_the_top_either() -> None:
    assert people(who.Manager("submitter", 1, "top"), Firm()) == ()


def test_a08_a_chain_goes_up_to_and_with_the_first_who_has_the_role() -> None:
    firm = Firm(TREE, roles={"vp": ("vp", "other")})
    assert people(who.ManagerChain("submitter", "vp"), firm) == ("m1", "m2", "vp")
    assert people(who.ManagerChain("submitter", "nobody"), firm) == ("m1", "m2", "vp", "ceo")
    assert people(who.ManagerChain("submitter", "vp", 2), firm) == ("m1", "m2")


def test_a08_a_circle_ends_the_chain_at_the_first_repeat_with_a_warning() -> None:
    found = resolve(who.ManagerChain("submitter"), Firm({"sub": "m1", "m1": "m2", "m2": "m1"}), "sub")
    assert (found.people, found.warnings) == (("m1", "m2"), ("manager_circle:m1",))


@pytest.mark.parametrize(("climb", "expected"), [(True, ("boss",)), (False, ())])
def test_a09_a_team_without_a_head_goes_to_the_team_above(climb: bool, expected: tuple[str, ...]) -> None:
    firm = Firm(teams={"sub": "east"}, parents={"east": "sales"}, heads={"sales": "boss"})
    assert people(who.DepartmentHead("submitter", climb), firm) == expected


def test_a09_teams_in_a_circle_have_no_head() -> None:
    found = resolve(who.DepartmentHead("submitter"), Firm(teams={"sub": "a"}, parents={"a": "b", "b": "a"}), "sub")
    assert (found.people, found.warnings) == ((), ("team_circle:a",))


def test_a10_unknown_and_inactive_people_are_left_out_and_named() -> None:
    firm = Firm(roles={"legal": ("a", "gone")}, inactive={"gone"})
    assert resolve(who.RoleMembers("legal"), firm, "sub") == People(("a",), ("gone",))
    assert resolve(who.User("nobody"), firm, "sub").warnings == ("unknown_user:nobody",)


def test_a10_an_expression_that_raises_is_an_error_with_what_it_read() -> None:
    found = resolve(who.Computed("broken"), Firm(), "sub")
    assert (found.people, found.error, dict(found.inputs)) == ((), "no such field", {"amount": 3})


def test_members_of_a_role_may_be_those_of_the_same_region_only() -> None:
    firm = Firm(
        roles={"director": ("d1", "d2")}, attributes={("sub", "region"): "east", ("d1", "region"): "east", ("d2", "region"): "west"}
    )
    assert people(who.RoleMembers("director", "submitter.region"), firm) == ("d1",)
    firm.record["region"] = "west"
    assert people(who.RoleMembers("director", "region"), firm) == ("d2",)
    del firm.attributes["sub", "region"], firm.attributes["d1", "region"]
    assert people(who.RoleMembers("director", "submitter.region"), firm) == ()


def test_a95_the_owner_is_the_one_of_that_day_and_the_holder_the_one_of_the_task() -> None:
    firm = Firm(TREE, record={"owner": "o1", "keeper": "k"})
    assert people(who.Anchor("owner"), firm) == ("o1",)
    firm.record["owner"] = "o2"
    assert people(who.Anchor("owner"), firm) == ("o2",)
    assert people(who.Anchor("submitter"), firm) == ("sub",)
    assert people(who.Manager("holder"), firm, "m1") == ("m2",)
    assert people(who.FieldOf("keeper"), firm) == ("k",)
    assert people(who.Computed("submitter"), firm) == ("sub",)
