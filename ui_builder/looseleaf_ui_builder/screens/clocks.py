"""The clocks of one record, bound to its reader: what is promised and what is left of it, and whether it rests too long in its stage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_workflow.clocks.definition import rules_of
from looseleaf_workflow.clocks.explaining import Countdown, clocks_of

URGENT = 75
"""The percentage of the target from which on one should hurry."""


@dataclass(frozen=True, slots=True)
class BoundClock:
    """A clock as it is shown. `left`: what is left of its time, or by how much it is over."""

    countdown: Countdown
    left: Text

    @property
    def tone(self) -> str:
        """missed, soon, met, paused or "": what the card looks like."""
        one = self.countdown
        if one.breached:
            return "missed"
        if one.state == "stopped":
            return "met"
        return "paused" if one.state == "paused" else "soon" if one.percent >= URGENT else ""


@dataclass(frozen=True, slots=True)
class BoundClocks:
    """The clocks of a record. `promises`: those of policies; `rests`: the limits of the stages that it is in."""

    promises: tuple[BoundClock, ...]
    rests: tuple[BoundClock, ...]

    def stalled(self, pipeline: str) -> Countdown | None:
        """The limit that a record rests beyond in a pipeline; None where it does not."""
        return next((one.countdown for one in self.rests if one.countdown.owner == pipeline and one.countdown.breached), None)


def bind_clocks(context: Context, object_name: str, id: int) -> BoundClocks | None:
    """The clocks of a record; None for an object without any, which costs no query."""
    if not rules_of(context.model, object_name):
        return None
    bound = [BoundClock(one, left(one)) for one in clocks_of(context, object_name, id)]
    return BoundClocks(
        tuple(one for one in bound if one.countdown.kind == "sla"), tuple(one for one in bound if one.countdown.kind == "stall")
    )


def left(one: Countdown) -> Text:
    """What is left of a clock's time, in words."""
    over = one.remaining <= timedelta()
    length = spoken(abs(one.remaining), one.working)
    if over:
        return Text("{length} of working time over", length=length) if one.working else Text("{length} over", length=length)
    return Text("{length} of working time left", length=length) if one.working else Text("{length} left", length=length)


def spoken(length: timedelta, working: bool) -> Text:
    """A length of time in two parts at most. A day of working time is as long as its calendar says, so that is told in hours."""
    minutes = int(length.total_seconds()) // 60
    days, rest = (0, minutes) if working else divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    if days:
        return Text("{days} d {hours} h", days=days, hours=hours)
    return Text("{hours} h {minutes} min", hours=hours, minutes=minutes) if hours else Text("{minutes} min", minutes=minutes)
