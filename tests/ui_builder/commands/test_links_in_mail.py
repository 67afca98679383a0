"""Links in mail lead to the configured site, whatever host a request names."""

from __future__ import annotations

import pytest

from looseleaf_platform.workspace import Workspace
from looseleaf_ui_builder.compose import create_app
from looseleaf_ui_builder.screens.pages.signing_in import ticket_link


def test_a_link_leads_to_the_configured_site_whatever_host_the_request_names(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(workspace)
    with app.test_request_context("/", headers={"Host": "evil.example"}):
        monkeypatch.setenv("LOOSELEAF_SITE_URL", "https://crm.firm.example/")
        assert ticket_link("secret") == "https://crm.firm.example/ticket/secret"
        monkeypatch.delenv("LOOSELEAF_SITE_URL")
        assert ticket_link("secret") == "http://evil.example/ticket/secret"
