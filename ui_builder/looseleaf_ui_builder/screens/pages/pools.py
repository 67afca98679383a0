"""Pools: which there are, what lies in one, claiming from it, giving back to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Fault
from looseleaf_platform.records import read
from looseleaf_ui_builder.screens.pages.moving import chosen_ids
from looseleaf_ui_builder.screens.pools import asked_slots, bind_pool
from looseleaf_ui_builder.screens.records import id_of
from looseleaf_ui_builder.screens.rendering import go_to, show, show_object
from looseleaf_ui_builder.screens.submitted import entered
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.texts import _
from looseleaf_workflow.pools.acting import Done, claim, give_back, pool_named
from looseleaf_workflow.pools.definition import Pool
from looseleaf_workflow.pools.explaining import counts_of


def list_pools() -> Response:
    """GET: the pools that the caller may enter."""
    context = caller()
    found = [(pool, context.model.objects[pool.object], lying, held) for pool, lying, held in counts_of(context)]
    return show("screens/pools/pools.html", pools=found)


def show_pool(pool: str) -> Response:
    """GET: what lies in a pool, and what one holds of it."""
    return _page(caller(), pool)


def claim_from_pool(pool: str) -> Response:
    """POST: claim the ticked records, or the one whose button was pressed; each gets its own answer."""
    context, found = caller(), pool_named(caller(), pool)
    one = request.form.get("one", "")
    values = entered(asked_slots(context, found), request.form, "asked-")
    done = claim(context, found, (id_of(one),) if one else chosen_ids(), values)
    taken = [each.id for each in done if not each.code]
    if taken:
        notify(_("Claimed: {count}", count=len(taken)))
    if len(taken) < len(done):
        return _page(context, pool, _faults(context, found, done), values)
    if one and request.form.get("open"):
        return go_to(url_for("screens.show_record", object=found.object, id=one))
    return go_to(url_for("screens.show_pool", pool=pool))


def give_back_to_pool(pool: str) -> Response:
    """POST: give a record back."""
    context, found = caller(), pool_named(caller(), pool)
    [done] = give_back(context, found, (id_of(request.form.get("id", "")),), request.form.get("reason", "").strip())
    if done.code:
        return _page(context, pool, _faults(context, found, [done]))
    notify(_("It lies in “{pool}” now", pool=found.label))
    return go_to(url_for("screens.show_pool", pool=pool))


def _page(context: Context, name: str, faults: tuple[Fault, ...] = (), typed: Mapping[str, Any] = {}) -> Response:
    bound = bind_pool(context, name, request.args.get("after", ""), request.args.get("before", ""), typed)
    return show_object("screens/pools/pool.html", bound.object, 422 if faults else 200, bound=bound, faults=faults)


def _faults(context: Context, pool: Pool, done: list[Done]) -> tuple[Fault, ...]:
    """What kept each record, with its name."""
    titles = read.titles(context, pool.object, [one.id for one in done])
    return tuple(
        Fault("", one.code, Text("{name}: {reason}", name=titles[one.id], reason=one.message) if titles.get(one.id) else one.message)
        for one in done
        if one.code
    )
