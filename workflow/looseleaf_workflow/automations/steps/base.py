"""What a step is. Adding one: a file here with a StepType, and a line in __init__.py.

A step first says what it would do (`plan`: JSON, shown in the history and in a dry run, without any effect), then does it. `perform`
works within one transaction together with the note that it is done: exactly once. `send` works outside of any transaction: at least once,
with the same key each time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from looseleaf_metadata.kinds.base import NAME, Schema, mapping, text
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import LooseleafError
from looseleaf_platform.records.requests import Operation
from looseleaf_platform.records.writing.scope import Scope
from looseleaf_workflow.automations.draft import Draft
from looseleaf_workflow.automations.sending import Receipt

Options = Mapping[str, Any]


def words(longest: int) -> Schema:
    """The schema of a text that people read: one for all languages, or `{zh: …, en: …}`."""
    each = text(maxLength=longest)
    return {"x-by-json-type": {"string": each, "object": mapping({"zh": each, "en": each}, minProperties=1)}, "x-expects": "label"}


class Failed(LooseleafError):
    """A step can't be done, and trying again would not help."""


class Gone(LooseleafError):
    """The record is not there any more."""

    def __init__(self) -> None:
        super().__init__(Text("The record is not there any more"))


@dataclass(eq=False)
class Work:
    """What a step works with. `context`: of the identity that the automation runs as; `scope`: the record as it is now, for expressions.

    `run_id`: None where no run does it; `key`: the same whenever this step of this run is tried, and no other's. `event`: what set the run off.
    """

    connection: Connection
    context: Context
    run_id: int | None
    key: str
    scope: Scope
    object: str
    record_id: int
    event: Options
    operation: Operation
    calendar: Any
    zone: str

    @property
    def now(self) -> datetime:
        """Business time, UTC."""
        return self.context.now


Check = Callable[[Draft, str, Options], None]
Plan = Callable[[Work, Options], dict[str, Any]]
Perform = Callable[[Work, Options, Mapping[str, Any]], Any]


Send = Callable[[Mapping[str, Any], str], Receipt]


def nothing(work: Work, options: Options, planned: Mapping[str, Any]) -> Any:
    """No effect of its own."""
    return None


@dataclass(frozen=True, slots=True)
class StepType:
    """`keys`: its options' schemas. `send`: does what was planned outside of the database, instead of `perform`. `held`: by the runner itself."""

    name: str
    keys: Mapping[str, Schema]
    check: Check
    plan: Plan
    perform: Perform = nothing
    send: Send | None = None
    required: tuple[str, ...] = ()
    held: bool = False

    @property
    def schema(self) -> Schema:
        """The schema of the step: its word is the first key, the value its name."""
        return mapping({self.name: NAME, **self.keys}, (self.name, *self.required))
