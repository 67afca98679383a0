"""Who is meant, when an automation runs: the people that `who` names, as ids of users who are not gone. Nobody twice, in the order named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from looseleaf_platform.context import Context
from looseleaf_platform.records.writing.scope import Relations
from looseleaf_workflow.automations.language import evaluate

if TYPE_CHECKING:
    from looseleaf_workflow.automations.steps.base import Work

MOST_LEVELS = 50


class People:
    """Answers questions about people from the records of users, teams and roles."""

    def __init__(self, connection: Connection, context: Context, relations: Relations) -> None:
        self.connection, self.context, self.relations = connection, context, relations

    def of(self, work: Work, who: Any) -> list[int]:
        """The users named by a `who` of a document."""
        entries = who if isinstance(who, list | tuple) else (who,)
        found = dict.fromkeys(id for entry in entries for id in self._entry(work, {entry: {}} if isinstance(entry, str) else entry))
        return [id for id in found if self._there(id)]

    def _entry(self, work: Work, entry: Mapping[str, Any]) -> Iterator[int]:
        word = next(key for key in ANSWERS if key in entry)
        yield from (id for id in ANSWERS[word](self, work, entry) if id is not None)

    def _there(self, id: int) -> bool:
        return (
            self.relations.follow("user", id, "state") in ("active", "on_leave") and self.relations.follow("user", id, "deleted_at") is None
        )

    def anchor(self, work: Work, name: str) -> list[int]:
        """The owner of the record, whoever caused the run, or the users in a field."""
        if name == "submitter":
            actor = work.event.get("actor")
            return [] if actor is None else [actor]
        value = work.scope[name]
        return [] if value is None else list(value) if isinstance(value, tuple | list) else [value]

    def chain(self, id: int, levels: int) -> list[int]:
        """The managers above somebody, the nearest first; a circle ends at the first who is there already."""
        found: list[int] = []
        above = self.relations.follow("user", id, "manager")
        while above is not None and above not in found and len(found) < levels:
            found.append(above)
            above = self.relations.follow("user", above, "manager")
        return found

    def has_role(self, role: str) -> list[int]:
        """The members of a role."""
        members = self.context.runtime.object("role_member")
        user = members.fields["user"].main
        where = (members.fields["role"].main == role, members.table.c.deleted_at.is_(None))
        return list(self.connection.scalars(select(user).where(*where).order_by(user)))

    def head(self, id: int, climb: bool) -> list[int]:
        """The head of somebody's team, or of the nearest team above that has one."""
        team, seen = self.relations.follow("user", id, "team"), set[int]()
        while team is not None and team not in seen:
            seen.add(team)
            head = self.relations.follow("team", team, "head")
            if head is not None:
                return [head]
            team = self.relations.follow("team", team, "parent") if climb else None
        return []

    def addresses(self, ids: Sequence[int]) -> list[str]:
        """The mail addresses of users who have one."""
        found = (self.relations.follow("user", id, "email") for id in ids)
        return [str(address) for address in found if address]

    def by_address(self, address: str) -> list[int]:
        """The user with that mail address."""
        users = self.context.runtime.object("user")
        where = (users.fields["email"].main == address, users.table.c.deleted_at.is_(None))
        return list(self.connection.scalars(select(users.table.c.id).where(*where)))

    def local_day(self, moment: datetime) -> date:
        """The day of a moment where the firm is."""
        return moment.astimezone(ZoneInfo(self.context.model.defaults.timezone)).date()


def _settings(entry: Mapping[str, Any], word: str) -> Mapping[str, Any]:
    written = entry[word]
    return {"of": written} if isinstance(written, str) else written


def _role(people: People, work: Work, entry: Mapping[str, Any]) -> list[int]:
    members = people.has_role(entry["role"])
    if "in" not in entry:
        return members
    first, _, rest = entry["in"].partition(".")
    whose = people.anchor(work, first) if first in ("owner", "submitter") else None
    wanted = work.scope[entry["in"]] if whose is None else people.relations.follow("user", whose[0], rest) if whose else None
    compared = entry["in"].rpartition(".")[2]
    return [id for id in members if wanted is not None and people.relations.follow("user", id, compared) == wanted]


def _manager(people: People, work: Work, entry: Mapping[str, Any]) -> list[int]:
    said = _settings(entry, "manager")
    level, found = said.get("level", 1), []
    for id in people.anchor(work, said.get("of", "submitter")):
        chain = people.chain(id, level)
        found += chain[level - 1 : level] or (chain[-1:] if said.get("when_missing") == "top" else [])
    return found


def _chain(people: People, work: Work, entry: Mapping[str, Any]) -> list[int]:
    said = _settings(entry, "manager_chain")
    last = set(people.has_role(said["until"]["role"])) if "until" in said else set()
    found: list[int] = []
    for id in people.anchor(work, said.get("of", "submitter")):
        for above in people.chain(id, said.get("levels") or MOST_LEVELS):
            found.append(above)
            if above in last:
                break
    return found


def _head(people: People, work: Work, entry: Mapping[str, Any]) -> list[int]:
    said = _settings(entry, "dept_head")
    return [head for id in people.anchor(work, said.get("of", "submitter")) for head in people.head(id, said.get("climb", True))]


def _computed(people: People, work: Work, entry: Mapping[str, Any]) -> list[int]:
    value = evaluate(people.context.runtime, work.scope, entry["expr"])
    return [] if value is None else list(value) if isinstance(value, tuple | list) else [value]


ANSWERS: Mapping[str, Callable[[People, Work, Mapping[str, Any]], Sequence[int | None]]] = {
    "owner": lambda people, work, entry: people.anchor(work, "owner"),
    "submitter": lambda people, work, entry: people.anchor(work, "submitter"),
    "user": lambda people, work, entry: people.by_address(entry["user"]),
    "role": _role,
    "manager": _manager,
    "manager_chain": _chain,
    "dept_head": _head,
    "field": lambda people, work, entry: people.anchor(work, entry["field"]),
    "expr": _computed,
}
