"""`looseleaf plan PATH`: what applying a template would change, measured on the workspace's records."""

from __future__ import annotations

from pathlib import Path

import click

from looseleaf_platform.publishing import combined_pages, plan
from looseleaf_ui_builder.commands.opening import database_option, opened
from looseleaf_ui_builder.commands.terminal import format_option, language, write_json


@click.command()
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@format_option
@database_option
def command(paths: tuple[Path, ...], form: str, database: str) -> int:
    """Say what applying the templates in the folders PATH would change. Changes nothing; exit status 1 if it can't be published."""
    with opened(database) as workspace:
        found = plan(workspace, combined_pages(workspace, paths))
    if form == "json":
        write_json(found.as_data(language()))
    else:
        click.echo(found.as_text(language()))
    return 0 if found.can_publish else 1
