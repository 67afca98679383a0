"""The workspace that a command works on: where it is, how it is opened, whom a name on the command line means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import ArgumentError

from looseleaf_platform.identity import accounts
from looseleaf_platform.workspace import Workspace
from looseleaf_ui_builder.commands.terminal import translated
from looseleaf_ui_builder.wings import open_workspace

DEFAULT_DATABASE = "sqlite:///looseleaf.sqlite3"


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


@contextmanager
def opened(database: str) -> Iterator[Workspace]:
    """The workspace at a database address. Wrong usage (2) where the address can't be understood."""
    try:
        workspace = open_workspace(database)
    except (ValueError, ArgumentError) as error:
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
