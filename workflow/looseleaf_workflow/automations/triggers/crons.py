"""A schedule: `{cron: "0 9 * * mon", timezone: Asia/Shanghai}`. At each of its moments, for every record that `when` holds of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from looseleaf_metadata.kinds.base import text
from looseleaf_metadata.texts import Text
from looseleaf_workflow.automations.cron import BadCron, parse_cron
from looseleaf_workflow.automations.draft import Draft
from looseleaf_workflow.automations.triggers.base import Trigger


def check(draft: Draft, pointer: str, options: Mapping[str, Any]) -> None:
    """The schedule and the zone are some."""
    try:
        parse_cron(options["cron"])
    except BadCron as bad:
        draft.fault(f"{pointer}/cron", "bad-schedule", bad.message)
    if "timezone" in options:
        try:
            ZoneInfo(options["timezone"])
        except (KeyError, ValueError, OSError):
            draft.fault(f"{pointer}/timezone", "unknown-timezone", Text("unknown time zone '{name}'", name=options["timezone"]))


CRON = Trigger(
    "cron",
    text(maxLength=200),
    {"timezone": text(maxLength=60), "catch_up": {"type": "string", "enum": ["none", "last", "all"]}},
    (),
    check,
    label=Text("by a timetable"),
    why=Text("This goes by a schedule, not by changes of records"),
)
