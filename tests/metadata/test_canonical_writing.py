"""Canonical writing: short, readable, and read back as the same data whatever it holds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from looseleaf_metadata.loader import read_text
from looseleaf_metadata.writing import write_document, write_documents

TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "yes",
            "No",
            "null",
            "12",
            "0.5",
            "010",
            "- x",
            "a: b",
            "#x",
            "a #b",
            " x ",
            "",
            "*a",
            "&a",
            "!t",
            "<<",
            "~",
            "2026-01-01",
            "🙂",
            "a\nb\n",
            "a\n\n",
            "\n",
        ]
    ),
    st.sampled_from(
        ["amount > 0", "客户：名称", "x\u2028y", "\ufeff", "tab\tin", "back\\slash", "quote\"s 'here'", "%x", "@x", "`x`", "---", "..."]
    ),
)
KEYS = st.one_of(TEXTS.filter(lambda text: len(text) < 100), st.sampled_from(["name", "value", "check", "on", "label"]))
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.decimals(-10000, 10000, allow_nan=False, places=4), TEXTS)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20)


def alike(one: Any, other: Any) -> bool:
    """Equal, with the same order of keys and without taking 1 for true."""
    if isinstance(one, dict):
        return isinstance(other, dict) and list(one) == list(other) and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool) and isinstance(one, str) == isinstance(other, str)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_what_is_written_reads_as_the_same_data(data: dict[str, Any]) -> None:
    whole = {"object": "thing", **{key: value for key, value in data.items() if key != "object"}}
    text = write_document(whole)
    documents, problems = read_text("a.yaml", text)
    assert problems == [], text
    assert alike(documents[0].data, whole), text
    assert write_document(documents[0].data) == text


def test_canonical_form_is_short_where_it_fits_a_line() -> None:
    text = """object: account
label: {zh: 客户, en: Account}
owner: required
highlights: [amount, owner]
fields:
  name: {type: text, required: true, max_length: 120}
  amount: {type: currency, visible_when: "name != ''"}
  source:
    type: select
    options:
      web: {label: {zh: 官网, en: Website}, hue: sky}
      event: {label: {zh: 展会, en: Trade fair}, hue: amber}
      cold: {label: {zh: 陌拜, en: Cold call}, hue: slate, retired: true}
rules:
  - {check: "amount > 0", at: amount, message: {zh: 金额必须大于零, en: The amount must be above zero}}
rate: 0.10
code: "010"
answer: "yes"
empty: {}
"""
    documents, problems = read_text("a.yaml", text)
    assert problems == []
    assert write_document(documents[0].data) == text


def test_a_text_of_several_lines_is_written_as_lines() -> None:
    assert write_document({"object": "a", "help": "one\n\ntwo\n"}) == "object: a\nhelp: |\n  one\n\n  two\n"
    assert write_document({"object": "a", "help": "one\ntwo"}) == "object: a\nhelp: |-\n  one\n  two\n"


def test_numbers_keep_their_digits() -> None:
    assert write_document({"object": "a", "x": Decimal("1.50"), "y": 7}) == "object: a\nx: 1.50\ny: 7\n"


def test_several_documents_are_parted() -> None:
    text = write_documents([{"role": "a"}, {"role": "b"}])
    assert text == "role: a\n---\nrole: b\n"
