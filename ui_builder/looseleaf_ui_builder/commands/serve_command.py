"""`looseleaf serve`: a workspace for browsers and programs."""

from __future__ import annotations

import os

import click

from looseleaf_metadata.texts import Text
from looseleaf_ui_builder.commands import serving
from looseleaf_ui_builder.commands.opening import database_option, opened
from looseleaf_ui_builder.commands.terminal import tell


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=5000, show_default=True)
@click.option("--workers", type=click.IntRange(1), help="Processes. Default: one for SQLite, two for each core for PostgreSQL")
@click.option("--threads", type=click.IntRange(1), default=8, show_default=True, help="Threads of each process")
@click.option("--reload", is_flag=True, help="Start anew when a source changes: for development")
@database_option
def command(host: str, port: int, workers: int | None, threads: int, reload: bool, database: str) -> int:
    """Serve a workspace. A new database is set up first; its first visitor becomes the administrator."""
    with opened(database) as workspace:
        workspace.database.serve()  # says at once if another process has the file; the server's own process asks again
        on_sqlite = workspace.database.dialect == "sqlite"
    if on_sqlite and workers not in (None, 1):
        raise click.UsageError("An SQLite file is served by one process; for more, move to PostgreSQL")
    port = serving.free_port(host, port)
    address = f"http://{host}:{port}"
    processes = workers or (1 if on_sqlite else 2 * (os.cpu_count() or 1))
    ready = lambda: tell(Text("Looseleaf is at {address} (Ctrl+C ends it)", address=address))  # noqa: E731
    return serving.serve(database, host, port, workers=processes, threads=threads, reload=reload, ready=ready)
