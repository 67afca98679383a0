"""Browser windows of people, for stories: signed in as they would be, listening to what the console complains of, asking axe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from looseleaf_platform.identity import sessions

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = "{runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}}"

EXPECTED = ("Failed to load resource", "htmx: htmx:error: Failed to fetch")
"""What the browser says of an answer that was 422, and of none at all: parts of some stories."""


class Window:
    """A browser window of one person. `noise`: what the console complained of."""

    def __init__(self, firm: Any, browser: Browser, address: str, user: int | None, **settings: Any) -> None:
        self.address = address
        self.context: BrowserContext = browser.new_context(locale="zh-CN", **settings)
        self.firm = firm
        if user is not None:
            self.sign_in(user)
        self.page: Page = self.context.new_page()
        self.noise: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.noise.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        """Note what the console complains of."""
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED):
            self.noise.append(message.text)

    def sign_in(self, user: int) -> None:
        """Begin a session, as another tab of the browser would."""
        secret = sessions.begin(self.firm.workspace, user).secret
        self.context.add_cookies([{"name": "looseleaf_session", "value": secret, "url": self.address, "httpOnly": True, "sameSite": "Lax"}])

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        self.page.wait_for_load_state("networkidle")
        return self.page

    def findings(self) -> list[str]:
        """What axe finds wrong with the page."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate(f"axe.run(document, {RULES})")
        return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found["violations"]]

    def is_too_wide(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
