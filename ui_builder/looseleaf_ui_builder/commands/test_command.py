"""`looseleaf test PATH`: a template's scenarios, each in a scratch workspace of its own."""

from __future__ import annotations

from pathlib import Path

import click

from looseleaf_metadata.compile import check_path
from looseleaf_metadata.problems import MetadataError
from looseleaf_metadata.texts import Text
from looseleaf_platform.scenarios import ScenarioResult, run_scenarios
from looseleaf_ui_builder.commands.terminal import format_option, language, tell, write_json
from looseleaf_ui_builder.wings import EXTENSIONS, product_vocabulary


@click.command()
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@format_option
def command(path: Path, form: str) -> int:
    """Run the scenarios of the template in the folder PATH: exit status 1 if one does not go as written."""
    compiled = check_path(path, product_vocabulary())
    if compiled.model is None:
        raise MetadataError(compiled.problems)
    own = frozenset(document.app for document in compiled.documents if Path(document.file).is_relative_to(path))
    results = run_scenarios(compiled.documents, product_vocabulary(), own, EXTENSIONS)
    if form == "json":
        write_json({"scenarios": [result.as_data(language()) for result in results]})
    else:
        _tell(results)
    return 0 if all(result.passed for result in results) else 1


def _tell(results: list[ScenarioResult]) -> None:
    for result in results:
        click.echo(f"{'✓' if result.passed else '✗'} {result.name}")
        if not result.passed:
            where = Text("step {number}", number=result.step) if result.step else Text("what is given")
            click.echo(f"    {result.place}  {where.translate(language())}")
        for fault in result.faults:
            click.echo(f"    {fault.translate(language())}")
    passed = sum(result.passed for result in results)
    tell(Text("{passed} of {count} scenarios went as written", passed=passed, count=len(results)))
