"""The scores of one record, bound to its reader: total, grade, and what they are made of."""

from __future__ import annotations

from dataclasses import dataclass

from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Option
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_workflow.scores.definition import scores_of
from looseleaf_workflow.scores.explaining import Explained, Line, explained


@dataclass(frozen=True, slots=True)
class BoundLine:
    """A part of the total as it is shown. `points`: with their sign, "" where they are withheld."""

    line: Line
    points: str

    @property
    def label(self) -> Text | Label:
        """What it is called."""
        return self.line.label

    @property
    def why(self) -> tuple[Text | Label, ...]:
        """What was asked."""
        return self.line.why

    @property
    def idle(self) -> bool:
        """Whether it gives nothing."""
        return self.line.points == 0


@dataclass(frozen=True, slots=True)
class BoundScore:
    """A score of a record as it is shown. `grade`: the option of the select field, None for none."""

    explained: Explained
    grade: Option | None
    lines: tuple[BoundLine, ...]

    @property
    def label(self) -> Label:
        """What the score is called."""
        return self.explained.score.label


def bind_scores(context: Context, object_name: str, id: int) -> tuple[BoundScore, ...]:
    """The scores of a record that have something to tell; () for an object without any, which costs no query."""
    if not scores_of(context.model, object_name):
        return ()
    return tuple(_bound(context, one) for one in explained(context, object_name, id) if one.total is not None or one.lines)


def _bound(context: Context, one: Explained) -> BoundScore:
    fields = context.model.objects[one.score.object].fields
    grade = fields[one.score.grade].option(one.grade) if one.grade is not None else None
    return BoundScore(one, grade, tuple(BoundLine(line, signed(line.points)) for line in one.lines))


def signed(points: int | None) -> str:
    """Points with their sign: what they do to the total."""
    if points is None:
        return ""
    return f"+{points}" if points > 0 else f"−{-points}" if points < 0 else "0"
