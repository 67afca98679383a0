"""The builder: ops staff change metadata in drafts, see the plan, publish and roll back. Every edit is a command on a document."""

from __future__ import annotations

from looseleaf_ui_builder.builder.routes import make_builder

__all__ = ["make_builder"]
