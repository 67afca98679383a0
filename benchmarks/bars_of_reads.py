"""Bars 8, 9, 10 and 12: reads that must not grow with the data. CPU of this process and of the database's backends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from measuring import Clock, Request, Result, Size, compare, ratio, rounds
from place import CITIES, FIRST, SECOND, Place
from sqlalchemy import text

from looseleaf_platform.records.ids import decode, encode

PAGE = 50
COMMON = CITIES[0]


def bars(place: Place, size: Size, few: int) -> list[Result]:
    """The four bars. `few`: how many records the small object `prospect` has."""
    return [*deep_page(place, size), *two_sizes(place, size, few), *restricted(place, size), *search(place, size)]


def again(make: Callable[[], Request]) -> Callable[[int], Sequence[Request]]:
    """The same request as often as asked."""
    return lambda count: [make() for _ in range(count)]


def deep_page(place: Place, size: Size) -> list[Result]:
    """Bar 8: a page far down against the first one."""
    results = []
    for person in ("head", "half"):
        cursor, passed = "", 0
        most = int(size.rows * (0.9 if person == "head" else 0.45)) if not size.short else 100
        while passed < most:
            query = {"sort": "-updated_at", "fields": "code", "page[size]": "200" if not size.short else "50"}
            page = place.asking(person, "/records/deal", **query, **({"page[after]": cursor} if cursor else {}))().data
            cursor, passed = page["page"]["next"], passed + len(page["data"])
        first = again(lambda: place.asking(person, "/records/deal", sort="-updated_at"))  # noqa: B023 - used within the round
        deep = again(lambda: place.asking(person, "/records/deal", sort="-updated_at", **{"page[after]": cursor}))  # noqa: B023
        taken = rounds({"deep": deep, "first": first}, size, Clock(place.backends))
        name = f"page {passed // PAGE + 1:,} against page 1, {'all records' if person == 'head' else 'half of them visible'}"
        results.append(compare(8, name, place.database, taken, "deep", "first", 1.5, "-updated_at, 50 × 24 fields"))
    return results


def two_sizes(place: Place, size: Size, few: int) -> list[Result]:
    """Bar 9: the same hits in a large and a small object; a list with its total against one without."""

    def listed(object_name: str, **more: str) -> Callable[[], Request]:
        conditions = [
            {"field": "owner", "op": "eq", "value": encode(place.owners["same"][0])},
            {"field": "stage", "op": "eq", "value": "open"},
        ]
        query = {"filter": orjson.dumps({"and": conditions}).decode(), "sort": "close_date", **more}
        return lambda: place.asking("head", f"/records/{object_name}", **query)

    large, small = listed("deal")()().data, listed("prospect")()().data
    assert len(large["data"]) == len(small["data"]) > 0, (large, small)
    clock = Clock(place.backends)
    sizes = rounds({"large": again(listed("deal")), "small": again(listed("prospect"))}, size, clock)
    whole = lambda **more: again(lambda: place.asking("head", "/records/deal", sort="-updated_at", **more))  # noqa: E731
    total = rounds({"with": whole(count="true"), "without": whole()}, size, clock)
    note = f"{size.rows:,} against {few:,} records, the same {len(large['data'])} hits"
    return [
        compare(9, "list of the same hits, large against small", place.database, sizes, "large", "small", 1.5, note),
        compare(9, "list with total against without", place.database, total, "with", "without", 2.0, "all records; totals are capped"),
    ]


def restricted(place: Place, size: Size) -> list[Result]:
    """Bar 10: what a restricted user's newest 50 cost, against an administrator's."""
    sides = {"admin": again(lambda: place.asking("admin", "/records/deal", sort="-updated_at"))}
    for person in ("nobody", "small", "half"):
        sides[person] = again(lambda who=person: place.asking(who, "/records/deal", sort="-updated_at"))  # type: ignore[misc]
    seen = {"nobody": "0", "small": "1 %", "half": "50 %"}
    taken = rounds(sides, size, Clock(place.backends))
    note = f"newest 50 of {size.rows:,}"
    return [compare(10, f"list of a user who sees {seen[who]}", place.database, taken, who, "admin", 3.0, note) for who in seen]


def search(place: Place, size: Size) -> list[Result]:
    """Bar 12: two Chinese characters, whose hits are compared with a scan first; then against get by id."""
    terms = [first + second for first, second in zip(FIRST, SECOND, strict=True)]
    for term in terms[:6]:
        compare_hits(place, term)
    chance, clock = place.chance, Clock(place.backends)
    sides: dict[str, Callable[[int], Sequence[Request]]] = {
        "get": again(lambda: place.asking("head", f"/records/deal/{encode(chance.choice(place.ids))}")),
        "found": again(lambda: place.asking("head", "/records/deal", search=chance.choice(terms), fields="name", **{"page[size]": "20"})),
        "page": again(lambda: place.asking("head", "/records/deal", search=chance.choice(terms))),
        "common": again(lambda: place.asking("head", "/records/deal", search=COMMON, fields="name", **{"page[size]": "20"})),
    }
    taken = rounds(sides, size, clock)
    name = place.database
    plain = compare(
        12, "search of two characters (20 names) against get", name, taken, "found", "get", 3.0, f"hits equal LIKE; {size.rows:,} records"
    )
    page, _ = ratio(taken["page"], taken["get"])
    common, _ = ratio(taken["common"], taken["get"])
    plain.details |= {"50 × 24 fields against get": round(page, 2), "a term in a fifth of all records against get": round(common, 2)}
    return [plain]


def compare_hits(place: Place, term: str) -> None:
    """Raise AssertionError where search and a LIKE scan find different records."""
    found: set[int] = set()
    cursor = ""
    while True:
        query: dict[str, Any] = {"search": term, "fields": "name", "page[size]": "200", "count": "true"}
        page = place.asking("head", "/records/deal", **query, **({"page[after]": cursor} if cursor else {}))().data
        found |= {decode(row["id"]) for row in page["data"]}
        cursor = page["page"]["next"]
        if not cursor:
            break
    with place.workspace.database.read() as connection:
        scanned = set(
            connection.scalars(text("SELECT id FROM o_deal WHERE deleted_at IS NULL AND f_name LIKE :term"), {"term": f"%{term}%"})
        )
    assert found == scanned, f"{term}: {len(found)} found, {len(scanned)} by LIKE"
    assert page["count"]["capped"] or page["count"]["value"] == len(scanned), f"{term}: counted {page['count']}"
