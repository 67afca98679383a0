"""The loader: documents with exact places, and a problem for everything that the language does not allow."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looseleaf_metadata.documents import steps_of, walk
from looseleaf_metadata.loader import MAX_BYTES, read_documents, read_text


def codes(text: str | bytes, file: str = "a.yaml") -> list[tuple[int, int, str]]:
    _, problems = read_text(file, text)
    return [(problem.place.line, problem.place.column, problem.code) for problem in problems]


def test_a_document_knows_its_kind_name_data_and_the_place_of_every_value() -> None:
    text = "# a comment\nobject: account\nfields:\n  name: {type: text, required: true}\n"
    documents, problems = read_documents([("objects/account.yaml", text)])
    assert problems == []
    (document,) = documents
    assert (document.kind, document.name) == ("object", "account")
    assert document.data == {"object": "account", "fields": {"name": {"type": "text", "required": True}}}
    assert str(document.place("/fields/name/type")) == "objects/account.yaml:4:16"
    assert str(document.place("/fields/name", key=True)) == "objects/account.yaml:4:3"
    assert str(document.place("/fields/missing/deeper")) == "objects/account.yaml:4:3"


def test_several_documents_of_a_file_have_their_own_texts_and_the_files_lines() -> None:
    text = "# first\nrole: a\n--- # second\n# about b\nrole: b\nlabel: B\n---\nrole: c\n"
    documents, _ = read_text("roles.yaml", text)
    assert [document.name for document in documents] == ["a", "b", "c"]
    assert [document.text for document in documents] == ["# first\nrole: a\n", "# about b\nrole: b\nlabel: B\n", "role: c\n"]
    assert documents[1].place("/label").line == 6
    assert documents[1].excerpt(6) == "label: B"
    assert [read_text("one.yaml", document.text)[0][0].data for document in documents] == [document.data for document in documents]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("12", 12),
        ("-3", -3),
        ("0.10", Decimal("0.10")),
        ("1.5e3", Decimal("1500")),
        ("true", True),
        ("null", None),
        ("~", None),
        ("2026-03-02", "2026-03-02"),
        ("010", "010"),
        ("10:30", "10:30"),
        ("1.0.0", "1.0.0"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("'yes'", "yes"),
        ("商机", "商机"),
        (".inf", ".inf"),
        ("1_000", "1_000"),
        ("9" * 80, "9" * 80),
    ],
)
def test_an_unquoted_word_means_what_yaml_1_2_says_and_numbers_are_exact(word: str, value: object) -> None:
    documents, problems = read_text("a.yaml", f"object: a\nvalue: {word}\n")
    assert problems == []
    found = documents[0].data["value"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("object: a\nlabel: b\nlabel: c\n", (3, 1, "duplicate-key")),
        ("object: a\nx: &here {y: 1}\n", (2, 4, "anchor")),
        ("object: a\nx: *there\n", (2, 4, "alias")),
        ("object: a\nx:\n  <<: {y: 1}\n", (3, 3, "merge-key")),
        ("object: a\nx: yes\n", (2, 4, "bare-yes-no")),
        ("object: a\nOff: 1\n", (2, 1, "bare-yes-no")),
        ("object: a\nx: !!str 1\n", (2, 4, "tag")),
        ("object: a\nx: !python/object:os.system {}\n", (2, 4, "tag")),
        ("object: a\n? [x, y]\n: 1\n", (2, 3, "not-a-name")),
        ("object: a\nx: [1, 2\ny: 3\n", (3, 2, "syntax")),
        ("object: a\n\tx: 1\n", (2, 1, "syntax")),
        ("- a\n- b\n", (1, 1, "not-a-document")),
        ("just text\n", (1, 1, "not-a-document")),
        ("object:\nlabel: x\n", (1, 1, "not-a-document")),
        ("", (1, 1, "empty")),
        ("# only a comment\n", (1, 1, "empty")),
        ("object: a\nname: \x00\n", (2, 7, "nul-character")),
        (b"object: a\nlabel: \xff\xfe\n", (2, 8, "not-utf-8")),
        ("object: 客户\n".encode("gbk"), (1, 9, "not-utf-8")),
    ],
)
def test_what_the_language_does_not_allow_is_a_problem_with_its_place(text: str | bytes, expected: tuple[int, int, str]) -> None:
    assert expected in codes(text)


def test_faults_of_a_file_are_collected_and_its_sound_documents_kept() -> None:
    text = "object: a\nx: yes\nx: 1\n---\nobject: b\ny: *z\n"
    documents, problems = read_text("a.yaml", text)
    assert [document.name for document in documents] == ["a", "b"]
    assert [problem.code for problem in problems] == ["bare-yes-no", "duplicate-key", "alias"]


def test_a_document_that_can_not_be_parsed_is_still_known_by_name() -> None:
    documents, problems = read_text("a.yaml", "object: account\nfields: {name: [\n")
    assert [(document.kind, document.name, document.broken) for document in documents] == [("object", "account", True)]
    assert [problem.code for problem in problems] == ["syntax"]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "a:\n "])
def test_bottomless_nesting_is_refused_in_bounded_time(opening: str) -> None:
    started = time.thread_time()
    _, problems = read_text("deep.yaml", "object: a\nx:\n " + opening * 100_000)
    assert problems
    assert time.thread_time() - started < 2


def test_ten_megabytes_are_not_even_read(tmp_path: Path) -> None:
    file = tmp_path / "big.yaml"
    file.write_bytes(b"object: a\n" + b"# padding\n" * 1_000_000)
    started = time.thread_time()
    documents, problems = read_documents([file])
    assert (documents, [problem.code for problem in problems]) == ((), ["too-large"])
    assert time.thread_time() - started < 1
    assert len(file.read_bytes()) > MAX_BYTES


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    _, problems = read_documents([tmp_path / "none.yaml"])
    assert [problem.code for problem in problems] == ["unreadable"]


def test_json_gives_the_same_data_with_places() -> None:
    text = '{\n  "object": "account",\n  "fields": {"n": {"type": "decimal", "default": 0.10, "on": [true, null]}}\n}'
    documents, problems = read_text("a.json", text)
    assert problems == []
    assert documents[0].data["fields"] == {"n": {"type": "decimal", "default": Decimal("0.10"), "on": [True, None]}}
    assert str(documents[0].place("/fields/n/default")) == "a.json:3:50"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"object": "a", "x": 1, "x": 2}', (1, 25, "duplicate-key")),
        ('{"object": "a",}', (1, 16, "syntax")),
        ('{"object": a}', (1, 12, "syntax")),
        ('{"object": "a"} x', (1, 17, "syntax")),
        ('{"object": "\\ud800"}', (1, 12, "syntax")),
        ('{"object": "a", "x": ' + "[" * 5000, (1, 53, "syntax")),
        ("", (1, 1, "syntax")),
    ],
)
def test_faults_of_json_have_their_place(text: str, expected: tuple[int, int, str]) -> None:
    assert codes(text, "a.json")[0] == expected


def test_a_json_list_holds_several_documents() -> None:
    documents, problems = read_text("a.json", '[{"role": "a"},\n {"role": "b"}]')
    assert [document.name for document in documents] == ["a", "b"]
    assert documents[1].text == '{"role": "b"}'
    assert problems == []


def test_a_folders_documents_belong_to_its_app(tmp_path: Path) -> None:
    (tmp_path / "objects").mkdir()
    (tmp_path / "app.yaml").write_text("app: shop\n")
    (tmp_path / "objects" / "order.yml").write_text("object: order\n")
    (tmp_path / "notes.txt").write_text("not metadata")
    documents, problems = read_documents([tmp_path])
    assert problems == []
    assert {(document.name, document.app) for document in documents} == {("shop", "shop"), ("order", "shop")}


@given(st.text())
def test_no_text_makes_the_loader_fail(text: str) -> None:
    read_text("any.yaml", text)
    read_text("any.json", text)


@given(st.binary())
def test_no_bytes_make_the_loader_fail(raw: bytes) -> None:
    read_text("any.yaml", raw)
    read_text("any.json", raw)


YAMLISH = st.lists(
    st.sampled_from([*"abc:-?#[]{},&*!|>'\"%@` \n\t", "\n  ", ": ", "- ", "---\n", "object: a\n", "...", "\r\n", "\u2028", "\ufeff"]),
    max_size=40,
)


@given(YAMLISH.map("".join))
def test_nothing_that_looks_like_yaml_makes_the_loader_fail_and_all_places_are_in_the_text(text: str) -> None:
    documents, problems = read_text("any.yaml", text)
    lines = len(text.split("\n")) + text.count("\r") + text.count("\u2028")
    assert all(1 <= problem.place.line <= lines + 1 for problem in problems)
    for document in documents:
        for pointer, node in walk(document.root):
            assert document.node(pointer) is node
            assert len(steps_of(pointer)) <= 40


def test_in_a_folder_of_several_templates_each_document_belongs_to_the_one_whose_folder_it_lies_in(tmp_path: Path) -> None:
    for app in ("shop", "desk"):
        (tmp_path / app / "roles").mkdir(parents=True)
        (tmp_path / app / "app.yaml").write_text(f"app: {app}\n")
        (tmp_path / app / "roles" / "clerk.yaml").write_text("role: clerk\n")
    documents, problems = read_documents([tmp_path])
    assert not problems
    assert [(document.name, document.app) for document in documents if document.kind == "role"] == [("clerk", "desk"), ("clerk", "shop")]
