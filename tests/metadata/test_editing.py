"""Editing a text by commands: only what is meant changes; comments, order and blank lines stay."""

from __future__ import annotations

import difflib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looseleaf_metadata.loader import read_text
from looseleaf_metadata.writing import (
    CannotEdit,
    Command,
    Insert,
    Move,
    Remove,
    Rename,
    Set,
    apply_commands,
    command_from,
    edit_document,
    write_document,
)

TEXT = """# the account, our customer
object: account   # inline
label: {zh: 客户, en: Account}

fields:
  # the name
  name: {type: text, required: true}   # must be there
  status:
    type: select
    options:
      a: A      # first
      b: B
  # long ago
  old: {type: text}

rules:
  - check: "name != ''"
    message: Empty
  # second
  - check: "old != 'x'"
    message: >
      folded text
      here
highlights: [name, status]
"""


def changed(command: Command) -> list[str]:
    """The lines that a command takes out and puts in."""
    lines = difflib.unified_diff(TEXT.splitlines(), edit_document(TEXT, [command]).splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        (
            Set("/fields/name/required", False),
            ["-  name: {type: text, required: true}   # must be there", "+  name: {type: text, required: false}   # must be there"],
        ),
        (
            Set("/fields/name/max_length", 9),
            [
                "-  name: {type: text, required: true}   # must be there",
                "+  name: {type: text, required: true, max_length: 9}   # must be there",
            ],
        ),
        (Set("/fields/email", {"type": "email"}), ["+  email: {type: email}"]),
        (Insert("/fields/email", {"type": "email"}, "name"), ["+  email: {type: email}"]),
        (Remove("/fields/old"), ["-  # long ago", "-  old: {type: text}"]),
        (Remove("/fields/status/options/a"), ["-      a: A      # first"]),
        (Move("/fields/old", "name"), ["+  # long ago", "+  old: {type: text}", "-  # long ago", "-  old: {type: text}"]),
        (Move("/highlights/0"), ["-highlights: [name, status]", "+highlights: [status, name]"]),
        (Rename("/fields/old", "older"), ["-  old: {type: text}", "+  older: {type: text}"]),
        (Set("/label", "Customer"), ["-label: {zh: 客户, en: Account}", "+label: Customer"]),
        (Set("/rules/0/at", "name"), ["+    at: name"]),
        (Set("/rules/1/message", "short"), ["-    message: >", "-      folded text", "-      here", "+    message: short"]),
        (Remove("/rules/0"), ["-  - check: \"name != ''\"", "-    message: Empty"]),
        (Remove("/rules/0/check"), ["-  - check: \"name != ''\"", "-    message: Empty", "+  - message: Empty"]),
        (Insert("/rules/-", {"check": "1 > 0"}), ['+  - {check: "1 > 0"}']),
        (Insert("/highlights/1", "old"), ["-highlights: [name, status]", "+highlights: [name, old, status]"]),
        (Set("/highlights", []), ["-highlights: [name, status]", "+highlights: []"]),
        (Set("/unique", [{"fields": ["name"]}]), ["+unique:", "+  - {fields: [name]}"]),
        (
            Set("/fields/status/options", {"a": {"label": "A1"}, "c": "C"}),
            ["-      a: A      # first", "-      b: B", "+      a: {label: A1}      # first", "+      c: C"],
        ),
        (Set("/object", "client"), ["-object: account   # inline", "+object: client   # inline"]),
    ],
)
def test_a_command_changes_only_its_own_lines(command: Command, lines: list[str]) -> None:
    assert changed(command) == lines


def test_a_line_that_would_grow_too_long_is_written_as_a_block() -> None:
    help = {"zh": "很长的说明" * 8, "en": "A long explanation " * 6}
    edited = edit_document(TEXT, [Set("/fields/name/help", help)])
    assert "  name:\n    type: text\n    required: true\n    help:\n" in edited
    assert "# must be there" in edited


