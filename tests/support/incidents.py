"""The incident log of UCI 498 (a real service desk's audit log, CC BY 4.0) as tickets: read, replayed by a driven clock, and worked out by itself.

Source: Amaral, Fantinato, Peres (2018), https://doi.org/10.24432/C57S4H; the copy in ../shared stops at 119,998 events.
"""

from __future__ import annotations

import csv
import gzip
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from looseleaf_workflow.tables import stage_move, stage_visit
from support.clock import FrozenClock

STATES = {
    "New": "new", "-100": "unknown", "Active": "active", "Awaiting User Info": "awaiting_user", "Awaiting Vendor": "awaiting_vendor",
    "Awaiting Problem": "awaiting_problem", "Awaiting Evidence": "awaiting_evidence", "Resolved": "resolved", "Closed": "closed",
}  # fmt: skip
DONE = ("resolved", "closed")
METADATA = f"""
object: ticket
label: {{zh: 工单, en: Ticket}}
title: number
owner: none
fields:
  number:   {{type: text, required: true}}
  priority: {{type: text}}
  group:    {{type: text}}
  changes:  {{type: integer}}
  state:    {{type: select, options: {{{", ".join(f"{name}: {name}" for name in STATES.values())}}}}}
---
pipeline: incident
object: ticket
field: state
stages:
{"".join(f"  - {{stage: {name}, skip: true}}" + chr(10) for name in STATES.values() if name != "closed")}  - {{stage: closed, closed: won}}
"""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log."""

    number: str
    at: datetime
    state: str
    values: dict[str, Any]


@dataclass
class Course:
    """What became of one ticket. `moves`: the states that it came to, and when; times are whole seconds."""

    moves: list[tuple[str, datetime]] = field(default_factory=list)
    reopened: int = 0
    resolution: int | None = None
    visits: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)


def read(path: Path, incidents: int | None = None) -> list[Event]:
    """The events of the first incidents (all: None), each incident's in the order of the log, none before the one that it follows."""
    last: dict[str, datetime] = {}
    found: list[Event] = []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            number = row["number"]
            if number not in last and incidents is not None and len(last) >= incidents:
                continue
            at = datetime.strptime(row["sys_updated_at"], "%d/%m/%Y %H:%M").replace(tzinfo=UTC)
            last[number] = max(at, last.get(number, at))
            values = {"priority": row["priority"], "group": row["assignment_group"], "changes": int(row["sys_mod_count"])}
            found.append(Event(number, last[number], STATES[row["incident_state"]], values))
    return found


def worked_out(events: Iterable[Event]) -> dict[str, Course]:
    """The courses as the file alone has them."""
    courses: defaultdict[str, Course] = defaultdict(Course)
    for event in events:
        course = courses[event.number]
        before, since = course.moves[-1] if course.moves else ("", event.at)
        if event.state == before:
            continue
        course.moves.append((event.state, event.at))
        course.visits[event.state] += 1
        if before:
            course.seconds[before] += int((event.at - since).total_seconds())
        if before in DONE and event.state not in DONE:
            course.reopened += 1
        if event.state == "resolved":
            course.resolution = int((event.at - course.moves[0][1]).total_seconds())
    return dict(courses)


def replay(
    workspace: Workspace, clock: FrozenClock, events: Sequence[Event], told: Callable[[int], None] = lambda _: None
) -> dict[str, int]:
    """Write the events as they happened: one write a moment, and one more for each further event of a ticket in it. The ids by number."""
    ids: dict[str, int] = {}
    done = 0
    for moment, now in itertools.groupby(sorted(events, key=lambda event: event.at), key=lambda event: event.at):
        clock.set(moment)
        for wave in _waves(now):
            changes = [
                Change("update", "ticket", ids[event.number], {"state": event.state, **event.values})
                if event.number in ids
                else Change("create", "ticket", values={"number": event.number, "state": event.state, **event.values})
                for event in wave
            ]
            written = write(workspace.context(SYSTEM), changes).written
            ids |= {event.number: one.id or 0 for event, one in zip(wave, written, strict=True)}
            done += len(wave)
            told(done)
    return ids


def _waves(events: Iterable[Event]) -> Iterator[list[Event]]:
    by_number: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_number[event.number].append(event)
    for wave in itertools.zip_longest(*by_number.values()):
        yield [event for event in wave if event is not None]


def stored(workspace: Workspace, ids: dict[str, int]) -> dict[str, Course]:
    """The courses as the product's history has them."""
    numbers = {id: number for number, id in ids.items()}
    courses: defaultdict[str, Course] = defaultdict(Course)
    with workspace.database.read() as connection:
        order = (stage_move.c.record_id, stage_move.c.id)
        for row in connection.execute(select(stage_move).order_by(*order)):
            course = courses[numbers[row.record_id]]
            course.moves.append((row.to_stage, row.at))
            course.reopened += row.from_stage in DONE and row.to_stage not in DONE
            if row.to_stage == "resolved":
                course.resolution = int((row.at - course.moves[0][1]).total_seconds())
        for row in connection.execute(select(stage_visit)):
            course = courses[numbers[row.record_id]]
            course.visits[row.stage] = row.visits
            course.seconds[row.stage] = row.seconds
    return {number: _plain(course) for number, course in courses.items()}


def _plain(course: Course) -> Course:
    return Course(course.moves, course.reopened, course.resolution, +course.visits, +course.seconds)


def differences(wanted: dict[str, Course], found: dict[str, Course]) -> list[str]:
    """Tickets that are not as the file has them, with what differs."""
    wrong = [f"{number} is missing" for number in wanted.keys() - found.keys()]
    for number, course in found.items():
        if _plain(wanted[number]) != course:
            wrong.append(f"{number}: {course} instead of {wanted[number]}")
    return wrong


def moves(workspace: Workspace) -> int:
    """How many moves there are."""
    with workspace.database.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(stage_move)) or 0)
