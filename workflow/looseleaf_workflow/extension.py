"""What this wing plugs into the platform: one object, which everything that opens a workspace hands over. Put together here, defined elsewhere."""

from __future__ import annotations

from looseleaf_platform.extension import Extension
from looseleaf_workflow.kinds import KINDS
from looseleaf_workflow.tables import MIGRATIONS

WORKFLOW = Extension(
    name="workflow",
    kinds=KINDS,
    migrations=MIGRATIONS,
)
