"""Seeds bring records once, and leave alone what people made of them."""

from __future__ import annotations

import pytest

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.errors import Refused
from looseleaf_platform.records.read import page
from looseleaf_platform.records.requests import Change, Query
from looseleaf_platform.records.write import write
from looseleaf_platform.seeding import plant
from looseleaf_platform.workspace import Workspace
from support.workspaces import publish_texts

SHELF = """\
object: shelf
label: Shelf
title: name
key: name
owner: none
fields:
  name: {type: text, required: true}
  tags: {type: tags}
  books: {type: lines, to: book, by: shelf}
  height: {type: integer}
rules:
  - {check: "height is None or height > 0", at: height, message: A shelf has a height}
---
object: book
label: Book
title: name
fields:
  name: {type: text, required: true}
  shelf: {type: lookup, to: shelf, required: true}
"""
SEEDS = """\
seed: shelves
object: shelf
rows:
  - {name: upper, tags: [red, dry], books: [{name: one}, {name: two}]}
  - {name: lower, height: 3}
---
seed: toy_shelves
object: shelf
demo: true
rows: [{name: toys}]
"""


def heights(workspace: Workspace) -> dict[str, object]:
    """Height by name of all shelves."""
    return {record.values["name"]: record.values["height"] for record in page(workspace.context(SYSTEM), "shelf", Query()).records}


def test_a_seed_is_planted_once_and_keeps_what_people_changed(workspace: Workspace) -> None:
    publish_texts(workspace, SHELF, SEEDS)
    [planted] = plant(workspace)
    assert (planted.seed, planted.object, planted.created, planted.kept) == ("shelves", "shelf", 2, 0)
    context = workspace.context(SYSTEM)
    lower = page(context, "shelf", Query(search="", sort=("name",))).records[0]
    write(context, [Change("update", "shelf", id=lower.id, values={"height": 5})])
    [again] = plant(workspace)
    assert (again.created, again.kept) == (0, 2)
    assert heights(workspace) == {"upper": None, "lower": 5}
    assert len(page(context, "book", Query()).records) == 2


def test_demo_seeds_come_only_where_asked_for(workspace: Workspace) -> None:
    publish_texts(workspace, SHELF, SEEDS)
    assert [planted.seed for planted in plant(workspace, demo=True)] == ["shelves", "toy_shelves"]
    assert set(heights(workspace)) == {"upper", "lower", "toys"}
    assert plant(workspace, apps=["another"]) == ()


def test_a_seed_that_breaks_a_rule_is_refused_as_a_whole(workspace: Workspace) -> None:
    publish_texts(workspace, SHELF, "seed: bad\nobject: shelf\nrows: [{name: good, height: 1}, {name: flat, height: 0}]\n")
    with pytest.raises(Refused):
        plant(workspace)
    assert heights(workspace) == {}
