"""The history adds up: S15, after any moves in any order."""

from __future__ import annotations

import random

from sqlalchemy import update

from looseleaf_platform.errors import Refused
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write
from looseleaf_workflow.stages.funnel import Step, discrepancies, kept, recomputed
from looseleaf_workflow.tables import stage_visit

STAGES = ("contact", "needs", "pilot", "proposal", "contract", "won", "lost")


def test_s15_the_funnel_from_the_history_equals_the_one_that_is_kept(sales):
    chance = random.Random(15)
    deals = [sales.deal(sales.boss, name=str(number), budget=5, decider="王工", margin=20) for number in range(8)]
    tried = moved = 0
    for _ in range(90):
        sales.clock.advance(minutes=chance.randint(1, 5000))
        batch = chance.sample(deals, chance.randint(1, 4))
        changes = [Change("update", "deal", id, {"stage": chance.choice(STAGES), "lost_reason": "price"}) for id in batch]
        exempt = frozenset({"stages"}) if chance.random() < 0.5 else frozenset()
        operation = Operation("edit", reason="any", exemptions=exempt)
        try:
            outcome = write(sales.again(sales.boss), changes, operation, collect=chance.random() < 0.7)
        except Refused:
            continue
        tried += len(changes)
        moved += sum(one.outcome == "updated" for one in outcome.written)
    assert 40 < moved < tried
    with sales.workspace.database.read() as connection:
        assert kept(connection, "b2b") == recomputed(connection, "b2b")
        present = {stage: step.present for stage, step in kept(connection, "b2b").items() if step.present}
    assert discrepancies(sales.system) == []
    stored = [sales.get(deal)["stage"] for deal in deals]
    assert present == {stage: stored.count(stage) for stage in set(stored)}


def test_s15_the_figures_are_those_of_the_moves(sales):
    deal, other = sales.deal(budget=5), sales.deal(name="other")
    for stage in ("needs", "contact", "needs"):
        sales.clock.advance(hours=1)
        sales.change(deal, stage=stage)
    with sales.workspace.database.read() as connection:
        assert kept(connection, "b2b") == {"contact": Step(2, 3, 1, 7200), "needs": Step(1, 2, 1, 3600)}
    assert sales.path(other) == [("", "contact", 1)]


def test_s15_a_difference_is_found(sales):
    sales.deal()
    with sales.workspace.database.write() as connection:
        connection.execute(update(stage_visit).values(visits=7))
    assert len(discrepancies(sales.system)) == 1


def test_many_rows_are_recorded_like_one(sales):
    rows = [Change("create", "deal", values={"name": str(number), "account": sales.account}) for number in range(300)]
    write(sales.again(sales.lin.by("import")), rows, Operation("import"))
    with sales.workspace.database.read() as connection:
        assert kept(connection, "b2b") == {"contact": Step(300, 300, 300, 0)} == recomputed(connection, "b2b")
