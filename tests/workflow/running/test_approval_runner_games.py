"""Random flows and commands on the real runner beside the pure model: after each command both say the same, and every invariant holds.

The suite plays a few games on SQLite; LOOSELEAF_GAMES=100 plays so many, on both databases.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.errors import LooseleafError
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_workflow import who
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.decide import Refusal
from looseleaf_workflow.approvals.listing import Task, tasks
from support.approval_play import Play, World
from support.approving import Approving
from support.clock import FrozenClock
from support.databases import PostgresqlDatabases, SqliteDatabases
from support.stages import open_with_workflow

GAMES = int(os.environ.get("LOOSELEAF_GAMES", "0"))
PEOPLE = ("{user: he@firm.example}", "{user: zhou@firm.example}", "{user: chen@firm.example}", "{role: legal}", "manager")
MODES = ("all", "any", "sequence", "{at_least: 1}")


@st.composite
def steps(draw: Any, name: str) -> str:
    """A step of a flow."""
    who = draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=2, unique=True))
    reject = draw(st.sampled_from(["end", "to_submitter", "previous"]))
    return f"{{approve: {name}, who: [{', '.join(who)}], mode: {draw(st.sampled_from(MODES))}, on_reject: {reject}}}"


@st.composite
def flows(draw: Any) -> str:
    """A flow of one to three nodes: steps, steps side by side, and ways that depend on the amount."""
    nodes = []
    for number in range(draw(st.integers(1, 3))):
        first, second = draw(steps(f"a{number}")), draw(steps(f"b{number}"))
        kind = draw(st.sampled_from(["step", "step", "parallel", "branch"]))
        if kind == "parallel":
            nodes.append(f"{{parallel: p{number}, branches: [{{flow: [{first}]}}, {{flow: [{second}]}}]}}")
        elif kind == "branch":
            least = draw(st.sampled_from([100, 900]))
            nodes.append(f"{{branch: p{number}, cases: [{{when: 'amount > {least}', flow: [{first}]}}], else: [{second}]}}")
        else:
            nodes.append(first)
    return "approval: game\nobject: deal\norder: 1\nlabel: {zh: 局, en: Game}\nwithdraw: any_time\nflow:\n" + "".join(
        f"  - {node}\n" for node in nodes
    )


@dataclass
class Staffed(World):
    """A world whose people are the firm's, named by their addresses."""

    users: dict[str, str] = field(default_factory=dict)

    def answer(self, question: q.Question) -> q.Answer:
        """The answer to a question."""
        if isinstance(question, q.Resolve) and isinstance(question.person, who.User):
            self.asked += 1
            return q.People((self.users[question.person.name],))
        return super().answer(question)


class Games(RuleBasedStateMachine):
    """One deal under a random flow, and the same in memory."""

    office: Approving

    @initialize(flow=flows())
    def begin(self, flow: str) -> None:
        office = self.office
        office.publish(flow)
        self.people: dict[str, Context] = {
            office.code(one): one for one in (office.admin, office.boss, office.lin, office.zhou, office.chen)
        }
        legal = tuple(office.code(one) for one in (office.admin, office.zhou, office.chen))
        known = {"he@firm.example": office.boss, "zhou@firm.example": office.zhou, "chen@firm.example": office.chen}
        self.world = Staffed(
            {office.code(office.lin): office.code(office.boss)}, {"legal": legal}, values={"amount": 200}, now=office.clock()
        )
        self.world.users = {address: office.code(one) for address, one in known.items()}
        self.deal = office.deal()
        self.instance = office.submit(self.deal)
        self.play = Play(office.instance(self.instance).definition, self.world)
        self.play.do(office.code(office.lin), c.Submit())
        self.same()

    @rule(data=st.data(), kind=st.sampled_from(["agree", "agree", "agree", "reject", "transfer", "before", "together"]))
    def decides(self, data: Any, kind: str) -> None:
        """Somebody whose turn it is."""
        open_ = [one for one in tasks(self.play.definition, self.play.state) if one.holder in self.people]
        if open_:
            task: Task = data.draw(st.sampled_from(sorted(open_, key=str)))
            other = data.draw(st.sampled_from(sorted(self.people)))
            self.both(self.people[task.holder], _body(kind, task, other))

    @rule(person=st.integers(0, 4), kind=st.sampled_from(["resubmit", "resubmit", "withdraw"]))
    def anybody(self, person: int, kind: str) -> None:
        """Somebody submits again or takes it back, whoever it is."""
        self.both(list(self.people.values())[person], c.Resubmit() if kind == "resubmit" else c.Withdraw())

    def both(self, person: Context, body: c.Body) -> None:
        """The same command to both; over is over to both."""
        expected = self.play.try_(c.Actor(self.office.code(person), admin=person.actor.administrator), body)
        refused = isinstance(expected, Refusal)
        said = None
        try:
            self.office.do(self.instance, person, body)
        except LooseleafError as error:
            said = error
        assert (said is not None) == refused, f"the runner says {said} of {body}, the model {expected}"
        if not isinstance(expected, Refusal):
            self.play.keep(expected, body)
        self.same()

    def same(self) -> None:
        """What is stored is what the model says."""
        state = self.office.instance(self.instance).state
        assert (state.status, state.number, state.round) == (self.play.state.status, self.play.state.number, self.play.state.round)
        assert tasks(self.play.definition, state) == tasks(self.play.definition, self.play.state)
        self.office.sound()

    def teardown(self) -> None:
        """The next game finds nothing running."""
        if hasattr(self, "play") and not self.play.state.ended:
            self.office.do(self.instance, self.office.admin, c.Terminate("enough"))


def _body(kind: str, task: Task, other: str) -> c.Body:
    bodies: dict[str, c.Body] = {
        "agree": c.Agree(task.id),
        "reject": c.Reject(task.id, "no"),
        "transfer": c.Transfer(task.id, other, "busy"),
        "before": c.AddSign(task.id, (other,), "before"),
        "together": c.AddSign(task.id, (other,), "together"),
    }
    return bodies[kind]


@pytest.fixture(params=["SQLite", "PostgreSQL"] if GAMES else ["SQLite"])
def office(
    request: pytest.FixtureRequest, sqlite_databases: SqliteDatabases, postgresql_databases: PostgresqlDatabases, clock: FrozenClock
) -> Iterator[Approving]:
    """The firm."""
    databases: Any = sqlite_databases if request.param == "SQLite" else postgresql_databases
    with databases.fresh(databases.template("workflow_empty", lambda url: open_with_workflow(url).close())) as url:
        workspace = open_with_workflow(url, clock)
        made = Approving(workspace, clock)
        for person, address in ((made.boss, "he"), (made.zhou, "zhou"), (made.chen, "chen")):
            write(workspace.context(SYSTEM), [Change("update", "user", person.actor.id, {"email": f"{address}@firm.example"})])
        yield made
        workspace.close()


def test_the_runner_does_what_the_pure_model_says(office: Approving) -> None:
    machine = type("Played", (Games,), {"office": office})
    quiet = settings(
        max_examples=GAMES or 4,
        stateful_step_count=30 if GAMES else 8,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=quiet)  # type: ignore[no-untyped-call]
