"""The pages on field types: the reference names all there is, and the how-to does what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from looseleaf_platform.fields import FIELD_TYPES
from looseleaf_platform.fields.base import FieldType
from looseleaf_platform.fields.operators import OPERATORS
from support.databases import PostgresqlDatabases
from support.shared_data import ROOT

REFERENCE = (ROOT / "docs" / "reference" / "field-types.md").read_text("utf-8")
HOW_TO = (ROOT / "docs" / "how-to" / "new-field-type.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", REFERENCE, re.MULTILINE | re.DOTALL))


def named(text: str) -> list[str]:
    return re.findall(r"`(\w+)`", text)


@pytest.mark.parametrize("kind", FIELD_TYPES.values(), ids=FIELD_TYPES)
def test_the_reference_tells_of_a_type_all_its_settings_and_operators(kind: FieldType) -> None:
    section = SECTIONS[kind.name]
    assert f"[`{kind.name}`](#{kind.name})" in REFERENCE
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(kind.settings_schema)
    operators = re.search(r"^\* Operators: (.*)$", section, re.MULTILINE)
    assert operators
    assert tuple(named(operators[1])) == kind.operators
    assert all(f"{label}" in section for _, label in kind.label.texts)


def test_the_reference_tells_of_no_type_that_does_not_exist() -> None:
    assert SECTIONS.keys() == {*FIELD_TYPES, "Operators"}


def test_the_reference_tells_of_every_operator() -> None:
    assert re.findall(r"^\| `(\w+)` \|", SECTIONS["Operators"], re.MULTILINE) == list(OPERATORS)


def test_a_new_type_is_one_file_and_one_line(tmp_path: Path, postgresql_databases: PostgresqlDatabases) -> None:
    """The how-to, followed to the letter in a copy of the package; then the shared specification on the new type."""
    file, line = re.findall(r"```python\n(.*?)```", HOW_TO, re.DOTALL)
    name = re.findall(r'"(\w+)",\n', line)[1]
    copy = tmp_path / "looseleaf_platform"
    shutil.copytree(ROOT / "platform" / "looseleaf_platform", copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "fields" / f"{name}.py").write_text(file, "utf-8")
    registry = copy / "fields" / "__init__.py"
    registry.write_text(registry.read_text("utf-8").replace('    "text",\n', f'    "text",\n    "{name}",\n', 1), "utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        "-k",
        name,
        "tests/platform/fields/test_field_specification.py",
    ]
    server = postgresql_databases.url.render_as_string(hide_password=False)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "LOOSELEAF_TEST_DATABASE_URL": server}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b1[3-9] passed", done.stdout), done.stdout
