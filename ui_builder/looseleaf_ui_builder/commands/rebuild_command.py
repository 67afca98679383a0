"""`looseleaf rebuild`: what is derived from records, computed anew: roll-ups and the search index."""

from __future__ import annotations

import click
from sqlalchemy import delete

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.publishing import filling, finish_later
from looseleaf_platform.records.ids import new_id
from looseleaf_platform.records.rollups import rebuild, verify
from looseleaf_platform.records.search import indexed_fields
from looseleaf_ui_builder.commands.opening import database_option, opened
from looseleaf_ui_builder.commands.terminal import tell


@click.command()
@click.option("--verify", "only_verify", is_flag=True, help="Only say which roll-ups are wrong: exit status 1 if any")
@click.option("--search", is_flag=True, help="The search index, too")
@database_option
def command(only_verify: bool, search: bool, database: str) -> int:
    """Compute roll-ups anew and say how many were wrong; finish what publishing left to be done."""
    with opened(database) as workspace:
        context = workspace.context(SYSTEM)
        if not only_verify:
            finish_later(workspace)
        wrong = _rollups(context, only_verify)
        if search and not only_verify:
            _search(context)
    tell(Text("{count} roll-ups were wrong", count=wrong) if wrong else Text("All roll-ups are right"))
    return 1 if wrong and only_verify else 0


def _rollups(context: Context, only_verify: bool) -> int:
    """Verify, or rebuild, every roll-up; returns how many values were wrong."""
    wrong = 0
    for name, found in context.model.objects.items():
        for field in found.live_fields:
            if field.type == "rollup" and not found.retired:
                count = len(verify(context, name, field.name)) if only_verify else rebuild(context, name, field.name)
                if count:
                    tell(Text("{address}: {count} wrong", address=f"{name}.{field.name}", count=count))
                wrong += count
    return wrong


def _search(context: Context) -> None:
    """Make the search index of every object anew; what is searched meanwhile may find less."""
    for name, found in context.runtime.objects.items():
        fields = indexed_fields(context.model, name)
        if fields:
            with context.workspace.database.write() as connection:
                connection.execute(delete(found.grams))
            payload = {"object": name, "fields": [field.id for field in fields], "until": new_id()}
            filling.fill_grams(context.workspace, payload, lambda _connection, _far: None)
            tell(Text("{object}: search index made anew", object=name))
