"""Metadata comes into force: tables, revisions, other processes; a failed publish leaves everything as it was."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, inspect, select, text

from looseleaf_metadata.problems import MetadataError
from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform import publishing
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.database.system_tables import operation, outbox, revision
from looseleaf_platform.errors import Conflict
from looseleaf_platform.publishing.ddl import Existing, existing
from looseleaf_platform.records.read import count, get
from looseleaf_platform.records.requests import Change, Query
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from looseleaf_ui_builder.wings import open_workspace
from support.workspaces import publish_texts

NOTE = """
object: note
label: {zh: 便签, en: Note}
owner: none
fields:
  name: {type: text, required: true, max_length: 40}
"""
WITH_BODY = NOTE + "  body: {type: long_text}\n"


def make(workspace: Workspace, **values: Any) -> int:
    """A new note."""
    made = write(workspace.context(SYSTEM), [Change("create", "note", values=values)]).written[0].id
    assert made is not None
    return made


def values_of(workspace: Workspace, id: int) -> Any:
    """What a note holds."""
    return get(workspace.context(SYSTEM), "note", id).values


def storage(workspace: Workspace) -> tuple[Existing, int, int]:
    """Everything that a publish changes, as it is now."""
    with workspace.database.read() as connection:
        there = existing(connection, workspace.database)
        counts = [connection.scalar(select(func.count()).select_from(table)) or 0 for table in (revision, outbox)]
        return there, counts[0], counts[1]


def test_a_fresh_workspace_has_the_system_objects_as_revision_one(workspace: Workspace) -> None:
    assert workspace.runtime.revision == 1
    assert {"user", "team", "role_member", "exchange_rate"} <= set(workspace.runtime.objects)
    (first,) = publishing.revisions(workspace)
    assert (first.number, first.kind, first.by) == (1, "system", None)


def test_a_published_object_takes_records_at_once(workspace: Workspace) -> None:
    assert publish_texts(workspace, NOTE, reason="notes for all") == 2
    assert values_of(workspace, make(workspace, name="恒拓"))["name"] == "恒拓"
    newest = publishing.revisions(workspace)[0]
    assert (newest.number, newest.reason, newest.kind) == (2, "notes for all", "publish")
    assert {change["address"] for change in newest.changes} >= {"object:note"}
    with workspace.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(operation).where(operation.c.revision == 2)) >= 1
        payloads = connection.scalars(select(outbox.c.payload).where(outbox.c.topic == "revision.published")).all()
    assert {"revision": 2} in payloads


def test_publishing_the_same_again_changes_nothing(workspace: Workspace) -> None:
    publish_texts(workspace, NOTE)
    before = storage(workspace)
    assert publish_texts(workspace, NOTE) == 2
    assert storage(workspace) == before


def test_a_field_vanishes_keeps_its_data_and_comes_back_with_it(workspace: Workspace) -> None:
    publish_texts(workspace, WITH_BODY)
    id = make(workspace, name="a", body="long story")
    publish_texts(workspace, NOTE)
    assert "body" not in values_of(workspace, id)
    assert workspace.runtime.model.object("note").fields["body"].retired
    late = make(workspace, name="b")
    publish_texts(workspace, WITH_BODY)
    assert values_of(workspace, id)["body"] == "long story"
    assert values_of(workspace, late)["body"] is None


def test_an_object_vanishes_keeps_its_records_and_comes_back_with_them(workspace: Workspace) -> None:
    publish_texts(workspace, NOTE)
    id = make(workspace, name="a")
    publish_texts(workspace)
    assert "note" not in workspace.runtime.objects
    publish_texts(workspace, NOTE)
    assert values_of(workspace, id)["name"] == "a"


def test_a_renamed_field_keeps_its_column(workspace: Workspace) -> None:
    publish_texts(workspace, WITH_BODY)
    id = make(workspace, name="a", body="text")
    publish_texts(workspace, NOTE + "  story: {type: long_text, id: body}\n")
    assert values_of(workspace, id)["story"] == "text"


def test_a_rollback_is_a_new_revision_and_keeps_what_was_entered(workspace: Workspace) -> None:
    publish_texts(workspace, NOTE)
    publish_texts(workspace, WITH_BODY)
    id = make(workspace, name="a", body="written between")
    assert publishing.rollback(workspace, 2, reason="too long") == 4
    assert "body" not in values_of(workspace, id)
    newest = publishing.revisions(workspace)[0]
    assert (newest.kind, newest.rolled_back_to, newest.reason) == ("rollback", 2, "too long")
    assert publishing.rollback(workspace, 3) == 5
    assert values_of(workspace, id)["body"] == "written between"


def test_another_process_builds_the_same_model(workspace: Workspace, workspace_url: str, vocabulary: Vocabulary) -> None:
    other = Workspace.open(workspace_url, vocabulary)
    publish_texts(workspace, WITH_BODY)
    publish_texts(workspace, NOTE)
    assert other.refresh().model == workspace.runtime.model
    other.close()


def test_another_process_hears_of_a_publish_by_itself(workspace: Workspace, workspace_url: str, vocabulary: Vocabulary) -> None:
    other = Workspace.open(workspace_url, vocabulary)
    assert other.runtime.revision == 1
    publish_texts(workspace, NOTE)
    made = write(other.context(SYSTEM), [Change("create", "user", values={"name": "林", "state": "active"})])
    assert made.operation is not None
    assert other.runtime.revision == 2  # the write has met the fence
    other.close()


def test_whoever_holds_a_runtime_keeps_it(workspace: Workspace) -> None:
    publish_texts(workspace, WITH_BODY)
    id = make(workspace, name="a", body="seen")
    before = workspace.context(SYSTEM)
    publish_texts(workspace, NOTE)
    assert get(before, "note", id).values["body"] == "seen"
    assert "body" not in get(workspace.context(SYSTEM), "note", id).values


def test_faulty_documents_change_nothing_and_tell_all_faults(workspace: Workspace) -> None:
    before = storage(workspace)
    with pytest.raises(MetadataError) as caught:
        publish_texts(workspace, NOTE + "  a: {type: txt}\n  b: {type: lookup, to: nothing}\n")
    assert {problem.code for problem in caught.value.problems} == {"unknown-field-type", "unknown-object"}
    assert storage(workspace) == before


def test_a_publish_from_an_old_state_is_refused(workspace: Workspace) -> None:
    publish_texts(workspace, NOTE)
    with pytest.raises(Conflict):
        publishing.publish(workspace, (), expected=1)


WIDE = (
    NOTE
    + """  amount: {type: currency}
  team: {type: team}
  tags: {type: tags}
