"""Why a record has its score: each part with its points, withheld from those who may not see what it reads; by the API and in words."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotThere
from looseleaf_platform.identity import tokens
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_ui_builder.compose import create_app
from looseleaf_workflow.scores.explaining import explained
from support.scores import SCORE, Scored

Firm = Callable[..., Scored]


class Caller:
    """Requests with a token of a person."""

    def __init__(self, at: Scored) -> None:
        self.at = at
        self.client = create_app(at.workspace, TESTING=True).test_client()

    def __call__(self, path: str, by: Context, language: str = "en") -> Any:
        secret = tokens.create(self.at.by(by), "test")[1]
        return self.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {secret}", "Accept-Language": language})


def line(kind: str, name: str | None, label: str, points: int | None, holds: bool | None, *why: str) -> dict[str, Any]:
    """A line as the API answers it."""
    return {"kind": kind, "name": name, "label": label, "points": points, "holds": holds, "withheld": points is None, "why": list(why)}


def test_each_criterion_is_told_with_its_points_and_why(firm: Firm) -> None:
    at = firm(SCORE)
    id = at.make(source="friend", mobile="139", interest=5, seen_on=at.clock().date() - timedelta(days=3))
    at.settle()
    call = Caller(at)
    [found] = call(f"/records/lead/{encode(id)}/scores", at.boss).json["data"]
    assert found == {
        "score": "lead_score", "label": "Lead score", "field": "points", "total": 89, "grade": "a", "applies": True, "current": True,
        "lines": [
            line("criterion", "source", "Source", 30, True, "Source is “Referral”"),
            line("criterion", "reachable", "Can be reached", 20, True, "Reachable is set"),
            line("criterion", "interest", "Interest", 40, True, "“Interest” * 8"),
            line("criterion", "fresh", "Seen lately", 14, True, "3 days ago; after 10 days nothing is left"),
            line("criterion", "known", "Gold customer", 0, False, "Customer · Level is “金”"),
            line("group", "person", "Person: at most 45 together", -15, None),
        ],
    }  # fmt: skip
    described = call("/openapi.json", at.boss).json
    Draft202012Validator(described["components"]["schemas"]["Scores"]).validate({"data": [found]})
    assert "/api/v1/records/lead/{id}/scores" in described["paths"]
    said = call(f"/records/lead/{encode(id)}/scores", at.boss, "zh").json["data"][0]
    assert [one["label"] for one in said["lines"]][-1] == "人：合计最多 45 分"


def test_what_a_reader_may_not_see_is_withheld_with_its_points(firm: Firm) -> None:
    at = firm(SCORE)
    gold = at.make("customer", level="gold")  # of nobody, so not one that 林 may see
    id = at.make(source="friend", mobile="139", interest=5, customer=gold)
    at.settle()
    lines = {one.name: one for one in explained(at.by(at.lin), "lead", id)[0].lines}
    assert {name for name, one in lines.items() if one.withheld} == {"reachable", "known", "person"}
    assert lines["source"].points == 30
    assert lines["reachable"].why == ()
    [answer] = Caller(at)(f"/records/lead/{encode(id)}/scores", at.lin).json["data"]
    hidden = "a criterion on something that you may not see"
    assert [(one["name"], one["label"]) for one in answer["lines"] if one["withheld"]][:2] == [(None, hidden), (None, hidden)]


def test_whether_a_score_is_about_a_record_is_told_only_to_those_who_may_see_what_that_depends_on(firm: Firm) -> None:
    at = firm(SCORE.replace("not closed", "mobile is not None"))
    id = at.make(mobile="139")
    at.settle()
    [found] = explained(at.by(at.lin), "lead", id)
    assert (found.total, found.applies, found.lines) == (20, None, ())
    assert explained(at.by(at.boss), "lead", id)[0].applies


def test_a_record_that_one_may_not_see_has_no_scores_to_see(firm: Firm) -> None:
    at = firm(SCORE, "score: worth\nobject: customer\nfield: worth\ncriteria: [{criterion: paid, points: paid}]")
    id = at.make("customer")
    with pytest.raises(NotThere):
        explained(at.by(at.lin), "customer", id)
    call = Caller(at)
    assert call(f"/records/customer/{encode(id)}/scores", at.lin).status_code == 404
    assert call(f"/records/customer/{encode(id)}/scores", at.boss).status_code == 200
    assert call(f"/records/lead/{encode(id)}/scores?x=1", at.boss).status_code == 400


def test_of_every_record_the_points_that_are_explained_sum_to_the_total_that_is_stored(firm: Firm) -> None:
    at = firm(SCORE + "lowest: -3")
    gold, today = at.make("customer", level="gold"), at.clock().date()
    every = itertools.product((None, "friend", "cold"), (None, "139"), (None, 1, 5), (None, today, today - timedelta(days=7)), (None, gold))
    given = [dict(zip(("source", "mobile", "interest", "seen_on", "customer"), one, strict=True)) for one in every]
    written = write(at.system, [Change("create", "lead", values={"name": "王建国", **one}) for one in given]).written
    at.settle()
    totals = set()
    for one in written:
        [found] = explained(at.system, "lead", one.id or 0)
        assert found.current
        assert sum(part.points or 0 for part in found.lines) == found.total
        totals.add(found.total)
    assert {-3, 0, 100} <= totals  # both bounds were met


def test_until_a_change_is_counted_the_explanation_says_that_what_is_stored_is_older(firm: Firm) -> None:
    at = firm(SCORE)
    id = at.make(source="web")
    at.settle()
    write(at.system, [Change("update", "lead", id, {"source": "friend"})])
    [found] = explained(at.by(at.boss), "lead", id)
    assert (found.total, found.current) == (15, False)
    at.change(id, closed=True)
    [found] = explained(at.by(at.boss), "lead", id)
    assert (found.applies, found.lines) == (False, ())
