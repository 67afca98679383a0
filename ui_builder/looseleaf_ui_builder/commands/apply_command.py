"""`looseleaf apply PATH`: publish a template, beside what the workspace has."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from looseleaf_metadata.texts import Text
from looseleaf_platform.publishing import finish_later, install, read_folders
from looseleaf_platform.seeding import plant
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
        before, had = workspace.runtime.revision, set(workspace.runtime.model.apps)
        revision = install(workspace, paths, reason=reason)
        finish_later(workspace)
        given = {document.app for document in read_folders(paths)[0]}
        planted = plant(workspace, given | (set(workspace.refresh().model.apps) - had)) if revision != before else ()
    if form == "json":
        write_json({"revision": revision, "changed": revision != before, "seeds": [asdict(seed) for seed in planted]})
        return 0
    if revision == before:
        tell(Text("Nothing changed: revision {number} stays in force", number=revision))
        return 0
    tell(Text("Published as revision {number}", number=revision))
    for seed in planted:
        tell(Text("Seed {name}: {created} new records, {kept} were there", name=seed.seed, created=seed.created, kept=seed.kept))
    return 0