unique: [{fields: [name]}]
---
object: part
label: Part
owner: none
fields:
  name: {type: text, required: true}
  note: {type: lookup, to: note}
  friends: {type: many_to_many, to: note}
---
view: all_parts
object: part
sort: [name]
"""
)


class Sabotage(Exception):
    """What the tests throw between two statements."""


def failing_at(number: int) -> Callable[..., None]:
    """A listener that raises before the statement of that number which changes something."""
    seen = 0

    def count_down(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal seen
        if statement.lstrip().upper().startswith(("CREATE", "ALTER", "DROP", "INSERT", "UPDATE")):
            seen += 1
            if seen == number:
                raise Sabotage

    return count_down


def test_a_publish_that_fails_between_any_two_statements_leaves_everything_as_it_was(workspace: Workspace) -> None:
    publish_texts(workspace, NOTE)
    id = make(workspace, name="kept")
    before, number, failures = storage(workspace), 0, 0
    while True:
        number += 1
        listener = failing_at(number)
        event.listen(workspace.database.writer, "before_cursor_execute", listener)
        try:
            publish_texts(workspace, WIDE)
            break
        except Sabotage:
            failures += 1
            assert storage(workspace) == before
            assert workspace.refresh().revision == 2
        finally:
            event.remove(workspace.database.writer, "before_cursor_execute", listener)
    assert failures > 10
    assert workspace.runtime.revision == 3
    assert values_of(workspace, id)["name"] == "kept"
    assert set(workspace.runtime.objects) >= {"note", "part"}


@pytest.fixture
def examples() -> Path:
    """The templates that come with the product."""
    return Path(__file__).parents[3] / "examples"


def test_templates_install_side_by_side_with_what_they_require(workspace_url: str, examples: Path) -> None:
    with closing(open_workspace(workspace_url)) as workspace:
        install_side_by_side(workspace, examples)


def install_side_by_side(workspace: Workspace, examples: Path) -> None:
    publishing.install(workspace, [examples / "retail", examples / "service_desk"])
    assert set(workspace.runtime.model.apps) == {"base", "retail", "service_desk"}
    publishing.install(workspace, [examples / "b2b_sales"], reason="sales too")
    assert set(workspace.runtime.model.apps) == {"base", "retail", "service_desk", "b2b_sales"}
    assert count(workspace.context(SYSTEM), "opportunity", Query()) == (0, False)


def test_export_apply_export_is_byte_identical(workspace: Workspace, examples: Path, tmp_path: Path) -> None:
    publishing.install(workspace, [examples / "retail"])
    pages = (*publishing.pages_at(workspace), publishing.Page("object", "note", "# ours\n" + NOTE.lstrip(), "", "objects/note.yaml"))
    publishing.publish(workspace, pages)
    first = publishing.export_documents(workspace)
    assert "# ours" in first["workspace/objects/note.yaml"]
    for path, content in first.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, "utf-8")
    documents, problems = publishing.read_folders([tmp_path])
    assert not problems
    assert publishing.publish(workspace, documents) == workspace.runtime.revision  # nothing new
    assert publishing.export_documents(workspace) == first


def test_tables_refer_to_each_other_in_the_database(workspace: Workspace) -> None:
    publish_texts(workspace, WIDE)
    with workspace.database.read() as connection:
        keys = inspect(connection).get_foreign_keys("o_part", schema=workspace.database.schema)
    assert [(key["constrained_columns"], key["referred_table"]) for key in keys] == [(["f_note"], "o_note")]


def test_a_column_added_to_a_table_with_rows_refers_too(workspace: Workspace) -> None:
    publish_texts(workspace, NOTE)
    make(workspace, name="a")
    publish_texts(workspace, NOTE + "  next: {type: lookup, to: note}\n")
    with workspace.database.read() as connection:
        keys = inspect(connection).get_foreign_keys("o_note", schema=workspace.database.schema)
    assert [(key["constrained_columns"], key["referred_table"]) for key in keys] == [(["f_next"], "o_note")]
    with pytest.raises(Exception, match=r"(?i)foreign key"), workspace.database.write() as connection:
        connection.execute(text(f"UPDATE {'public.' if workspace.database.schema else ''}o_note SET f_next = 1"))


def test_pairs_go_with_the_records_that_they_join(workspace: Workspace) -> None:
    publish_texts(workspace, WIDE)
    notes = [make(workspace, name=name) for name in ("a", "b")]
    write(workspace.context(SYSTEM), [Change("create", "part", values={"name": "p", "friends": notes})])
    pairs = workspace.runtime.object("part").links["friends"].table
    table = workspace.runtime.object("note").table
    with workspace.database.write() as connection:
        connection.execute(table.delete().where(table.c.id == notes[0]))
    with workspace.database.read() as connection:
        assert list(connection.scalars(select(pairs.c.target_id))) == [notes[1]]
