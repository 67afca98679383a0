"""The published JSON Schemas of the metadata language: the very schemas that the check uses, in plain JSON Schema 2020-12.

`write_schemas(folder, vocabulary)` writes one file per kind; a test holds them fresh. An editor is told of one by a first line such as
`# yaml-language-server: $schema=…/object.schema.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from looseleaf_metadata.kinds import kinds_of
from looseleaf_metadata.kinds.base import EXPRESSION, LABEL, NAME, PATH
from looseleaf_metadata.shape_sentences import EXPECTED
from looseleaf_metadata.vocabulary import Vocabulary

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SHARED: Mapping[str, Any] = {"label": LABEL, "expression": EXPRESSION, "name": NAME, "path": PATH}
"""What many keys have in common, defined once in each file."""


def published_schemas(vocabulary: Vocabulary) -> dict[str, dict[str, Any]]:
    """The plain schema of each kind, by file name."""
    schemas = {}
    for name, kind in kinds_of(vocabulary).items():
        body = plain_schema(kind.schema(vocabulary))
        used = {key: schema for key, schema in SHARED.items() if f'"#/$defs/{key}"' in json.dumps(body)}
        definitions = {key: plain_schema(schema, shared=False) for key, schema in used.items()}
        title = f"A Looseleaf document of the kind '{name}'"
        schemas[f"{name}.schema.json"] = {"$schema": DIALECT, "title": title, **body, "$defs": {**body.get("$defs", {}), **definitions}}
    return schemas


def schema_texts(vocabulary: Vocabulary) -> dict[str, str]:
    """The files as they are published: name to text."""
    return {name: json.dumps(schema, ensure_ascii=False, indent=1) + "\n" for name, schema in published_schemas(vocabulary).items()}


def write_schemas(folder: Path, vocabulary: Vocabulary) -> list[Path]:
    """Write all schemas into a folder and remove those of kinds that are no more. Returns the files that changed."""
    texts = schema_texts(vocabulary)
    changed = []
    for old in folder.glob("*.schema.json"):
        if old.name not in texts:
            old.unlink()
            changed.append(old)
    for name, text in texts.items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            changed.append(path)
    return changed


def plain_schema(schema: Any, *, shared: bool = True) -> Any:
    """A schema without our own keywords: choices become `anyOf` and `if`/`then`, expectations become descriptions.

    `shared`: what stands in SHARED becomes a reference to it.
    """
    if isinstance(schema, list):
        return [plain_schema(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    expects = str(schema.get("x-expects", ""))
    if shared and expects in SHARED and schema == SHARED[expects]:
        return {"$ref": f"#/$defs/{expects}"}
    plain = {key: plain_schema(value) for key, value in schema.items() if not key.startswith("x-")}
    if expects:
        plain["description"] = str(EXPECTED[expects])
    if "x-by-json-type" in schema:
        plain["anyOf"] = [{"type": name, **plain_schema(branch)} for name, branch in schema["x-by-json-type"].items()]
    if "x-by-first-key" in schema:
        plain["oneOf"] = [plain_schema(branch) for branch in schema["x-by-first-key"].values()]
    if "x-by-field-type" in schema:
        branches = schema["x-by-field-type"]
        plain |= {"type": "object", "required": ["type"], "properties": {"type": {"type": "string", "enum": sorted(branches)}}}
        plain["allOf"] = [
            {"if": {"properties": {"type": {"const": name}}, "required": ["type"]}, "then": plain_schema(branch)}
            for name, branch in branches.items()
        ]
    return plain
