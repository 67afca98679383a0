"""Where the browser is and how it is started."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from support.browser_download import FOLDER, node_and_npm
from support.servers import package_folder, running_as_root

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launch_arguments() -> dict[str, object]:
    """What Playwright needs to start the browser: LOOSELEAF_CHROMIUM, else the first on PATH, else the downloaded one, else Playwright's own.

    Chromium refuses its sandbox to root.
    """
    found: dict[str, object] = {"args": [*QUIET, "--no-sandbox"] if running_as_root() else list(QUIET)}
    executable = os.environ.get("LOOSELEAF_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if executable:
        found["executable_path"] = executable
    elif (FOLDER / "chromium").exists():
        libraries = sorted({str(path.parent) for path in (FOLDER / "al2023").rglob("*.so*")})
        found["executable_path"] = str(FOLDER / "chromium")
        found["env"] = {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(libraries), "FONTCONFIG_FILE": str(FOLDER / "fonts.conf")}
    return found


def prepare_driver() -> None:
    """Give Playwright another Node where its own lacks a library (a bare Debian has no libatomic)."""
    folder = package_folder("playwright")
    own = Path(folder or "") / "driver" / "node"
    if folder is None or not own.exists() or "PLAYWRIGHT_NODEJS_PATH" in os.environ:
        return
    if subprocess.run([own, "--version"], capture_output=True).returncode != 0:
        os.environ["PLAYWRIGHT_NODEJS_PATH"] = node_and_npm()[0][0]
