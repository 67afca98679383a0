"""dev.py needs nothing but Python, and speaks plainly to one that is too old."""

from __future__ import annotations

import ast
import subprocess
import sys

from support.shared_data import ROOT

DEV = ROOT / "dev.py"


def test_it_imports_the_standard_library_alone() -> None:
    for node in ast.walk(ast.parse(DEV.read_text("utf-8"))):
        names = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_an_old_python_can_read_it_far_enough_to_be_told() -> None:
    ast.parse(DEV.read_text("utf-8"), feature_version=(3, 7))


def test_it_explains_itself_without_making_anything() -> None:
    said = subprocess.run([sys.executable, str(DEV), "--help"], capture_output=True, text=True, check=True).stdout
    for command in ("demo", "test", "check", "format", "lint", "types", "bench", "pin"):
        assert command in said


def test_the_gate_runs_every_step() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import dev; print([name for name, _ in dev.steps_of_check()])"], cwd=ROOT, capture_output=True, text=True
    )
    assert said.stdout.strip() == "['format', 'lint', 'types', 'import contracts', 'tests']"
