"""Pools bound to a reader: what lies in one, what one holds and when it returns, and how a single record stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from looseleaf_metadata.kinds.view import default_columns
from looseleaf_metadata.model import Object
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import BadQuery
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Condition, Group, Page, Query, Record
from looseleaf_ui_builder.screens.editing import titles_of
from looseleaf_ui_builder.screens.painting import Filled
from looseleaf_ui_builder.screens.slots import Slot, bind_slots
from looseleaf_workflow.pools.acting import manages, pool_named
from looseleaf_workflow.pools.definition import Pool, pools_of
from looseleaf_workflow.pools.explaining import Keeping, keeping_of, standing_rows

SIZE = 50
MINE = 20
"""Records of one's own that the page of a pool shows with their countdown."""
A_DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Countdown:
    """How a record stands with its pool. `days`: until it returns, None where nothing takes it back now; `stops`: what puts that off.

    `asked`: the fields that a claim fills in.
    """

    keeping: Keeping
    days: int | None
    stops: tuple[Text, ...]
    mine: bool
    asked: tuple[Slot, ...] = ()
    filled: Filled = field(default_factory=Filled)

    @property
    def soon(self) -> bool:
        """Whether it returns so soon that one should act."""
        return self.days is not None and self.days <= 3


@dataclass(frozen=True, slots=True)
class BoundPool:
    """One pool as one reader sees it. `since`: since when each record lies there; `mine`: one's own records of the pool.

    `asked`: the fields that a claim fills in, and `filled`: what was typed there.
    """

    pool: Pool
    object: Object
    columns: tuple[Slot, ...]
    page: Page
    since: dict[int, datetime]
    mine: tuple[tuple[Record, Countdown], ...]
    manager: bool
    asked: tuple[Slot, ...]
    filled: Filled


def bind_pool(context: Context, name: str, after: str = "", before: str = "", typed: Mapping[str, Any] = {}) -> BoundPool:
    """A page of what lies in a pool, the oldest first. Raises NotThere for who may not enter."""
    pool = pool_named(context, name)
    thing = context.model.objects[pool.object]
    shown = [path for path in default_columns(thing) if path not in ("owner", "team") and path not in pool.hide]
    columns = bind_slots(context, pool.object, shown)
    fields = tuple(slot.path for slot in columns)
    query = Query(expression=pool.in_pool, sort=("id",), fields=fields, size=SIZE, after=after, before=before, count=True)
    page = _page(context, pool.object, query)
    since = {id: row.since for id, row in standing_rows(context, [record.id for record in page.records]).items()}
    asked = asked_slots(context, pool)
    filled = Filled(typed, titles_of(context, asked, typed))
    return BoundPool(pool, thing, columns, page, since, _mine(context, pool, fields), manages(context, pool), asked, filled)


def asked_slots(context: Context, pool: Pool) -> tuple[Slot, ...]:
    """The fields that whoever claims fills in."""
    return bind_slots(context, pool.object, pool.claim.ask)


def _page(context: Context, object_name: str, query: Query) -> Page:
    try:
        return read.page(context, object_name, query)
    except BadQuery:  # a cursor of another time: from the beginning
        return read.page(
            context, object_name, Query(expression=query.expression, sort=query.sort, fields=query.fields, size=SIZE, count=True)
        )


def _mine(context: Context, pool: Pool, fields: tuple[str, ...]) -> tuple[tuple[Record, Countdown], ...]:
    if pool.back is None or "owner" not in context.profile.readable(pool.object):
        return ()
    query = Query(where=Group("and", (Condition("owner", "me"),)), expression=pool.match, sort=("-id",), fields=fields, size=MINE)
    found = [(record, bind_countdown(context, pool.object, record.id)) for record in read.page(context, pool.object, query).records]
    counted = [(record, one) for record, one in found if one is not None and one.days is not None]
    return tuple(sorted(counted, key=lambda pair: (pair[1].days or 0, pair[0].id)))


def bind_countdown(context: Context, object_name: str, id: int) -> Countdown | None:
    """How a record stands; None for an object without pools, which costs no query, and where no pool takes it."""
    if not pools_of(context.model, object_name):
        return None
    keeping = keeping_of(context, object_name, id)
    if keeping is None:
        return None
    days = None if keeping.due is None else max(0, int((keeping.due - context.now).total_seconds() // A_DAY))
    asked = () if keeping.owned else asked_slots(context, keeping.pool)
    return Countdown(keeping, days, keeping.stops(context), keeping.owned and keeping.owner == context.actor.id, asked)
