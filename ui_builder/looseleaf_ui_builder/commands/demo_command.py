"""`looseleaf demo`: a workspace with all shipped templates and believable records, on SQLite, served at once."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path

import click

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.publishing import install
from looseleaf_platform.seeding import plant
from looseleaf_ui_builder.commands import serving
from looseleaf_ui_builder.commands.opening import examples, opened
from looseleaf_ui_builder.commands.terminal import table, tell, translated
from looseleaf_ui_builder.demo import DEMO_TEMPLATES, Login, load_demo

DONE = "logins.json"
"""Written into the data folder last: a folder without it was not filled to the end."""


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Default: 5000, or the next free one")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), default="demo-data", show_default=True, help="Where the demo is kept"
)
@click.option("--fresh", is_flag=True, help="Throw the kept demo away and make it anew")
@click.option("--reload", is_flag=True, help="Start anew when a source changes: for development")
def command(port: int | None, host: str, data: Path, fresh: bool, reload: bool) -> int:
    """Fill a demo workspace (the first time), serve it, and print the address and the logins."""
    chosen = serving.free_port(host, port)
    database = f"sqlite:///{(data / 'demo.sqlite3').resolve()}"
    os.environ.setdefault("LOOSELEAF_FILES", str((data / "files").resolve()))
    logins = prepare(data, database, fresh)
    with opened(database) as workspace:
        workspace.database.serve()  # says at once if another process has the file

    def ready() -> None:
        tell(Text("\nLooseleaf is at {address} (Ctrl+C ends it)\n", address=f"http://{host}:{chosen}"))
        headings = [translated(word) for word in ("Sign in as", "Password", "Name", "Position")]
        table(headings, [[login.email, login.password, login.name, login.position] for login in logins])

    return serving.serve(database, host, chosen, reload=reload, ready=ready)


def prepare(data: Path, database: str, fresh: bool) -> tuple[Login, ...]:
    """The demo's logins; fills the workspace first unless that was done. A folder that holds something else is left alone."""
    done = data / DONE
    if done.exists() and not fresh:
        return tuple(Login(**login) for login in json.loads(done.read_text("utf-8")))
    if data.exists():
        if any(path.name != DONE and not path.name.startswith("demo.sqlite3") and path.name != "files" for path in data.iterdir()):
            raise click.UsageError(translated("{path} holds something else: give another folder with --data", path=str(data)))
        shutil.rmtree(data)
    data.mkdir(parents=True)
    with opened(database) as workspace:
        tell(Text("Publishing the templates …"))
        install(workspace, [examples() / name for name in DEMO_TEMPLATES], actor=SYSTEM, reason="demo")
        plant(workspace, demo=True)
        logins = load_demo(workspace, examples(), lambda step: tell(Text("Writing demo records: {step} …", step=step)))
    done.write_text(json.dumps([asdict(login) for login in logins], ensure_ascii=False, indent=1), "utf-8")
    return logins
