"""Why this owner: the decisions on a record, told from the facts that were stored with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import decode
from looseleaf_workflow.assignment.tables import assign_decision

OUTCOMES = {
    "queue": Text("Nobody was found: it waits in the queue"),
    "manager": Text("Nobody was free: it went to their manager"),
    "pool": Text("Nobody was found: it went to the pool"),
}
SKIPPED = {
    "absent": Text("absent"),
    "gone": Text("no longer here"),
    "at_cap": Text("has as many as the cap allows"),
    "excluded": Text("had the chance before"),
}
SOMEBODY = Text("Somebody")


@dataclass(frozen=True, slots=True)
class Told:
    """One decision. `assignment`: its present name, its id where it is no more; `reasons`: sentences; `facts`: as they were stored."""

    at: datetime
    assignment: str
    rule: str
    outcome: str
    owner: int | None
    reasons: tuple[Text, ...]
    facts: Mapping[str, Any]


def why_owner(context: Context, object_name: str, id: int) -> list[Told]:
    """The decisions on a record that the caller may see with its owner, the newest first. Raises NotThere."""
    read.get(context, object_name, id, ("id",))
    if "owner" not in context.profile.readable(object_name):
        return []
    statement = select(assign_decision).where(assign_decision.c.record_id == id).order_by(assign_decision.c.id.desc()).limit(50)
    with context.workspace.database.read() as connection:
        rows = connection.execute(statement).all()
    names = _names(context, rows)
    written = {one.id: one.name for one in context.model.others.get("assignment", {}).values()}
    return [
        Told(
            row.at,
            written.get(row.assignment_id, row.assignment_id),
            row.rule,
            row.outcome,
            row.owner,
            tuple(_reasons(row, names)),
            row.facts or {},
        )
        for row in rows
    ]


def _names(context: Context, rows: Any) -> dict[int, str]:
    """Names of everybody that the decisions speak of, as far as the caller may see them."""
    spoken: set[int] = set()
    for row in rows:
        for facts in (row.facts or {}, *(row.facts or {}).get("tried", ())):
            spoken |= {decode(one) for one in facts.get("skipped", {})}
    return read.titles(context, "user", spoken) if spoken else {}


def _reasons(row: Any, names: Mapping[int, str]) -> Iterator[Text]:
    facts = row.facts or {}
    for one in facts.get("tried", ()):
        yield from _passed(one, names)
        yield Text("Rule “{rule}” found nobody", rule=one["rule"])
    yield from _passed(facts, names)
    if row.outcome != "assigned":
        yield OUTCOMES[row.outcome]
        return
    if "area" in facts:
        yield Text("It lies in the territory “{area}”", area=facts["area"])
    if "field" in facts:
        yield Text("Rule “{rule}”: whoever stands in '{field}'", rule=row.rule, field=facts["field"])
    elif "same" in facts:
        yield Text("Rule “{rule}”: has another record with the same '{field}'", rule=row.rule, field=facts["same"])
    elif "load" in facts:
        yield Text(
            "Rule “{rule}”: the least open work of {people} people, {load}", rule=row.rule, people=facts["people"], load=facts["load"]
        )
    else:
        yield Text("Rule “{rule}”: turn {turn} among {people} people", rule=row.rule, turn=facts["turn"], people=facts["people"])


def _passed(facts: Mapping[str, Any], names: Mapping[int, str]) -> Iterator[Text]:
    for user, why in facts.get("skipped", {}).items():
        yield Text("{person} was passed over: {reason}", person=names.get(decode(user), SOMEBODY), reason=SKIPPED[why])
