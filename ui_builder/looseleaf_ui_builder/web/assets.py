"""Addresses of the built assets: their names carry a hash, which the manifest of the build knows."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from flask import current_app, g, url_for

STATIC = Path(__file__).parent.parent / "static"
DIST = STATIC / "dist"


@cache
def _manifest(changed: float) -> dict[str, str]:
    found = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))
    return {str(name): str(hashed) for name, hashed in found.items()}


def manifest() -> dict[str, str]:
    """Built name by plain name, read again when the build has changed it. Empty before the first build."""
    try:
        return _manifest((DIST / "manifest.json").stat().st_mtime)
    except FileNotFoundError:
        current_app.logger.error("The assets are not built: run node build.mjs")
        return {}


def asset(name: str) -> str:
    """The address of an asset such as "app.css", within this request's workspace."""
    known: dict[str, str] = g.setdefault("asset_addresses", {})
    if name not in known:
        if "asset_manifest" not in g:
            g.asset_manifest = manifest()
        hashed = g.asset_manifest.get(name)
        known[name] = url_for("static", filename=f"dist/{hashed}" if hashed else name)
    return known[name]


@cache
def icon_names() -> frozenset[str]:
    """Names of the icons in the sprite."""
    try:
        return frozenset(json.loads((DIST / "icons.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return frozenset()
