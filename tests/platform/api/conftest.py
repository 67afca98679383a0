"""A small CRM behind the API, and callers with tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.identity import tokens
from looseleaf_platform.workspace import Workspace
from looseleaf_ui_builder.compose import create_app
from support.tally import DATABASES
from support.workspaces import as_user, publish_texts

CRM = """
object: account
label: {zh: 客户, en: Account}
plural: {zh: 客户, en: Accounts}
fields:
  name: {type: text, required: true, max_length: 80}
  size: {type: integer, min: 0}
  founded: {type: date}
  tier: {type: select, options: {a: A, b: B}}
  revenue: {type: currency}
  active: {type: boolean}
  email: {type: email}
rules:
  - {check: "size is None or size < 1000000", at: size, message: {zh: 人数太多, en: Too many people}}
---
object: deal
label: {zh: 商机, en: Deal}
fields:
  name: {type: text, required: true}
  account: {type: lookup, to: account}
  amount: {type: decimal, precision: 12, scale: 2}
  doubled: {type: formula, returns: decimal, value: "amount * 2"}
---
role: seller
objects:
  account: {read: all, create: true, update: all, delete: all}
  deal: {read: own, create: true, update: own}
fields: {account.revenue: hidden}
---
role: visitor
objects: {account: {read: all}}
"""


class Caller:
    """An HTTP client with a token."""

    def __init__(self, app: Flask, secret: str) -> None:
        self.client, self.secret = app.test_client(), secret

    def __call__(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.secret}", "Accept-Language": "en", **kwargs.pop("headers", {})}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **kwargs)


@pytest.fixture(params=DATABASES)
def workspace_url(request: pytest.FixtureRequest, vocabulary: Vocabulary) -> Iterator[str]:
    """A database that holds the small CRM, published once and then cloned; the test runs once on each kind."""

    def fill(url: str) -> None:
        workspace = Workspace.open(url, vocabulary)
        publish_texts(workspace, CRM)
        workspace.close()

    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.fresh(databases.template("api_crm", fill)) as url:
        yield url


@pytest.fixture
def app(workspace: Workspace) -> Flask:
    """The application on a workspace with the small CRM, on either database."""
    return create_app(workspace, TESTING=True)


@pytest.fixture
def call_as(app: Flask, workspace: Workspace) -> Any:
    """Makes a caller with these roles."""

    def make(*roles: str, limits: Iterable[str] | None = None, name: str = "") -> Caller:
        context = as_user(workspace, roles, name)
        return Caller(app, secret_of(context, limits))

    return make


def secret_of(context: Any, limits: Iterable[str] | None = None) -> str:
    """A new token of this person."""
    return tokens.create(context, "test", limits=limits)[1]


@pytest.fixture
def seller(call_as: Any) -> Caller:
    """Somebody who sells."""
    return call_as("seller")  # type: ignore[no-any-return]
