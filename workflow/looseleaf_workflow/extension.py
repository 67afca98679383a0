"""What this wing plugs into the platform: one object, which everything that opens a workspace hands over. Put together here, defined elsewhere."""

from __future__ import annotations

from looseleaf_platform.context import Context
from looseleaf_platform.extension import Described, Extension, LateGate
from looseleaf_platform.jobs.outbox import Message
from looseleaf_platform.workspace import Workspace
from looseleaf_workflow.api import approvals as approval_routes
from looseleaf_workflow.api import (
    assignment,
    clocks,
    conversions,
    describing,
    describing_approvals,
    describing_automations,
    describing_clocks,
    describing_conversions,
    describing_inbound,
    describing_notifications,
    describing_pools,
    describing_scores,
    inbound,
    notifications,
    pools,
    scores,
    stages,
)
from looseleaf_workflow.api import automations as automation_routes
from looseleaf_workflow.assignment import filling as assigning
from looseleaf_workflow.assignment import queueing
from looseleaf_workflow.automations import chains, dispatch, running, schedule, settling, switches, verdicts
from looseleaf_workflow.automations import overseeing as automations_overseeing
from looseleaf_workflow.clocks import adopting as clock_adopting
from looseleaf_workflow.clocks import keeping as clock_keeping
from looseleaf_workflow.clocks import ringing as clock_ringing
from looseleaf_workflow.clocks import storing as clock_storing
from looseleaf_workflow.clocks import telling as clock_telling
from looseleaf_workflow.conversions import scenario as converting
from looseleaf_workflow.inbound import clearing as inbound_clearing
from looseleaf_workflow.kinds import KINDS
from looseleaf_workflow.notifications import scenario as telling
from looseleaf_workflow.pools import acting, adopting, returning
from looseleaf_workflow.pools import gate as pool_gate
from looseleaf_workflow.pools import recording as pooling
from looseleaf_workflow.receiving import answering as inbound_answering
from looseleaf_workflow.receiving import taking as inbound_taking
from looseleaf_workflow.running import guarding as approval_guarding
from looseleaf_workflow.running import lock as approval_lock
from looseleaf_workflow.running import mailing, performing, rehearsing, ringing
from looseleaf_workflow.running.stored import OWNER_KIND as APPROVAL
from looseleaf_workflow.scores import adopting as score_adopting
from looseleaf_workflow.scores import keeping as score_keeping
from looseleaf_workflow.scores import timing as score_timing
from looseleaf_workflow.scores import watching as score_watching
from looseleaf_workflow.stages import filling, gate, publishing, recording, ticking
from looseleaf_workflow.tables import MIGRATIONS
from looseleaf_workflow.timers import Handler, chore
from looseleaf_workflow.timers import overseeing as timers_overseeing

TIMERS: dict[str, Handler] = {
    switches.OWNER_KIND: running.woken,
    pooling.OWNER_KIND: returning.look,
    assigning.OWNER_KIND: queueing.ask_again,
    APPROVAL: ringing.ring,
    clock_storing.OWNER_KIND: clock_ringing.ring,
    score_timing.OWNER_KIND: score_adopting.ring,
}
"""Who is called when a timer fires, by the kind of its owner."""


def _published(workspace: Workspace, message: Message) -> None:
    """What follows a publish, part by part."""
    publishing.rehouse(workspace, message)
    adopting.adopt(workspace, message)
    clock_adopting.adopt(workspace, message)
    score_adopting.adopt(workspace, message)


def _described(context: Context) -> Described:
    """What the OpenAPI description says of the wing, part by part."""
    describers = (
        describing.describe,
        describing_pools.describe,
        describing_scores.describe,
        describing_clocks.describe,
        describing_automations.describe,
        describing_conversions.describe,
        describing_inbound.describe,
        describing_approvals.describe,
        describing_notifications.describe,
    )
    parts = [describe(context) for describe in describers]
    return {name: one for schemas, _ in parts for name, one in schemas.items()}, {
        path: one for _, paths in parts for path, one in paths.items()
    }


WORKFLOW = Extension(
    name="workflow",
    kinds=KINDS,
    abilities=frozenset({"automations"}),
    migrations=MIGRATIONS,
    verbs={
        "tick": ticking.tick_in_scenario,
        "settle": settling.settle,
        "claim": acting.claim_in_scenario,
        "give_back": acting.give_back_in_scenario,
        "submit": rehearsing.submit_in_scenario,
        "decide": rehearsing.decide_in_scenario,
        "withdraw": rehearsing.withdraw_in_scenario,
        "reverse": rehearsing.reverse_in_scenario,
        "convert": converting.convert_in_scenario,
        "receive": inbound_taking.receive_in_scenario,
        "told": telling.told_in_scenario,
    },
    exemptions=frozenset({gate.EXEMPTION, verdicts.EXEMPTION, assigning.EXEMPTION, pool_gate.EXEMPTION, approval_lock.EXEMPTION}),
    fillers=(filling.fill, assigning.fill, pooling.fill),
    gates=(gate.check, pool_gate.check, assigning.settle, approval_lock.check, approval_guarding.check),
    late_gates=(LateGate(gate.check_late, gate.concerns),),
    reactions=(
        recording.record,
        recording.keep_evidence,
        assigning.record,
        pooling.record,
        clock_keeping.record,
        score_watching.announce,
        dispatch.announce,
        approval_lock.react,
    ),
    contributors=(publishing.homeless,),
    handlers={
        publishing.TOPIC: _published,
        dispatch.TOPIC: dispatch.look,
        clock_storing.TOPIC: clock_telling.tell,
        score_watching.TOPIC: score_keeping.handle,
        switches.RUN_TOPIC: running.handle,
        inbound_taking.TOPIC: inbound_answering.handle,
        performing.MAIL_TOPIC: mailing.send,
    },
    chores=(
        chore(TIMERS),
        schedule.tick,
        inbound_clearing.clear,
    ),
    knows_chain=chains.knows_chain,
    queues=(timers_overseeing.QUEUE, automations_overseeing.QUEUE),
    blueprints=(
        stages.make_routes,
        pools.make_routes,
        scores.make_routes,
        clocks.make_routes,
        assignment.make_routes,
        automation_routes.make_routes,
        approval_routes.make_routes,
        conversions.make_routes,
        inbound.make_routes,
        notifications.make_routes,
    ),
    describe=_described,
)
