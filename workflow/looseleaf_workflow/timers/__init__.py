"""Timers: what is to happen at a moment, as rows. One mechanism for waits, deadlines, reminders and schedules; knows none of them.

set_timer(connection, workspace, "approval", instance_id, "due", moment)      # in the caller's transaction; moves one that waits
cancel_timers_of(connection, "approval", instance_id)
fire_due(workspace, {"approval": handler})                                    # a chore of the drainer
"""

from looseleaf_workflow.timers.firing import Handler, Handlers, Timer, chore, fire_due, take
from looseleaf_workflow.timers.setting import cancel_timer, cancel_timers_of, set_timer, set_timers, waiting_timers

__all__ = [
    "Handler",
    "Handlers",
    "Timer",
    "cancel_timer",
    "cancel_timers_of",
    "chore",
    "fire_due",
    "set_timer",
    "set_timers",
    "take",
    "waiting_timers",
]
