"""Administrators see what waits, runs, failed or is unknown in the background, and have it done again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.database.system_tables import mail
from looseleaf_platform.errors import Fault, NotAllowed, NotThere, Refused
from looseleaf_platform.identity.mail import MOST_TRIES
from looseleaf_platform.jobs.background import TOPIC, job_of, running, start
from looseleaf_platform.jobs.outbox import drain, put
from looseleaf_platform.jobs.overseeing import again, overview
from looseleaf_platform.records.ids import new_id
from support.queries import counted
from support.workspaces import as_user


def system(workspace):
    return workspace.context(SYSTEM)


def seen(workspace, name):
    return next(one for one in overview(system(workspace)) if one.queue.name == name)


def counts(workspace, name):
    return {
        (one.kind, one.state): one.count
        for one in seen(workspace, name).counts
        if one.kind not in ("records.written", "revision.published")
    }


def send(workspace, topic, **options):
    with workspace.database.write() as connection:
        return put(connection, workspace, topic, {}, **options)


def fail(_workspace, _message):
    raise ZeroDivisionError("no way")


def test_messages_are_counted_by_what_they_wait_for_and_tried_again_when_given_up(workspace, clock):
    poison = send(workspace, "poison")
    while counts(workspace, "messages").get(("poison", "failed")) is None:
        drain(workspace, {"poison": fail})
        clock.advance(hours=2)
    send(workspace, "greet")
    send(workspace, "greet", due=clock() + timedelta(days=1))
    send(workspace, "shaky")
    drain(workspace, {"shaky": fail})
    seen_while_handled = []
    send(workspace, "slow")
    drain(workspace, {"slow": lambda *_: seen_while_handled.append(counts(workspace, "messages")[("slow", "running")])})
    assert counts(workspace, "messages") == {
        ("greet", "waiting"): 1, ("greet", "later"): 1, ("shaky", "retry"): 1, ("poison", "failed"): 1,
    }  # fmt: skip
    assert seen_while_handled == [1]
    (stuck,) = seen(workspace, "messages").stuck
    assert (stuck.id, stuck.kind, stuck.state, stuck.error) == (poison, "poison", "failed", "ZeroDivisionError: no way")
    assert again(system(workspace), "messages", [poison]) == 1
    heard = []
    drain(workspace, {"poison": lambda _workspace, message: heard.append(message.id)})
    assert heard == [poison]
    assert again(system(workspace), "messages", [poison]) == 0


def test_a_job_that_failed_is_done_again_for_who_asked_for_it(workspace):
    someone = as_user(workspace)
    id = start(someone, "count", {})

    def refuse(_run):
        raise Refused([Fault("", "empty", Text("The file is empty"))])

    drain(workspace, {TOPIC: running({"count": refuse})})
    assert counts(workspace, "jobs") == {("count", "failed"): 1}
    assert again(system(workspace), "jobs") == 1
    assert counts(workspace, "jobs") == {("count", "waiting"): 1}
    drain(workspace, {TOPIC: running({"count": lambda run: run.context.actor.id})})
    assert (job_of(someone, id).state, job_of(someone, id).result) == ("done", someone.actor.id)
    assert again(system(workspace), "jobs", [id]) == 0


def test_mail_that_was_given_up_is_sent_again(workspace, clock):
    rows = [{"id": new_id(), "recipient": "a@firm.example", "subject": "s", "body": "b", "created_at": clock(), "attempts": tries}
            for tries in (0, 1, MOST_TRIES)]  # fmt: skip
    with workspace.database.write() as connection:
        connection.execute(insert(mail), rows)
        connection.execute(update(mail).where(mail.c.attempts > 0).values(error="refused", tried_at=clock()))
    assert counts(workspace, "mail") == {("mail", "waiting"): 1, ("mail", "retry"): 1, ("mail", "failed"): 1}
    assert "a@firm.example" not in str(seen(workspace, "mail").stuck)
    assert again(system(workspace), "mail") == 1
    assert counts(workspace, "mail") == {("mail", "waiting"): 2, ("mail", "retry"): 1}


def test_nobody_but_administrators_looks_and_no_token_with_limits(workspace):
    clerk = as_user(workspace)
    administrator = as_user(workspace, administrator=True)
    limited = workspace.context(workspace.actor(administrator.actor.id, limits=frozenset({"*:*"})), "api")
    for context in (clerk, limited):
        with pytest.raises(NotAllowed):
            overview(context)
        with pytest.raises(NotAllowed):
            again(context, "messages")
    assert overview(workspace.context(administrator.actor, "screen"))
    with pytest.raises(NotThere):
        again(system(workspace), "nothing")


def test_looking_costs_few_queries_however_much_waits(workspace):
    for _ in range(30):
        send(workspace, "greet")
    with counted() as sent:
        overview(system(workspace))
    assert len(sent) <= 8, "\n".join(sent)
