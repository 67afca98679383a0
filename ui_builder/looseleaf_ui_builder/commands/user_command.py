"""`looseleaf user …`: users of a workspace, also where nobody can sign in yet."""

from __future__ import annotations

import secrets

import click

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.identity import accounts, passwords, tickets
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.read import stream
from looseleaf_platform.records.requests import Query
from looseleaf_ui_builder.commands.opening import database_option, opened, user_of
from looseleaf_ui_builder.commands.terminal import format_option, table, tell, translated, write_json

site_option = click.option(
    "--site", envvar="LOOSELEAF_SITE_URL", default="http://127.0.0.1:5000", show_default=True, help="The address that people use, for links"
)


@click.group()
def command() -> None:
    """Add, invite and list users."""


@command.command()
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", "roles", multiple=True, help="May be given several times")
@click.option("--administrator", is_flag=True, help="May see and change everything")
@click.option("--locale", type=click.Choice(accounts.LOCALES))
@click.option("--password", envvar="LOOSELEAF_PASSWORD", help="Without one, a password is made up and printed")
@database_option
def add(
    email: str, name: str, roles: tuple[str, ...], administrator: bool, locale: str | None, password: str | None, database: str
) -> None:
    """Add a user who can sign in at once."""
    made_up = None if password else secrets.token_urlsafe(12)
    values = {"email": email, "name": name, "administrator": administrator, **({"locale": locale} if locale else {})}
    with opened(database) as workspace:
        passwords.refuse_weak(password or str(made_up), name, email)
        user_id = accounts.add(workspace.context(SYSTEM), values, roles)
        accounts.set_password(workspace, user_id, password or str(made_up))
    tell(Text("Added {name}, who signs in as {email}", name=name, email=email))
    if made_up:
        tell(Text("Password: {password}", password=made_up))


@command.command()
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", "roles", multiple=True, help="May be given several times")
@click.option("--locale", type=click.Choice(accounts.LOCALES))
@site_option
@database_option
def invite(email: str, name: str, roles: tuple[str, ...], locale: str | None, site: str, database: str) -> None:
    """Add a user and send an invitation; prints its link, too."""
    values = {"email": email, "name": name, **({"locale": locale} if locale else {})}
    with opened(database) as workspace:
        _, address = tickets.invite(workspace.context(SYSTEM), values, roles, lambda secret: f"{site.rstrip('/')}/ticket/{secret}")
    click.echo(address)


@command.command()
@click.argument("login")
@site_option
@database_option
def reset(login: str, site: str, database: str) -> None:
    """Print a link by which a user chooses a new password."""
    with opened(database) as workspace:
        user_id = user_of(workspace, login)
        click.echo(tickets.make_reset(workspace.context(SYSTEM), user_id, lambda secret: f"{site.rstrip('/')}/ticket/{secret}"))


@command.command("list")
@format_option
@database_option
def listed(form: str, database: str) -> None:
    """List the users."""
    with opened(database) as workspace:
        context = workspace.context(SYSTEM)
        people = [
            {"id": encode(record.id), **{name: record.values.get(name) for name in ("name", "email", "state", "administrator")}}
            for record in stream(context, "user", Query(sort=("name",)))
        ]
    if form == "json":
        write_json(people)
        return
    headings = [translated(word) for word in ("Name", "E-mail", "State", "Administrator")]
    names = ("name", "email", "state")
    table(headings, [[*(str(person[name] or "") for name in names), "✓" if person["administrator"] else ""] for person in people])
