"""What is over is cleared away after a while; what is in use stays."""

from __future__ import annotations

from sqlalchemy import func, select

from looseleaf_platform.database.system_tables import attempt, mail, session, ticket
from looseleaf_platform.identity import accounts, sessions, tickets
from looseleaf_platform.identity.housekeeping import Housekeeper, Postman, clear_away
from looseleaf_platform.workspace import Workspace
from support.clock import FrozenClock

PASSWORD = "correct horse battery"


class Basket:
    """A transport that keeps what it is given."""

    def __init__(self) -> None:
        self.held: list[str] = []

    def send(self, recipient: str, subject: str, body: str, key: str) -> None:
        """Keep the recipient."""
        self.held.append(recipient)


def counts(workspace: Workspace) -> dict[str, int]:
    """Rows by table."""
    with workspace.database.read() as connection:
        return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in (session, ticket, attempt, mail)}


def test_old_sessions_links_tries_and_mail_go_and_a_used_session_stays(workspace: Workspace, clock: FrozenClock) -> None:
    accounts.add_first_administrator(workspace, {"name": "陈启明", "email": "chen@firm.example"}, PASSWORD)
    ended = sessions.sign_in(workspace, "chen@firm.example", PASSWORD)
    used = sessions.sign_in(workspace, "chen@firm.example", PASSWORD)
    sessions.sign_out(workspace, ended.secret)
    tickets.ask_reset(workspace, "chen@firm.example", lambda secret: f"https://crm.firm.example/ticket/{secret}")
    assert Postman(Basket())(workspace) == 1
    assert clear_away(workspace) == 0
    for _ in range(5):
        clock.advance(days=7)
        sessions.resume(workspace, used.secret)
    clear_away(workspace)
    assert counts(workspace) == {"session": 1, "ticket": 0, "attempt": 0, "mail": 0}
    assert sessions.resume(workspace, used.secret)


def test_without_a_mail_server_mail_is_kept(workspace: Workspace, clock: FrozenClock) -> None:
    accounts.add_first_administrator(workspace, {"name": "陈启明", "email": "chen@firm.example"}, PASSWORD)
    tickets.ask_reset(workspace, "chen@firm.example", lambda secret: f"https://crm.firm.example/ticket/{secret}")
    assert Postman(None)(workspace) == 0
    clock.advance(days=60)
    clear_away(workspace)
    assert counts(workspace)["mail"] == 1


def test_the_housekeeper_looks_once_an_hour(workspace: Workspace, clock: FrozenClock) -> None:
    housekeeper = Housekeeper()
    accounts.add_first_administrator(workspace, {"name": "陈启明", "email": "chen@firm.example"}, PASSWORD)
    tickets.ask_reset(workspace, "chen@firm.example", lambda secret: secret)
    housekeeper(workspace)
    clock.advance(days=60)
    assert housekeeper(workspace) == 0
    assert Housekeeper()(workspace) > 0
