"""Mail: rows first, sent afterwards by whoever drains them. Without a configured server they stay in the table for the operator to read.

The body is emptied once sent, since it may hold a secret link.
"""

from __future__ import annotations

import logging
import os
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from sqlalchemy import Connection, and_, insert, or_, select, update

from looseleaf_metadata.texts import Text
from looseleaf_platform.database.system_tables import mail
from looseleaf_platform.records.ids import encode, new_id

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

MOST_TRIES = 8
FIRST_PAUSE = timedelta(seconds=30)
"""How long a message waits after its first try; a try that died half-way, too. Four times as long after each other one."""
SECONDS_TO_ANSWER = 20
log = logging.getLogger(__name__)


class Transport(Protocol):
    """What carries a message away. Raises OSError or smtplib.SMTPException where it can't."""

    def send(self, recipient: str, subject: str, body: str, key: str) -> None:
        """Send one plain-text message. `key`: the same whenever this message is tried, so that a receiver can tell a repetition."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server, from an address such as smtp://user:password@host:587?from=crm@firm.example (smtps:// for TLS from the start)."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    tls: bool = False

    @classmethod
    def of(cls, address: str) -> Smtp:
        """Read the address. ValueError saying what is wrong with it."""
        parts = urlsplit(address)
        sender = parse_qs(parts.query).get("from", [""])[0]
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or "@" not in sender:
            raise ValueError("A mail server is given as smtp://user:password@host:587?from=crm@firm.example")
        tls = parts.scheme == "smtps"
        port = parts.port or (465 if tls else 587)
        return cls(parts.hostname, port, sender, unquote(parts.username or ""), unquote(parts.password or ""), tls)

    def send(self, recipient: str, subject: str, body: str, key: str) -> None:
        """Send one message; encrypted where the server offers it, and always before a password is sent. The key is in its Message-ID."""
        message = EmailMessage()
        message["Message-ID"] = f"<{key}.looseleaf@{self.sender.rpartition('@')[2]}>"
        message["From"], message["To"], message["Subject"] = self.sender, recipient, subject
        message.set_content(body)
        secure = ssl.create_default_context()
        with (
            smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS_TO_ANSWER, context=secure)
            if self.tls
            else smtplib.SMTP(self.host, self.port, timeout=SECONDS_TO_ANSWER) as server
        ):
            server.ehlo()
            if not self.tls and (self.user or server.has_extn("starttls")):
                server.starttls(context=secure)
            if self.user:
                server.login(self.user, self.password)
            server.send_message(message)


def configured_transport(environment: Mapping[str, str] = os.environ) -> Transport | None:
    """The mail server of LOOSELEAF_SMTP_URL, or None. ValueError where the address can't be understood."""
    address = environment.get("LOOSELEAF_SMTP_URL", "")
    return Smtp.of(address) if address else None


def post(connection: Connection, workspace: Workspace, recipient: str, locale: str, subject: Text, body: Text) -> int:
    """Put a message on the way, in the recipient's language, within the caller's transaction. Returns its id."""
    id = new_id()
    row = {"recipient": recipient, "subject": subject.translate(locale), "body": body.translate(locale), "created_at": workspace.clock()}
    connection.execute(insert(mail).values(id=id, **row))
    return id


def deliver(workspace: Workspace, transport: Transport, most: int = 50) -> int:
    """Send what is due: new messages, and failed ones after a growing pause. Returns how many went out.

    Several processes may call this at the same time: each try is claimed by one. A try that dies half-way is repeated later.
    """
    sent = 0
    for id, attempts in _due(workspace, most):
        claimed = _claim(workspace, id, attempts)
        if claimed is None:
            continue
        recipient, subject, body = claimed
        try:
            transport.send(recipient, subject, body, encode(id))
        except (OSError, smtplib.SMTPException) as error:
            log.warning("mail %s was not sent: %s", id, error)
            _note(workspace, id, error=f"{type(error).__name__}: {error}"[:500])
            continue
        _note(workspace, id, sent_at=workspace.clock(), body="", error=None)
        sent += 1
    return sent


def _due(workspace: Workspace, most: int) -> list[tuple[int, int]]:
    now = workspace.clock()
    waits = [and_(mail.c.attempts == tries, mail.c.tried_at < now - FIRST_PAUSE * 4 ** (tries - 1)) for tries in range(1, MOST_TRIES)]
    query = select(mail.c.id, mail.c.attempts).where(mail.c.sent_at.is_(None), or_(mail.c.attempts == 0, *waits))
    with workspace.database.read() as connection:
        return [(row.id, row.attempts) for row in connection.execute(query.order_by(mail.c.created_at).limit(most))]


def _claim(workspace: Workspace, id: int, attempts: int) -> tuple[str, str, str] | None:
    """Take this try of a message, unless another process has; returns recipient, subject, body."""
    with workspace.database.write() as connection:
        mine = update(mail).where(mail.c.id == id, mail.c.attempts == attempts, mail.c.sent_at.is_(None))
        if connection.execute(mine.values(attempts=attempts + 1, tried_at=workspace.clock())).rowcount != 1:
            return None
        row = connection.execute(select(mail.c.recipient, mail.c.subject, mail.c.body).where(mail.c.id == id)).one()
        return row.recipient, row.subject, row.body


def _note(workspace: Workspace, id: int, **values: object) -> None:
    with workspace.database.write() as connection:
        connection.execute(update(mail).where(mail.c.id == id).values(**values))
