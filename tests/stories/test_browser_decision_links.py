"""A decision by the link in a mail on a phone: nothing too wide, nothing that axe finds, agreed with a tap."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.database.system_tables import mail
from looseleaf_platform.jobs.outbox import drain
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_workflow.running import mailing, performing
from support.workspaces import publish_texts

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("firm", ["sqlite"], indirect=True)]
FIXTURES = Path(__file__).parent / "fixtures"
TEXTS = (FIXTURES / "firm.yaml").read_text("utf-8").replace("deal:     {read: own", "deal:     {read: all")


def test_a90_on_a_phone_a_tap_decides(firm: Any, windows: Any) -> None:
    firm.workspace.site = "https://crm.firm.example"
    publish_texts(firm.workspace, TEXTS, (FIXTURES / "approvals.yaml").read_text("utf-8"))
    write(firm.workspace.context(SYSTEM), [Change("update", "user", firm.lin, {"manager": firm.chen})])
    account = firm.make("account", firm.lin, name="恒拓")
    values = {"name": "五轴线", "account": account, "discount": "0.2", "amount": {"amount": "5000", "currency": "CNY"}}
    deal = firm.make("deal", firm.lin, **values)
    firm.visitor(firm.lin).act(f"/records/deal/{encode(deal)}/submission")
    drain(firm.workspace, {performing.MAIL_TOPIC: mailing.send})
    with firm.workspace.database.read() as connection:
        (body,) = connection.scalars(select(mail.c.body)).all()
    (path,) = re.findall(r"crm\.firm\.example(/decisions/\S+)", body)
    window = windows(None, viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    page = window.open(path)
    assert not window.is_too_wide()
    assert window.findings() == []
    page.get_by_role("button", name="同意").tap()
    page.get_by_role("heading", name="完成").wait_for()
    assert not window.is_too_wide()
    assert window.findings() == []
