"""Invitations and resets: links that work once, for a while, and tell nothing to strangers."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.database.system_tables import mail, ticket
from looseleaf_platform.errors import NotAllowed, NotSignedIn, NotThere, Refused, TooMany
from looseleaf_platform.identity import accounts, sessions, tickets
from looseleaf_platform.workspace import Workspace
from support.clock import FrozenClock
from support.workspaces import as_user, publish_texts

PASSWORD = "correct horse battery"
ROLE = "role: clerk\nlabel: {zh: 文员, en: Clerk}\n"


def link(secret: str) -> str:
    """The page that redeems a secret."""
    return f"https://crm.firm.example/ticket/{secret}"


def secret_in(body: str) -> str:
    """The secret of the link in a mail."""
    return next(line for line in body.splitlines() if line.startswith("https://")).rpartition("/")[2]


def mails(workspace: Workspace) -> list[tuple[str, str, str]]:
    """Recipient, subject and body of all mails."""
    with workspace.database.read() as connection:
        return [(row.recipient, row.subject, row.body) for row in connection.execute(select(mail).order_by(mail.c.id))]


@pytest.fixture
def chen(workspace: Workspace) -> int:
    """A user with a password."""
    return accounts.add_first_administrator(workspace, {"name": "陈启明", "email": "chen@firm.example", "locale": "zh"}, PASSWORD)


def test_an_invited_user_chooses_a_password_and_signs_in(workspace: Workspace, chen: int) -> None:
    publish_texts(workspace, ROLE)
    inviter = workspace.context(workspace.actor(chen), "screen")
    values = {"name": "Ann", "email": "ann@firm.example", "locale": "en"}
    invited, address = tickets.invite(inviter, values, ["clerk"], link)
    [(recipient, subject, body)] = mails(workspace)
    assert (recipient, subject) == ("ann@firm.example", "Your invitation to Looseleaf")
    assert address in body
    opened = tickets.look(workspace, secret_in(body))
    assert (opened.kind, opened.name, opened.login) == ("invitation", "Ann", "ann@firm.example")
    assert tickets.redeem(workspace, secret_in(body), PASSWORD) == invited
    begun = sessions.sign_in(workspace, "ann@firm.example", PASSWORD)
    assert sessions.resume(workspace, begun.secret).actor.roles == ("clerk",)


def test_mail_speaks_the_recipients_language(workspace: Workspace, chen: int) -> None:
    tickets.ask_reset(workspace, "chen@firm.example", link)
    assert mails(workspace)[0][1] == "重设活页的密码"


def test_nobody_invites_without_the_ability(workspace: Workspace) -> None:
    with pytest.raises(NotAllowed):
        tickets.invite(as_user(workspace), {"name": "Ann", "email": "ann@firm.example"}, [], link)
    assert mails(workspace) == []


def test_an_unknown_role_or_a_missing_address_stops_an_invitation(workspace: Workspace) -> None:
    by_system = workspace.context(SYSTEM)
    for values, roles, code in (
        ({"name": "Ann"}, [], "required"),
        ({"name": "Ann", "email": "ann@firm.example"}, ["pope"], "unknown-role"),
    ):
        with pytest.raises(Refused) as refused:
            tickets.invite(by_system, values, roles, link)
        assert refused.value.faults[0].code == code


def test_a_reset_ends_all_sessions_and_works_once(workspace: Workspace, chen: int) -> None:
    begun = sessions.sign_in(workspace, "chen@firm.example", PASSWORD)
    tickets.ask_reset(workspace, "chen@firm.example", link)
    secret = secret_in(mails(workspace)[0][2])
    with pytest.raises(Refused):
        tickets.redeem(workspace, secret, "short")
    assert tickets.redeem(workspace, secret, "another horse battery") == chen
    with pytest.raises(NotSignedIn):
        sessions.resume(workspace, begun.secret)
    with pytest.raises(NotThere):
        tickets.redeem(workspace, secret, "a third horse battery")
    assert sessions.sign_in(workspace, "chen@firm.example", "another horse battery").user_id == chen


def test_a_reset_for_a_stranger_looks_the_same_and_sends_nothing(workspace: Workspace, chen: int) -> None:
    for login in ("nobody@firm.example", "", "not an address"):
        tickets.ask_reset(workspace, login, link)
    assert mails(workspace) == []


def test_a_link_expires(workspace: Workspace, chen: int, clock: FrozenClock) -> None:
    tickets.ask_reset(workspace, "chen@firm.example", link)
    secret = secret_in(mails(workspace)[0][2])
    clock.advance(minutes=59)
    assert tickets.look(workspace, secret).kind == "reset"
    clock.advance(minutes=1)
    with pytest.raises(NotThere):
        tickets.look(workspace, secret)


def test_asking_again_makes_the_earlier_link_void(workspace: Workspace, chen: int) -> None:
    for _ in range(2):
        tickets.ask_reset(workspace, "chen@firm.example", link)
    first, second = (secret_in(body) for _, _, body in mails(workspace))
    with pytest.raises(NotThere):
        tickets.look(workspace, first)
    assert tickets.look(workspace, second).user_id == chen


def test_resets_of_one_account_and_guesses_at_links_are_limited(workspace: Workspace, chen: int) -> None:
    for login in ("chen@firm.example", "nobody@firm.example"):
        for _ in range(3):
            tickets.ask_reset(workspace, login, link)
        with pytest.raises(TooMany):
            tickets.ask_reset(workspace, login, link)
    for _ in range(60):
        with pytest.raises(NotThere):
            tickets.look(workspace, "guess", ip="10.0.0.9")
    with pytest.raises(TooMany):
        tickets.look(workspace, "guess", ip="10.0.0.9")


def test_a_user_manager_has_no_power_over_administrators(workspace: Workspace, chen: int) -> None:
    publish_texts(workspace, "role: people\nlabel: People\nabilities: [users]\n")
    manager = as_user(workspace, ["people"])
    with pytest.raises(NotAllowed):
        tickets.make_reset(manager, chen, link)
    with pytest.raises(NotAllowed):
        tickets.invite_again(manager, chen, link)


def test_the_table_holds_no_secret(workspace: Workspace, chen: int) -> None:
    address = tickets.make_reset(workspace.context(SYSTEM), chen, link)
    with workspace.database.read() as connection:
        assert address.rpartition("/")[2] not in str(connection.execute(select(ticket)).all())
