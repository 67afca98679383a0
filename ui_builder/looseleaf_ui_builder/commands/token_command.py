"""`looseleaf token …`: API tokens of a workspace's users."""

from __future__ import annotations

from datetime import timedelta

import click

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.identity import tokens
from looseleaf_platform.records.ids import decode, encode
from looseleaf_ui_builder.commands.opening import database_option, opened, user_of
from looseleaf_ui_builder.commands.terminal import format_option, table, tell, translated, write_json


@click.group()
def command() -> None:
    """Make, list and revoke API tokens."""


@command.command()
@click.argument("login")
@click.option("--name", required=True, help="What the token is for")
@click.option(
    "--limit", "limits", multiple=True, help="account:read, *:read or an ability; may be given several times. Default: all the owner may do"
)
@click.option("--days", type=click.IntRange(1), help="How long it works. Default: until revoked")
@database_option
def create(login: str, name: str, limits: tuple[str, ...], days: int | None, database: str) -> None:
    """Make a token for the user LOGIN and print it, this once."""
    with opened(database) as workspace:
        owner = user_of(workspace, login)
        expires_at = workspace.clock() + timedelta(days=days) if days else None
        _, secret = tokens.create(workspace.context(SYSTEM), name, limits=limits or None, expires_at=expires_at, user_id=owner)
    click.echo(secret)


@command.command("list")
@click.argument("login")
@format_option
@database_option
def listed(login: str, form: str, database: str) -> None:
    """List the tokens of the user LOGIN."""
    with opened(database) as workspace:
        found = tokens.listed(workspace.context(SYSTEM), user_of(workspace, login))
    rows = [
        {
            "id": encode(entry.id),
            "name": entry.name,
            "shown": f"{entry.shown}…",
            "limits": entry.limits,
            "created_at": entry.created_at,
            "expires_at": entry.expires_at,
            "last_used_at": entry.last_used_at,
            "revoked_at": entry.revoked_at,
        }
        for entry in found
    ]
    if form == "json":
        write_json(rows)
        return
    headings = [translated(word) for word in ("Token", "Name", "Begins with", "Expires", "Last used", "Revoked")]
    names = ("id", "name", "shown", "expires_at", "last_used_at", "revoked_at")
    table(headings, [[str(row[name] or "")[:19] for name in names] for row in rows])


@command.command()
@click.argument("token")
@database_option
def revoke(token: str, database: str) -> None:
    """End the token with the id TOKEN (from `token list`)."""
    try:
        id = decode(token)
    except ValueError as error:
        raise click.UsageError(translated("'{text}' is not the id of a token: see token list", text=token)) from error
    with opened(database) as workspace:
        tokens.revoke(workspace.context(SYSTEM), id)
    tell(Text("The token is revoked"))
