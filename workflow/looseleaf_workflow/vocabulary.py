"""The vocabulary of the platform with what this wing adds to the metadata language: its kinds, abilities and pages."""

from __future__ import annotations

from functools import cache

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.extension import extended
from looseleaf_platform.vocabulary import platform_vocabulary
from looseleaf_workflow.extension import WORKFLOW


@cache
def workflow_vocabulary() -> Vocabulary:
    """What the metadata language may speak of where workflow is plugged in. Made once per process."""
    return extended(platform_vocabulary(), (WORKFLOW,))
