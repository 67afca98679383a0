"""`who`: one grammar for people, wherever metadata names them: approvers, readers, assignees, people to notify.

A document says `owner`, `{role: legal}`, `{manager: {of: submitter, level: 2}}` or a list of such, which is their union in this order.
These are the values; what may be written and how it is checked is in who_checks.py, who that is on a given day in people.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from looseleaf_workflow.frozen_json import Tagged


@dataclass(frozen=True, slots=True)
class User(Tagged):
    """One user, by e-mail address or external key."""

    name: str


@dataclass(frozen=True, slots=True)
class RoleMembers(Tagged):
    """Everyone with a role; `within` is a path such as submitter.region: only those whose own region is the same."""

    role: str
    within: str = ""


@dataclass(frozen=True, slots=True)
class Manager(Tagged):
    """The manager `level` levels above somebody. `of` is an anchor (submitter, owner, holder) or a field of the record.

    `when_missing` decides where the tree is not that high: "empty" gives nobody, "top" the highest there is.
    """

    of: str = "submitter"
    level: int = 1
    when_missing: str = "empty"


@dataclass(frozen=True, slots=True)
class ManagerChain(Tagged):
    """Each manager above somebody in turn: up to and with the first who has the role `until`, or `levels` of them (0: all)."""

    of: str = "submitter"
    until: str = ""
    levels: int = 0


@dataclass(frozen=True, slots=True)
class DepartmentHead(Tagged):
    """The head of somebody's team; `climb`: of the nearest team above that has one."""

    of: str = "submitter"
    climb: bool = True


@dataclass(frozen=True, slots=True)
class FieldOf(Tagged):
    """Who stands in a field of the record, or of a record reached from it."""

    path: str


@dataclass(frozen=True, slots=True)
class Computed(Tagged):
    """Whom an expression gives: a user or nobody."""

    source: str


@dataclass(frozen=True, slots=True)
class SubmitterPicks(Tagged):
    """Whom the submitter picks, from `among` (anybody if empty), at least `fewest` and at most `most` (0: no limit)."""

    among: tuple[Person, ...] = ()
    fewest: int = 1
    most: int = 0


@dataclass(frozen=True, slots=True)
class Anchor(Tagged):
    """Somebody whom the flow knows: "submitter", "owner" (of the record, on that day) or "holder" (of the task at hand)."""

    name: str


Person = User | RoleMembers | Manager | ManagerChain | DepartmentHead | FieldOf | Computed | SubmitterPicks | Anchor
Who = tuple[Person, ...]

ANCHORS = ("submitter", "owner", "holder")


def people_named(written: Any) -> Who:
    """A `who` as it is written in checked metadata, read. Raises LookupError for a word that is none of it."""
    entries = written if isinstance(written, list | tuple) else (written,)
    return tuple(dict.fromkeys(_entry(entry) for entry in entries))


def _entry(written: Any) -> Person:
    if isinstance(written, str):
        return Anchor(written) if written in ANCHORS else READERS[written]({written: {}})
    return READERS[next((word for word in READERS if word in written), "")](written)


def settings_of(written: Any) -> Mapping[str, Any]:
    """The settings of a word that takes them; a text alone says whose."""
    return {"of": written} if isinstance(written, str) else written


def _manager(entry: Mapping[str, Any]) -> Person:
    settings = settings_of(entry["manager"])
    return Manager(settings.get("of", "submitter"), settings.get("level", 1), settings.get("when_missing", "empty"))


def _chain(entry: Mapping[str, Any]) -> Person:
    settings = settings_of(entry["manager_chain"])
    return ManagerChain(settings.get("of", "submitter"), settings.get("until", {}).get("role", ""), settings.get("levels", 0))


def _head(entry: Mapping[str, Any]) -> Person:
    settings = settings_of(entry["dept_head"])
    return DepartmentHead(settings.get("of", "submitter"), settings.get("climb", True))


def _picks(entry: Mapping[str, Any]) -> Person:
    settings = entry["submitter_picks"]
    among = people_named(settings["among"]) if "among" in settings else ()
    return SubmitterPicks(among, settings.get("fewest", 1), settings.get("most", 0))


READERS: Mapping[str, Callable[[Mapping[str, Any]], Person]] = {
    "user": lambda entry: User(entry["user"]),
    "role": lambda entry: RoleMembers(entry["role"], entry.get("in", "")),
    "manager": _manager,
    "manager_chain": _chain,
    "dept_head": _head,
    "field": lambda entry: FieldOf(entry["field"]),
    "expr": lambda entry: Computed(entry["expr"]),
    "submitter_picks": _picks,
}
"""By the word that names the people."""
