"""Whether a change sets an automation off, and if not, why not: the first thing that speaks against it. Asked when it happens, and
again by whoever wants to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from looseleaf_metadata.texts import Text
from looseleaf_platform.database.system_tables import operation
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.automations.definition import DEEPEST, PER_CHAIN, PER_HOUR, Automation
from looseleaf_workflow.automations.events import Event
from looseleaf_workflow.automations.language import Unanswerable
from looseleaf_workflow.automations.switches import is_off
from looseleaf_workflow.automations.tables import automation_run
from looseleaf_workflow.automations.triggers import TRIGGERS
from looseleaf_workflow.automations.triggers.became_true import became_true

EXEMPTION = "automations"
"""The name of the recorded exemption by which a write sets off no automation."""
TOO_OFTEN = "too-often"
LOOPS = frozenset({"deep", "again-in-chain", TOO_OFTEN})
"""Reasons that are kept as runs that were stopped, for somebody to see."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an automation does not run. `code` is for programs."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a change comes from. `cause`: the run whose step made it, None for people; `depth`: how many automations led to it.

    `exempt`: whoever made it left automations out, as one may at an import with the ability `exemptions`.
    """

    operation: int
    source: str
    actor: int | None
    revision: int
    chain: str
    cause: int | None = None
    cause_automation: str = ""
    depth: int = 0
    exempt: bool = False


def origin_of(connection: Connection, operation_id: int) -> Origin | None:
    """What is known of an operation; None if there is none."""
    row = connection.execute(select(operation).where(operation.c.id == operation_id)).first()
    if row is None:
        return None
    caused = None
    if row.cause is not None:
        statement = select(automation_run.c.automation_id, automation_run.c.depth).where(automation_run.c.id == row.cause)
        caused = connection.execute(statement).first()
    chain = row.chain or encode(row.id)
    if caused is None:
        return Origin(row.id, row.source, row.actor, row.revision, chain, exempt=EXEMPTION in (row.exemptions or ()))
    return Origin(row.id, row.source, row.actor, row.revision, chain, row.cause, caused.automation_id, caused.depth)


def why_not(automation: Automation, event: Event, origin: Origin, off: frozenset[str]) -> Reason | None:
    """The first thing that keeps an automation from running for a change; None where it runs."""
    trigger = TRIGGERS[automation.trigger]
    if is_off(off, automation.id):
        return Reason("off", Text("It is switched off"))
    if origin.exempt:
        return Reason("exempt", Text("Automations were left out of this change"))
    if origin.source not in automation.sources:
        return Reason("source", Text("It does not listen to changes by '{source}'", source=origin.source))
    try:
        if not trigger.matches(event, automation.options):
            return Reason("trigger", trigger.why)
        unmet = _condition(automation, event)
    except Unanswerable as error:
        return Reason("unanswerable", error.message)
    except ArithmeticError:
        return Reason("unanswerable", Text("Its condition came to a number too large to hold"))
    if origin.cause_automation == automation.id and not automation.loop.get("reentrant"):
        return Reason("own-write", Text("The change was its own"))
    return unmet or _loop(automation, event, origin)


def _condition(automation: Automation, event: Event) -> Reason | None:
    condition = automation.data.get("when")
    if condition is None:
        return None
    if not event.held_after(condition):
        return Reason("condition", Text("The condition did not hold: {expression}", expression=condition))
    if automation.data.get("once") and not became_true(event, condition):
        return Reason("held-before", Text("The condition held before already: {expression}", expression=condition))
    return None


def _loop(automation: Automation, event: Event, origin: Origin) -> Reason | None:
    """Whether too much led to this change already."""
    if origin.depth >= DEEPEST:
        return Reason("deep", Text("{count} automations in a row led to this change", count=origin.depth))
    runs = automation_run.c
    mine = (runs.automation_id == automation.id, runs.record_id == event.record_id, runs.state != "loop_stopped")
    others = (*mine, runs.key != key_of(automation, event))
    most = automation.loop.get("per_chain", PER_CHAIN)
    if _count(event.connection, *others, runs.chain == origin.chain) >= most:
        return Reason("again-in-chain", Text("It ran for this record in the same chain already"))
    hourly = automation.loop.get("per_hour", PER_HOUR)
    if _count(event.connection, *others, runs.created_at > event.context.now - timedelta(hours=1)) >= hourly:
        return Reason(TOO_OFTEN, Text("It ran {count} times for this record within an hour", count=hourly))
    return None


def _count(connection: Connection, *where: Any) -> int:
    return connection.scalar(select(func.count()).select_from(automation_run).where(*where)) or 0


def key_of(automation: Automation, event: Event) -> str:
    """What is the same whenever this rule meets this change."""
    return f"{automation.id}:{encode(event.operation)}:{encode(event.record_id)}"


def data_of(event: Event, origin: Origin) -> Mapping[str, Any]:
    """What a run keeps of what set it off."""
    return {**event.as_data(), "actor": origin.actor, "source": origin.source}
