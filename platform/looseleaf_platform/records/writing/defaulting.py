"""What a new record gets unasked: defaults, its owner and team, roll-ups at nought; and what money is worth in the workspace's currency."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from looseleaf_metadata.expressions.types import Kind
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.currency import PRECISION
from looseleaf_platform.fields.numbers import fits
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.conditions import Default
from looseleaf_platform.records.writing.plan import FieldPlan, ObjectPlan
from looseleaf_platform.records.writing.rates import rate_on, worth


def default(batch: Batch) -> None:
    """Fill in what a new record lacks, and the worth of every amount of money."""
    for plan, rows in batch.by_plan(row for row in batch.rows if row.kind in ("create", "update") and not row.derived):
        created = [row for row in rows if row.kind == "create"]
        _value_money(batch, plan, rows)
        for one in plan.defaults:
            _apply(batch, one, [row for row in created if one.field.name not in row.values and one.field.name not in row.bad])
        for rollup in plan.rollups:
            start = _nothing_gathered(rollup)
            for row in created:
                row.values[rollup.name] = start
        if plan.owned:
            _own(batch, plan, rows)


def _apply(batch: Batch, one: Default, rows: list[Row]) -> None:
    field = one.field
    if one.condition is not None:
        batch.relations.prefetch([batch.scope(row) for row in rows], one.condition.hops)
    for row in rows:
        if one.condition is not None and one.condition.reads & row.bad:
            continue
        raw = one.literal if one.condition is None else one.condition.evaluate(batch.scope(row))
        try:
            row.values[field.name] = field.type.parse(raw, field.field, batch.situation)
        except Invalid as error:
            row.fault(error.code, error.message, field)
            continue
        if field.money:
            _value(batch, row, field)
        if row.scope is not None:
            row.scope.pop(field.name, None)


# --- owner and team


def _own(batch: Batch, plan: ObjectPlan, rows: list[Row]) -> None:
    """The owner is who creates the record unless said otherwise; the team follows the owner unless said otherwise."""
    me = batch.context.actor.id
    following: list[Row] = []
    for row in rows:
        unowned = row.kind == "create" and row.values.get("owner") is None and "owner" not in row.bad
        if unowned and me is not None and (plan.object.owner == "required" or "owner" not in row.values):
            row.values["owner"] = me
        if row.values.get("owner") is not None and "team" not in row.values and not row.bad & {"owner", "team"}:
            following.append(row)
    teams = teams_of(batch, {row.values["owner"] for row in following})
    for row in following:
        team = teams.get(row.values["owner"])
        if row.kind == "create" or team != row.before("team"):
            row.was["team"] = row.before("team")
            row.values["team"] = team


def teams_of(batch: Batch, users: set[int]) -> dict[int, int | None]:
    """The team of each user."""
    actor = batch.context.actor
    if not users:
        return {}
    if actor.id is not None and users == {actor.id}:
        return {actor.id: actor.team}
    table = batch.plans["user"].table
    team = table.c[batch.plans["user"].fields["team"].keys[0]]
    return {user: found for user, found in batch.connection.execute(select(table.c.id, team).where(table.c.id.in_(users)))}


# --- money


def _value_money(batch: Batch, plan: ObjectPlan, rows: list[Row]) -> None:
    for field in plan.money:
        for row in rows:
            if field.name in row.values and field.name not in row.bad:
                _value(batch, row, field)


def _value(batch: Batch, row: Row, field: FieldPlan) -> None:
    """Put in what an amount is worth in the workspace's currency, by the rate of the day."""
    money = row.values[field.name]
    if money is None or money.base is not None:
        return
    rate = rate_of(batch, money.currency)
    if rate is None:
        message = Text("There is no exchange rate of {currency} for {day} or before", currency=money.currency, day=str(batch.business_day))
        row.fault("no-rate", message, field)
        return
    scale = field.field.settings.get("scale", 2)
    base = worth(money, rate, scale)
    try:
        fits(base, PRECISION, scale)
    except Invalid as error:
        row.fault(error.code, error.message, field)
    else:
        row.values[field.name] = money.with_base(base)


def rate_of(batch: Batch, currency: str) -> Decimal | None:
    """What one unit of `currency` is worth today in the workspace's currency; None where nobody has said."""
    if currency == batch.situation.currency:
        return Decimal(1)
    key = (currency, batch.business_day)
    if key not in batch.shared.rates:
        batch.shared.rates[key] = rate_on(batch.connection, batch.plans, currency, batch.business_day)
    found: Decimal | None = batch.shared.rates[key]
    return found


def _nothing_gathered(rollup: FieldPlan) -> Any:
    """What a roll-up over no records is: none of them, a sum of nought, and no least, greatest or mean."""
    settings = rollup.field.settings
    if settings.get("count"):
        return 0
    if settings.get("sum"):
        kind = rollup.field.expression_type
        if kind.kind is Kind.DURATION:
            return timedelta(0)
        return Decimal(0).scaleb(-kind.scale) if kind.scale else 0
    return None
