"""The reference of the metadata language names every kind and every key that the schemas know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from looseleaf_metadata.kinds import kinds_of
from looseleaf_platform.api.parameters import KNOWN
from looseleaf_platform.api.problems import STATUS
from looseleaf_workflow.vocabulary import workflow_vocabulary

DOCS = Path(__file__).parents[2] / "docs"
KINDS = kinds_of(workflow_vocabulary())


def keys_of(schema: Any) -> Iterator[str]:
    """Every key that a schema allows, at any depth; settings of field types have a page of their own."""
    if not isinstance(schema, dict):
        return
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from keys_of(inner)
    for part in ("items", "additionalProperties"):
        yield from keys_of(schema.get(part))
    for branch in (schema.get("x-by-json-type") or {}).values():
        yield from keys_of(branch)


def section_of(kind: str) -> str:
    """The part of the page that is about one kind, with the habits that hold for all; `extend` takes what an object takes."""
    text = (DOCS / "reference" / "metadata.md").read_text("utf-8")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)
    own = [part for part in parts if part.startswith(f"`{kind}`")]
    assert own, f"docs/reference/metadata.md has no section for {kind}"
    return parts[1] + own[0] + (section_of("object") if kind == "extend" else "")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_key_of_a_kind_is_in_the_reference(kind: str) -> None:
    said = section_of(kind)
    words = set(re.findall(r"[a-z_]+", said))
    missing = {key for key in keys_of(KINDS[kind].schema(workflow_vocabulary())) if key not in words}
    assert missing == set()


def test_every_page_that_the_documentation_links_to_is_there() -> None:
    pages = [*DOCS.rglob("*.md"), *DOCS.parent.glob("README*.md")]
    broken = []
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []


def test_the_api_reference_names_every_problem_and_every_parameter() -> None:
    said = (DOCS / "reference" / "api.md").read_text("utf-8")
    kinds = {f"`/problems/{code}`" for _, code in STATUS.values()}
    assert {kind for kind in kinds if kind not in said} == set()
    assert {name for name in KNOWN if f"`{name}`" not in said} == set()
