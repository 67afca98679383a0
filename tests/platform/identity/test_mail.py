"""Mail: sent by a real SMTP conversation, repeated after failures, never twice at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select

from looseleaf_metadata.texts import Text
from looseleaf_platform.database.system_tables import mail
from looseleaf_platform.identity.mail import Smtp, configured_transport, deliver, post
from looseleaf_platform.records.ids import encode
from looseleaf_platform.workspace import Workspace
from support.clock import FrozenClock
from support.post import Post, taking_mail


@pytest.fixture
def server() -> Iterator[Post]:
    """A running mail server."""
    with taking_mail() as running:
        yield running


def put(workspace: Workspace) -> None:
    """Put one message on the way."""
    with workspace.database.write() as connection:
        post(
            connection, workspace, "chen@firm.example", "zh", Text("A new password for Looseleaf"), Text("secret {link}", link="https://x")
        )


def rows(workspace: Workspace) -> list[tuple[object, ...]]:
    """What is kept of each message."""
    with workspace.database.read() as connection:
        return [(row.sent_at, row.attempts, row.body, row.error) for row in connection.execute(select(mail).order_by(mail.c.id))]


def test_a_message_arrives_in_chinese_and_its_body_is_emptied(workspace: Workspace, server: Post, clock: FrozenClock) -> None:
    put(workspace)
    transport = Smtp.of(f"smtp://127.0.0.1:{server.server_address[1]}?from=crm@firm.example")
    assert deliver(workspace, transport) == 1
    message = message_from_bytes(server.received[0], policy=policy.default)
    assert (message["From"], message["To"], message["Subject"]) == ("crm@firm.example", "chen@firm.example", "重设活页的密码")
    assert "https://x" in message.get_content()
    with workspace.database.read() as connection:
        assert message["Message-ID"] == f"<{encode(connection.scalar(select(mail.c.id)))}.looseleaf@firm.example>"
    assert rows(workspace) == [(clock(), 1, "", None)]
    assert deliver(workspace, transport) == 0


def test_a_failed_message_waits_longer_each_time_and_keeps_its_reason(workspace: Workspace, clock: FrozenClock) -> None:
    put(workspace)
    nobody = Smtp.of("smtp://127.0.0.1:9?from=crm@firm.example")
    assert deliver(workspace, nobody) == 0
    assert rows(workspace)[0][1] == 1
    assert "refused" in str(rows(workspace)[0][3])
    deliver(workspace, nobody)
    assert rows(workspace)[0][1] == 1, "not due again yet"
    clock.advance(minutes=3)
    deliver(workspace, nobody)
    assert rows(workspace)[0][1] == 2


def test_two_processes_do_not_send_a_message_twice(workspace: Workspace, server: Post) -> None:
    for _ in range(5):
        put(workspace)
    transport = Smtp.of(f"smtp://127.0.0.1:{server.server_address[1]}?from=crm@firm.example")
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda _: deliver(workspace, transport), range(4)))
    assert sum(sent) == 5
    assert len(server.received) == 5


def test_without_a_server_nothing_is_configured_and_a_bad_address_is_told() -> None:
    assert configured_transport({}) is None
    assert configured_transport({"LOOSELEAF_SMTP_URL": "smtps://u:p%40ss@host?from=a@b.example"}) == Smtp(
        "host", 465, "a@b.example", "u", "p@ss", tls=True
    )
    with pytest.raises(ValueError, match="smtp://user"):
        configured_transport({"LOOSELEAF_SMTP_URL": "mail.firm.example"})
