"""Where the browser is and how it is started."""

from __future__ import annotations

import os
import shutil

from support.servers import running_as_root

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """The browser to use: LOOSELEAF_CHROMIUM, else the first on PATH; None leaves the choice to Playwright."""
    return os.environ.get("LOOSELEAF_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def arguments() -> list[str]:
    """Command line arguments of the browser. Chromium refuses its sandbox to root."""
    return [*QUIET, "--no-sandbox"] if running_as_root() else list(QUIET)
