"""How long something may take, as people write it: `8 workhours`, `3 days`, `1 months`. One parser for the whole wing.

Knows nothing of calendars: what a unit amounts to from a given moment is said by arithmetic.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, cast, get_args

from looseleaf_metadata.kinds.base import Schema, text
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text

Unit = Literal["minutes", "hours", "days", "weeks", "months", "workhours", "workdays"]
UNITS: tuple[Unit, ...] = get_args(Unit)
WORKING_UNITS: tuple[Unit, ...] = ("workhours", "workdays")
"""Units that count only time in which a calendar is open."""
MOST = 99_999
PATTERN = rf"^[1-9][0-9]{{0,4}} ({'|'.join(unit[:-1] for unit in UNITS)})s?$"
DURATION: Schema = text(pattern=PATTERN, **{"x-expects": "working_duration"})
"""The schema of a duration in documents of this wing."""
WRITTEN = re.compile(r"\s*(?P<amount>[-+]?[0-9.,]*)\s*(?P<unit>[^\W\d_]*)\s*")


class BadDuration(ValueError):
    """Raised where a text is no duration. `message` and `suggestion` are for people."""

    def __init__(self, message: Text, suggestion: Text | None = None) -> None:
        super().__init__(str(message))
        self.message = message
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class Duration:
    """So many of a unit. Documents write whole amounts from 1; 0 and less exist only in code (`add` refuses less)."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise BadDuration(Text("unknown unit '{unit}'", unit=self.unit), suggest(self.unit, UNITS))

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"

    @property
    def label(self) -> Text:
        """The duration in words."""
        one, several = WORDS[self.unit]
        return one if self.amount == 1 else Text(several.msgid, count=self.amount)

    @property
    def working(self) -> bool:
        """Whether only the time counts in which a calendar is open."""
        return self.unit in WORKING_UNITS

    @property
    def exact(self) -> timedelta | None:
        """The length of minutes, hours and workhours, the same wherever it begins; None for days and longer."""
        return timedelta(minutes=self.amount * {"minutes": 1, "hours": 60, "workhours": 60}[self.unit]) if self.unit in EXACT else None


WORDS: Mapping[Unit, tuple[Text, Text]] = {
    "minutes": (Text("one minute"), Text("{count} minutes", count=0)),
    "hours": (Text("one hour"), Text("{count} hours", count=0)),
    "days": (Text("one day"), Text("{count} days", count=0)),
    "weeks": (Text("one week"), Text("{count} weeks", count=0)),
    "months": (Text("one month"), Text("{count} months", count=0)),
    "workhours": (Text("one working hour"), Text("{count} working hours", count=0)),
    "workdays": (Text("one working day"), Text("{count} working days", count=0)),
}
"""One of a unit, and several."""
EXACT = ("minutes", "hours", "workhours")


def parse_duration(written: str) -> Duration:
    """The duration that a text says: a whole number from 1 and a unit, `s` or none. BadDuration says what is wrong."""
    found = WRITTEN.fullmatch(written)
    if found is None or not found["amount"] or not found["unit"]:
        raise BadDuration(Text("'{value}' is not a duration", value=written), Text("write it as '8 workhours' or '3 days'"))
    if not found["amount"].isdecimal() or not 1 <= int(found["amount"][:9]) <= MOST:
        message = Text("'{value}' is not a whole number from 1 to {limit}", value=found["amount"], limit=MOST)
        raise BadDuration(message, Text("say it in a smaller unit") if "." in found["amount"] else None)
    unit = found["unit"].lower().removesuffix("s") + "s"
    if unit not in UNITS:
        raise BadDuration(Text("unknown unit '{unit}'", unit=found["unit"]), suggest(unit, UNITS))
    return Duration(int(found["amount"]), cast(Unit, unit))
