"""The stage of one scenario: its people, teams and records by the names that the scenario gives them.

Knows nothing of steps: it turns names into ids and values, and makes callers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from looseleaf_metadata.model import Field
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace

DEFAULT_NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
GIVEN = frozenset({"stages"})
"""What is given has come to where it is before the scenario begins: no gate asks how."""
REFERENCE_TYPES = frozenset({"lookup", "user", "team", "many_to_many"})


class MovableClock:
    """Business time that a scenario sets; it stands still otherwise."""

    def __init__(self) -> None:
        self.now = DEFAULT_NOW

    def __call__(self) -> datetime:
        return self.now

    def set(self, text: str, timezone: str) -> None:
        """Set from "2026-03-02 10:00", with a zone's name after it or in `timezone`. Raises ValueError."""
        day, clock, place = [*text.split(), *("", "00:00", timezone)[len(text.split()) :]]
        self.now = datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=ZoneInfo(place)).astimezone(UTC)


class Stage:
    """People and records of one scenario in one scratch workspace."""

    def __init__(self, workspace: Workspace, clock: MovableClock) -> None:
        self.workspace, self.clock = workspace, clock
        self.timezone = workspace.runtime.model.defaults.timezone
        self.people: dict[str, int] = {}
        self.teams: dict[str, int] = {}
        self.records: dict[str, tuple[str, int]] = {}

    def set(self, given: Mapping[str, Any]) -> None:
        """Put everything that is given in place. Raises Refused where a given record breaks a rule."""
        if "now" in given:
            self.clock.set(str(given["now"]), self.timezone)
        for name, parent in self._team_rows(given).items():
            values = {"name": name, **({"parent": self.teams[parent]} if parent else {})}
            self.teams[name] = self._make("team", values)
        for name, person in given.get("people", {}).items():
            self._add_person(name, person)
        above = {name: person["manager"] for name, person in given.get("people", {}).items() if "manager" in person}
        changes = [Change("update", "user", self.people[name], {"manager": self.people[boss]}) for name, boss in above.items()]
        if changes:
            write(self.workspace.context(SYSTEM, source="scenario"), changes, Operation("scenario", reason="given"))
        for row in given.get("records", ()):
            (object_name, name), *_ = row.items()
            values = {key: value for key, value in row.items() if key != object_name}
            self.records[str(name)] = (object_name, self._make(object_name, self.resolve(object_name, values)))

    def _team_rows(self, given: Mapping[str, Any]) -> dict[str, str]:
        """Team names with their parents' names, parents first; teams that only people name have no parent."""
        declared = given.get("teams", {})
        rows = dict.fromkeys(declared, "") if not isinstance(declared, Mapping) else {name: str((entry or {}).get("parent", "")) for name, entry in declared.items()}  # fmt: skip
        for person in given.get("people", {}).values():
            if person.get("team"):
                rows.setdefault(str(person["team"]), "")
        return rows

    def _add_person(self, name: str, person: Mapping[str, Any]) -> None:
        values: dict[str, Any] = {"name": name, "email": f"{name}@scenario.example", "timezone": self.timezone}
        if "locale" in person:
            values["locale"] = person["locale"]
        if person.get("team"):
            values["team"] = self.teams[str(person["team"])]
        self.people[name] = self._make("user", values)
        roles = [person["role"]] if "role" in person else list(person.get("roles", ()))
        for role in roles:
            self._make("role_member", {"user": self.people[name], "role": role})

    def _make(self, object_name: str, values: Mapping[str, Any]) -> int:
        context = self.workspace.context(SYSTEM, source="scenario")
        given = Operation("scenario", reason="given", exemptions=GIVEN)
        written = write(context, [Change("create", object_name, values=values)], given).written[0]
        if written.id is None:
            raise AssertionError("a created record has an id")
        return written.id

    def caller(self, name: str | None) -> Context:
        """The person called `name` at work, the system without a name."""
        actor = SYSTEM if name is None else self.workspace.actor(self.people[name])
        return self.workspace.context(actor, source="scenario")

    def resolve(self, object_name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Raw values with the names of people, teams and records turned into ids, in lines too."""
        fields = self.workspace.runtime.model.object(object_name).fields
        return {name: self._resolved(fields.get(name), value) for name, value in values.items()}

    def _resolved(self, field: Field | None, value: Any) -> Any:
        if field is None or value is None:
            return value
        if field.type == "lines":
            return [self.resolve(field.target, row) for row in value]
        if field.type in REFERENCE_TYPES:
            return [self._id_of(item) for item in value] if isinstance(value, list | tuple) else self._id_of(value)
        return value

    def _id_of(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value in self.records:
            return self.records[value][1]
        return self.people.get(value, self.teams.get(value, value))

    def situation(self) -> Situation:
        """How values written in the scenario are to be read."""
        defaults = self.workspace.runtime.model.defaults
        return Situation(timezone=self.timezone, currency=defaults.currency, phone_region=defaults.phone_region, now=self.clock.now)
