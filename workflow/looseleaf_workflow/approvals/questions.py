"""What `decide` may have to ask, and the answers it is given: the facts. Whoever runs a flow answers from the database and calls again.

Every question is a value, so facts are a mapping from question to answer. Answers that matter later are stored in events: replaying
events asks nothing. People are texts (ids of users); the administrators together are ADMINS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_workflow import frozen_json
from looseleaf_workflow.frozen_json import Tagged
from looseleaf_workflow.who import Person

ADMINS = "@admins"
"""Holder of tasks that any administrator may do."""
NOTHING: FrozenMap[str, Any] = FrozenMap()


@dataclass(frozen=True, slots=True)
class Resolve(Tagged):
    """Who is that, today? `person` is never SubmitterPicks. Answer: People, active ones only, in their order."""

    person: Person
    submitter: str
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Holds(Tagged):
    """Is a condition true of the record as it is now? A comparison with nothing is false. Answer: Truth."""

    expression: str
    submitter: str


@dataclass(frozen=True, slots=True)
class DueAt(Tagged):
    """When has a duration passed, by the calendar ("" for plain time)? Answer: Moment."""

    after: str
    since: datetime
    calendar: str = ""
    holder: str = ""


@dataclass(frozen=True, slots=True)
class DueMoved(Tagged):
    """A clock stood still from `paused` to `resumed`: when is due what was due at `due`? Answer: Moment."""

    due: datetime
    paused: datetime
    resumed: datetime
    calendar: str = ""
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Standing(Tagged):
    """Is somebody active, and who is above them? Answer: Colleague."""

    person: str


@dataclass(frozen=True, slots=True)
class Fits(Tagged):
    """Do the values that a change was asked for still stand, and can the record be changed so? Answer: Truth, `error` saying why not."""

    before: FrozenMap[str, Any]
    after: FrozenMap[str, Any]


@dataclass(frozen=True, slots=True)
class Delegations(Tagged):
    """What has somebody delegated? All of it, past and future. Answer: Delegated."""

    person: str


@dataclass(frozen=True, slots=True)
class Values(Tagged):
    """What stands in some fields of the record now? Answer: Record."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Callee(Tagged):
    """Which version of a called flow is in force, and on which record would it run? Answer: Called."""

    approval: str
    of: str = ""


Question = Resolve | Holds | Fits | DueAt | DueMoved | Standing | Delegations | Values | Callee


@dataclass(frozen=True, slots=True)
class People(Tagged):
    """`dropped`: named, but unknown or inactive. `warnings`: circles and the like. `error`: why nobody could be found out, with the
    `inputs` of the expression."""

    people: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str = ""
    inputs: FrozenMap[str, Any] = NOTHING


@dataclass(frozen=True, slots=True)
class Truth(Tagged):
    """`inputs`: the values that the condition read, for the trail."""

    value: bool = False
    inputs: FrozenMap[str, Any] = NOTHING
    error: str = ""


@dataclass(frozen=True, slots=True)
class Moment(Tagged):
    """A moment in UTC; `provisional` where the calendar does not know that year yet."""

    at: datetime
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Colleague(Tagged):
    """`manager` is "" at the top."""

    active: bool = True
    manager: str = ""


@dataclass(frozen=True, slots=True)
class Delegation:
    """`to` acts for somebody from `since` up to `until` (None: until further notice), in the approvals of `scope` (() for all)."""

    to: str
    since: datetime
    until: datetime | None = None
    scope: tuple[str, ...] = ()

    def covers(self, moment: datetime, approval: str) -> bool:
        """Whether it is in force at a moment for an approval."""
        return self.since <= moment and (self.until is None or moment < self.until) and (not self.scope or approval in self.scope)


@dataclass(frozen=True, slots=True)
class Delegated(Tagged):
    """The delegations of one person; the first that is in force counts."""

    delegations: tuple[Delegation, ...] = ()


@dataclass(frozen=True, slots=True)
class Record(Tagged):
    """Values as JSON: decimals and dates as text."""

    values: FrozenMap[str, Any] = NOTHING


@dataclass(frozen=True, slots=True)
class Called(Tagged):
    """`version` is the fingerprint that the child is pinned to; `record` "" where the path leads to nothing."""

    version: str
    record: str


Answer = People | Truth | Moment | Colleague | Delegated | Record | Called


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known while one command is decided: the time, and answers by question."""

    now: datetime
    answers: Mapping[Question, Answer] = field(default_factory=dict)

    def as_data(self) -> Any:
        """The facts as JSON, for the record of a command."""
        pairs = [[frozen_json.to_data(question), frozen_json.to_data(answer)] for question, answer in self.answers.items()]
        return {"now": self.now.isoformat(), "answers": pairs}

    @classmethod
    def of_data(cls, data: Any) -> Facts:
        """Facts from their JSON."""
        pairs = {frozen_json.load(Question, question): frozen_json.load(Answer, answer) for question, answer in data["answers"]}
        return cls(datetime.fromisoformat(data["now"]), pairs)
