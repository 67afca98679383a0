"""What money is worth in the workspace's currency: by the newest exchange rate of the day or before it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from looseleaf_platform.fields.currency import Money
from looseleaf_platform.fields.numbers import rounded

if TYPE_CHECKING:
    from looseleaf_platform.records.writing.plan import Plans


def rate_on(connection: Connection, plans: Plans, currency: str, day: date) -> Decimal | None:
    """What one unit of another currency is worth on a day; None where nobody has said."""
    plan = plans["exchange_rate"]
    code, since, rate = (plan.table.c[plan.fields[name].keys[0]] for name in ("currency", "date", "rate"))
    live = plan.table.c.deleted_at.is_(None)
    statement = select(rate).where(code == currency, since <= day, live).order_by(since.desc()).limit(1)
    found: Decimal | None = connection.scalar(statement)
    return found


def worth(money: Money, rate: Decimal, scale: int) -> Decimal:
    """An amount in the workspace's currency, by a rate."""
    return money.amount if rate == 1 else rounded(money.amount * rate, scale)
