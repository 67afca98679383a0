"""How commands speak: the language of the terminal, sentences, tables, JSON. Knows no workspace, so that help is there at once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import click

from looseleaf_metadata.texts import Text, translate


@cache
def language() -> str:
    """The terminal's language: LOOSELEAF_LOCALE, else the system's; English unless it is Chinese."""
    names = ("LOOSELEAF_LOCALE", "LC_ALL", "LC_MESSAGES", "LANG")
    wanted = next((os.environ[name] for name in names if os.environ.get(name)), "en")
    return "zh" if wanted.lower().startswith("zh") else "en"


def translated(sentence: str, **values: Any) -> str:
    """A sentence in the terminal's language."""
    return translate(sentence, language(), **values)


def tell(sentence: Text, *, err: bool = False) -> None:
    """Say something to the person at the terminal."""
    click.echo(sentence.translate(language()), err=err)


def write_json(data: Any) -> None:
    """Write a result for a program."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write rows in columns. Chinese characters take two places."""
    widths = [max(map(_width, column)) for column in zip(headings, *rows, strict=True)]
    for row in (headings, *rows):
        click.echo("  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip())


def _width(text: str) -> int:
    return sum(2 if ord(character) >= 0x1100 else 1 for character in text)


def format_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--format text|json`."""
    return click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="json for programs")(command)
