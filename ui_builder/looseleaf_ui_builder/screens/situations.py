"""The surroundings of a caller, as field types want to know them."""

from __future__ import annotations

from looseleaf_platform.context import Context
from looseleaf_platform.fields.base import Situation


def situation_of(context: Context) -> Situation:
    """Language, time zone, currency, region, day and moment of one caller; made once per request."""
    found = context.memo.get("screens.situation")
    if not isinstance(found, Situation):
        defaults = context.model.defaults
        found = context.memo["screens.situation"] = Situation(
            locale=context.locale,
            timezone=context.actor.timezone,
            currency=defaults.currency,
            phone_region=defaults.phone_region,
            today=context.today,
            now=context.now,
            me=context.actor.id,
        )
    return found
