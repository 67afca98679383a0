"""Two people (or a person and a clock) act on one approval in the same moment: it ends as if one of them had come first.

Every pair of commands is let go from a barrier, and is carried out in both orders on twins of the instance; what the race left must be
what one of the orders left. `./dev.py races 200` lets every pair race so often, on both databases; the suite takes some pairs, once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.errors import LooseleafError
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals.definition import Definition
from looseleaf_workflow.frozen_json import canonical
from looseleaf_workflow.running.stored import version
from looseleaf_workflow.running.tables import approval_version
from support.approving import Approving

REPETITIONS = int(os.environ.get("LOOSELEAF_RACES", "0"))
SHORT = {"sqlite": 1, "postgresql": 4}
"""With how many of the others each command races in the short form: on SQLite one writes at a time."""
MORNING = datetime(2026, 3, 2, 1, tzinfo=UTC)
FLOW = """
approval: discount
object: deal
order: 1
label: {zh: 折扣审批, en: Discount}
start_when: "amount > 100"
material: {fields: [amount], on_change: reask_voted}
flow:
  - approve: check
    who: [{user: zhou@firm.example}, {user: chen@firm.example}]
    due: {in: 8 hours, then: auto_agree}
  - approve: legal
    who: {role: legal}
    mode: any
"""
NEWER = FLOW.replace("    mode: any\n", "    mode: any\n  - {approve: boss, who: manager}\n")


@dataclass
class Scene:
    """A submitted deal on which somebody has been added to the step, and whose clock has run out."""

    office: Approving
    newer: Definition
    deal: int
    instance: int

    def task(self, person: Context) -> c.TaskId:
        """Somebody's open task."""
        return self.office.task(self.instance, person)


Act = Callable[[], object]
Make = Callable[[Scene, Context], Act]


def _do(scene: Scene, person: Context, body: c.Body) -> Act:
    return lambda: scene.office.do(scene.instance, person, body)


def _remove(scene: Scene, person: Context) -> Act:
    (row,) = [
        row
        for row in scene.office.rows("approval_task", instance_id=scene.instance, status="open")
        if row["holder"] == scene.office.code(scene.office.boss)
    ]
    return _do(scene, scene.office.zhou, c.RemoveSign(row["node"], row["visit"], row["slot"]))


def _migrate(scene: Scene, person: Context) -> Act:
    return _do(scene, scene.office.admin, c.Migrate(scene.newer))


def _leave(scene: Scene, person: Context) -> Act:
    return lambda: write(scene.office.workspace.context(SYSTEM), [Change("update", "user", person.actor.id, {"state": "gone"})])


def _time_out(scene: Scene, person: Context) -> Act:
    """The clock that runs for somebody: the command that its timer gives when it comes due."""
    slot = scene.task(person).slot
    timer = next(one for one in scene.office.instance(scene.instance).state.timers.values() if one.slot == slot)
    return _do(scene, scene.office.workspace.context(SYSTEM), c.FireTimer(timer.id, timer.generation))


COMMANDS: Mapping[str, Make] = {
    "agree": lambda scene, person: _do(scene, person, c.Agree(scene.task(person))),
    "reject": lambda scene, person: _do(scene, person, c.Reject(scene.task(person), "no")),
    "transfer": lambda scene, person: _do(scene, person, c.Transfer(scene.task(person), scene.office.code(scene.office.admin))),
    "add sign": lambda scene, person: _do(scene, person, c.AddSign(scene.task(person), (scene.office.code(scene.office.admin),), "before")),
    "remove sign": _remove,
    "withdraw": lambda scene, person: _do(scene, scene.office.lin, c.Withdraw()),
    "terminate": lambda scene, person: _do(scene, scene.office.admin, c.Terminate("enough")),
    "timeout": _time_out,
    "leaving": _leave,
    "edit": lambda scene, person: lambda: scene.office.change(scene.deal, scene.office.lin, amount=300),
    "migrate": _migrate,
}


@pytest.fixture
def office(firm: Callable[..., Approving]) -> Iterator[Approving]:
    """The firm with its two deciders by address, and a newer version of the flow at hand."""
    made = firm(NEWER)
    for person, address in ((made.zhou, "zhou@firm.example"), (made.chen, "chen@firm.example")):
        write(made.workspace.context(SYSTEM), [Change("update", "user", person.actor.id, {"email": address})])
    made.submit(made.deal())  # so that the newer version is kept
    made.publish(FLOW)
    return made


