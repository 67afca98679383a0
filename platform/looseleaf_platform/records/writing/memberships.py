"""Who gets a role: only roles that there are, and nobody hands on a right that is not theirs to give."""

from __future__ import annotations

from looseleaf_metadata.texts import Text
from looseleaf_platform.records.writing.batch import Batch

OBJECT, FIELD = "role_member", "role"
ABILITY = "roles"
"""What lets one hand out any role; without it, only those that one has."""


def check(batch: Batch) -> None:
    """Refuse memberships in roles that there are not, or that the actor may not hand out."""
    profile, model = batch.context.profile, batch.context.model
    own = {role.name for role in profile.roles}
    for row in batch.of_kind("create", "update"):
        if row.plan.name != OBJECT or row.derived:
            continue
        name, field = row.current(FIELD), row.plan.fields[FIELD]
        if name is None:
            continue
        if name not in model.roles:
            row.fault("unknown-role", Text("There is no role '{role}'", role=str(name)), field)
        elif not profile.has(ABILITY) and name not in own:
            row.fault("not-yours", Text("You may hand on only the roles that you have yourself"), field)
