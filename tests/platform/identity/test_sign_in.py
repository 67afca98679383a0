"""Signing in and out: sessions as rows, limits on tries, the first administrator."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.database.system_tables import attempt, credential, session
from looseleaf_platform.errors import NotAllowed, NotSignedIn, Refused, TooMany
from looseleaf_platform.identity import accounts, sessions
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from support.clock import FrozenClock
from support.workspaces import as_user

PASSWORD = "correct horse battery"


@pytest.fixture
def chen(workspace: Workspace) -> int:
    """A user who can sign in."""
    values = {"name": "陈启明", "email": "chen@firm.example", "phone": "13800138000"}
    return accounts.add_first_administrator(workspace, values, PASSWORD)


def test_the_first_administrator_is_made_once(workspace: Workspace) -> None:
    assert accounts.is_new(workspace)
    accounts.add_first_administrator(workspace, {"name": "陈启明", "email": "chen@firm.example"}, PASSWORD)
    assert not accounts.is_new(workspace)
    with pytest.raises(NotAllowed):
        accounts.add_first_administrator(workspace, {"name": "Mallory", "email": "mallory@firm.example"}, PASSWORD)


@pytest.mark.parametrize("login", ["chen@firm.example", "Chen@Firm.Example", " chen@firm.example ", "13800138000", "+86 138 0013 8000"])
def test_one_signs_in_by_address_or_phone(workspace: Workspace, chen: int, login: str) -> None:
    begun = sessions.sign_in(workspace, login, PASSWORD)
    assert begun.user_id == chen
    current = sessions.resume(workspace, begun.secret)
    assert current.actor.id == chen
    assert current.actor.administrator
    assert sessions.right_csrf(current, begun.csrf)
    assert not sessions.right_csrf(current, "")
    assert not sessions.right_csrf(current, begun.csrf[:-1])


@pytest.mark.parametrize("login", ["chen@firm.example", "nobody@firm.example", "not an address", "", "1"])
def test_a_refusal_does_not_tell_whether_there_is_an_account(workspace: Workspace, chen: int, login: str) -> None:
    with pytest.raises(Refused) as refused:
        sessions.sign_in(workspace, login, "wrong password")
    assert [(fault.code, fault.pointer) for fault in refused.value.faults] == [("wrong-sign-in", "")]


def test_neither_password_nor_session_secret_is_stored(workspace: Workspace, chen: int) -> None:
    begun = sessions.sign_in(workspace, "chen@firm.example", PASSWORD)
    with workspace.database.read() as connection:
        kept = str(connection.execute(select(session.c.id_hash)).all()) + str(connection.execute(select(credential)).all())
    assert begun.secret not in kept
    assert PASSWORD not in kept


def test_signing_out_ends_the_session_at_once(workspace: Workspace, chen: int) -> None:
    begun = sessions.sign_in(workspace, "chen@firm.example", PASSWORD)
    sessions.sign_out(workspace, begun.secret)
    with pytest.raises(NotSignedIn):
        sessions.resume(workspace, begun.secret)


def test_an_idle_session_ends_and_a_used_one_lives_on_to_its_limit(workspace: Workspace, chen: int, clock: FrozenClock) -> None:
    idle, used = (sessions.sign_in(workspace, "chen@firm.example", PASSWORD) for _ in range(2))
    for _ in range(12):
        clock.advance(days=7)
        assert sessions.resume(workspace, used.secret).actor.id == chen
    with pytest.raises(NotSignedIn):
        sessions.resume(workspace, idle.secret)
    clock.advance(days=7)
    with pytest.raises(NotSignedIn):
        sessions.resume(workspace, used.secret)


def test_whoever_has_left_the_firm_is_signed_out_and_stays_out(workspace: Workspace, chen: int) -> None:
    begun = sessions.sign_in(workspace, "chen@firm.example", PASSWORD)
    write(workspace.context(SYSTEM), [Change("update", "user", id=chen, values={"state": "gone"})])
    with pytest.raises(NotSignedIn):
        sessions.resume(workspace, begun.secret)
    with pytest.raises(Refused):
        sessions.sign_in(workspace, "chen@firm.example", PASSWORD)


def test_the_list_of_sessions_names_them_and_one_can_be_ended_from_another(workspace: Workspace, chen: int, clock: FrozenClock) -> None:
    phone = sessions.sign_in(workspace, "chen@firm.example", PASSWORD, ip="10.0.0.7", agent="phone")
    clock.advance(minutes=1)
    desk = sessions.resume(workspace, sessions.sign_in(workspace, "chen@firm.example", PASSWORD, agent="desk").secret)
    assert [entry.agent for entry in sessions.listed(workspace, chen)] == ["desk", "phone"]
    context = workspace.context(desk.actor, "screen")
    assert sessions.revoke(context, chen, except_id=desk.id) == 1
    with pytest.raises(NotSignedIn):
        sessions.resume(workspace, phone.secret)
    assert [entry.id for entry in sessions.listed(workspace, chen)] == [desk.id]


def test_nobody_ends_the_sessions_of_others_without_the_ability(workspace: Workspace, chen: int) -> None:
    with pytest.raises(NotAllowed):
        sessions.revoke(as_user(workspace), chen)


def test_after_ten_wrong_tries_even_the_right_password_has_to_wait(workspace: Workspace, chen: int, clock: FrozenClock) -> None:
    for _ in range(10):
        with pytest.raises(Refused):
            sessions.sign_in(workspace, "chen@firm.example", "wrong password")
    with pytest.raises(TooMany) as too_many:
        sessions.sign_in(workspace, "CHEN@firm.example", PASSWORD)
    clock.advance(seconds=too_many.value.seconds - 2)
    with pytest.raises(TooMany):
        sessions.sign_in(workspace, "chen@firm.example", PASSWORD)
    clock.advance(seconds=2)
    assert sessions.sign_in(workspace, "chen@firm.example", PASSWORD).user_id == chen


def test_success_takes_back_the_tries_of_the_account(workspace: Workspace, chen: int) -> None:
    for _ in range(3):
        for _ in range(6):
            with pytest.raises(Refused):
                sessions.sign_in(workspace, "chen@firm.example", "wrong password")
        sessions.sign_in(workspace, "chen@firm.example", PASSWORD)


def test_tries_at_the_same_time_are_counted_one_by_one(workspace: Workspace, chen: int) -> None:
    def attempt_once(_: int) -> str:
        try:
            sessions.sign_in(workspace, "chen@firm.example", "wrong password")
        except (Refused, TooMany) as error:
            return type(error).__name__
        return "in"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt_once, range(16)))
    assert sorted(answers) == ["Refused"] * 10 + ["TooMany"] * 6


def test_one_address_can_not_try_account_after_account(workspace: Workspace, chen: int, clock: FrozenClock) -> None:
    from looseleaf_platform.identity.attempts import SIGN_IN_PER_ADDRESS, count_try

    for number in range(SIGN_IN_PER_ADDRESS.most):
        count_try(workspace, (SIGN_IN_PER_ADDRESS, "10.0.0.9"))
        assert number < SIGN_IN_PER_ADDRESS.most
    with pytest.raises(TooMany):
        sessions.sign_in(workspace, "chen@firm.example", PASSWORD, ip="10.0.0.9")
    assert sessions.sign_in(workspace, "chen@firm.example", PASSWORD, ip="10.0.0.10").user_id == chen
    with workspace.database.read() as connection:
        assert "10.0.0" not in str(connection.execute(select(attempt.c.key)).all())


def test_changing_the_password_needs_the_old_one_and_ends_the_other_sessions(workspace: Workspace, chen: int) -> None:
    other = sessions.sign_in(workspace, "chen@firm.example", PASSWORD)
    here = sessions.sign_in(workspace, "chen@firm.example", PASSWORD)
    current = sessions.resume(workspace, here.secret)
    context = workspace.context(current.actor, "screen")
    with pytest.raises(Refused) as refused:
        sessions.change_password(context, "wrong password", "another horse battery", keep=current.id)
    assert refused.value.faults[0].pointer == "/old"
    sessions.change_password(context, PASSWORD, "another horse battery", keep=current.id)
    assert sessions.resume(workspace, here.secret).actor.id == chen
    with pytest.raises(NotSignedIn):
        sessions.resume(workspace, other.secret)
    with pytest.raises(Refused):
        sessions.sign_in(workspace, "chen@firm.example", PASSWORD)
    assert sessions.sign_in(workspace, "chen@firm.example", "another horse battery").user_id == chen


def test_everybody_chooses_their_own_language_and_time_zone(workspace: Workspace) -> None:
    context = as_user(workspace)
    accounts.set_preferences(context, locale="en", timezone="Europe/Berlin")
    actor = workspace.actor(context.actor.id)  # type: ignore[arg-type]
    assert (actor.locale, actor.timezone) == ("en", "Europe/Berlin")
    with pytest.raises(Refused) as refused:
        accounts.set_preferences(context, timezone="Mars/Olympus")
    assert refused.value.faults[0].code == "unknown-timezone"
