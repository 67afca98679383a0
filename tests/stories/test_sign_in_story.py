"""Signing in and out, invitations, first administrator, as people meet them."""

from __future__ import annotations

import re
from typing import Any

from looseleaf_platform.workspace import Workspace
from looseleaf_ui_builder.compose import create_app


def test_a_visitor_is_sent_to_sign_in_and_then_to_where_they_wanted(firm: Any) -> None:
    visitor = firm.visitor()
    answer = visitor.get("/records/deal?view=all_deals")
    assert answer.status_code == 303
    form = visitor.form(answer.headers["Location"], "sign-in")
    answer = visitor.send(form, follow=False, login="lin@firm.example", password="three green apples")
    assert answer.headers["Location"] == "/records/deal?view=all_deals"
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]


def test_a_wrong_password_keeps_the_login_and_says_no_more_than_needed(firm: Any) -> None:
    visitor = firm.visitor()
    answer = visitor.send(visitor.form("/sign-in", "sign-in"), login="lin@firm.example", password="wrong one here")
    assert answer.status_code == 422
    assert "lin@firm.example" in answer.text
    assert "密码" in answer.text


def test_nobody_is_led_to_another_site_after_signing_in(firm: Any) -> None:
    for back in ("//evil.example", "https://evil.example", "/\\evil.example"):
        visitor = firm.visitor()
        form = visitor.form("/sign-in", "sign-in")
        answer = visitor.send(form, follow=False, login="lin@firm.example", password="three green apples", back=back)
        assert answer.headers["Location"] == "/"


def test_signing_out_ends_the_session_at_once(lin: Any) -> None:
    cookie = lin.client.get_cookie("looseleaf_session")
    assert lin.act("/sign-out", follow=False).status_code == 303
    lin.client.set_cookie("looseleaf_session", cookie.value)
    assert lin.get("/").status_code == 303


def test_a_post_without_the_sessions_token_changes_nothing(firm: Any, lin: Any) -> None:
    answer = lin.post("/records/account", {"name": "恒拓"})
    assert answer.status_code == 403
    assert "刷新" in answer.text
    assert not firm.records("account")


def test_a_post_from_another_site_is_refused_even_with_the_token(firm: Any, lin: Any) -> None:
    data = {"_csrf": lin.csrf(), "name": "恒拓"}
    assert lin.post("/records/account", data, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert lin.post("/records/account", data, Origin="https://evil.example").status_code == 403


def test_every_page_carries_a_policy_without_inline_scripts_and_styles(lin: Any) -> None:
    for path in ("/", "/records/deal", "/records/deal/new", "/settings", "/nowhere"):
        policy = lin.get(path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert lin.get(path).headers["X-Content-Type-Options"] == "nosniff"


def test_a_new_workspace_asks_for_its_first_administrator(workspace: Workspace) -> None:
    client = create_app(workspace, TESTING=True).test_client()
    assert client.get("/sign-in").headers["Location"] == "/first-administrator"
    data = {"name": "许知远", "email": "xu@firm.example", "password": "three green apples", "again": "three green apples"}
    assert client.post("/first-administrator", data={**data, "again": "other"}).status_code == 422
    assert client.post("/first-administrator", data=data).headers["Location"] == "/"
    assert "许知远" in client.get("/").text
    assert client.get("/first-administrator").status_code == 303


def test_somebody_invited_chooses_a_password_and_is_in(firm: Any, admin: Any) -> None:
    answer = admin.act("/people/invitation", name="周敏", email="zhou@firm.example", role="rep", locale="zh")
    link = re.search(r'value="http://localhost(/ticket/[^"]+)"', answer.text)
    assert link, answer.text[:2000]
    visitor = firm.visitor()
    assert "周敏" in visitor.page(link[1])
    data = {"password": "seven blue pears", "again": "seven blue pears"}
    answer = visitor.post(link[1], data)
    assert answer.status_code == 200
    assert "周敏" in answer.text
    assert visitor.get("/records/deal").status_code == 200
    assert firm.visitor().get(link[1]).status_code == 404


def test_a_forgotten_password_page_tells_nobody_who_has_an_account(firm: Any) -> None:
    visitor = firm.visitor()
    known = visitor.post("/password/forgotten", {"login": "lin@firm.example"}).text
    unknown = visitor.post("/password/forgotten", {"login": "nobody@firm.example"}).text
    assert known == unknown


def test_two_workspaces_in_one_process_keep_apart(firm: Any) -> None:
    client = create_app({"main": firm.workspace, "second": firm.workspace}, TESTING=True).test_client()
    answer = client.post("/w/second/sign-in", data={"login": "lin@firm.example", "password": "three green apples"})
    assert answer.headers["Location"] == "/w/second/"
    assert "Path=/w/second" in answer.headers["Set-Cookie"]
    assert 'href="/w/second/records/deal"' in client.get("/w/second/").text
    assert client.get("/").status_code == 303
    assert client.get("/w/third/").status_code == 404
