"""The steps, by their words."""

from __future__ import annotations

from collections.abc import Mapping

from looseleaf_workflow.automations.sending import Receipt
from looseleaf_workflow.automations.steps.base import Failed, Gone, StepType, Work
from looseleaf_workflow.automations.steps.control import BRANCH, EACH, WAIT
from looseleaf_workflow.automations.steps.messages import EMAIL, NOTIFY
from looseleaf_workflow.automations.steps.records import ASSIGN, CREATE, MOVE_STAGE, TAG, TASK, UPDATE
from looseleaf_workflow.automations.steps.webhook import WEBHOOK

STEPS: Mapping[str, StepType] = {
    one.name: one for one in (UPDATE, CREATE, TASK, NOTIFY, EMAIL, WEBHOOK, TAG, ASSIGN, MOVE_STAGE, WAIT, BRANCH, EACH)
}
"""The words for steps and the words for their options are disjoint: a step has one kind."""

__all__ = ["STEPS", "Failed", "Gone", "Receipt", "StepType", "Work"]
