"""Drafts: two editors of one draft get a conflict, not a loss; what was published meanwhile is merged page by page."""

from __future__ import annotations

import pytest

from looseleaf_platform import publishing
from looseleaf_platform.context import Actor
from looseleaf_platform.errors import Conflict, NotThere
from looseleaf_platform.workspace import Workspace
from support.workspaces import publish_texts

NOTE = "object: note\nlabel: Note\nowner: none\nfields:\n  name: {type: text}\n"
PART = "object: part\nlabel: Part\nowner: none\nfields:\n  name: {type: text}\n"
LIN, ZHOU = Actor(id=7, name="林"), Actor(id=8, name="周")


@pytest.fixture
def drafts_workspace(workspace: Workspace) -> Workspace:
    """A workspace with two objects of its own."""
    publish_texts(workspace, NOTE, PART)
    return workspace


def test_a_draft_begins_as_what_is_in_force_and_is_published(drafts_workspace: Workspace) -> None:
    workspace = drafts_workspace
    draft = publishing.create_draft(workspace, "Bodies for notes", actor=LIN)
    assert draft.documents == {"object:note": NOTE, "object:part": PART}
    edited = publishing.edit_draft(workspace, draft.id, {"object:note": NOTE + "  body: {type: long_text}\n"}, version=1, actor=LIN)
    assert (edited.version, edited.updated_by) == (2, 7)
    assert publishing.check_draft(workspace, draft.id) == ()
    assert [change.address for change in publishing.plan_draft(workspace, draft.id).changes] == ["object:note/field:body"]
    assert publishing.publish_draft(workspace, draft.id, version=2, actor=LIN, reason="because") == 3
    newest = publishing.revisions(workspace)[0]
    assert (newest.by, newest.reason) == (7, "because")
    assert publishing.list_drafts(workspace) == ()
    with pytest.raises(NotThere):
        publishing.open_draft(workspace, draft.id)


def test_the_second_of_two_editors_is_told_what_the_first_has_written(drafts_workspace: Workspace) -> None:
    workspace = drafts_workspace
    draft = publishing.create_draft(workspace, "shared")
    publishing.edit_draft(workspace, draft.id, {"object:note": NOTE + "  a: {type: text}\n"}, version=1, actor=LIN)
    with pytest.raises(Conflict) as caught:
        publishing.edit_draft(workspace, draft.id, {"object:note": NOTE + "  b: {type: text}\n"}, version=1, actor=ZHOU)
    (clash,) = caught.value.fields
    assert (clash.field, clash.theirs, clash.yours) == ("object:note", NOTE + "  a: {type: text}\n", NOTE + "  b: {type: text}\n")
    assert caught.value.changed_by == 7
    assert "a: {type: text}" in publishing.open_draft(workspace, draft.id).documents["object:note"]


def test_pages_are_added_and_taken_out(drafts_workspace: Workspace) -> None:
    workspace = drafts_workspace
    draft = publishing.create_draft(workspace, "tidy")
    view = "view: all_notes\nobject: note\nsort: [name]\n"
    edited = publishing.edit_draft(workspace, draft.id, {"object:part": None, "view:all_notes": view}, version=1)
    assert set(edited.documents) == {"object:note", "view:all_notes"}
    publishing.publish_draft(workspace, draft.id, version=2)
    assert set(workspace.runtime.model.views) >= {"all_notes"}
    assert workspace.runtime.model.object("part").retired
    assert publishing.export_documents(workspace)["workspace/views/all_notes.yaml"] == view


def test_faulty_pages_may_stay_in_a_draft_and_are_told_when_checked(drafts_workspace: Workspace) -> None:
    workspace = drafts_workspace
    draft = publishing.create_draft(workspace, "half done")
    publishing.edit_draft(workspace, draft.id, {"object:note": "object: note\nfields: [\n"}, version=1)
    assert "object: note\nfields: [" in publishing.open_draft(workspace, draft.id).documents["object:note"]
    assert publishing.check_draft(workspace, draft.id)
    assert not publishing.plan_draft(workspace, draft.id).can_publish


def test_drafts_of_different_pages_merge(drafts_workspace: Workspace) -> None:
    workspace = drafts_workspace
    one, other = publishing.create_draft(workspace, "one"), publishing.create_draft(workspace, "other")
    publishing.edit_draft(workspace, one.id, {"object:note": NOTE + "  a: {type: text}\n"}, version=1)
    publishing.edit_draft(workspace, other.id, {"object:part": PART + "  b: {type: text}\n"}, version=1)
    publishing.publish_draft(workspace, one.id, version=2)
    assert publishing.publish_draft(workspace, other.id, version=2) == 4
    objects = workspace.runtime.model.objects
    assert not objects["note"].fields["a"].retired
    assert not objects["part"].fields["b"].retired


def test_drafts_of_the_same_page_do_not_overwrite_each_other(drafts_workspace: Workspace) -> None:
    workspace = drafts_workspace
    one, other = publishing.create_draft(workspace, "one"), publishing.create_draft(workspace, "other")
    publishing.edit_draft(workspace, one.id, {"object:note": NOTE + "  a: {type: text}\n"}, version=1)
    publishing.edit_draft(workspace, other.id, {"object:note": NOTE + "  b: {type: text}\n"}, version=1)
    publishing.publish_draft(workspace, one.id, version=2)
    with pytest.raises(Conflict) as caught:
        publishing.publish_draft(workspace, other.id, version=2)
    assert [clash.field for clash in caught.value.fields] == ["object:note"]
    both = NOTE + "  a: {type: text}\n  b: {type: text}\n"
    rebased = publishing.rebase_draft(workspace, other.id, keep={"object:note": both})
    assert (rebased.base_revision, rebased.documents["object:note"]) == (3, both)
    publishing.publish_draft(workspace, other.id, version=rebased.version)
    assert not workspace.runtime.model.objects["note"].fields["b"].retired


def test_a_discarded_draft_is_gone(drafts_workspace: Workspace) -> None:
    workspace = drafts_workspace
    draft = publishing.create_draft(workspace, "x")
    assert publishing.rename_draft(workspace, draft.id, "y").name == "y"
    publishing.discard_draft(workspace, draft.id)
    for attempt in (publishing.open_draft, publishing.discard_draft, publishing.plan_draft):
        with pytest.raises(NotThere):
            attempt(workspace, draft.id)
