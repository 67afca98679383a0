"""What keeps the screens readable: short handlers, short templates, no script or style inside them, one address table."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import looseleaf_ui_builder
from looseleaf_ui_builder.screens.routes import CLOSED, OPEN

WING = Path(looseleaf_ui_builder.__file__).parent
TEMPLATES = sorted((WING / "templates").rglob("*.html"))
LONGEST_HANDLER = 12
LONGEST_TEMPLATE = 60


def lines_of(function: ast.FunctionDef) -> int:
    """Lines of a function's body, its docstring apart."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_handlers_are_short() -> None:
    handlers = {(Path(handler.__code__.co_filename), handler.__name__) for _, _, handler in (*OPEN, *CLOSED)}
    found = []
    for path in {path for path, _ in handlers}:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and (path, node.name) in handlers and lines_of(node) > LONGEST_HANDLER:
                found.append(f"{path.name}: {node.name} has {lines_of(node)} lines")
    assert not found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(WING / "templates")))
def test_a_template_is_short_and_holds_no_script_or_style(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= LONGEST_TEMPLATE
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)
    assert not re.search(r"\|\s*safe\b", text)


def test_every_address_changes_things_only_by_post() -> None:
    assert {method for method, _, _ in (*OPEN, *CLOSED)} == {"GET", "POST"}
    changing = ("save", "create", "delete_records", "remove", "revoke", "send", "begin", "share_record", "transfer_records", "restore")
    wrong = [handler.__name__ for method, _, handler in (*OPEN, *CLOSED) if method == "GET" and handler.__name__.startswith(changing)]
    assert not wrong
