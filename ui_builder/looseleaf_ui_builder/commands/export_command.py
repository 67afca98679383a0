"""`looseleaf export PATH`: a workspace's metadata as files."""

from __future__ import annotations

from pathlib import Path

import click

from looseleaf_metadata.texts import Text
from looseleaf_platform.publishing import export_documents
from looseleaf_ui_builder.commands.opening import database_option, opened
from looseleaf_ui_builder.commands.terminal import tell, translated


@click.command()
@click.argument("path", type=click.Path(file_okay=False, path_type=Path))
@click.option("--revision", type=click.IntRange(1), help="Default: the one in force")
@click.option("--replace", is_flag=True, help="Take away YAML files in PATH that are no longer part of it")
@database_option
def command(path: Path, revision: int | None, replace: bool, database: str) -> int:
    """Write the metadata into the folder PATH: a folder for each template, `workspace` for the workspace's own pages."""
    there = set(path.rglob("*.yaml")) if path.exists() else set()
    if there and not replace:
        raise click.UsageError(translated("{path} holds YAML files already: give another folder, or --replace", path=str(path)))
    with opened(database) as workspace:
        files = export_documents(workspace, revision)
    for name, text in files.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")
    for leftover in there - {path / name for name in files}:
        leftover.unlink()
    tell(Text("Wrote {count} files to {path}", count=len(files), path=str(path)))
    return 0
