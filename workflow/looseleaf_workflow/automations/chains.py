"""Chains that come back: what another system writes here because a webhook told it to belongs to the chain that sent the webhook.

The other system hands back the header that it was sent (`Looseleaf-Chain`). It is believed for an hour after a webhook of that chain went out,
so that nobody quiets automations by an old chain; what is stopped by it is kept as a run, like every loop.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from looseleaf_platform.context import Context
from looseleaf_workflow.automations.tables import automation_run, automation_step

BELIEVED = timedelta(hours=1)
LONGEST = 40


def knows_chain(context: Context, chain: str) -> bool:
    """Whether a webhook of this chain went out within the hour."""
    if not 0 < len(chain) <= LONGEST:
        return False
    sent = (automation_step.c.kind == "webhook", automation_step.c.started_at > context.now - BELIEVED)
    statement = select(automation_run.c.id).join(automation_step, automation_step.c.run_id == automation_run.c.id)
    with context.workspace.database.read() as connection:
        return connection.scalar(statement.where(automation_run.c.chain == chain, *sent).limit(1)) is not None
