"""Finds every sentence for people in the sources: `Text("…")`, `_("…")`, `ngettext`, and `{{ _("…") }}` in templates."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment

from support.shared_data import ROOT

WINGS = ("metadata", "platform", "workflow", "ui_builder")
CALLS = frozenset({"Text", "Sentence", "_", "gettext", "translated"})


def python_sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of each sentence of a Python file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if name in CALLS:
                yield node.lineno, node.args[0].value


def template_sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of each sentence of a template."""
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for line, _, message in environment.extract_translations(path.read_text("utf-8")):
        if isinstance(message, str):
            yield line, message
        elif message:
            yield line, str(message[0])


def all_sentences() -> dict[str, str]:
    """Each sentence of the product with one place where it stands."""
    found: dict[str, str] = {}
    for wing in WINGS:
        for path in sorted((ROOT / wing).rglob("*.py")):
            for line, sentence in python_sentences(path):
                if re.search(r"[A-Za-z]{2}", re.sub(r"\{\w*\}", "", sentence)):
                    found.setdefault(sentence, f"{path.relative_to(ROOT)}:{line}")
        for pattern in ("*.html", "*.j2", "*.txt"):
            for path in sorted((ROOT / wing).rglob(f"templates/**/{pattern}")):
                for line, sentence in template_sentences(path):
                    found.setdefault(sentence, f"{path.relative_to(ROOT)}:{line}")
    return found
