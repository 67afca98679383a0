"""The triggers, by their words."""

from __future__ import annotations

from collections.abc import Mapping

from looseleaf_workflow.automations.triggers.base import Trigger
from looseleaf_workflow.automations.triggers.became_true import BECAME_TRUE
from looseleaf_workflow.automations.triggers.clocks import SLA_BREACHED, SLA_MET, SLA_WARNED, STALLED
from looseleaf_workflow.automations.triggers.crons import CRON
from looseleaf_workflow.automations.triggers.dates import DATE
from looseleaf_workflow.automations.triggers.field_changed import FIELD_CHANGED
from looseleaf_workflow.automations.triggers.inbound import EVENT
from looseleaf_workflow.automations.triggers.manual import MANUAL
from looseleaf_workflow.automations.triggers.records import CREATED, DELETED, UPDATED
from looseleaf_workflow.automations.triggers.stages import STAGE_ENTERED, STAGE_LEFT

BY_CHANGES = (CREATED, UPDATED, DELETED, FIELD_CHANGED, BECAME_TRUE, STAGE_ENTERED, STAGE_LEFT)
BY_CLOCKS = (SLA_WARNED, SLA_BREACHED, SLA_MET, STALLED, DATE, CRON)

TRIGGERS: Mapping[str, Trigger] = {one.name: one for one in (*BY_CHANGES, *BY_CLOCKS, EVENT, MANUAL)}
