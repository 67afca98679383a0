"""Three-way merge: a template's upgrade and the workspace's own changes, property by property."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from looseleaf_metadata.loader import read_documents
from looseleaf_metadata.merge import MISSING, commands_to, merge_data, merge_documents
from looseleaf_metadata.writing import apply_commands, edit_document

BASE = {"object": "a", "label": "A", "fields": {"x": {"type": "text"}, "y": {"type": "date"}}, "search": ["x", "y"]}


def test_changes_of_different_properties_both_stay() -> None:
    theirs = {**BASE, "label": "B", "fields": {"x": {"type": "text", "max_length": 9}, "new": {"type": "json"}, "y": {"type": "date"}}}
    mine = {**BASE, "fields": {"x": {"type": "text", "required": True}, "y": {"type": "date"}, "own": {"type": "text"}}}
    merged = merge_data(BASE, theirs, mine)
    assert merged.conflicts == ()
    assert merged.data is not None
    assert merged.data["label"] == "B"
    assert merged.data["fields"]["x"] == {"type": "text", "required": True, "max_length": 9}
    assert list(merged.data["fields"]) == ["x", "new", "y", "own"]


def test_the_same_property_changed_twice_is_a_conflict_and_mine_stays() -> None:
    merged = merge_data(BASE, {**BASE, "label": "B"}, {**BASE, "label": "C"}, "object", "a")
    assert merged.data == {**BASE, "label": "C"}
    (conflict,) = merged.conflicts
    assert (conflict.pointer, conflict.base, conflict.theirs, conflict.mine) == ("/label", "A", "B", "C")


def test_removed_here_and_changed_there_is_a_conflict() -> None:
    theirs = {**BASE, "fields": {"x": {"type": "text"}, "y": {"type": "datetime"}}}
    mine = {**BASE, "fields": {"x": {"type": "text"}}}
    merged = merge_data(BASE, theirs, mine)
    assert merged.data == mine
    assert [(conflict.pointer, conflict.mine) for conflict in merged.conflicts] == [("/fields/y", MISSING)]


def test_lists_of_names_take_additions_and_removals_of_both() -> None:
    merged = merge_data(BASE, {**BASE, "search": ["x", "y", "new"]}, {**BASE, "search": ["y", "own"]})
    assert merged.data is not None
    assert merged.data["search"] == ["y", "own", "new"]


def test_documents_that_only_one_side_has() -> None:
    base, _ = read_documents([("b", "role: gone\n---\nrole: kept\n")])
    theirs, _ = read_documents([("t", "role: kept\n---\nrole: theirs\n")])
    mine, _ = read_documents([("m", "role: gone\n---\nrole: kept\nlabel: Mine\n---\nrole: mine\n")])
    merged, conflicts = merge_documents(base, theirs, mine)
    assert conflicts == ()
    assert {name: one.data is not None for (_, name), one in merged.items()} == {"gone": False, "kept": True, "mine": True, "theirs": True}
    assert merged["role", "kept"].data == {"role": "kept", "label": "Mine"}


def test_a_merge_can_be_brought_into_a_text_with_its_comments() -> None:
    text = "object: a   # ours\nlabel: A\nfields:\n  x: {type: text}  # the first\n  y: {type: date}\nsearch: [x, y]\n"
    merged = merge_data(BASE, {**BASE, "fields": {"x": {"type": "text"}, "z": {"type": "json"}, "y": {"type": "date"}}}, BASE)
    assert merged.data is not None
    assert edit_document(text, commands_to(BASE, merged.data)) == text.replace("first\n", "first\n  z: {type: json}\n")


KEYS = st.sampled_from(["a", "b", "c"])
DATA = st.dictionaries(
    KEYS, st.recursive(st.integers(0, 2), lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=6), max_size=3
)


@given(DATA, DATA)
def test_without_changes_of_ones_own_the_template_wins_and_the_other_way_round(base: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert merge_data(base, theirs, base).data == theirs
    assert merge_data(base, base, theirs).data == theirs
    assert merge_data(base, theirs, theirs).conflicts == ()


@given(DATA, DATA)
def test_commands_lead_from_one_to_the_other(mine: dict[str, Any], merged: dict[str, Any]) -> None:
    assert apply_commands({"object": "x", **mine}, commands_to({"object": "x", **mine}, {"object": "x", **merged})) == {
        "object": "x",
        **merged,
    }
