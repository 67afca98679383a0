"""`looseleaf check PATH`: all problems of a template at once."""

from __future__ import annotations

from pathlib import Path

import click

from looseleaf_metadata.compile import check_path
from looseleaf_metadata.texts import Text
from looseleaf_ui_builder.commands.terminal import format_option, language, tell, write_json
from looseleaf_ui_builder.wings import product_vocabulary


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--with", "beside", multiple=True, type=click.Path(exists=True, path_type=Path), help="A template that this one requires")
@format_option
def command(path: Path, beside: tuple[Path, ...], form: str) -> int:
    """Check the template in the folder PATH (or a single file): exit status 1 if there are problems."""
    compiled = check_path(path, product_vocabulary(), beside)
    if form == "json":
        write_json({"problems": [problem.as_data(language()) for problem in compiled.problems]})
    else:
        for problem in compiled.problems:
            click.echo(problem.as_text(language()))
        count = len(compiled.problems)
        tell(Text("{count} problems", count=count) if count else Text("No problems"), err=bool(count))
    return 1 if compiled.problems else 0
