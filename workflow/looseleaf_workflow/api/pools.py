"""Pools over HTTP: what there is, claiming, giving back, assigning, protecting for longer; what keeps a record and when it returns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from looseleaf_metadata.texts import Text
from looseleaf_platform.api.callers import caller, locale
from looseleaf_platform.api.records import answer, json_body, readable, record_id
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotThere
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.api.asked import Shape, id_at, no_parameters, shaped
from looseleaf_workflow.pools.acting import Done, assign, claim, extend, give_back, manages, pool_named
from looseleaf_workflow.pools.definition import Pool
from looseleaf_workflow.pools.explaining import Keeping, counts_of, keeping_of

A_TEXT, A_LIST, A_TRUTH, A_MAPPING = Text("a text"), Text("a list"), Text("true or false"), Text("a mapping")
IDS: Shape = {"ids": (list, A_LIST)}
CLAIM: Shape = {**IDS, "values": (dict, A_MAPPING)}
RETURN: Shape = {**IDS, "reason": (str, A_TEXT)}
ASSIGN: Shape = {**RETURN, "user": (str, A_TEXT), "override": (bool, A_TRUTH)}
EXTEND: Shape = {"reason": (str, A_TEXT)}


def make_routes() -> Blueprint:
    """The routes, anew for each application."""
    routes = Blueprint("pools", __name__)
    routes.add_url_rule("/pools", "list_pools", list_pools, methods=["GET"])
    routes.add_url_rule("/pools/<name>/claims", "claim_records", claim_records, methods=["POST"])
    routes.add_url_rule("/pools/<name>/returns", "return_records", return_records, methods=["POST"])
    routes.add_url_rule("/pools/<name>/assignments", "assign_records", assign_records, methods=["POST"])
    routes.add_url_rule("/records/<name>/<id>/pool", "show_keeping", show_keeping, methods=["GET"])
    routes.add_url_rule("/records/<name>/<id>/pool", "extend_protection", extend_protection, methods=["POST"])
    return routes


def list_pools() -> Response:
    """The pools that the caller may enter."""
    context = caller()
    no_parameters()
    return answer({"data": [_pool(context, *one) for one in counts_of(context)]})


def claim_records(name: str) -> Response:
    """Claim records, each by itself."""
    context, pool, body = _asked(name, CLAIM)
    return _results(claim(context, pool, _ids(body), body.get("values", {})))


def return_records(name: str) -> Response:
    """Give records back."""
    context, pool, body = _asked(name, RETURN)
    return _results(give_back(context, pool, _ids(body), body.get("reason", "")))


def assign_records(name: str) -> Response:
    """Give records to somebody, as a manager."""
    context, pool, body = _asked(name, ASSIGN, ("ids", "user"))
    user = id_at(body["user"], "/user")
    return _results(assign(context, pool, _ids(body), user, body.get("reason", ""), body.get("override", False)))


def show_keeping(name: str, id: str) -> Response:
    """What keeps a record, and when it returns."""
    context = caller()
    no_parameters()
    return answer({"data": _keeping(context, name, record_id(id))})


def extend_protection(name: str, id: str) -> Response:
    """Protect a record for longer, as a manager."""
    context = caller()
    no_parameters()
    number = record_id(id)
    readable(context, name)
    found = keeping_of(context, name, number)
    if found is None:
        raise NotThere
    body = shaped(json_body(), EXTEND)
    extend(context, found.pool, number, body.get("reason", ""))
    return answer({"data": _keeping(context, name, number)})


def _asked(name: str, shape: Shape, required: tuple[str, ...] = ("ids",)) -> tuple[Context, Pool, dict[str, Any]]:
    context = caller()
    no_parameters()
    pool = pool_named(context, name)
    return context, pool, shaped(json_body(), shape, required)


def _ids(body: dict[str, Any]) -> list[int]:
    return [id_at(one, f"/ids/{index}") for index, one in enumerate(body["ids"])]


# --- answers


def _results(done: list[Done]) -> Response:
    spoken = locale()
    return answer(
        {
            "data": [
                {"id": encode(one.id), "done": not one.code, "code": one.code or None, "message": _said(one.message, spoken)}
                for one in done
            ]
        }
    )


def _said(message: Any, locale: str) -> str | None:
    if message is None:
        return None
    return str(message.translate(locale) if isinstance(message, Text) else message.text(locale))


def _pool(context: Context, pool: Pool, lying: int, held: int) -> dict[str, Any]:
    return {
        "name": pool.name,
        "label": pool.label.text(locale()),
        "object": pool.object,
        "count": lying,
        "held": held,
        "manager": manages(context, pool),
        "per_day": pool.claim.per_day or None,
        "hold_max": pool.claim.hold_max or None,
        "ask": list(pool.claim.ask),
    }


def _keeping(context: Context, name: str, id: int) -> dict[str, Any]:
    readable(context, name)
    found = keeping_of(context, name, id)
    if found is None:
        raise NotThere
    return keeping_data(context, found)


def keeping_data(context: Context, found: Keeping) -> dict[str, Any]:
    """How a record stands, as the API answers it."""
    spoken = locale()
    rules = found.forecast.running if found.forecast is not None else ()
    warnings = found.forecast.warnings if found.forecast is not None else ()
    return {
        "pool": found.pool.name,
        "label": found.pool.label.text(spoken),
        "state": "owned" if found.owned else "in_pool",
        "owner": _id(found.owner),
        "since": _moment(found.since),
        "protected_until": _moment(found.protected_until),
        "returns_at": _moment(found.due),
        "exempt": found.exempt,
        "claimable_from": _moment(found.free_from),
        "rules": [
            {
                "rule": one.rule.name,
                "label": one.rule.label.text(spoken),
                "after": one.rule.after,
                "last": _moment(one.event),
                "due": _moment(one.due),
            }
            for one in rules
        ],
        "warnings": [{"at": _moment(moment), "before": before} for moment, before in warnings],
        "stops": [text.translate(spoken) for text in found.stops(context)],
        "history": [
            {"at": _moment(one.at), "event": one.kind, "user": _id(one.user), "actor": _id(one.actor), "reason": one.reason}
            for one in found.events
        ],
    }


def _id(id: int | None) -> str | None:
    return None if id is None else encode(id)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
