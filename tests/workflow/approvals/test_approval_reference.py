"""The reference of approvals names every key of every node, every way to name people, every command and every event."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from looseleaf_workflow.approvals import commands, events
from looseleaf_workflow.approvals.checking.schema import DEFINITIONS, HEADER, NODES
from looseleaf_workflow.approvals.decide import HANDLERS
from looseleaf_workflow.approvals.folding import FOLDS
from looseleaf_workflow.frozen_json import tag
from support.shared_data import ROOT

PAGE = (ROOT / "docs" / "reference" / "approvals.md").read_text("utf-8")
WORDS = set(re.findall(r"[a-z_]+", PAGE))


def keys_of(schema: Any) -> Iterator[str]:
    """Every key and every word to choose from, at any depth."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        yield from (word for word in schema.get("enum", ()) if isinstance(word, str))
        for inner in schema.values():
            yield from keys_of(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from keys_of(inner)


def test_every_key_and_word_is_explained() -> None:
    missing = {key for part in (HEADER, NODES, DEFINITIONS["who"]) for key in keys_of(part) if key not in WORDS}
    assert missing == set()


def test_every_command_and_event_is_named() -> None:
    names = {tag(kind) for kind in (*get_args(commands.Body), *get_args(events.Body))}
    assert {name for name in names if f"`{name}`" not in PAGE} == set()


def test_every_command_is_decided_and_every_event_is_folded() -> None:
    assert set(HANDLERS) == set(get_args(commands.Body))
    assert set(FOLDS) == set(get_args(events.Body))
