"""The house keeps its walls: folders, packages, one-way imports, sizes of files and functions."""

from __future__ import annotations

import ast
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from support.shared_data import ROOT

WINGS = ("metadata", "platform", "workflow", "ui_builder")
LONGEST_FILE = 400
LONGEST_FUNCTION = 50


def sources(*patterns: str) -> list[Path]:
    """Source files of the four wings."""
    return sorted(
        path for wing in WINGS for pattern in patterns for path in (ROOT / wing).rglob(pattern) if "/static/" not in path.as_posix()
    )


def test_the_platform_folder_does_not_hide_the_standard_library() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert Path(platform.__file__).name == "platform.py"
    said = subprocess.run(
        [sys.executable, "-c", "import platform; print(platform.system())"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == platform.system()


@pytest.mark.parametrize("wing", WINGS)
def test_each_folder_holds_one_package_named_after_it(wing: str) -> None:
    assert not (ROOT / wing / "__init__.py").exists()
    assert (ROOT / wing / f"looseleaf_{wing}" / "__init__.py").exists()
    assert [path.parent.name for path in (ROOT / wing).glob("*/__init__.py")] == [f"looseleaf_{wing}"]


def test_there_is_no_init_file_among_the_tests() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_names_of_test_files_are_unique() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_imports_run_one_way() -> None:
    said = subprocess.run([Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout


def test_pure_metadata_knows_no_database_and_no_web() -> None:
    known = {"flask", "sqlalchemy", "werkzeug", "marshmallow", "redis", "rq", "psycopg", "sqlite3"}
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources("*.py")
        if "metadata" in path.parts[len(ROOT.parts)]
        for name in imported(path)
        if name in known
    ]
    assert found == []


def test_only_the_upper_floors_know_flask() -> None:
    allowed = ("platform/looseleaf_platform/api/", "workflow/looseleaf_workflow/api/", "ui_builder/")
    found = [
        path.relative_to(ROOT).as_posix()
        for path in sources("*.py")
        if {"flask", "werkzeug"} & imported(path) and not path.relative_to(ROOT).as_posix().startswith(allowed)
    ]
    assert found == []


def imported(path: Path) -> set[str]:
    """First words of the modules that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_no_file_is_too_long_to_know() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): count
        for path in sources("*.py", "*.js", "*.css", "*.html", "*.j2")
        if (count := len(path.read_text("utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_no_function_is_too_long_to_read() -> None:
    long = {}
    for path in sources("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION:
                long[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = (node.end_lineno or 0) - node.lineno + 1
    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for path in sources("*.py")
        if path.read_text("utf-8").strip() and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []
