"""Import screens: upload, map, try, import, and see what became of it."""

from __future__ import annotations

from looseleaf_ui_builder.importing.routes import make_imports

__all__ = ["make_imports"]
