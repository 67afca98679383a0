"""Scores as part of the Model: frozen values, built by the kind `score`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as part

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Model
from looseleaf_metadata.problems import Place

KIND = "score"


@dataclass(frozen=True, slots=True)
class Criterion:
    """Something that gives points where `when` holds (None: always).

    Points are `fixed`, or `by_option` of what `value` gives, else `otherwise`, or the number that `value` gives. `age`: the days that have
    passed since a date, over `fades` of which the points come down to nothing. `group`: whose cap they fall under.
    """

    name: str
    label: Label
    when: Expression | None = None
    fixed: int = 0
    value: Expression | None = None
    by_option: Mapping[str, int] | None = None
    otherwise: int = 0
    age: Expression | None = None
    fades: int = 0
    group: str = ""

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All that it asks of a record."""
        return tuple(one for one in (self.when, self.value, self.age) if one is not None)


@dataclass(frozen=True, slots=True)
class Group:
    """Criteria that give `most` points together."""

    name: str
    label: Label
    most: int


@dataclass(frozen=True, slots=True)
class Grade:
    """What a total of at least `least` is called: an option of the score's select field."""

    option: str
    least: int


@dataclass(frozen=True, slots=True)
class Score:
    """A score of an object's records: the total in `field`, its grade in `grade` ("" for none).

    `where`: which records it counts, None for all; `lowest` and `highest` bound the total, None for no bound; `grades`: the best first.
    `at`: when in the day it is counted again because days pass, "" where nothing in it depends on the day.
    """

    id: str
    name: str
    label: Label
    object: str
    field: str
    grade: str
    criteria: tuple[Criterion, ...]
    groups: tuple[Group, ...] = ()
    grades: tuple[Grade, ...] = ()
    where: Expression | None = None
    lowest: int | None = 0
    highest: int | None = None
    at: str = ""
    app: str = ""
    place: Place = part(default=Place(), compare=False)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The fields that it writes."""
        return (self.field, self.grade) if self.grade else (self.field,)

    def expressions(self) -> Iterator[Expression]:
        """All that it asks of a record."""
        if self.where is not None:
            yield self.where
        for criterion in self.criteria:
            yield from criterion.expressions


def scores_of(model: Model, object_name: str | None = None) -> tuple[Score, ...]:
    """The scores of a Model by name; only an object's if one is named."""
    found = (one for one in model.others.get(KIND, {}).values() if object_name is None or one.object == object_name)
    return tuple(sorted(found, key=lambda one: one.name))
