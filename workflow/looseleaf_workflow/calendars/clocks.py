"""A clock that keeps a promise: a target, pauses, warnings on the way, a breach, reopening. Pure: `now` and the calendar are given.

The clock remembers when it ran, never what that amounts to: elapsed time is counted anew with the calendar at hand, so an edited
calendar changes what was promised and nothing that has happened. A pause ends a run; its off-hours were no run in the first place.
A target in workhours or workdays is measured in working time, any other in real time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, Literal

from looseleaf_workflow.calendars.arithmetic import Due, add, add_worked, between, is_provisional
from looseleaf_workflow.calendars.calendar import Calendar
from looseleaf_workflow.calendars.durations import Duration, parse_duration
from looseleaf_workflow.calendars.timetable import MICROSECOND

BREACH = 100
"""The percentage of the target at which it is missed."""
NOTHING = timedelta()
Reopening = Literal["continue", "restart"]


@dataclass(frozen=True, slots=True)
class Run:
    """A time in which the clock ran; `end` is None while it does."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Elapsed:
    """What passed under earlier calendars, in both measures."""

    working: timedelta = NOTHING
    real: timedelta = NOTHING


@dataclass(frozen=True, slots=True)
class Alarm:
    """A percentage of the target that is crossed at `at`; BREACH means that the target is missed."""

    percent: int
    at: datetime
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock as it is stored. All moments are UTC.

    `budget`: the target as a length of the measure that counts. `runs`: when it ran since the present calendar applies, in order.
    `carried`: what had passed before. `sent`: percentages told in this round. `breaches`: when the target was missed, never forgotten.
    `rearm`: a warning that a change of target or calendar puts ahead again is told again.
    """

    started: datetime
    target: Duration
    budget: timedelta
    runs: tuple[Run, ...]
    warnings: tuple[int, ...] = ()
    rearm: bool = False
    carried: Elapsed = Elapsed()
    sent: frozenset[int] = frozenset()
    breaches: tuple[datetime, ...] = ()
    stopped: datetime | None = None
    round: int = 1

    @property
    def running(self) -> bool:
        """Whether time counts now."""
        return bool(self.runs) and self.runs[-1].end is None

    @property
    def breached(self) -> bool:
        """Whether the target was missed in this round."""
        return BREACH in self.sent

    def to_json(self) -> dict[str, Any]:
        """The clock as JSON; lengths in microseconds."""
        return {
            "started": self.started.isoformat(),
            "target": str(self.target),
            "budget": self.budget // MICROSECOND,
            "runs": [[run.start.isoformat(), run.end.isoformat() if run.end else None] for run in self.runs],
            "warnings": list(self.warnings),
            "rearm": self.rearm,
            "carried": [self.carried.working // MICROSECOND, self.carried.real // MICROSECOND],
            "sent": sorted(self.sent),
            "breaches": [moment.isoformat() for moment in self.breaches],
            "stopped": self.stopped.isoformat() if self.stopped else None,
            "round": self.round,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Clock:
        """The clock that `to_json` wrote."""
        moment = datetime.fromisoformat
        working, real = (length * MICROSECOND for length in data["carried"])
        return cls(
            started=moment(data["started"]),
            target=parse_duration(data["target"]),
            budget=data["budget"] * MICROSECOND,
            runs=tuple(Run(moment(start), moment(end) if end else None) for start, end in data["runs"]),
            warnings=tuple(data["warnings"]),
            rearm=data["rearm"],
            carried=Elapsed(working, real),
            sent=frozenset(data["sent"]),
            breaches=tuple(moment(written) for written in data["breaches"]),
            stopped=moment(data["stopped"]) if data["stopped"] else None,
            round=data["round"],
        )


def start(calendar: Calendar, now: datetime, target: Duration, *, warnings: tuple[int, ...] = (), rearm: bool = False) -> Clock:
    """A clock that begins to run now. `warnings`: percentages below 100 that are told on the way, each once."""
    if any(not 0 < percent < BREACH for percent in warnings):
        raise ValueError(f"warnings are percentages from 1 to 99: {warnings}")
    now = now.astimezone(UTC)
    return Clock(now, target, _budget(calendar, now, target), (Run(now),), tuple(sorted(set(warnings))), rearm)


def pause(clock: Clock, now: datetime) -> Clock:
    """The clock stands from now on; nothing changes where it stands already."""
    if not clock.running:
        return clock
    last = clock.runs[-1]
    return replace(clock, runs=(*clock.runs[:-1], Run(last.start, _not_before(clock, now))))


def resume(clock: Clock, now: datetime) -> Clock:
    """The clock runs again; nothing changes where it runs already, or was stopped for good."""
    if clock.running or clock.stopped:
        return clock
    return replace(clock, runs=(*clock.runs, Run(_not_before(clock, now))))


def stop(clock: Clock, calendar: Calendar, now: datetime) -> tuple[Clock, tuple[Alarm, ...]]:
    """What was promised is done. Alarms that were crossed before and not told are told first: a late stop is a breach."""
    if clock.stopped:
        return clock, ()
    clock, alarms = ring(clock, calendar, now)
    return replace(pause(clock, now), stopped=_not_before(clock, now)), alarms


def reopen(clock: Clock, calendar: Calendar, now: datetime, how: Reopening) -> Clock:
    """A stopped clock runs again: `continue` counts on with what had passed, `restart` begins a new round with the whole target, which
    may be missed once more. Breaches stay recorded either way. Nothing changes where the clock is not stopped."""
    if not clock.stopped:
        return clock
    now = _not_before(clock, now)
    if how == "continue":
        return resume(replace(clock, stopped=None), now)
    fresh = start(calendar, now, clock.target, warnings=clock.warnings, rearm=clock.rearm)
    return replace(fresh, breaches=clock.breaches, round=clock.round + 1)


def retarget(clock: Clock, calendar: Calendar, now: datetime, target: Duration) -> Clock:
    """Another target, counted from the original start; what has passed stays passed."""
    changed = replace(clock, target=target, budget=_budget(calendar, clock.started, target))
    return _rearmed(changed, calendar, now)


def recalculate(clock: Clock, calendar: Calendar, now: datetime) -> Clock:
    """The same calendar was edited, or a year of holidays added: counts anew from the original start."""
    if clock.carried == Elapsed():
        clock = replace(clock, budget=_budget(calendar, clock.started, clock.target))
    return _rearmed(clock, calendar, now)


def hand_over(clock: Clock, calendar: Calendar, now: datetime) -> Clock:
    """From now on another calendar applies: what passed under `calendar`, the old one, is kept; only the rest will be counted anew."""
    now = _not_before(clock, now)
    working, real = (clock.carried.working, clock.carried.real)
    for run in clock.runs:
        working += between(calendar, run.start, run.end or now)
        real += (run.end or now) - run.start
    return replace(clock, carried=Elapsed(working, real), runs=(Run(now, None if clock.running else now),))


def elapsed(clock: Clock, calendar: Calendar, now: datetime) -> timedelta:
    """How much of the target has passed, in the measure that counts; pauses left out."""
    total = clock.carried.working if clock.target.working else clock.carried.real
    return total + sum((_measure(clock, calendar, run, now) for run in clock.runs), NOTHING)


def remaining(clock: Clock, calendar: Calendar, now: datetime) -> timedelta:
    """What is left of the target; negative where it is overdue."""
    return clock.budget - elapsed(clock, calendar, now)


def due(clock: Clock, calendar: Calendar) -> Due | None:
    """When the target is missed, or was; None where the clock stands before that: nobody can know."""
    return crossing(clock, calendar, BREACH)


def crossing(clock: Clock, calendar: Calendar, percent: int) -> Due | None:
    """When so much of the target has passed; None where the clock stands before that."""
    rest = clock.budget * percent // BREACH - (clock.carried.working if clock.target.working else clock.carried.real)
    for run in clock.runs:
        passed = None if run.end is None else _measure(clock, calendar, run, run.end)
        if passed is None or rest <= passed:
            return _after(clock, calendar, run, max(rest, NOTHING))
        rest -= passed
    return None


def next_alarm(clock: Clock, calendar: Calendar) -> Alarm | None:
    """The next alarm that was not told yet, for the one timer of this clock; None where none will come while things stay as they are."""
    if clock.stopped:
        return None
    return next(iter(_alarms(clock, calendar)), None)


def ring(clock: Clock, calendar: Calendar, now: datetime) -> tuple[Clock, tuple[Alarm, ...]]:
    """The alarms that are crossed by now and were not told yet, in order; the clock remembers that they are told."""
    if clock.stopped:
        return clock, ()
    crossed = tuple(alarm for alarm in _alarms(clock, calendar) if alarm.at <= now)
    missed = tuple(alarm.at for alarm in crossed if alarm.percent == BREACH)
    told = clock.sent | {alarm.percent for alarm in crossed}
    return (replace(clock, sent=told, breaches=(*clock.breaches, *missed)), crossed) if crossed else (clock, ())


def progress(clock: Clock, calendar: Calendar, now: datetime) -> Fraction:
    """The part of the target that has passed: 1 is the breach."""
    return Fraction(elapsed(clock, calendar, now) // MICROSECOND, max(clock.budget // MICROSECOND, 1))


def _alarms(clock: Clock, calendar: Calendar) -> list[Alarm]:
    """What is still to be told, by time."""
    found = []
    for percent in (*clock.warnings, BREACH):
        moment = None if percent in clock.sent else crossing(clock, calendar, percent)
        if moment is not None:
            found.append(Alarm(percent, moment.at, moment.provisional))
    return found


def _rearmed(clock: Clock, calendar: Calendar, now: datetime) -> Clock:
    """Forgets what was told of percentages that lie ahead again, where the clock is to do so."""
    if not clock.rearm:
        return clock
    ahead = {percent for percent in clock.sent if elapsed(clock, calendar, now) < clock.budget * percent // BREACH}
    return replace(clock, sent=clock.sent - ahead)


def _budget(calendar: Calendar, started: datetime, target: Duration) -> timedelta:
    """The target as a length: what passes from the start until it is due."""
    if target.amount < 1:
        raise ValueError(f"a target takes some time: {target}")
    if target.exact is not None:
        return target.exact
    end = add(calendar, started, target).at
    return between(calendar, started, end) if target.working else end - started


def _measure(clock: Clock, calendar: Calendar, run: Run, now: datetime) -> timedelta:
    end = run.end or max(run.start, now)
    return between(calendar, run.start, end) if clock.target.working else end - run.start


def _after(clock: Clock, calendar: Calendar, run: Run, rest: timedelta) -> Due:
    """The moment at which so much has passed of a run."""
    if not clock.target.working:
        return Due(run.start + rest, _guessed(clock, calendar, run.start))
    found = add_worked(calendar, run.start, rest) if rest else Due(run.start)
    return replace(found, provisional=found.provisional or _guessed(clock, calendar, run.start))


def _guessed(clock: Clock, calendar: Calendar, until: datetime) -> bool:
    """Whether the length of the target, or what passed of it, rests on holidays that are not known."""
    return clock.target.working and is_provisional(calendar, clock.started, until)


def _not_before(clock: Clock, now: datetime) -> datetime:
    """Now, or the last moment that the clock knows of: a clock that is put back doesn't undo what happened."""
    known = [clock.started, *(moment for run in clock.runs for moment in (run.start, run.end) if moment), clock.stopped or clock.started]
    return max(now.astimezone(UTC), *known)
