"""That records were converted: read for people who may know where they went, noted by those who convert."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import decode, encode
from looseleaf_workflow.conversions.definition import Conversion
from looseleaf_workflow.conversions.tables import converted_record

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one target. `title`: as far as the reader may see the record, "" otherwise; `how`: "made", or "taken" as it was there."""

    target: str
    object: str
    id: int
    how: Literal["made", "taken"]
    title: str = ""
    seen: bool = True


@dataclass(frozen=True, slots=True)
class Became:
    """Where a record went, when, and by whom."""

    conversion: Conversion
    at: datetime
    actor: int | None
    outcomes: tuple[Outcome, ...]

    def said(self, context: Context) -> Text:
        """In a sentence, as far as its reader may know."""
        labels = [(context.model.objects[one.object].label.text(context.locale), one.title) for one in self.outcomes if one.seen]
        where = "; ".join(f"{label} “{title}”" if title else label for label, title in labels)
        day = self.at.astimezone(ZoneInfo(context.actor.timezone)).date().isoformat()
        return Text("It was converted on {day}: {where}", day=day, where=where) if where else Text("It was converted on {day}", day=day)


def became_of(context: Context, conversion: Conversion, ids: Sequence[int], connection: Connection | None = None) -> dict[int, Became]:
    """Where those of the records went that were converted, with the titles that the actor may see."""
    if connection is None:
        with context.workspace.database.read() as opened:
            rows = _rows(opened, conversion, ids)
    else:
        rows = _rows(connection, conversion, ids)
    names = {thing.id: name for name, thing in context.model.objects.items()}
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for row in rows:
        for one in row.became:
            if one["object_id"] in names:
                wanted[names[one["object_id"]]].add(decode(one["id"]))
    titles: dict[int, str] = {}
    seen: set[int] = set()
    for name, found in wanted.items():
        if context.profile.can(name, "read"):
            seen |= read.reachable(context, name, found)
            titles |= read.titles(context, name, found)
    return {row.record_id: Became(conversion, row.at, row.actor, tuple(_outcomes(row.became, names, titles, seen))) for row in rows}


def _outcomes(became: Sequence[Mapping[str, Any]], names: Mapping[str, str], titles: Mapping[int, str], seen: set[int]) -> Any:
    for one in became:
        id = decode(one["id"])
        if one["object_id"] in names:
            yield Outcome(one["target"], names[one["object_id"]], id, one["how"], titles.get(id, ""), id in seen)


def _rows(connection: Connection, conversion: Conversion, ids: Sequence[int]) -> list[Any]:
    found: list[Any] = []
    for start in range(0, len(ids), CHUNK):
        where = (converted_record.c.record_id.in_(ids[start : start + CHUNK]), converted_record.c.conversion_id == conversion.id)
        found += connection.execute(select(converted_record).where(*where))
    return found


def note(connection: Connection, context: Context, conversion: Conversion, became: Mapping[int, Sequence[Outcome]]) -> None:
    """Note that records are converted. Whoever comes second breaks the key, and finds out where they went."""
    thing = context.model.objects[conversion.object]
    rows = [
        {
            "record_id": id,
            "conversion_id": conversion.id,
            "object_id": thing.id,
            "at": context.now,
            "actor": context.actor.id,
            "operation": None,
            "became": [
                {"target": one.target, "object_id": context.model.objects[one.object].id, "id": encode(one.id), "how": one.how}
                for one in outcomes
            ],
        }
        for id, outcomes in sorted(became.items())
    ]
    connection.execute(insert(converted_record), rows)