def test_a_text_without_a_last_line_break_can_be_added_to() -> None:
    assert edit_document("object: a\nfields:\n  x: {type: text}", [Set("/fields/y", {"type": "date"})]).endswith(
        "  x: {type: text}\n  y: {type: date}\n"
    )


def test_an_empty_value_can_be_filled() -> None:
    assert edit_document("object: a\nfields:\nlabel: A\n", [Set("/fields", {"x": {"type": "text"}})]) == (
        "object: a\nfields:\n  x: {type: text}\nlabel: A\n"
    )


def test_json_stays_json() -> None:
    assert edit_document('{"object": "a", "fields": {}}', [Set("/fields/x", {"type": "text"})]) == (
        '{\n  "object": "a",\n  "fields": {\n    "x": {\n      "type": "text"\n    }\n  }\n}\n'
    )


@pytest.mark.parametrize(
    "command",
    [
        Remove("/fields/none"),
        Set("/fields/none/deeper", 1),
        Insert("/fields/name", 1),
        Insert("/highlights/9", 1),
        Rename("/fields/name", "old"),
        Rename("/highlights/0", "x"),
        Move("/fields/name", "none"),
        Remove(""),
    ],
)
def test_a_command_that_does_not_fit_is_refused(command: Command) -> None:
    with pytest.raises(CannotEdit):
        edit_document(TEXT, [command])


def test_commands_have_a_plain_form() -> None:
    commands = [
        {"set": "/label", "value": "X"},
        {"move": "/fields/old", "before": "name"},
        {"remove": "/rules"},
        {"rename": "/fields/old", "name": "o"},
    ]
    edited = edit_document(TEXT, [command_from(command) for command in commands])
    assert "label: X\n" in edited
    with pytest.raises(CannotEdit):
        command_from({"sing": "/label"})


NAMES = st.sampled_from(["a", "b", "c", "d"])
VALUES = st.recursive(
    st.sampled_from(["x", "two words", 1, True, None, "a: b", "line\nline\n"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
DATA = st.dictionaries(NAMES, VALUES, min_size=1, max_size=4).map(lambda data: {"object": "thing", **data})


def pointers(data: Any, prefix: str = "") -> list[str]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [found for key, value in items for found in (f"{prefix}/{key}", *pointers(value, f"{prefix}/{key}"))]


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, dict[str, Any], Command]:
    """A text with comments here and there, its data, and a command that fits."""
    data = draw(DATA)
    lines = [
        line + draw(st.sampled_from(["", "", "   # note"])) if not line.rstrip().endswith(("|", "|-")) else line
        for line in write_document(data).split("\n")
    ]
    text = "\n".join(lines)
    documents, problems = read_text("a.yaml", text)
    if problems or documents[0].data != data:
        text = write_document(data)
    where = draw(st.sampled_from(pointers(data)))
    parent = where.rsplit("/", 1)[0]
    command = draw(
        st.one_of(
            st.just(Remove(where)),
            st.builds(Set, st.just(where), VALUES),
            st.builds(Set, st.just(parent + "/new"), VALUES),
            st.builds(Insert, st.just(parent + "/-"), VALUES),
            st.builds(Insert, st.just(parent + "/new"), VALUES, st.sampled_from(["", where.rsplit("/", 1)[1]])),
            st.builds(Move, st.just(where), st.sampled_from(["", "0", "1", "a", "b", "object"])),
            st.builds(Rename, st.just(where), st.just("renamed")),
        )
    )
    return text, data, command


@given(edits())
def test_an_edited_text_reads_as_the_edited_data(case: tuple[str, dict[str, Any], Command]) -> None:
    text, data, command = case
    try:
        wanted = apply_commands(data, [command])
    except CannotEdit:
        with pytest.raises(CannotEdit):
            edit_document(text, [command])
        return
    edited = edit_document(text, [command])
    documents, problems = read_text("a.yaml", edited)
    if wanted and isinstance(next(iter(wanted.values())), str):
        assert problems == []
        assert documents[0].data == wanted
        assert list(documents[0].data) == list(wanted)
