"""`looseleaf import OBJECT FILE`: records from a CSV or XLSX file, by a mapping of the template, of a file, or guessed from the headings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.importing.mapping import ImportMapping, mapping_from_data, suggest
from looseleaf_platform.importing.running import ImportReport, preview, run_import
from looseleaf_ui_builder.commands.opening import database_option, opened, user_of
from looseleaf_ui_builder.commands.terminal import format_option, language, tell, translated, write_json


@click.command()
@click.argument("object_name", metavar="OBJECT")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--mapping", "wanted", default="", help="The name of an import in the metadata, or a YAML file. Default: guessed from the headings"
)
@click.option("--dry-run", is_flag=True, help="Say what would become of the file, and change nothing")
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Where the refused lines go, with their reasons")
@click.option("--as", "login", default="", help="Import as this user, with their rights. Default: as the system")
@format_option
@database_option
def command(object_name: str, file: Path, wanted: str, dry_run: bool, rejects: Path | None, login: str, form: str, database: str) -> int:
    """Import the records of FILE into OBJECT: exit status 1 if lines were refused."""
    with opened(database) as workspace:
        actor = workspace.actor(user_of(workspace, login)) if login else replace(SYSTEM, locale=language())
        context = workspace.context(actor, "import")
        mapping = _mapping(context, object_name, file, wanted)
        if form == "text":
            _tell_mapping(mapping)
        steps = _told(form == "text")
        report = run_import(
            context, file, mapping, dry=dry_run, rejects=rejects or file.with_name(f"{file.stem}.rejects.csv"), progress=steps
        )
    if form == "json":
        write_json({"mapping": mapping.as_data(), **report.as_data()})
    else:
        _tell_report(report)
    return 1 if report.refused else 0


def _mapping(context: Context, object_name: str, file: Path, wanted: str) -> ImportMapping:
    """The mapping asked for. Wrong usage where there is none, or none can be guessed."""
    found = context.model.objects.get(object_name)
    if found is None or found.retired:
        raise click.UsageError(translated("There is no object '{name}'", name=object_name))
    imports = context.model.others.get("import", {})
    if wanted in imports:
        return mapping_from_data(imports[wanted].data, context.model)
    if wanted:
        return mapping_from_data(_read(Path(wanted)), context.model)
    headings, _, _ = preview(file)
    mapping = suggest(found, headings, context.profile.writable(object_name), context.model)
    if not mapping.targets[0].fields:
        raise click.UsageError(translated("No column of the file is named like a field: give a mapping with --mapping"))
    return mapping


def _read(path: Path) -> Any:
    try:
        return YAML(typ="safe").load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise click.UsageError(
            translated("'{name}' is neither an import of the metadata nor a file that can be read", name=str(path))
        ) from error


def _told(aloud: bool) -> Any:
    def step(report: ImportReport) -> bool:
        if aloud:
            click.echo(f"\r{report.lines:,}  ✗ {report.refused:,}  {report.seconds:.0f} s", nl=False, err=True)
        return True

    return step


def _tell_mapping(mapping: ImportMapping) -> None:
    for target in mapping.targets:
        for name, source in target.fields.items():
            key = "  *" if name == target.key else ""
            click.echo(f"  {target.object}.{name} ← {source.column or source.template or source.constant}{key}")


def _tell_report(report: ImportReport) -> None:
    click.echo("", err=True)
    if report.dry:
        tell(Text("A dry run: nothing was stored"))
    for name, counts in report.objects.items():
        said = Text(
            "{object}: {created} new, {updated} changed, {same} the same, {refused} refused",
            object=name,
            **{outcome: counts.get(outcome, 0) for outcome in ("created", "updated", "same", "refused")},
        )
        tell(said)
    for refusal in report.samples:
        reasons = "; ".join(f"{column}: {reason}" if column else reason for column, reason in refusal.reasons)
        click.echo(f"  {translated('line {number}', number=refusal.line)}  {reasons}")
    if report.refused:
        tell(Text("{refused} of {lines} lines were refused", refused=report.refused, lines=report.lines))
    if report.rejects:
        tell(Text("They are in {path}, with the reasons", path=report.rejects))
