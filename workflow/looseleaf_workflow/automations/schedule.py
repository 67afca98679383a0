"""Automations that go by the clock: schedules, and dates of records. Looked after in rounds: each looks at the time since the last one.

A round reads the time once, for the comparison and for the note up to when it was looked. What it finds becomes a run under a key of the rule,
the moment and the record, so that a round that is repeated, or made by two processes, makes nothing twice. A record whose date moves is
simply found at another moment, and one without a date or deleted is not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select, update

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Query
from looseleaf_platform.records.writing.plan import Plans
from looseleaf_workflow.automations import cron
from looseleaf_workflow.automations.definition import Automation, automations_of
from looseleaf_workflow.automations.events import Event, dumped, image_scope, relations_of
from looseleaf_workflow.automations.language import expression_at, holds
from looseleaf_workflow.automations.starting import keep_versions, new_run, start_runs
from looseleaf_workflow.automations.switches import is_off, switched_off
from looseleaf_workflow.automations.tables import automation_scan
from looseleaf_workflow.automations.verdicts import Origin, data_of
from looseleaf_workflow.calendars.timetable import from_wall

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
FRESH = timedelta(minutes=5)
"""How late a scheduled moment may be noticed and still not count as missed."""
CHUNK = 200
NOTED = timedelta(minutes=1)
"""How often rounds that find nothing are noted: looking again at the same minute finds nothing twice, and costs no write."""
PAUSE = timedelta(seconds=5)
"""How long after a round the next one may begin: what goes by the clock fires within it."""


def tick(workspace: Workspace) -> None:
    """One round over all rules that go by the clock. A chore."""
    context = workspace.context(SYSTEM, "automation")
    rules = [one for one in automations_of(context.model) if one.trigger in ("cron", "date")]
    if not rules:
        return
    now = context.now
    with workspace.database.read() as connection:
        scanned = {row.automation_id: row.until for row in connection.execute(select(automation_scan))}
        off = switched_off(connection)
    for rule in rules:
        since = scanned.get(rule.id)
        if since is None:
            _note(workspace, rule, now, new=True)
        elif now - since >= PAUSE:
            found = not is_off(off, rule.id) and (_by_cron if rule.trigger == "cron" else _by_date)(context, rule, since, now)
            if found or now - since >= NOTED:
                _note(workspace, rule, now, new=False)


def _note(workspace: Workspace, rule: Automation, now: datetime, new: bool) -> None:
    """Keep up to when a rule was looked after; never an earlier moment than is known."""
    with workspace.database.write() as connection:
        known = connection.scalar(select(automation_scan.c.until).where(automation_scan.c.automation_id == rule.id).with_for_update())
        if known is None and new:
            connection.execute(insert(automation_scan), {"automation_id": rule.id, "until": now})
        elif known is not None and known < now:
            connection.execute(update(automation_scan).where(automation_scan.c.automation_id == rule.id).values(until=now))


def _store(context: Context, rule: Automation, object_id: str, found: Iterable[tuple[int, datetime, Mapping[str, Any]]], why: str) -> None:
    """Make runs of (record, moment, image), a chunk at a time."""
    rows: list[dict[str, Any]] = []
    for record, moment, image in found:
        event = {"kind": why, "at": moment.isoformat(), "before": {}, "after": dict(image), "changed": []}
        key = f"{rule.id}:{moment.isoformat()}:{encode(record)}"
        rows.append(new_run(rule.id, rule.name, rule.version, key, object_id, record, context, event=event, source=why))
        if len(rows) == CHUNK:
            _flush(context, rule, rows)
            rows = []
    _flush(context, rule, rows)


def _flush(context: Context, rule: Automation, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        with context.workspace.database.write() as connection:
            keep_versions(connection, context, [rule])
            start_runs(connection, context, rows)


# --- schedules


def _by_cron(context: Context, rule: Automation, since: datetime, now: datetime) -> bool:
    """Whether a moment of the schedule has come; the runs for it are stored."""
    zone = rule.options.get("timezone") or context.model.defaults.timezone
    moments = cron.between(cron.parse_cron(rule.options["cron"]), zone, since, now)
    kept = missed_kept(moments, now, rule.options.get("catch_up", "last"))
    condition = rule.data.get("when")
    expression = expression_at(context.runtime, rule.object, condition)[0] if condition else None
    plan = Plans.of(context.runtime)[rule.object]
    for moment in kept:
        ids = (
            record.id for record in read.stream(context, rule.object, Query(expression=expression, sort=("id",), fields=("id",), size=200))
        )
        while some := list(islice(ids, CHUNK)):
            with context.workspace.database.read() as connection:
                images = [(id, moment, image) for id, image in _images(connection, plan, some)]
            _store(context, rule, plan.id, images, "schedule")
    return bool(moments)


def missed_kept(moments: Sequence[datetime], now: datetime, catch_up: str) -> list[datetime]:
    """Which scheduled moments are run for: those just now, and of those that were missed none, the last or all."""
    if catch_up == "all":
        return list(moments)
    if catch_up == "last":
        return list(moments[-1:])
    return [moment for moment in moments if now - moment <= FRESH]


def _images(connection: Connection, plan: Any, ids: list[int]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for row in connection.execute(plan.select_by_ids, {"ids": ids}):
        yield row.id, dumped(plan, row)


# --- dates of records


def _by_date(context: Context, rule: Automation, since: datetime, now: datetime) -> bool:
    """Whether the moment of some record has come; the runs for them are stored."""
    plan = Plans.of(context.runtime)[rule.object]
    with context.workspace.database.read() as connection:
        found = list(_due(connection, context, rule, plan, since, now))
    _store(context, rule, plan.id, found, "date")
    return bool(found)


def _due(
    connection: Connection, context: Context, rule: Automation, plan: Any, since: datetime, now: datetime
) -> Iterator[tuple[int, datetime, Mapping[str, Any]]]:
    """Records whose moment lies in (since, now], found by a range of their dates."""
    field = plan.fields[rule.options["date"]]
    column, shift = plan.table.c[field.keys[0]], offset(rule.options)
    low, high = since - shift, now - shift
    if rule.options and field.type.expression_type(field.field.settings, ()).kind.value == "date":
        low, high = low.date() - timedelta(days=2), high.date() + timedelta(days=2)  # type: ignore[assignment]
    where = (column >= low, column <= high, plan.table.c.deleted_at.is_(None))
    relations = relations_of(connection, context)
    for row in connection.execute(select(*plan.columns).where(*where).order_by(plan.table.c.id)):
        moment = moment_of(rule.options, field.load(row), context.model.defaults.timezone)
        if not since < moment <= now:
            continue
        image = dumped(plan, row)
        if "when" not in rule.data or holds(context.runtime, image_scope(context, plan, row.id, image, relations), rule.data["when"]):
            yield row.id, moment, image


def offset(options: Mapping[str, Any]) -> timedelta:
    """How far the moment lies after the date; less than nothing where it lies before it."""
    for key, sign in (("before", -1), ("after", 1)):
        if key in options:
            amount, unit = str(options[key]).split()
            return UNITS[unit.removesuffix("s")] * int(amount) * sign
    return timedelta(0)


def moment_of(options: Mapping[str, Any], value: date | datetime, timezone: str) -> datetime:
    """The moment that a date of a record means, in UTC."""
    if isinstance(value, datetime):
        return value + offset(options)
    hour, _, minute = str(options.get("at", "00:00")).partition(":")
    day = value + offset(options)
    return from_wall(datetime.combine(day, time(int(hour), int(minute))), ZoneInfo(timezone)).astimezone(UTC)


def past_dates(event: Event, origin: Origin, rules: Iterable[Automation], off: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Runs for a record that was just given a date whose moment is over already, for rules that say `if_past: now`."""
    for rule in rules:
        if rule.trigger != "date" or rule.options.get("if_past") != "now" or is_off(off, rule.id):
            continue
        name = rule.options["date"]
        value = None if event.kind == "delete" or name not in event.changed else event.scope_after[name]
        if value is None:
            continue
        moment = moment_of(rule.options, value, event.context.model.defaults.timezone)
        if moment > event.context.now or ("when" in rule.data and not event.held_after(rule.data["when"])):
            continue
        key = f"{rule.id}:{moment.isoformat()}:{encode(event.record_id)}"
        more: dict[str, Any] = {"event": dict(data_of(event, origin)), "source": origin.source, "actor": origin.actor}
        yield new_run(
            rule.id,
            rule.name,
            rule.version,
            key,
            event.plan.id,
            event.record_id,
            event.context,
            chain=origin.chain,
            depth=origin.depth + 1,
            **more,
        )
