"""Stories of publishing: drafts, revisions, what a publish carries over and leaves for later. They have a small house of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any

from chaos.stories import Act, House, tells
from looseleaf_platform.database.statistics import FIRST, Growth
from looseleaf_platform.database.system_tables import duplicate_key, outbox
from looseleaf_platform.errors import NotThere
from looseleaf_platform.publishing import drafts, filling
from looseleaf_platform.publishing.ddl import existing
from looseleaf_platform.publishing.purging import purge, purgeable
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Query
from support.workspaces import publish_texts

PART = "---\nobject: part\ntitle: name\nowner: none\nfields: {name: {type: text}, machine: {type: lookup, to: %s}}\n"


def machine(name: str, power: str = "{type: text}", more: str = "") -> str:
    """An object of machines with a power, and parts of it."""
    return (
        f"object: {name}\ntitle: name\nowner: none\nfields:\n  name: {{type: text}}\n  note: {{type: text}}\n  power: {power}\n{more}"
        + PART % name
    )


@contextmanager
def everything_is_large() -> Iterator[None]:
    """Tables count as large from the first row on: what is there is carried over in small transactions, and filled afterwards."""
    usual, filling.LARGE_ROWS = filling.LARGE_ROWS, 0
    try:
        yield
    finally:
        filling.LARGE_ROWS = usual


def columns(house: House, name: str) -> frozenset[str]:
    """The columns of an object's table as the database knows them."""
    with house.workspace.database.read() as connection:
        there = existing(connection, house.workspace.database)
    return frozenset(there.columns[house.workspace.runtime.object(name).table.name])


@tells("platform.publishing.converting:carry_ahead", "platform.publishing.converting:_carry_all", "platform.publishing.publishing:_store")
@tells("platform.publishing.later:_take", "platform.publishing.later:_set", "platform.publishing.filling:fill_grams")
@tells("platform.records.rollups:rebuild", "platform.records.duplicates:fill")
def a_field_becomes_a_number_and_the_rest_is_filled(house: House) -> Iterator[Act]:
    name = house.name("machine")
    publish_texts(house.workspace, machine(name))
    id = house.make(name, name="m", note="findable", power="1,286.50")
    house.make("part", name="p", machine=id)
    more = "  parts: {type: rollup, from: part.machine, count: true}\nsearch: [name, note]\nduplicates: [{match: [name]}]\n"

    def publish() -> None:
        with everything_is_large():
            publish_texts(house.workspace, machine(name, "{type: decimal, scale: 2}", more))

    yield publish
    values = house.get(name, id)
    assert (values["power"], values["parts"]) == (Decimal("1286.50"), 1)
    assert [record.id for record in read.page(house.system, name, Query(search="findable")).records] == [id]
    assert len(house.rows(duplicate_key, record_id=id)) == 1


@tells("platform.publishing.converting:undo")
def a_publish_that_fails_takes_its_columns_away(house: House) -> Iterator[Act]:
    name = house.name("machine")
    publish_texts(house.workspace, machine(name))
    id, before = house.make(name, name="m", power="7"), columns(house, name)

    def refuse(_connection: Any) -> int:
        raise ZeroDivisionError

    def fail() -> None:
        enclose, house.workspace.fence.enclose = house.workspace.fence.enclose, refuse  # type: ignore[method-assign]
        try:
            with everything_is_large(), suppress(ZeroDivisionError):
                publish_texts(house.workspace, machine(name, "{type: integer}"))
        finally:
            house.workspace.fence.enclose = enclose  # type: ignore[method-assign]

    yield fail
    assert columns(house, name) == before
    publish_texts(house.workspace, machine(name, "{type: integer}"))
    assert house.get(name, id)["power"] == 7


@tells(*(f"platform.publishing.drafts:{act}" for act in ("create_draft", "edit_draft", "rename_draft", "rebase_draft", "publish_draft")))
def a_draft_is_written_and_published(house: House) -> Iterator[Act]:
    base, name = house.name("machine"), house.name("draft")
    publish_texts(house.workspace, machine(base))
    text = machine(house.name("press")).partition("---")[0]
    key = f"object:{text.split()[1]}"

    def work() -> None:
        mine = [one for one in drafts.list_drafts(house.workspace) if one.name.startswith(name)]
        if not mine and key.removeprefix("object:") in house.workspace.refresh().model.objects:
            return  # published, and thrown away
        draft = mine[0] if mine else drafts.create_draft(house.workspace, name)
        if key not in draft.documents:
            draft = drafts.edit_draft(house.workspace, draft.id, {key: text}, version=draft.version)
        drafts.rename_draft(house.workspace, draft.id, f"{name}!")
        draft = drafts.rebase_draft(house.workspace, draft.id)
        drafts.publish_draft(house.workspace, draft.id, version=draft.version)

    yield work
    assert {base, key.removeprefix("object:")} <= set(house.workspace.runtime.model.objects)
    assert [one.name for one in drafts.list_drafts(house.workspace) if one.name.startswith(name)] == []


@tells("platform.publishing.drafts:discard_draft")
def a_draft_is_thrown_away(house: House) -> Iterator[Act]:
    draft = drafts.create_draft(house.workspace, house.name("draft"))

    def discard() -> None:
        with suppress(NotThere):
            drafts.discard_draft(house.workspace, draft.id)

    yield discard
    assert draft.id not in [one.id for one in drafts.list_drafts(house.workspace)]


@tells("platform.publishing.purging:_purge")
def retired_storage_is_purged(house: House) -> Iterator[Act]:
    name = house.name("doomed")
    publish_texts(house.workspace, f"object: {name}\ntitle: name\nfields: {{name: {{type: text}}}}\n")
    publish_texts(house.workspace, machine(house.name("machine")))

    def drop() -> None:
        with suppress(NotThere):
            purge(house.workspace, name)

    yield drop
    assert name not in [one.object for one in purgeable(house.workspace)]


@tells("platform.database.statistics:Growth.add")
def tables_that_have_grown_are_looked_at(house: House) -> Iterator[Act]:
    yield lambda: Growth(house.workspace.database, [outbox]).add(FIRST)
