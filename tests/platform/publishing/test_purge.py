"""Retired storage goes when somebody says so, and never otherwise."""

from __future__ import annotations

import pytest

from looseleaf_platform import publishing
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.errors import NotThere, Refused
from looseleaf_platform.publishing import Purgeable
from looseleaf_platform.publishing.ddl import existing
from looseleaf_platform.records.read import get
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from support.workspaces import publish_texts

NOTE = "object: note\nlabel: Note\nowner: none\nfields:\n  name: {type: text}\n"
BODY = "  body: {type: currency}\n  part: {type: lookup, to: part}\n  parts: {type: many_to_many, to: part}\n"
PART = "object: part\nlabel: Part\nowner: none\nfields:\n  name: {type: text}\n"


@pytest.fixture
def full(workspace: Workspace) -> int:
    """A note that refers to a part in two ways, and has an amount."""
    publish_texts(workspace, NOTE + BODY, PART)
    context = workspace.context(SYSTEM)
    part = write(context, [Change("create", "part", values={"name": "p"})]).written[0].id
    made = write(context, [Change("create", "note", values={"name": "n", "body": 12, "part": part, "parts": [part]})]).written[0].id
    assert made is not None
    return made


def columns(workspace: Workspace, table: str) -> frozenset[str]:
    """The columns of a table, none if it isn't there."""
    with workspace.database.read() as connection:
        return existing(connection, workspace.database).columns.get(table, frozenset())


def test_what_is_in_use_is_not_purged(workspace: Workspace, full: int) -> None:
    for object_name, field in (("note", "body"), ("note", "")):
        with pytest.raises(Refused, match="in use"):
            publishing.purge(workspace, object_name, field)
    for object_name, field in (("note", "nothing"), ("nothing", ""), ("note", "created_at")):
        with pytest.raises(NotThere):
            publishing.purge(workspace, object_name, field)
    assert publishing.purgeable(workspace) == ()


def test_a_retired_field_is_purged_with_all_its_columns(workspace: Workspace, full: int) -> None:
    publish_texts(workspace, NOTE, PART)
    assert set(publishing.purgeable(workspace)) == {Purgeable("note", name) for name in ("body", "part", "parts")}
    assert "f_body__currency" in columns(workspace, "o_note")
    number = publishing.purge(workspace, "note", "body", reason="no longer wanted")
    assert number == workspace.runtime.revision == 4
    assert not {name for name in columns(workspace, "o_note") if name.startswith("f_body")}
    assert "body" not in workspace.runtime.model.object("note").fields
    publishing.purge(workspace, "note", "part")
    publishing.purge(workspace, "note", "parts")
    assert columns(workspace, "o_note__f_parts") == frozenset()
    assert publishing.purgeable(workspace) == ()
    publish_texts(workspace, NOTE + BODY, PART)
    values = get(workspace.context(SYSTEM), "note", full).values
    assert (values["name"], values["body"], values["part"]) == ("n", None, None)


def test_a_retired_object_is_purged_with_what_points_to_it(workspace: Workspace, full: int) -> None:
    publish_texts(workspace, NOTE)
    publishing.purge(workspace, "part")
    assert columns(workspace, "o_part") == columns(workspace, "o_part__grams") == columns(workspace, "o_note__f_parts") == frozenset()
    assert "f_part" not in columns(workspace, "o_note")
    assert set(publishing.purgeable(workspace)) == {Purgeable("note", "body")}
    write(workspace.context(SYSTEM), [Change("update", "note", id=full, values={"name": "still here"})])
    publish_texts(workspace, NOTE + BODY, PART)
    assert get(workspace.context(SYSTEM), "note", full).values["name"] == "still here"


def test_the_former_column_of_a_converted_field_is_purged(workspace: Workspace, full: int) -> None:
    publish_texts(workspace, NOTE.replace("type: text", "type: integer") + BODY, PART)
    assert Purgeable("note", "name", former=True) in publishing.purgeable(workspace)
    publishing.purge(workspace, "note", "name")
    assert "f_name" not in columns(workspace, "o_note")
    assert Purgeable("note", "name", former=True) not in publishing.purgeable(workspace)
    assert get(workspace.context(SYSTEM), "note", full).values["name"] is None


def test_other_processes_read_the_same_after_a_purge(workspace: Workspace, full: int) -> None:
    publish_texts(workspace, NOTE, PART)
    publishing.purge(workspace, "note", "body")
    again = Workspace.open(workspace.database.writer.url.render_as_string(False), workspace.vocabulary)
    assert again.runtime.model == workspace.runtime.model
    again.close()
