"""What this wing plugs into the platform: one object, which everything that opens a workspace hands over. Put together here, defined elsewhere."""

from __future__ import annotations

from looseleaf_platform.extension import Extension, LateGate
from looseleaf_workflow.api import describing, stages
from looseleaf_workflow.assignment import filling as assigning
from looseleaf_workflow.kinds import KINDS
from looseleaf_workflow.stages import filling, gate, publishing, recording, ticking
from looseleaf_workflow.tables import MIGRATIONS

WORKFLOW = Extension(
    name="workflow",
    kinds=KINDS,
    migrations=MIGRATIONS,
    verbs={"tick": ticking.tick_in_scenario},
    exemptions=frozenset({gate.EXEMPTION, assigning.EXEMPTION}),
    fillers=(filling.fill, assigning.fill),
    gates=(gate.check, assigning.settle),
    late_gates=(LateGate(gate.check_late, gate.concerns),),
    reactions=(recording.record, recording.keep_evidence, assigning.record),
    contributors=(publishing.homeless,),
    handlers={publishing.TOPIC: publishing.rehouse},
    blueprints=(stages.make_routes,),
    describe=describing.describe,
)
