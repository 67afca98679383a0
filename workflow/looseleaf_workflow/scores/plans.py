"""Scores compiled for one revision, kept with the runtime: the statement that counts them, and which writes make them be counted again.

Conditions are asked by the database, for many records in one statement; the arithmetic on what it answers is in counting.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, literal, select

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.paths import resolve_path
from looseleaf_platform.context import Context
from looseleaf_platform.records.runtime import Runtime
from looseleaf_platform.records.sql_expressions import compile_condition, compile_sql
from looseleaf_platform.records.sql_scope import TableScope
from looseleaf_platform.records.writing.plan import ObjectPlan, Plans
from looseleaf_platform.records.writing.reads import Steps, paths_of
from looseleaf_workflow.frozen_json import sha256
from looseleaf_workflow.scores.counting import Seen, Tally, count
from looseleaf_workflow.scores.definition import Score, scores_of


@dataclass(frozen=True, slots=True)
class Counted:
    """One record: what is stored of its score and what it comes to now. `applies`: whether the score is about it; where not, what is stored stays."""

    id: int
    total: int | None
    grade: str | None
    applies: bool
    seen: tuple[Seen, ...]
    tally: Tally

    @property
    def current(self) -> bool:
        """Whether what is stored is what it comes to."""
        return not self.applies or (self.total, self.grade) == (self.tally.total, self.tally.grade)


@dataclass(frozen=True, slots=True, eq=False)
class ScorePlan:
    """A score with everything compiled. `statement`: what is so of its records, without a condition; `basis`: its fingerprint."""

    score: Score
    object: ObjectPlan
    statement: Select[Any]
    basis: str

    def counted(self, row: Any) -> Counted:
        """A row of the statement, counted."""
        rest = iter(row[4:])
        seen = tuple(
            Seen(
                bool(next(rest)) if one.when is not None else True,
                next(rest) if one.value is not None else None,
                next(rest) if one.age is not None else None,
            )
            for one in self.score.criteria
        )
        grade = row[2] if self.score.grade else None
        return Counted(row[0], row[1], grade, bool(row[3]), seen, count(self.score, seen))

    def values(self, tally: Tally) -> dict[str, Any]:
        """What is written of a score."""
        return dict(zip(self.score.outputs, (tally.total, tally.grade), strict=False))


Watched = tuple[ScorePlan, Steps]
"""A score, and the look-ups by which its records reach what has changed: () for the records themselves."""


@dataclass(frozen=True, slots=True, eq=False)
class ScorePlans:
    """The scores of a revision by their stable ids. `watched`: by object, who reads which of its fields."""

    scores: Mapping[str, ScorePlan]
    watched: Mapping[str, Mapping[Watched, frozenset[str]]]


def score_plans(runtime: Runtime) -> ScorePlans:
    """The scores of a revision, made at first use."""
    made: ScorePlans | None = runtime.memo.get("scores")
    return made if made is not None else runtime.memo.setdefault("scores", _plans(runtime))


def plans_of(runtime: Runtime, object_name: str) -> tuple[ScorePlan, ...]:
    """The scores of an object, by name."""
    found = score_plans(runtime).scores
    return tuple(found[one.id] for one in scores_of(runtime.model, object_name))


def parameters(context: Context) -> dict[str, Any]:
    """What a score knows of time: the day in the workspace's zone, the same for everybody."""
    zone = context.model.defaults.timezone
    return {"@me": None, "@now": context.now, "@today": context.now.astimezone(ZoneInfo(zone)).date(), "@timezone": zone}


def _plans(runtime: Runtime) -> ScorePlans:
    scores = {score.id: _plan(runtime, score) for score in scores_of(runtime.model)}
    watched: defaultdict[str, defaultdict[Watched, set[str]]] = defaultdict(lambda: defaultdict(set))
    for plan in scores.values():
        watched[plan.object.name][plan, ()].update(plan.score.outputs)
        for expression in plan.score.expressions():
            for path in paths_of(runtime.model.objects, expression):
                owner = plan.object.target_of(path[:-1]) if len(path) > 1 else plan.object.name
                watched[owner][plan, path[:-1]].add(path[-1])
    frozen = {name: {key: frozenset(fields) for key, fields in found.items()} for name, found in watched.items()}
    return ScorePlans(scores, frozen)


def _plan(runtime: Runtime, score: Score) -> ScorePlan:
    plan = Plans.of(runtime)[score.object]
    scope = TableScope(runtime, plan.runtime)
    columns: list[ColumnElement[Any]] = [plan.table.c.id, plan.table.c[plan.fields[score.field].keys[0]]]
    columns.append(plan.table.c[plan.fields[score.grade].keys[0]] if score.grade else literal(None))
    columns.append(literal(True) if score.where is None else _truth(compile_condition(score.where, scope)))
    for criterion in score.criteria:
        if criterion.when is not None:
            columns.append(_truth(compile_condition(criterion.when, scope)))
        columns.extend(compile_sql(one, scope) for one in (criterion.value, criterion.age) if one is not None)
    named = [column.label(f"c{number}") for number, column in enumerate(columns)]
    return ScorePlan(score, plan, select(*named).where(plan.table.c.deleted_at.is_(None)), sha256(list(_said(runtime, score))))


def _truth(condition: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = condition.is_(True)
    return found


# --- what it is counted with


def _said(runtime: Runtime, score: Score) -> Iterator[Any]:
    """Everything that decides what a score comes to, formulas on the way included."""
    yield [score.object, *score.outputs, score.lowest, score.highest, runtime.model.defaults.timezone]
    yield [[group.name, group.most] for group in score.groups]
    yield [[grade.option, grade.least] for grade in score.grades]
    for one in score.criteria:
        options = sorted((one.by_option or {}).items())
        yield [
            one.name,
            one.fixed,
            [list(option) for option in options],
            one.otherwise,
            one.fades,
            one.group,
            [it.source for it in one.expressions],
        ]
    seen: dict[str, None] = {}
    for expression in score.expressions():
        _open(runtime, expression, seen)
    yield [score.where.source if score.where is not None else "", *seen]


def _open(runtime: Runtime, expression: Expression, seen: dict[str, None]) -> None:
    """Note the formulas that an expression reads."""
    for path in sorted(expression.reads):
        for step in resolve_path(runtime.model.objects, expression.object, path).steps:
            said = f"{step.object}.{step.field.name}: {step.field.value.source if step.field.value is not None else ''}"
            if step.field.value is not None and said not in seen:
                seen[said] = None
                _open(runtime, step.field.value, seen)
