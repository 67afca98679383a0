"""What all commands share: the language of the terminal, the workspace they work on, how results are written."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import click

from looseleaf_metadata.texts import Text, translate
from looseleaf_platform.identity import accounts
from looseleaf_platform.vocabulary import platform_vocabulary
from looseleaf_platform.workspace import Workspace

DEFAULT_DATABASE = "sqlite:///looseleaf.sqlite3"


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


def database_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--database URL`, or LOOSELEAF_DATABASE_URL, or a SQLite file in the current folder."""
    return click.option(
        "--database",
        envvar="LOOSELEAF_DATABASE_URL",
        default=DEFAULT_DATABASE,
        show_default=True,
        metavar="URL",
        help="postgresql://user:password@host/name, or sqlite:///file",
    )(command)


def format_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--format text|json`."""
    return click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="json for programs")(command)


@contextmanager
def opened(database: str) -> Iterator[Workspace]:
    """The workspace at a database address. Wrong usage (2) where the address can't be understood."""
    url = database.replace("postgresql://", "postgresql+psycopg://", 1) if database.startswith("postgresql://") else database
    try:
        workspace = Workspace.open(url, platform_vocabulary())
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    try:
        yield workspace
    finally:
        workspace.close()


def user_of(workspace: Workspace, login: str) -> int:
    """The id of the user with an e-mail address or phone number. Wrong usage where there is none."""
    with workspace.database.read() as connection:
        found = accounts.find(connection, workspace.runtime, login)
    if found is None:
        raise click.UsageError(translated("There is no user {login}", login=login))
    return found.id


def examples() -> Path:
    """The folder of the shipped templates: in the installed package, else in the source tree."""
    package = Path(__file__).parent.parent
    shipped = package / "examples"
    return shipped if shipped.is_dir() else package.parent.parent / "examples"