def scene_of(office: Approving) -> Scene:
    """A fresh instance in the state that all races begin with."""
    office.clock.set(MORNING)
    deal, instance = office.started()
    office.do(instance, office.zhou, c.AddSign(office.task(instance, office.zhou), (office.code(office.boss),), "together"))
    office.clock.advance(hours=9)
    with office.workspace.database.read() as connection:
        kept = connection.scalars(select(approval_version.c.sha256)).all()
        now = office.workspace.runtime.model.others["approval"]["discount"].definition.sha256
        newer = next(sha256 for sha256 in kept if sha256 != now)
        return Scene(office, version(connection, office.workspace.runtime, newer), deal, instance)


def tried(act: Act) -> str:
    """What became of a command: nothing, or why it was refused."""
    try:
        act()
    except LooseleafError as error:
        return getattr(error, "code", "") or type(error).__name__
    return "done"


def serially(first: Act, second: Act) -> tuple[str, str]:
    """One after the other."""
    return tried(first), tried(second)


def backwards(first: Act, second: Act) -> tuple[str, str]:
    """The other one first."""
    said = tried(second)
    return tried(first), said


def at_once(first: Act, second: Act) -> tuple[str, str]:
    """Let go from a barrier."""
    barrier, said = threading.Barrier(2), ["", ""]

    def run(index: int, act: Act) -> None:
        barrier.wait()
        said[index] = tried(act)

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate((first, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said[0], said[1]


Way = Callable[[Act, Act], tuple[str, str]]


def played(office: Approving, way: Way, first: str, second: str, partner: Context) -> dict[str, Any]:
    """What two commands lead to on a fresh instance: their answers, the state, the tasks, the effects and the record."""
    scene = scene_of(office)
    answers = way(COMMANDS[first](scene, office.zhou), COMMANDS[second](scene, partner))
    state = office.instance(scene.instance).state
    said = canonical(replace(state, commands=FrozenMap())).replace(encode(scene.instance), "INSTANCE").replace(encode(scene.deal), "DEAL")
    tasks = sorted(
        (row["node"], row["visit"], row["slot"], row["generation"], row["holder"], row["status"])
        for row in office.rows("approval_task", instance_id=scene.instance)
    )
    effects = sorted((row["kind"], row["what"], row["state"]) for row in office.rows("approval_effect", instance_id=scene.instance))
    found = {"answers": answers, "state": said, "tasks": tasks, "effects": effects, "amount": office.get(scene.deal)["amount"]}
    if not state.ended:
        office.do(scene.instance, office.admin, c.Terminate("the next pair"))
    for person in (office.zhou, office.chen):
        write(office.workspace.context(SYSTEM), [Change("update", "user", person.actor.id, {"state": "active"})])
    return found


def told(raced: Mapping[str, Any], orders: list[dict[str, Any]]) -> str:
    """Where a race differs from each of the orders."""
    return "\n".join(f"{name}: {raced[name]}\n   not {order[name]}" for order in orders for name in order if order[name] != raced[name])


def pairs(dialect: str) -> Iterator[tuple[str, str]]:
    """All pairs, both ways round; in the short form, each command with itself and those that follow it."""
    names = list(COMMANDS)
    for index, first in enumerate(names):
        partners = names if REPETITIONS else [*names, *names][index : index + SHORT[dialect]]
        yield from ((first, second) for second in partners)


def test_two_commands_at_once_end_as_if_one_had_come_first(office: Approving) -> None:
    wrong: list[str] = []
    for number, (first, second) in enumerate(pairs(office.workspace.runtime.dialect)):
        partner = office.chen if number % 2 else office.zhou
        orders = [played(office, way, first, second, partner) for way in (serially, backwards)]
        races = (played(office, at_once, first, second, partner) for _ in range(REPETITIONS or 1))
        wrong += [f"{first} and {second}: {told(raced, orders)}" for raced in races if raced not in orders]
    assert not wrong, "\n".join(wrong)
