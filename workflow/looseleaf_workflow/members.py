"""Groups of people that metadata names for rotation and pools: by role, by team, by user, each perhaps with a weight.

`MEMBERS` is what may be written: `sales_rep` (a role), `{role: sales_rep, team: 华东}` (both must hold), `{user: lin@firm.cn, weight: 2}`,
or a list of such. Teams and users are records: that they exist is known only when they are looked up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, select

from looseleaf_metadata.kinds.base import NAME, Schema, either, listing, mapping, text
from looseleaf_metadata.texts import Text
from looseleaf_workflow.who_checks import known_role

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_platform.records.runtime import Runtime

WEIGHT: Schema = {"type": "integer", "minimum": 1, "maximum": 100}
ENTRY = mapping({"role": NAME, "team": text(maxLength=120), "user": text(maxLength=200), "weight": WEIGHT}, minProperties=1)
MEMBERS: Schema = either(string=NAME, object=ENTRY, array=listing(either(string=NAME, object=ENTRY), minItems=1))


@dataclass(frozen=True, slots=True)
class Entry:
    """Everyone with `role`, in `team` or a team below it, or the one user with that e-mail address; what is "" does not matter."""

    role: str = ""
    team: str = ""
    user: str = ""
    weight: int = 1


Members = tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a group. `state`: "active", "on_leave" or "gone"; `manager`: a user's id or None."""

    id: int
    weight: int
    state: str
    manager: int | None


def build_members(document: Document, run: Compilation, pointer: str, written: Any, source: str) -> Members:
    """The entries at a pointer, with edges to their roles; what is wrong is reported and left out."""
    several = isinstance(written, list)
    found = []
    for index, one in enumerate(written if several else [written]):
        at = f"{pointer}/{index}" if several else pointer
        data: Mapping[str, Any] = {"role": one} if isinstance(one, str) else one
        if not {"role", "team", "user"} & data.keys():
            run.report(document, at, "missing-key", Text("say which role, team or user"))
            continue
        if "user" in data and {"role", "team"} & data.keys():
            run.report(document, at, "no-effect", Text("one user needs no role and no team"))
        if "role" in data and not known_role(document, run, at if isinstance(one, str) else f"{at}/role", data["role"], source):
            continue
        found.append(Entry(data.get("role", ""), data.get("team", ""), data.get("user", ""), data.get("weight", 1)))
    return tuple(found)


def read_members(connection: Connection, runtime: Runtime, members: Members) -> list[Member]:
    """Who they are today, each once, with the weight of the first entry that names them, in the order of their ids. Without those who are gone."""
    found: dict[int, Member] = {}
    for entry in members:
        for row in connection.execute(_statement(runtime, entry)):
            found.setdefault(row.id, Member(row.id, entry.weight, row.state or "active", row.manager))
    return [found[id] for id in sorted(found) if found[id].state != "gone"]


def belongs(connection: Connection, runtime: Runtime, members: Sequence[Entry], user: int | None) -> bool:
    """Whether somebody is one of them."""
    return user is not None and any(
        connection.execute(_statement(runtime, entry).where(runtime.object("user").table.c.id == user)).first() is not None
        for entry in members
    )


def _statement(runtime: Runtime, entry: Entry) -> Select[Any]:
    users = runtime.object("user")
    place = users.table
    statement = select(place.c.id, users.fields["state"].main.label("state"), users.fields["manager"].main.label("manager")).where(
        place.c.deleted_at.is_(None)
    )
    if entry.user:
        return statement.where(users.fields["email"].main == entry.user)
    if entry.role:
        holders = runtime.object("role_member")
        holding = select(holders.fields["user"].main).where(holders.fields["role"].main == entry.role, holders.table.c.deleted_at.is_(None))
        statement = statement.where(place.c.id.in_(holding))
    if entry.team:
        statement = statement.where(users.fields["team"].main.in_(select(_teams(runtime, entry.team).c.id)))
    return statement


def _teams(runtime: Runtime, name: str) -> Any:
    """The team of that name and all below it."""
    teams = runtime.object("team")
    top = select(teams.table.c.id).where(teams.fields["name"].main == name, teams.table.c.deleted_at.is_(None))
    below = top.cte("below", recursive=True)
    child = teams.table.alias()
    parent = child.c[teams.fields["parent"].main.name]
    return below.union(select(child.c.id).where(parent == below.c.id, child.c.deleted_at.is_(None)))
