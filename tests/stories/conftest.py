"""A small firm to tell stories in: its metadata, its people, its application, and visitors that behave like browsers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.identity import accounts, sessions
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import decode
from looseleaf_platform.records.requests import Change, Query, Record
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from looseleaf_ui_builder.compose import create_app
from looseleaf_ui_builder.wings import open_workspace
from support.clock import FrozenClock
from support.html_forms import Form, form_of
from support.serving import serving
from support.tally import DATABASES
from support.windows import Window
from support.workspaces import publish_texts

FIXTURES = Path(__file__).parent / "fixtures"
PASSWORD = "three green apples"


class Visitor:
    """Somebody with a browser: keeps cookies, fills in forms as they come, sends the session's token along."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=headers, buffered=True)

    def page(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def form(self, path: str, part: str = "record-form") -> Form:
        return form_of(self.page(path), part)

    def send(self, form: Form, follow: bool = True, **changes: Any) -> TestResponse:
        return self.post(form.action, form.filled(**changes), follow=follow)

    def post(self, path: str, data: Any, follow: bool = True, **headers: str) -> TestResponse:
        return self.client.post(path, data=data, follow_redirects=follow, headers=headers)

    def csrf(self) -> str:
        found = re.search(r'data-csrf="([^"]+)"', self.page("/settings"))
        assert found
        return found[1]

    def act(self, path: str, follow: bool = True, **data: Any) -> TestResponse:
        return self.post(path, MultiDict({"_csrf": self.csrf(), **data}), follow=follow)


PEOPLE = (
    ("admin", "许知远", (), True),
    ("lin", "林若溪", ("rep",), False),
    ("chen", "陈启明", ("rep",), False),
    ("gu", "顾晓燕", ("clerk",), False),
)
"""Login name, name, roles, administrator."""


def found_firm(url: str) -> None:
    """Put the firm's metadata and people into an empty database."""
    workspace = open_workspace(url, clock=FrozenClock())
    publish_texts(workspace, (FIXTURES / "firm.yaml").read_text("utf-8"))
    by_system = workspace.context(SYSTEM)
    team = write(by_system, [Change("create", "team", values={"name": "华东"})]).written[0].id
    for login, name, roles, administrator in PEOPLE:
        values = {"name": name, "email": f"{login}@firm.example", "team": team, "locale": "zh", "administrator": administrator}
        accounts.set_password(workspace, accounts.add(by_system, values, roles), PASSWORD)
    workspace.close()


class Firm:
    """The workspace with its people, by their user ids: 林若溪 and 陈启明 sell, 顾晓燕 is a clerk, 许知远 is the administrator."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        users = {str(user.values["email"]).partition("@")[0]: user.id for user in self.records("user")}
        self.admin, self.lin, self.chen, self.gu = (users[login] for login, *_ in PEOPLE)
        self.team = self.records("team")[0].id
        self.app: Flask = create_app(workspace, TESTING=True, PROPAGATE_EXCEPTIONS=True)

    def as_(self, user: int, source: str = "screen") -> Context:
        return self.workspace.context(self.workspace.actor(user), source)

    def make(self, object: str, by: int | None = None, **values: Any) -> int:
        context = self.workspace.context(SYSTEM) if by is None else self.as_(by)
        id = write(context, [Change("create", object, values=values)]).written[0].id
        assert id is not None
        return id

    def record(self, object: str, id: int | str) -> Record:
        return read.get(self.workspace.context(SYSTEM), object, decode(id) if isinstance(id, str) else id)

    def records(self, object: str) -> tuple[Record, ...]:
        return read.page(self.workspace.context(SYSTEM), object, Query(size=200)).records

    def visitor(self, user: int | None = None) -> Visitor:
        """A browser: of nobody, or with a session of a user already begun."""
        visitor = Visitor(self.app.test_client())
        if user is not None:
            visitor.client.set_cookie("looseleaf_session", sessions.begin(self.workspace, user).secret)
        return visitor


@pytest.fixture(params=DATABASES)
def firm(request: pytest.FixtureRequest, clock: FrozenClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Firm]:
    """The firm on a fresh workspace; the story is told once on each kind of database."""
    monkeypatch.setenv("LOOSELEAF_FILES", str(tmp_path / "files"))
    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.fresh(databases.template("firm", found_firm)) as url:
        workspace = open_workspace(url, clock=clock)
        yield Firm(workspace)
        workspace.close()


@pytest.fixture
def lin(firm: Firm) -> Visitor:
    """林若溪, signed in."""
    return firm.visitor(firm.lin)


@pytest.fixture
def chen(firm: Firm) -> Visitor:
    """陈启明, signed in."""
    return firm.visitor(firm.chen)


@pytest.fixture
def gu(firm: Firm) -> Visitor:
    """顾晓燕, the clerk, signed in."""
    return firm.visitor(firm.gu)


@pytest.fixture
def admin(firm: Firm) -> Visitor:
    """许知远, the administrator, signed in."""
    return firm.visitor(firm.admin)


@pytest.fixture
def windows(firm: Any, browser: Browser) -> Iterator[Any]:
    """Opens windows on the running firm; they must have been quiet."""
    opened: list[Window] = []
    with serving(firm.app) as address:

        def open_window(user: int | None, **settings: Any) -> Window:
            opened.append(Window(firm, browser, address, user, **settings))
            return opened[-1]

        yield open_window
        for window in opened:
            window.context.close()
    assert not [line for window in opened for line in window.noise]
