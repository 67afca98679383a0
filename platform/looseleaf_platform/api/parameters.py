"""Query parameters of a list, as a records.Query. Says what can't be understood; what may be asked is decided by the reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import BadQuery
from looseleaf_platform.extension import Extension
from looseleaf_platform.records.requests import Condition, Group, Operation, Query

MAX_FILTER_LENGTH = 20_000
MAX_DEPTH = 8
MAX_CONDITIONS = 100
MAX_SIZE = 200
EXEMPTIONS = frozenset({"required", "rules", "history"})
"""What the platform's own exemptions are called; extensions add theirs."""
MAX_REASON = 500
KNOWN = ("filter", "search", "sort", "fields", "page[after]", "page[before]", "page[size]", "count", "deleted")


def list_query(arguments: Mapping[str, str]) -> Query:
    """The Query of a list request. Raises BadQuery naming the parameter."""
    unknown = next((name for name in arguments if name not in KNOWN), None)
    if unknown is not None:
        raise BadQuery(Text("Unknown parameter '{name}'", name=unknown[:60]), unknown[:60])
    return Query(
        where=read_filter(arguments.get("filter", "")),
        search=arguments.get("search", "")[:200],
        sort=names(arguments.get("sort", "")),
        fields=names(arguments["fields"]) if arguments.get("fields") else None,
        after=arguments.get("page[after]", ""),
        before=arguments.get("page[before]", ""),
        size=page_size(arguments.get("page[size]", "50")),
        deleted=switch(arguments, "deleted"),
        count=switch(arguments, "count"),
    )


def said_operation(kind: str, arguments: Mapping[str, str], extensions: Iterable[Extension] = ()) -> Operation:
    """The operation of a write, with the `reason` and the exemptions (`exempt`) that its address names. Raises BadQuery."""
    wanted = frozenset(names(arguments.get("exempt", "")))
    unknown = wanted - EXEMPTIONS.union(*(extension.exemptions for extension in extensions))
    if unknown:
        raise BadQuery(Text("There is no exemption '{name}'", name=min(unknown)[:60]), "exempt")
    reason = arguments.get("reason", "")
    if len(reason) > MAX_REASON:
        raise BadQuery(Text("The reason is too long"), "reason")
    return Operation(kind, reason=reason, exemptions=wanted)


def names(text: str) -> tuple[str, ...]:
    """Comma-separated names."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def page_size(text: str) -> int:
    """A page size from 1 to MAX_SIZE."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_SIZE):
        raise BadQuery(Text("The page size is a whole number from 1 to {most}", most=MAX_SIZE), "page[size]")
    return int(text)


def switch(arguments: Mapping[str, str], name: str) -> bool:
    """A parameter that is "true" or "false"; false where absent."""
    text = arguments.get(name, "false")
    if text not in ("true", "false"):
        raise BadQuery(Text("'{name}' is true or false", name=name), name)
    return text == "true"


def read_filter(text: str) -> Group | None:
    """A filter written as JSON: {"field": …, "op": …, "value": …}, {"and": […]}, {"or": […]} or {"not": …}."""
    if not text:
        return None
    if len(text) > MAX_FILTER_LENGTH:
        raise BadQuery(Text("The filter is too long"), "filter")
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadQuery(Text("The filter is not JSON: {detail}", detail=str(error)), "filter") from None
    counter = [0]
    part = _part(data, 1, counter)
    return part if isinstance(part, Group) else Group("and", (part,))


def _part(data: Any, depth: int, counter: list[int]) -> Group | Condition:
    counter[0] += 1
    if depth > MAX_DEPTH or counter[0] > MAX_CONDITIONS:
        raise BadQuery(Text("The filter is nested too deeply or has too many conditions"), "filter")
    if isinstance(data, dict) and len(data) == 1:
        (key, inner), *_ = data.items()
        if key in ("and", "or") and isinstance(inner, list):
            return Group("and" if key == "and" else "or", tuple(_part(item, depth + 1, counter) for item in inner))
        if key == "not":
            return Group("and", (_part(inner, depth + 1, counter),), negated=True)
    if isinstance(data, dict) and set(data) <= {"field", "op", "value"} and isinstance(data.get("field"), str):
        operator = data.get("op", "eq")
        if isinstance(operator, str):
            return Condition(data["field"], operator, data.get("value"))
    raise BadQuery(Text('A filter is {{"field": …, "op": …, "value": …}}, {{"and": […]}}, {{"or": […]}} or {{"not": …}}'), "filter")
