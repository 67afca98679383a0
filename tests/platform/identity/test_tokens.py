"""API tokens: their owner's rights or less."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.database.system_tables import token
from looseleaf_platform.errors import NotAllowed, NotSignedIn, NotThere, Refused
from looseleaf_platform.identity import tokens
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from support.clock import FrozenClock
from support.workspaces import as_user


def test_a_token_acts_as_its_owner(workspace: Workspace) -> None:
    owner = as_user(workspace)
    _, secret = tokens.create(owner, "warehouse")
    assert tokens.actor_of(workspace, secret) == owner.actor


def test_a_limited_token_may_do_less_than_its_owner(workspace: Workspace) -> None:
    owner = as_user(workspace, administrator=True)
    _, secret = tokens.create(owner, "reader", limits=["team:read"])
    context = workspace.context(tokens.actor_of(workspace, secret), "api")
    assert context.profile.can("team", "read")
    assert not context.profile.can("team", "create")
    assert not context.profile.can("user", "read")
    assert not context.profile.has("users")


def test_a_token_can_not_make_another(workspace: Workspace) -> None:
    owner = as_user(workspace, administrator=True)
    _, secret = tokens.create(owner, "reader", limits=["*:read"])
    with pytest.raises(NotAllowed):
        tokens.create(workspace.context(tokens.actor_of(workspace, secret), "api"), "more")


def test_only_administrators_make_tokens_for_others(workspace: Workspace) -> None:
    ann, administrator = as_user(workspace), as_user(workspace, administrator=True)
    with pytest.raises(NotAllowed):
        tokens.create(ann, "grab", user_id=administrator.actor.id)
    _, secret = tokens.create(administrator, "for Ann", user_id=ann.actor.id)
    assert tokens.actor_of(workspace, secret).id == ann.actor.id


def test_a_token_expires(workspace: Workspace, clock: FrozenClock) -> None:
    owner = as_user(workspace)
    _, secret = tokens.create(owner, "short", expires_at=clock() + timedelta(days=1))
    clock.advance(days=1)
    with pytest.raises(NotSignedIn):
        tokens.actor_of(workspace, secret)


def test_a_revoked_token_ends_at_once_and_stays_in_the_list(workspace: Workspace) -> None:
    owner = as_user(workspace)
    id, secret = tokens.create(owner, "lost")
    with pytest.raises(NotThere):
        tokens.revoke(as_user(workspace), id)
    tokens.revoke(owner, id)
    with pytest.raises(NotSignedIn):
        tokens.actor_of(workspace, secret)
    assert [(entry.name, entry.revoked_at is None) for entry in tokens.listed(owner)] == [("lost", False)]


def test_a_token_ends_with_its_owners_time_at_the_firm(workspace: Workspace) -> None:
    owner = as_user(workspace)
    _, secret = tokens.create(owner, "old")
    write(workspace.context(SYSTEM), [Change("update", "user", id=owner.actor.id, values={"state": "gone"})])
    with pytest.raises(NotSignedIn):
        tokens.actor_of(workspace, secret)


def test_the_last_use_is_noted_but_not_at_every_request(workspace: Workspace, clock: FrozenClock) -> None:
    owner = as_user(workspace)
    _, secret = tokens.create(owner, "busy")
    assert tokens.listed(owner)[0].last_used_at is None
    first = clock()
    tokens.actor_of(workspace, secret)
    clock.advance(minutes=1)
    tokens.actor_of(workspace, secret)
    assert tokens.listed(owner)[0].last_used_at == first
    clock.advance(minutes=5)
    tokens.actor_of(workspace, secret)
    assert tokens.listed(owner)[0].last_used_at == clock()


def test_all_that_is_wrong_with_a_token_is_told_at_once(workspace: Workspace, clock: FrozenClock) -> None:
    owner = as_user(workspace)
    with pytest.raises(Refused) as refused:
        tokens.create(owner, " ", limits=["team:read", "unicorn:read", "fly"], expires_at=clock())
    assert [fault.pointer for fault in refused.value.faults] == ["/name", "/expires_at", "/limits/0", "/limits/2"]


def test_the_secret_is_not_stored(workspace: Workspace) -> None:
    _, secret = tokens.create(as_user(workspace), "warehouse")
    with workspace.database.read() as connection:
        kept = str(connection.execute(select(token)).all())
    assert secret not in kept
    assert secret.startswith("ll_")
