"""The published JSON Schemas: fresh, valid, and of the same mind as the check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from looseleaf_metadata.compile import compile_documents
from looseleaf_metadata.kinds import KINDS
from looseleaf_metadata.kinds.base import BOOLEAN, Kind, Schema
from looseleaf_metadata.loader import read_documents, read_text
from looseleaf_metadata.schemas import published_schemas, schema_texts, write_schemas
from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_workflow.vocabulary import workflow_vocabulary

ROOT = Path(__file__).parents[2]


def test_the_published_schemas_are_fresh() -> None:
    there = {path.name: path.read_text("utf-8") for path in (ROOT / "metadata" / "schemas").glob("*.json")}
    fresh = there == schema_texts(workflow_vocabulary())
    assert fresh, "write them anew: looseleaf_metadata.schemas.write_schemas(folder, workflow_vocabulary())"


def test_they_are_valid_and_plain(vocabulary: Vocabulary) -> None:
    for schema in published_schemas(vocabulary).values():
        Draft202012Validator.check_schema(schema)
        assert "x-" not in "".join(all_keys(schema))


def all_keys(schema: Any) -> list[str]:
    if isinstance(schema, Mapping):
        return [found for key, value in schema.items() for found in ([key] if key.startswith("x-") else []) + all_keys(value)]
    return [found for item in schema for found in all_keys(item)] if isinstance(schema, list) else []


@pytest.mark.parametrize("template", sorted(path.name for path in (ROOT / "examples").iterdir() if (path / "app.yaml").exists()))
def test_every_document_of_the_templates_fits_them(template: str) -> None:
    schemas = {name.split(".")[0]: Draft202012Validator(schema) for name, schema in published_schemas(workflow_vocabulary()).items()}
    documents, _ = read_documents([ROOT / "examples" / template])
    assert documents
    for document in documents:
        errors = [error.message for error in schemas[document.kind].iter_errors(floats(document.data))]
        assert errors == [], f"{document.file} {document.name}"


def floats(value: Any) -> Any:
    """What an editor sees: numbers as JSON has them."""
    if isinstance(value, dict):
        return {key: floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [floats(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


@pytest.mark.parametrize(
    "text",
    [
        "object: a\nfeilds: {}\n",
        "object: A\n",
        "object: a\nfields: {x: {type: curency}}\n",
        "object: a\nfields: {x: {type: text, options: {a: A}}}\n",
        "object: a\nlabel: 5\n",
        "object: a\nfields: {x: {type: lookup}}\n",
    ],
)
def test_they_refuse_what_the_check_refuses(text: str, vocabulary: Vocabulary) -> None:
    documents, _ = read_text("a.yaml", text)
    assert compile_documents(documents, vocabulary).problems
    assert not Draft202012Validator(published_schemas(vocabulary)["object.schema.json"]).is_valid(documents[0].data)


def test_writing_them_says_what_changed_and_removes_the_old(tmp_path: Path, vocabulary: Vocabulary) -> None:
    (tmp_path / "gone.schema.json").write_text("{}")
    assert len(write_schemas(tmp_path, vocabulary)) == len(KINDS) + 1
    assert write_schemas(tmp_path, vocabulary) == []
    assert not (tmp_path / "gone.schema.json").exists()


class NoteKind(Kind):
    """A kind that an extension adds."""

    name = "note"

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {"object": {"type": "string"}, "pinned": BOOLEAN}

    def build(self, document: Any, run: Any) -> Any:
        run.known_object(document, "/object", document.data["object"], f"note:{document.name}", "note")
        return document.data["object"]


def test_an_extension_adds_a_kind_with_one_class(vocabulary: Vocabulary) -> None:
    extended = replace(vocabulary, kinds=(NoteKind(),))
    documents, _ = read_text("a.yaml", "note: hello\nobject: user\npinned: true\n")
    compiled = compile_documents(documents, extended)
    assert compiled.model is not None
    assert compiled.model.others["note"] == {"hello": "user"}
    assert any(edge.source == "note:hello" and edge.target == "object:user" for edge in compiled.model.edges)
    assert "note.schema.json" in published_schemas(extended)
    wrong, _ = read_text("a.yaml", "note: hello\nobject: usr\npined: true\n")
    assert {problem.code for problem in compile_documents(wrong, extended).problems} == {"unknown-key", "unknown-object"}
