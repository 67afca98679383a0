"""`looseleaf jobs`: what waits, runs, failed or is unknown in the background, and having it done again."""

from __future__ import annotations

from collections.abc import Iterable

import click

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.jobs.overseeing import Seen, again, overview, queues_of
from looseleaf_platform.jobs.queues import STATES
from looseleaf_platform.records.ids import decode, encode
from looseleaf_ui_builder.commands.opening import database_option, opened
from looseleaf_ui_builder.commands.terminal import format_option, language, table, tell, translated, write_json


@click.group(invoke_without_command=True)
@format_option
@database_option
@click.pass_context
def command(click_context: click.Context, form: str, database: str) -> int:
    """Say what waits, runs, failed or is unknown. Exit status 1 if anything failed or is unknown."""
    click_context.obj = database
    if click_context.invoked_subcommand is not None:
        return 0
    with opened(database) as workspace:
        queues = overview(workspace.context(SYSTEM))
    if form == "json":
        write_json([_as_data(seen) for seen in queues])
    else:
        _counts(queues)
        _stuck(queues)
    return 1 if any(seen.stuck for seen in queues) else 0


@command.command("again")
@click.argument("queue")
@click.argument("ids", nargs=-1)
@click.pass_obj
def do_again(database: str, queue: str, ids: tuple[str, ...]) -> None:
    """Have what is stuck in QUEUE done again: the given IDS, or all of it."""
    with opened(database) as workspace:
        context = workspace.context(SYSTEM)
        names = [one.name for one in queues_of(context)]
        if queue not in names:
            raise click.UsageError(translated("There is no queue '{name}': {queues}", name=queue, queues=", ".join(names)))
        tell(Text("Done again: {count}", count=again(context, queue, [_id(id) for id in ids] if ids else None)))


def _id(text: str) -> int:
    try:
        return decode(text)
    except ValueError as error:
        raise click.UsageError(translated("'{text}' is no id: see `looseleaf jobs`", text=text)) from error


def _counts(queues: Iterable[Seen]) -> None:
    headings = [translated(word) for word in ("Queue", "Kind", "State", "How many", "The first")]
    rows = [
        [seen.queue.name, one.kind, STATES[one.state].translate(language()), str(one.count), str(one.oldest or "")[:19]]
        for seen in queues
        for one in seen.counts
    ]
    table(headings, rows)


def _stuck(queues: Iterable[Seen]) -> None:
    for seen in queues:
        for one in seen.stuck:
            click.echo(f"{seen.queue.name} {encode(one.id)} {one.kind}: {one.error}", err=True)


def _as_data(seen: Seen) -> dict[str, object]:
    counts = [{"kind": one.kind, "state": one.state, "count": one.count, "oldest": one.oldest} for one in seen.counts]
    stuck = [{"id": encode(one.id), "kind": one.kind, "state": one.state, "error": one.error, "since": one.since} for one in seen.stuck]
    return {"queue": seen.queue.name, "counts": counts, "stuck": stuck}
