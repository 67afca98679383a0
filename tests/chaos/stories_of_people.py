"""Stories of people who sign in, are invited, hold tokens and are written to: what is broken off leaves no door open and locks nobody out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import update

from chaos.stories import Act, House, tells
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.database.system_tables import attempt, mail, session, ticket, token
from looseleaf_platform.errors import NotSignedIn, NotThere, Refused
from looseleaf_platform.identity import accounts, passwords, sessions, tickets, tokens
from looseleaf_platform.identity.mail import MOST_TRIES, post
from looseleaf_platform.jobs.queues import QUEUES

FIRST, SECOND = "correct horse battery", "seven purple giraffes"
WEAK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(FIRST)
"""Quick to check, and renewed at the first sign-in."""


def link(secret: str) -> str:
    """The page that redeems a secret."""
    return f"https://crm.firm.example/ticket/{secret}"


def member(house: House) -> Context:
    """Somebody new, with a password."""
    person = house.person()
    with house.workspace.database.write() as connection:
        passwords.store(connection, person.actor.id or 0, WEAK, house.clock)
    return person


def login_of(house: House, person: Context) -> str:
    """The address that somebody signs in with."""
    return str(house.get("user", person.actor.id or 0)["email"])


def letters(house: House, person: Context) -> int:
    """How many letters somebody was sent."""
    return len(house.rows(mail, recipient=login_of(house, person)))


def is_signed_in(house: House, secret: str) -> bool:
    """Whether a session goes on."""
    try:
        return bool(sessions.resume(house.workspace, secret))
    except NotSignedIn:
        return False


@tells("platform.identity.attempts:count_try", "platform.identity.sessions:sign_in", "platform.identity.sessions:begin")
def somebody_signs_in(house: House) -> Iterator[Act]:
    person, begun = member(house), list[Any]()
    login = login_of(house, person)
    yield lambda: begun.append(sessions.sign_in(house.workspace, login, FIRST))
    assert sessions.resume(house.workspace, begun[-1].secret).actor.id == person.actor.id
    with house.workspace.database.read() as connection:
        assert not passwords.outdated(passwords.stored(connection, person.actor.id) or "")


@tells("platform.identity.sessions:resume")
def a_session_goes_on(house: House) -> Iterator[Act]:
    begun = sessions.begin(house.workspace, member(house).actor.id or 0)
    house.clock.advance(minutes=10)
    yield lambda: sessions.resume(house.workspace, begun.secret)
    house.clock.advance(minutes=10)
    assert is_signed_in(house, begun.secret)


@tells("platform.identity.sessions:_revoke")
def somebody_signs_out(house: House) -> Iterator[Act]:
    begun = sessions.begin(house.workspace, member(house).actor.id or 0)
    yield lambda: sessions.sign_out(house.workspace, begun.secret)
    assert not is_signed_in(house, begun.secret)


@tells("platform.identity.sessions:change_password")
def a_changed_password_ends_the_other_sessions_with_it(house: House) -> Iterator[Act]:
    person = member(house)
    mine, stolen = (sessions.begin(house.workspace, person.actor.id or 0) for _ in range(2))
    kept = sessions.resume(house.workspace, mine.secret).id

    def change() -> None:
        with suppress(Refused):  # "this is not your password": it was changed before the answer was lost
            sessions.change_password(house.by(person), FIRST, SECOND, keep=kept)

    yield change
    assert is_signed_in(house, mine.secret)
    assert not is_signed_in(house, stolen.secret)
    assert sessions.sign_in(house.workspace, login_of(house, person), SECOND)


@tells("platform.identity.accounts:set_password")
def a_password_is_set(house: House) -> Iterator[Act]:
    person = house.person()
    yield lambda: accounts.set_password(house.workspace, person.actor.id or 0, SECOND)
    assert sessions.sign_in(house.workspace, login_of(house, person), SECOND)


@tells("platform.identity.tickets:invite_again", "platform.identity.mail:_claim", "platform.identity.mail:_note")
def somebody_is_invited_and_written_to(house: House) -> Iterator[Act]:
    person, links = house.person(), list[str]()

    def invite() -> None:
        links.append(tickets.invite_again(house.system, person.actor.id or 0, link))
        house.settle()

    yield invite
    assert 1 <= letters(house, person) <= 2  # at least once
    assert tickets.look(house.workspace, links[-1].rpartition("/")[2]).user_id == person.actor.id
    assert len(house.rows(ticket, user_id=person.actor.id, used_at=None)) == 1


@tells("platform.identity.tickets:ask_reset")
def somebody_asks_for_a_new_password(house: House) -> Iterator[Act]:
    person = member(house)
    login = login_of(house, person)
    yield lambda: tickets.ask_reset(house.workspace, login, link)
    assert 1 <= letters(house, person) <= 2
    assert len(house.rows(ticket, user_id=person.actor.id, used_at=None)) == 1


@tells("platform.identity.tickets:make_reset")
def an_administrator_hands_a_link_over(house: House) -> Iterator[Act]:
    person, links = member(house), list[str]()
    admin = house.person(administrator=True)
    yield lambda: links.append(tickets.make_reset(house.by(admin), person.actor.id or 0, link))
    assert tickets.look(house.workspace, links[-1].rpartition("/")[2]).user_id == person.actor.id


@tells("platform.identity.tickets:redeem")
def a_link_gives_a_new_password_and_ends_all_sessions_with_it(house: House) -> Iterator[Act]:
    person = member(house)
    stolen = sessions.begin(house.workspace, person.actor.id or 0)
    secret = tickets.make_reset(house.by(house.person(administrator=True)), person.actor.id or 0, link).rpartition("/")[2]

    def redeem() -> None:
        with suppress(NotThere):  # used up before the answer was lost
            tickets.redeem(house.workspace, secret, SECOND)

    yield redeem
    assert not is_signed_in(house, stolen.secret)
    assert sessions.sign_in(house.workspace, login_of(house, person), SECOND)
    with pytest.raises(NotThere):
        tickets.look(house.workspace, secret)


@tells("platform.identity.tokens:create")
def a_token_is_made(house: House) -> Iterator[Act]:
    person, secrets = house.person(), list[str]()

    def create() -> None:
        for one in tokens.listed(house.by(person)):  # whoever did not see the secret makes another, and ends the one that nobody knows
            tokens.revoke(house.by(person), one.id)
        secrets.append(tokens.create(house.by(person), "laptop")[1])

    yield create
    assert tokens.actor_of(house.workspace, secrets[-1]).id == person.actor.id
    assert len(house.rows(token, user_id=person.actor.id, revoked_at=None)) == 1


@tells("platform.identity.tokens:actor_of")
def a_token_is_used(house: House) -> Iterator[Act]:
    person = house.person()
    secret = tokens.create(house.by(person), "laptop")[1]
    yield lambda: tokens.actor_of(house.workspace, secret)
    assert house.rows(token, user_id=person.actor.id)[0].last_used_at is not None


@tells("platform.identity.tokens:revoke")
def a_token_is_ended(house: House) -> Iterator[Act]:
    person = house.person()
    id, secret = tokens.create(house.by(person), "laptop")
    yield lambda: tokens.revoke(house.by(person), id)
    with pytest.raises(NotSignedIn):
        tokens.actor_of(house.workspace, secret)


@tells("platform.identity.housekeeping:clear_away")
def what_is_over_is_cleared_away(house: House) -> Iterator[Act]:
    person = member(house)
    sessions.begin(house.workspace, person.actor.id or 0)
    house.clock.advance(days=90)
    yield house.settle
    assert house.rows(session, user_id=person.actor.id) == []
    assert house.rows(attempt) == []


@tells("platform.jobs.queues:_send_again")
def a_letter_that_was_given_up_is_sent_again(house: House) -> Iterator[Act]:
    address = f"{house.name('lost')}@firm.example"
    with house.workspace.database.write() as connection:
        id = post(connection, house.workspace, address, "en", Text("Hello"), Text("you"))
        connection.execute(update(mail).where(mail.c.id == id).values(attempts=MOST_TRIES, tried_at=house.clock(), error="no such host"))
    queue = next(one for one in QUEUES if one.name == "mail")
    yield lambda: queue.again(house.system, id)
    assert [row.sent_at is not None for row in house.rows(mail, recipient=address)] == [True]
