"""The clocks of a deal in a real browser, at a desk and on a phone: nothing that axe finds, nothing wider than the screen."""

from __future__ import annotations

from typing import Any

import pytest

from looseleaf_platform.records.ids import encode
from stories.test_clock_story import CLOCKS, FIRM_TEXT, pass_time
from support.clock import FrozenClock
from support.workspaces import publish_texts

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("firm", ["sqlite"], indirect=True)]
DESK = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"}
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


def test_what_is_left_and_what_is_too_late_is_told_at_a_desk_and_on_a_phone(firm: Any, windows: Any, clock: FrozenClock) -> None:
    publish_texts(firm.workspace, FIRM_TEXT + CLOCKS)
    account = firm.make("account", firm.lin, name="恒拓")
    late = firm.make("deal", firm.lin, name="五轴线", account=account)
    pass_time(firm, clock, days=2, hours=1)
    soon, stands = (
        firm.make("deal", firm.lin, name=name, account=account, next_step=step) for name, step in (("二期", None), ("三期", "wait"))
    )
    pass_time(firm, clock, hours=5, minutes=20)
    for size in (DESK, PHONE):
        window = windows(firm.lin, **size)
        for id, tone in ((late, "missed"), (soon, "soon"), (stands, "paused")):
            page = window.open(f"/records/deal/{encode(id)}")
            assert page.locator(f".clock.{tone}").count() == 1
            assert (window.findings(), window.is_too_wide()) == ([], False)
