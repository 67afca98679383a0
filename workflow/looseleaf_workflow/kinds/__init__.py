"""The kinds of documents that this wing adds to the metadata language, one file each. Adding one: a file here and a line in KINDS."""

from __future__ import annotations

from looseleaf_metadata.kinds.base import Kind
from looseleaf_workflow.kinds.approval import ApprovalKind
from looseleaf_workflow.kinds.assignment import AssignmentKind
from looseleaf_workflow.kinds.automation import AutomationKind
from looseleaf_workflow.kinds.calendar import CalendarKind, HolidaysKind
from looseleaf_workflow.kinds.conversion import ConversionKind
from looseleaf_workflow.kinds.inbound import InboundKind
from looseleaf_workflow.kinds.pipeline import PipelineKind
from looseleaf_workflow.kinds.pool import PoolKind
from looseleaf_workflow.kinds.score import ScoreKind
from looseleaf_workflow.kinds.sla import SlaKind

KINDS: tuple[Kind, ...] = (
    HolidaysKind(),
    CalendarKind(),
    PipelineKind(),
    SlaKind(),
    ApprovalKind(),
    PoolKind(),
    AssignmentKind(),
    ScoreKind(),
    ConversionKind(),
    InboundKind(),
    AutomationKind(),
)
"""Built in this order: a kind may refer to what stands before it."""
