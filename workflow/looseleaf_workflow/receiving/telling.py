"""What those who look after automations are told of inbound events: the sources, the last events with what came of them; asking the rules once more.

The event as it came is for administrators: nobody's rights to fields are known of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotAllowed, NotThere
from looseleaf_platform.jobs.outbox import put
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.automations.managing import require
from looseleaf_workflow.inbound import secrets
from looseleaf_workflow.inbound.definition import KIND, Inbound, inbound_named
from looseleaf_workflow.inbound.tables import inbound_event
from looseleaf_workflow.receiving.taking import STORED, TOPIC

PAGE = 50
STATES = (STORED, "done", "unmatched", "quiet", "failed")
AGAIN = ("unmatched", "quiet", "failed")
"""Events whose rules may be asked once more."""
_events = inbound_event.c
SHOWN = tuple(column for column in inbound_event.c if column.name not in ("body", "data"))


@dataclass(frozen=True, slots=True)
class Listed:
    """A source. `counts`: events by state; `secret`: what is told of the one in force, None where nobody has made one."""

    source: Inbound
    counts: Mapping[str, int]
    secret: secrets.Known | None


def listed(context: Context) -> tuple[Listed, ...]:
    """All sources, by name. Two queries. Raises NotAllowed."""
    require(context)
    with context.workspace.database.read() as connection:
        known = secrets.known(connection, context.now)
        counted = connection.execute(
            select(_events.source_id, _events.state, func.count()).group_by(_events.source_id, _events.state)
        ).all()
    counts: dict[str, dict[str, int]] = {}
    for id, state, count in counted:
        counts.setdefault(id, {})[state] = count
    sources = sorted(context.model.others.get(KIND, {}).values(), key=lambda one: str(one.name))
    return tuple(Listed(one, counts.get(one.id, {}), known.get(one.id)) for one in sources)


def events_of(context: Context, name: str = "", *, state: str = "", before: int | None = None) -> tuple[Mapping[str, Any], ...]:
    """A page of the events of a source, or of all, the newest first; without what they say. Raises NotAllowed, NotThere."""
    require(context)
    where = [_events.source_id == inbound_named(context.model, name).id] if name else []
    where += [_events.state == state] if state else []
    where += [_events.id < before] if before is not None else []
    with context.workspace.database.read() as connection:
        rows = connection.execute(select(*SHOWN).where(*where).order_by(_events.id.desc()).limit(PAGE)).mappings().all()
    return tuple(dict(row) for row in rows)


def event_of(context: Context, name: str, id: int) -> Mapping[str, Any]:
    """One event. What it said is there for administrators only. Raises NotAllowed, NotThere."""
    require(context)
    columns = tuple(inbound_event.c) if context.profile.everything else SHOWN
    mine = (_events.source_id == inbound_named(context.model, name).id, _events.id == id)
    with context.workspace.database.read() as connection:
        row = connection.execute(select(*columns).where(*mine)).mappings().first()
    if row is None:
        raise NotThere
    return {"body": None, "data": None, **row}


def again(context: Context, name: str, id: int) -> None:
    """Ask the rules about an event once more, as they are today; those that have run for it don't run again. Raises NotAllowed, NotThere."""
    require(context)
    mine = (_events.source_id == inbound_named(context.model, name).id, _events.id == id)
    with context.workspace.writing(context) as (connection, context):
        row = connection.execute(select(_events.state, _events.data).where(*mine).with_for_update()).first()
        if row is None:
            raise NotThere
        if row.state not in AGAIN:
            raise NotAllowed(Text("Only an event of which something did not come is handled again"))
        if row.data is None:
            raise NotAllowed(Text("What this event said was erased"))
        values = {"state": STORED, "problems": [], "revision": context.runtime.revision}
        connection.execute(update(inbound_event).where(*mine).values(values))
        put(connection, context.workspace, TOPIC, {"event": encode(id)}, lane="automation")
