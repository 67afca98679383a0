"""What was approved stays as it was approved (A86): the write path refuses changes of it by every door, and says how to ask for one.

Beside lock.py, which holds what is being decided about; the same leave passes both, an administrator's with a reason.
"""

from __future__ import annotations

from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.writing.batch import Batch
from looseleaf_workflow.running.changing import guards_of, protected
from looseleaf_workflow.running.lock import EXEMPTION, bypasses
from looseleaf_workflow.running.performing import OWN, TRIAL


def check(batch: Batch) -> None:
    """Refuse changes of approved values, each field with the approval that protects it. One query for an object with such a flow, if they are touched."""
    if batch.exempt(OWN) or batch.operation.kind == TRIAL or bypasses(batch):
        return
    for plan, rows in batch.by_plan(batch.of_kind("update")):
        names = {name for one in guards_of(batch.context, plan.name) if one.change is not None for name in one.change.fields}
        touching = {row.id: row for row in rows if names & (row.values.keys() | row.links.keys())}
        for id, held in protected(batch.connection, batch.context, plan.name, sorted(touching)).items() if touching else ():
            row = touching[id]
            for name in [one for one in (*row.values, *row.links) if one in held]:
                approval, instance = held[name]
                field = plan.fields[name]
                words = {"field": field.field.label, "approval": Label.of(approval.label), "instance": encode(instance)}
                said = Text(
                    "“{field}” was approved by “{approval}” ({instance}) and changes only by a request: use “Ask for a change” on the record's page",
                    **words,
                )
                if batch.exempt(EXEMPTION) and batch.context.actor.administrator:
                    said = Text("Say why what is locked is to be changed")
                row.fault("approved-value", said, field)
