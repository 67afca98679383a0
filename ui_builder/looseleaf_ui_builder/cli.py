"""The command line `looseleaf`. Each command is a file of `commands/`, imported only when it is called.

Exit status: 0 fine, 1 problems were found (and told), 2 wrong usage.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import version

import click

from looseleaf_metadata.problems import MetadataError
from looseleaf_platform.errors import LooseleafError, Refused
from looseleaf_ui_builder.commands.terminal import language, tell, translated

COMMANDS = {
    "demo": "A workspace full of demo records on SQLite, served at once",
    "new": "Make the folder of a new template, ready to check and to publish",
    "check": "Check a template: all problems at once, with their places",
    "plan": "Say what applying a template would change, and what is in its way",
    "apply": "Publish a template's metadata to a workspace",
    "export": "Write a workspace's metadata to a folder",
    "test": "Run a template's scenarios in a scratch workspace",
    "import": "Import records of an object from a CSV or XLSX file",
    "serve": "Serve a workspace to browsers and programs",
    "worker": "Do the background work of a workspace",
    "jobs": "Say what waits, runs, failed or is unknown in the background, and do it again",
    "user": "Add, invite and list users",
    "token": "Make, list and revoke API tokens",
    "rebuild": "Compute roll-ups and the search index anew",
}


class Commands(click.Group):
    """Finds a command's file by its name."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Names in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of that name, None where there is none."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"looseleaf_ui_builder.commands.{name}_command")
        command: click.Command = module.command
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, translated(summary)) for name, summary in COMMANDS.items()])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("looseleaf"), prog_name="looseleaf")
def looseleaf() -> None:
    """Looseleaf: customer relations on loose leaves."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit status."""
    try:
        status = looseleaf.main(args=None if arguments is None else list(arguments), prog_name="looseleaf", standalone_mode=False)
    except click.exceptions.Abort:
        status = 130
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except MetadataError as error:
        for problem in error.problems:
            click.echo(problem.as_text(language()), err=True)
        status = 1
    except Refused as error:
        tell(error.message, err=True)
        for fault in error.faults:
            click.echo(f"  {fault.pointer or '/'}  {fault.say(language())}  [{fault.code}]", err=True)
        status = 1
    except LooseleafError as error:
        tell(error.message, err=True)
        status = 1
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
