"""What the product is made of: the platform and the wings that plug into it. Everything that opens a workspace opens it here."""

from __future__ import annotations

import os
from typing import Any

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.vocabulary import platform_vocabulary
from looseleaf_platform.workspace import Workspace
from looseleaf_workflow.extension import WORKFLOW
from looseleaf_workflow.vocabulary import workflow_vocabulary

EXTENSIONS = (WORKFLOW,)
"""The wings above the platform, in the order in which their parts are called."""
SITE = "LOOSELEAF_SITE_URL"
"""Where people find the workspace: the address that links in mail begin with."""


def product_vocabulary() -> Vocabulary:
    """What the metadata language of the product may speak of."""
    return workflow_vocabulary()


def open_workspace(url: str, **settings: Any) -> Workspace:
    """The workspace at `url` with all wings, and the address of its site; `settings` as of Workspace.open. Raises Unavailable."""
    opened = Workspace.open(url, platform_vocabulary(), extensions=EXTENSIONS, **settings)
    opened.site = os.environ.get(SITE, "").rstrip("/")
    return opened
