"""`looseleaf apply PATH`: publish a template, beside what the workspace has."""

from __future__ import annotations

from pathlib import Path

import click

from looseleaf_metadata.texts import Text
from looseleaf_platform.publishing import finish_later, install
from looseleaf_ui_builder.commands.opening import database_option, opened
from looseleaf_ui_builder.commands.terminal import format_option, tell, write_json


@click.command()
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--reason", default="", help="Why, for the list of revisions")
@format_option
@database_option
def command(paths: tuple[Path, ...], reason: str, form: str, database: str) -> int:
    """Publish the templates in the folders PATH: all of them or nothing. A template that is there already is replaced."""
    with opened(database) as workspace:
        before = workspace.runtime.revision
        revision = install(workspace, paths, reason=reason)
        finish_later(workspace)
    if form == "json":
        write_json({"revision": revision, "changed": revision != before})
    elif revision == before:
        tell(Text("Nothing changed: revision {number} stays in force", number=revision))
    else:
        tell(Text("Published as revision {number}", number=revision))
    return 0
