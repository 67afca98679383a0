"""A field changes its type: values are carried over, what doesn't convert is told and kept, and going back finds everything."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from looseleaf_metadata.loader import read_documents
from looseleaf_platform import publishing
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.publishing import filling
from looseleaf_platform.publishing.ddl import existing
from looseleaf_platform.records.read import get
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from support.workspaces import publish_texts

TEXT = """
object: machine
label: Machine
owner: none
title: name
fields:
  name: {type: text}
  power: {type: text}
"""
NUMBER = TEXT.replace("power: {type: text}", "power: {type: decimal, scale: 2}")


@pytest.fixture
def machines(workspace: Workspace) -> list[int]:
    """Three machines with a power in words."""
    publish_texts(workspace, TEXT)
    powers = ["1,286.50", "unknown", None]
    outcome = write(
        workspace.context(SYSTEM), [Change("create", "machine", values={"name": f"m{n}", "power": power}) for n, power in enumerate(powers)]
    )
    return [one.id for one in outcome.written if one.id]


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tables count as large from the first row on."""
    monkeypatch.setattr(filling, "LARGE_ROWS", 0)
    return


def powers(workspace: Workspace, ids: list[int]) -> list[Any]:
    """The powers as they are now."""
    return [get(workspace.context(SYSTEM), "machine", id).values["power"] for id in ids]


def test_values_that_convert_are_carried_over(workspace: Workspace, machines: list[int]) -> None:
    publish_texts(workspace, NUMBER)
    assert powers(workspace, machines) == [Decimal("1286.50"), None, None]


def test_the_plan_tells_what_does_not_convert(workspace: Workspace, machines: list[int]) -> None:
    documents, _ = read_documents([("machine.yaml", NUMBER)])
    (report,) = publishing.plan(workspace, documents).conversions
    assert (report.converted, report.refused) == (1, 1)
    assert [(sample.id, sample.title) for sample, _ in report.samples] == [(machines[1], "unknown")]


def test_going_back_finds_what_was_and_keeps_what_was_entered_meanwhile(workspace: Workspace, machines: list[int]) -> None:
    publish_texts(workspace, NUMBER)
    write(workspace.context(SYSTEM), [Change("update", "machine", id=machines[2], values={"power": "7"})])
    publishing.rollback(workspace, 2)
    assert powers(workspace, machines)[:2] == ["1,286.50", "unknown"]
    assert powers(workspace, machines)[2] in ("7", "7.00")


def test_a_finer_scale_keeps_the_values(workspace: Workspace, machines: list[int]) -> None:
    publish_texts(workspace, NUMBER)
    publish_texts(workspace, NUMBER.replace("scale: 2", "scale: 4"))
    assert powers(workspace, machines)[0] == Decimal("1286.5000")


@pytest.mark.usefixtures("everything_is_large")
def test_large_tables_are_carried_over_before_the_fence(workspace: Workspace, machines: list[int]) -> None:
    publish_texts(workspace, NUMBER)
    assert powers(workspace, machines) == [Decimal("1286.50"), None, None]


@pytest.mark.usefixtures("everything_is_large")
def test_a_publish_of_a_large_conversion_that_fails_takes_its_column_away(
    workspace: Workspace, machines: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with workspace.database.read() as connection:
        before = existing(connection, workspace.database)

    def refuse(_connection: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(workspace.fence, "enclose", refuse)
    with pytest.raises(ZeroDivisionError):
        publish_texts(workspace, NUMBER)
    with workspace.database.read() as connection:
        assert existing(connection, workspace.database) == before


def test_one_reference_becomes_many_and_one_again(workspace: Workspace) -> None:
    one = TEXT.replace("power: {type: text}", "power: {type: lookup, to: machine}")
    many = TEXT.replace("power: {type: text}", "power: {type: many_to_many, to: machine}")
    publish_texts(workspace, one)
    context = workspace.context(SYSTEM)
    first = write(context, [Change("create", "machine", values={"name": "a"})]).written[0].id
    second = write(context, [Change("create", "machine", values={"name": "b", "power": first})]).written[0].id
    assert first is not None
    assert second is not None
    publish_texts(workspace, many)
    assert [tuple(value or ()) for value in powers(workspace, [first, second])] == [(), (first,)]
    publish_texts(workspace, one)
    assert powers(workspace, [first, second]) == [None, first]


def test_a_new_roll_up_and_new_search_fields_know_the_old_records(workspace: Workspace, machines: list[int]) -> None:
    part = "---\nobject: part\nlabel: Part\nowner: none\nfields:\n  name: {type: text}\n  machine: {type: lookup, to: machine}\n"
    publish_texts(workspace, TEXT + part)
    context = workspace.context(SYSTEM)
    write(context, [Change("create", "part", values={"name": f"p{n}", "machine": machines[0]}) for n in range(3)])
    publish_texts(workspace, TEXT + "  parts: {type: rollup, from: part.machine, count: true}\nsearch: [power]\n" + part)
    assert [get(workspace.context(SYSTEM), "machine", id).values["parts"] for id in machines] == [3, 0, 0]
    grams = workspace.runtime.object("machine").grams
    with workspace.database.read() as connection:
        found = set(connection.scalars(grams.select().with_only_columns(grams.c.record_id).where(grams.c.gram == "unknown")))
    assert found == {machines[1]}


@pytest.mark.usefixtures("everything_is_large")
def test_what_is_large_is_filled_after_the_publish(workspace: Workspace, machines: list[int]) -> None:
    part = "---\nobject: part\nlabel: Part\nowner: none\nfields:\n  name: {type: text}\n  machine: {type: lookup, to: machine}\n"
    publish_texts(workspace, TEXT + part)
    write(workspace.context(SYSTEM), [Change("create", "part", values={"name": "p", "machine": machines[0]})])
    view = "---\nview: by_name\nobject: machine\nsort: [name]\n"
    publish_texts(workspace, TEXT + "  parts: {type: rollup, from: part.machine, count: true}\n" + part + view)
    assert get(workspace.context(SYSTEM), "machine", machines[0]).values["parts"] == 1
    with workspace.database.read() as connection:
        assert any(table == "o_machine" for table in existing(connection, workspace.database).indexes.values())
        states = connection.execute(text(f"SELECT kind, state FROM {'public.' if workspace.database.schema else ''}job")).all()
    assert {state for _, state in states} == {"done"}
    assert "publish.rollup" in {kind for kind, _ in states}
