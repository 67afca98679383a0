"""The demo workspace: real extracts shipped with the templates, and a sales pipeline invented by a seeded script.

No licensed real pipeline exists, so opportunities, quotes, contracts and receipts are made up here, and said to be.
Everything goes through the one write path, as an import would. Knows the shipped templates; nothing else may know it.
"""

from __future__ import annotations

from looseleaf_ui_builder.demo.load import DEMO_TEMPLATES, Login, load_demo

__all__ = ["DEMO_TEMPLATES", "Login", "load_demo"]
