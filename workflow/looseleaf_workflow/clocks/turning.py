"""One clock and what a write says of its record: how it stands then, and what is told. Pure: the moment and the calendars are given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from looseleaf_workflow.arrivals import Arrival
from looseleaf_workflow.calendars import Calendar, parse_duration
from looseleaf_workflow.calendars.clocks import (
    BREACH,
    Alarm,
    Clock,
    hand_over,
    pause,
    recalculate,
    reopen,
    resume,
    retarget,
    ring,
    start,
    stop,
)
from looseleaf_workflow.clocks.definition import BREACHED, MET, MOVING, STALLED, WARNED, ClockRule


@dataclass(frozen=True, slots=True)
class Seen:
    """What is so of a record, for one rule. `target`: as written, None where none is for it; `calendar`: the one that counts.

    `applies`: the rule is about it; `begins`: its start has come or holds; `done`: what was promised holds, `answered`: has just come;
    `paused`: the clock is to stand; `active`: something happened that sets a stall limit back.
    """

    applies: bool
    target: str | None = None
    calendar: Calendar | None = None
    begins: bool = False
    done: bool = False
    answered: bool = False
    paused: bool = False
    active: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A clock as it is kept. `calendar`: the one that it counts by."""

    clock: Clock
    live: bool
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Told:
    """Something that is told: a word of definition.py, the percentage of the target, the round, and when it came to be so."""

    kind: str
    percent: int
    round: int
    at: datetime


def turn(rule: ClockRule, held: Held | None, seen: Seen, now: datetime, since: datetime | None = None) -> tuple[Held | None, tuple[Told, ...]]:  # fmt: skip
    """The clock after a write; None where there is none. `since`: from when a new one counts, if that was before."""
    target = seen.target if seen.applies else None
    if held is None:
        if target is None or seen.calendar is None or not seen.begins or seen.done or seen.answered:
            return None, ()
        return _begun(rule, seen.calendar, target, seen.paused, since or now), ()
    if held.live:
        held, told = rung(rule, held, now)
    else:
        told = ()
    calendar = seen.calendar
    if target is None or calendar is None:
        return _left(rule, held, now, told)
    if not held.live:
        held, seen = _come_again(rule, held, now), replace(seen, active=False)
    held = _counted_by(held, calendar, target, now)
    return _moved(rule, held, seen, now, told)


def rung(rule: ClockRule, held: Held, now: datetime) -> tuple[Held, tuple[Told, ...]]:
    """What is due by now, told."""
    clock, alarms = ring(held.clock, held.calendar, now)
    return replace(held, clock=clock), tuple(_of_alarm(rule, clock, one) for one in alarms)


def recounted(rule: ClockRule, held: Held, seen: Seen, now: datetime) -> tuple[Held, tuple[Told, ...]]:
    """A clock by a rule, target or calendar that was edited: what has happened stays, and what is due by now is left to its timer."""
    if not held.live or not seen.applies or seen.target is None or seen.calendar is None:
        return _left(rule, held, now, ())
    clock = held.clock if held.clock.stopped else recalculate(held.clock, seen.calendar, now)
    return _moved(rule, _counted_by(replace(held, clock=clock), seen.calendar, seen.target, now), seen, now, ())


def _of_alarm(rule: ClockRule, clock: Clock, alarm: Alarm) -> Told:
    word = WARNED if alarm.percent < BREACH else STALLED if rule.kind == "stall" else BREACHED
    return Told(word, alarm.percent, clock.round, alarm.at)


def _begun(rule: ClockRule, calendar: Calendar, target: str, paused: bool, now: datetime) -> Held:
    clock = start(calendar, now, parse_duration(target), warnings=rule.warnings, rearm=rule.rearm)
    return Held(pause(clock, now) if paused else clock, True, calendar)


def _left(rule: ClockRule, held: Held, now: datetime, told: tuple[Told, ...]) -> tuple[Held, tuple[Told, ...]]:
    """The rule is not about the record any more: the clock stands, and nothing comes of it."""
    if held.live:
        told += _moving(rule, held.clock, now)
    return replace(held, clock=pause(held.clock, now), live=False), told


def _come_again(rule: ClockRule, held: Held, now: datetime) -> Held:
    """The rule is about the record again: a promise counts on, a stall limit begins anew."""
    if rule.kind == "stall":
        return replace(held, clock=_anew(held, now), live=True)
    return replace(held, clock=resume(held.clock, now), live=True)


def _anew(held: Held, now: datetime) -> Clock:
    stopped = held.clock if held.clock.stopped else replace(pause(held.clock, now), stopped=now)
    return reopen(stopped, held.calendar, now, "restart")


def _counted_by(held: Held, calendar: Calendar, target: str, now: datetime) -> Held:
    """Another calendar counts the rest, another target counts from the start."""
    clock = held.clock
    if calendar.name != held.calendar.name:
        clock = hand_over(clock, held.calendar, now)
    if parse_duration(target) != clock.target:
        clock = retarget(clock, calendar, now, parse_duration(target))
    return Held(clock, held.live, calendar)


def _moved(rule: ClockRule, held: Held, seen: Seen, now: datetime, told: tuple[Told, ...]) -> tuple[Held, tuple[Told, ...]]:
    """Stopped, reopened, set back, paused, resumed."""
    clock = held.clock
    if seen.active and rule.kind == "stall":
        told += _moving(rule, clock, now)
        clock = _anew(held, now)
    if not clock.stopped and (seen.done or seen.answered):
        clock, alarms = stop(clock, held.calendar, now)
        told += tuple(_of_alarm(rule, clock, one) for one in alarms)
        if not clock.breached:
            told += (Told(MET, 0, clock.round, now),)
    elif clock.stopped and _reopens(rule, seen):
        clock = reopen(clock, held.calendar, now, "restart" if isinstance(rule.start, Arrival) else rule.reopen)
    if not clock.stopped:
        clock = pause(clock, now) if seen.paused else resume(clock, now)
    return replace(held, clock=clock), told


def _reopens(rule: ClockRule, seen: Seen) -> bool:
    """A promise that an arrival begins is made anew by the next; one that a condition keeps is open again where it does not hold."""
    if isinstance(rule.start, Arrival):
        return seen.begins and not seen.answered and not seen.done
    return rule.stop is not None and not isinstance(rule.stop, Arrival) and not seen.done


def _moving(rule: ClockRule, clock: Clock, now: datetime) -> tuple[Told, ...]:
    return (Told(MOVING, 0, clock.round, now),) if rule.kind == "stall" and clock.breached else ()
