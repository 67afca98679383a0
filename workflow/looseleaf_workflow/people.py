"""Who a `who` means today: the rules, over whatever knows the firm. Pure: the organisation is asked through a small protocol.

Unknown and inactive people are left out and named; circles in the tree of managers or teams end where they begin and are told.
Approvals ask this as a question and store the answer; automations, pools and assignment use it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_workflow import who
from looseleaf_workflow.approvals.questions import People

MOST_LEVELS = 100


class ExpressionError(Exception):
    """Raised by an organisation whose expression can't be worked out; `inputs` are what it read."""

    def __init__(self, message: str, inputs: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.inputs = dict(inputs or {})


class Organisation(Protocol):
    """What is known of people, teams and the record at hand. People and teams are texts (ids), "" for none."""

    def user(self, name: str) -> str:
        """The user of an e-mail address or external key."""

    def active(self, person: str) -> bool:
        """Whether somebody works here now."""

    def manager(self, person: str) -> str:
        """Who is directly above somebody."""

    def members(self, role: str) -> tuple[str, ...]:
        """Everyone with a role, in a lasting order."""

    def attribute(self, person: str, name: str) -> Any:
        """A field of a user."""

    def team(self, person: str) -> str:
        """Somebody's team."""

    def head(self, team: str) -> str:
        """Who heads a team."""

    def parent(self, team: str) -> str:
        """The team above a team."""

    def owner(self) -> str:
        """The owner of the record."""

    def users_at(self, path: str) -> tuple[str, ...]:
        """The users in a field of the record."""

    def value_at(self, path: str) -> Any:
        """A value of the record, or of one reached from it."""

    def users_of(self, expression: str, submitter: str) -> tuple[str, ...]:
        """The users that an expression gives. Raises ExpressionError."""


@dataclass
class _Finding:
    """One resolution: the anchors, and what is to be told of it."""

    organisation: Organisation
    submitter: str
    holder: str
    warnings: list[str] = field(default_factory=list)

    def anchor(self, of: str) -> str:
        """The person that an anchor or a field means."""
        if of in who.ANCHORS:
            return {"submitter": self.submitter, "holder": self.holder, "owner": self.organisation.owner()}[of]
        return next(iter(self.organisation.users_at(of)), "")

    def above(self, person: str) -> Iterator[str]:
        """The managers above somebody, the nearest first; a circle ends at the first repeat."""
        seen = {person}
        current = self.organisation.manager(person)
        while current:
            if current in seen:
                self.warnings.append(f"manager_circle:{current}")
                return
            seen.add(current)
            yield current
            current = self.organisation.manager(current)


def resolve(person: who.Person, organisation: Organisation, submitter: str, holder: str = "") -> People:
    """Everybody whom one entry of a `who` means today, active ones only, once each."""
    finding = _Finding(organisation, submitter, holder)
    try:
        named = tuple(dict.fromkeys(one for one in _named(person, finding) if one))
    except ExpressionError as error:
        return People(error=str(error), inputs=FrozenMap(error.inputs))
    active = tuple(one for one in named if organisation.active(one))
    return People(active, tuple(one for one in named if one not in active), warnings=tuple(finding.warnings))


def _named(person: who.Person, finding: _Finding) -> tuple[str, ...]:
    organisation = finding.organisation
    match person:
        case who.User(name=name):
            found = organisation.user(name)
            if not found:
                finding.warnings.append(f"unknown_user:{name}")
            return (found,)
        case who.Anchor(name=name):
            return (finding.anchor(name),)
        case who.RoleMembers(role=role, within=within):
            return _members(role, within, finding)
        case who.Manager(of=of, level=level, when_missing=when_missing):
            return _manager(finding, of, level, when_missing)
        case who.ManagerChain(of=of, until=until, levels=levels):
            return tuple(_chain(finding, of, until, levels or MOST_LEVELS))
        case who.DepartmentHead(of=of, climb=climb):
            return (_head(finding, of, climb),)
        case who.FieldOf(path=path):
            return organisation.users_at(path)
        case who.Computed(source=source):
            return organisation.users_of(source, finding.submitter)
        case who.SubmitterPicks():
            return ()


def _members(role: str, within: str, finding: _Finding) -> tuple[str, ...]:
    """Members of a role, or those of them whose own field is the same; nobody where there is nothing to compare with."""
    members = finding.organisation.members(role)
    if not within:
        return members
    first, _, rest = within.partition(".")
    name = within.rpartition(".")[2]
    wanted = finding.organisation.attribute(finding.anchor(first), rest) if first in who.ANCHORS else finding.organisation.value_at(within)
    return tuple(one for one in members if wanted not in (None, "") and finding.organisation.attribute(one, name) == wanted)


def _manager(finding: _Finding, of: str, level: int, when_missing: str) -> tuple[str, ...]:
    """The manager so many levels up; where the tree is lower, nobody or the highest there is."""
    person = finding.anchor(of)
    above = list(finding.above(person)) if person else []
    if len(above) >= level:
        return (above[level - 1],)
    return tuple(above[-1:]) if when_missing == "top" else ()


def _chain(finding: _Finding, of: str, until: str, levels: int) -> Iterator[str]:
    """Each manager in turn, up to and with the first who has the role."""
    person = finding.anchor(of)
    last = set(finding.organisation.members(until)) if until else set()
    for number, manager in enumerate(finding.above(person) if person else (), 1):
        yield manager
        if manager in last or number >= levels:
            return


def _head(finding: _Finding, of: str, climb: bool) -> str:
    """The head of somebody's team, or of the nearest team above that has one."""
    team = finding.organisation.team(finding.anchor(of))
    seen: set[str] = set()
    while team and team not in seen:
        seen.add(team)
        head = finding.organisation.head(team)
        if head or not climb:
            return head
        team = finding.organisation.parent(team)
    if team in seen and team:
        finding.warnings.append(f"team_circle:{team}")
    return ""
