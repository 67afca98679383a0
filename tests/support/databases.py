"""Fresh databases for tests: empty ones, and clones of a template that already has the system objects."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url

NUMBERS = itertools.count(1)


class PostgresqlDatabases:
    """Makes and drops databases on one PostgreSQL server. `url`: of a database there that one may connect to."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.prefix = f"looseleaf_test_{os.getpid()}"
        self.templates: dict[str, str] = {}

    def administer(self, statement: str) -> None:
        """Run one statement outside a transaction."""
        host = self.url.query.get("host", self.url.host)
        with psycopg.connect(
            host=str(host) if host else None,
            port=self.url.port,
            user=self.url.username,
            password=self.url.password,
            dbname=self.url.database,
            autocommit=True,
        ) as connection:
            connection.execute(statement)  # type: ignore[arg-type]  # names are our own

    def named(self, name: str) -> str:
        """The URL of a database on this server."""
        url: URL = self.url.set(database=name)
        return url.render_as_string(hide_password=False)

    @contextmanager
    def fresh(self, template: str = "template0") -> Iterator[str]:
        """A new database, dropped afterwards, whoever is still connected."""
        name = f"{self.prefix}_{next(NUMBERS)}"
        self.administer(f"create database {name} template {template} strategy file_copy")
        try:
            yield self.named(name)
        finally:
            self.administer(f"drop database if exists {name} with (force)")

    def template(self, key: str, fill: Callable[[str], None]) -> str:
        """The name of a database that `fill(url)` has filled once, to be cloned by `fresh`."""
        if key not in self.templates:
            name = f"{self.prefix}_template_{key}"
            self.administer(f"drop database if exists {name} with (force)")  # what an earlier attempt that failed left
            self.administer(f"create database {name} template template0")
            fill(self.named(name))
            self.templates[key] = name
        return self.templates[key]

    def close(self) -> None:
        """Drop the templates."""
        for name in self.templates.values():
            self.administer(f"drop database if exists {name} with (force)")


class SqliteDatabases:
    """Makes SQLite files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.templates: dict[str, Path] = {}

    def path(self) -> Path:
        """A file name not used before, in a folder of its own (lock files and the log lie beside the file)."""
        folder = self.folder / str(next(NUMBERS))
        folder.mkdir()
        return folder / "test.sqlite3"

    @contextmanager
    def fresh(self, template: Path | None = None) -> Iterator[str]:
        """A new file, removed afterwards."""
        path = self.path()
        if template is not None:
            shutil.copytree(template.parent, path.parent, dirs_exist_ok=True)
        try:
            yield f"sqlite:///{path}"
        finally:
            shutil.rmtree(path.parent, ignore_errors=True)

    def template(self, key: str, fill: Callable[[str], None]) -> Path:
        """A file that `fill(url)` has filled once and closed, to be cloned by `fresh`."""
        if key not in self.templates:
            path = self.path()
            fill(f"sqlite:///{path}")
            self.templates[key] = path
        return self.templates[key]
