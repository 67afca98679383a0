"""Why a record has its score, as far as one reader may know: each criterion with its points, what caps and bounds did, and what is stored.

Who may not see what a criterion reads is told that there is one, and neither its points nor its words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.labels import LOCALES, Label
from looseleaf_metadata.paths import resolve_path
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Record
from looseleaf_workflow.scores.counting import Seen, Tally
from looseleaf_workflow.scores.definition import Criterion, Score
from looseleaf_workflow.scores.plans import Counted, ScorePlan, parameters, plans_of
from looseleaf_workflow.stages.judging import may_read
from looseleaf_workflow.stages.wording import words

LineKind = Literal["criterion", "group", "bounds"]


@dataclass(frozen=True, slots=True)
class Line:
    """One part of the total. `points`: None where it is withheld from the reader; `why`: what was asked; `holds`: whether it is so."""

    kind: LineKind
    name: str
    label: Label | Text
    points: int | None
    holds: bool | None = None
    why: tuple[Text | Label, ...] = ()

    @property
    def withheld(self) -> bool:
        """Whether the reader may not know it."""
        return self.points is None


@dataclass(frozen=True, slots=True)
class Explained:
    """A score of a record. `total` and `grade` are what is stored; `current`: whether the lines come to it, which they do within moments.

    `applies`: whether the score is about the record; None where the reader may not know, and then there are no lines.
    """

    score: Score
    total: int | None
    grade: str | None
    applies: bool | None
    current: bool
    lines: tuple[Line, ...]


def explained(context: Context, object_name: str, id: int) -> tuple[Explained, ...]:
    """The scores of a record that its reader may see. Raises NotThere for a record that he may not see."""
    readable = context.profile.readable(object_name)
    plans = [plan for plan in plans_of(context.runtime, object_name) if plan.score.field in readable]
    if not plans:
        return ()
    paths = sorted({path for plan in plans for path in _asked(context, plan.score)})
    record = read.get(context, object_name, id, (*paths, *_outputs(context, plans)))
    found = []
    with context.workspace.database.read() as connection:
        for plan in plans:
            counted = _counted(context, connection, plan, id)
            if counted is not None and plan.score.field not in record.masked:
                found.append(_explained(context, plan.score, counted, record))
    return tuple(found)


def _counted(context: Context, connection: Connection, plan: ScorePlan, id: int) -> Counted | None:
    statement = plan.object.statement(("explained score", plan.score.id), lambda: plan.statement)
    row = connection.execute(statement.where(plan.object.table.c.id == id), parameters(context)).first()
    return None if row is None else plan.counted(row)


def _outputs(context: Context, plans: Sequence[ScorePlan]) -> list[str]:
    """The scores' own fields that the reader may see."""
    return [name for plan in plans for name in plan.score.outputs if name in context.profile.readable(plan.score.object)]


def _asked(context: Context, score: Score) -> Iterator[str]:
    """What criteria read and the reader may see in general, with the records that are gone through on the way."""
    for expression in score.expressions():
        for path in expression.reads:
            if may_read(context, score.object, path):
                yield path
                yield from _ways(path)


def _ways(path: str) -> Iterator[str]:
    """The look-ups of a path, and the records that they lead to."""
    names = path.split(".")
    for length in range(1, len(names)):
        yield ".".join(names[:length])
        yield ".".join((*names[:length], "id"))


def _may_know(context: Context, score: Score, expressions: Iterable[Expression], record: Record) -> bool:
    """Whether the reader sees, of this record, everything that is asked."""
    for path in frozenset[str]().union(*(one.reads for one in expressions)):
        if not may_read(context, score.object, path) or path in record.masked:
            return False
        for way in _ways(path):
            if way in record.masked:
                return False
            if way.endswith(".id") and record.values.get(way.removesuffix(".id")) is not None and record.values.get(way) is None:
                return False
    return True


def _explained(context: Context, score: Score, counted: Counted, record: Record) -> Explained:
    grade = counted.grade if score.grade in record.values and score.grade not in record.masked else None
    if score.where is not None and not _may_know(context, score, (score.where,), record):
        return Explained(score, counted.total, grade, None, True, ())
    lines = tuple(_lines(context, score, counted.tally, counted.seen, record)) if counted.applies else ()
    return Explained(score, counted.total, grade, counted.applies, counted.current, lines)


def _lines(context: Context, score: Score, tally: Tally, seen: Sequence[Seen], record: Record) -> Iterator[Line]:
    unknown: set[str] = set()
    for criterion, points, so in zip(score.criteria, tally.points, seen, strict=True):
        if _may_know(context, score, criterion.expressions, record):
            yield Line("criterion", criterion.name, criterion.label, points, so.holds, tuple(_why(context, criterion, so)))
        else:
            unknown.add(criterion.group)
            yield Line("criterion", criterion.name, Text("a criterion on something that you may not see"), None)
    for group in score.groups:
        if group.name in tally.capped:
            points_off = None if group.name in unknown else tally.capped[group.name]
            yield Line("group", group.name, Text("{group}: at most {most} together", group=group.label, most=group.most), points_off)
    if tally.bounded:
        label = (
            Text("at least {points} in all", points=score.lowest)
            if tally.bounded > 0
            else Text("at most {points} in all", points=score.highest)
        )
        yield Line("bounds", "", label, None if unknown else tally.bounded)


def _why(context: Context, criterion: Criterion, seen: Seen) -> Iterator[Text | Label]:
    """What was asked, in words, and what the date did."""
    if criterion.when is not None:
        yield _said(context, criterion.when)
    if criterion.by_option is not None and criterion.value is not None:
        yield _option(context, criterion.value, seen.value)
    elif criterion.value is not None:
        yield _said(context, criterion.value)
    if criterion.fades and seen.age is None:
        yield Text("there is no date to count from")
    elif criterion.fades:
        yield Text("{age} days ago; after {days} days nothing is left", age=max(seen.age or 0, 0), days=criterion.fades)


def _option(context: Context, expression: Expression, value: str | None) -> Text:
    """Which option it is that gives points."""
    steps = resolve_path(context.model.objects, expression.object, expression.source).steps
    what = Label.of({locale: " · ".join(step.field.label.text(locale) for step in steps) for locale in LOCALES})
    option = steps[-1].field.option(value or "")
    if option is None:
        return Text("{what} is empty", what=what)
    return Text("{what} is {other}", what=what, other=Label.of({locale: f"“{option.label.text(locale)}”" for locale in LOCALES}))


def _said(context: Context, expression: Expression) -> Label:
    made: dict[str, Label] = context.runtime.memo.setdefault("score words", {})
    key = f"{expression.object}:{expression.source}"
    return made.get(key) or made.setdefault(key, words(expression, context.model.objects))
