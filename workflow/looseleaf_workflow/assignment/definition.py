"""Assignment rules as part of the Model: frozen values, built by the kind `assignment`. Knows no rows and decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as part
from typing import Literal

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Model
from looseleaf_metadata.problems import Place
from looseleaf_workflow.members import Members

Nobody = Literal["queue", "manager", "pool"]


@dataclass(frozen=True, slots=True)
class Skipping:
    """Who is passed over: `absent` people on leave; `cap`: those who have so many open records already, 0 for no cap.

    `open`: which records count, None for all.
    """

    absent: bool = True
    cap: int = 0
    open: Expression | None = None


@dataclass(frozen=True, slots=True)
class ByField:
    """Who stands in a field of the record, or of a record reached from it."""

    path: str


@dataclass(frozen=True, slots=True)
class BySame:
    """Who owns the newest other record with the same value in one of these fields, the first that has one."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rotation:
    """One after the other, in strict order; somebody of weight 2 comes twice in a turn."""

    members: Members
    skipping: Skipping = Skipping()


@dataclass(frozen=True, slots=True)
class LeastLoaded:
    """Who has the least open work. `weight`: what one record weighs, None for 1; ties go to whoever has waited longest."""

    members: Members
    skipping: Skipping = Skipping()
    weight: Expression | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """Records whose fields have one of these values each; within it `members` take turns."""

    name: str
    match: Mapping[str, frozenset[object]]
    members: Members


@dataclass(frozen=True, slots=True)
class Territories:
    """The area with the most fields that match has the record."""

    areas: tuple[Area, ...]
    skipping: Skipping = Skipping()


Way = ByField | BySame | Rotation | LeastLoaded | Territories


@dataclass(frozen=True, slots=True)
class Rule:
    """For which records (`when`, None for all), and how somebody is found. `id` is stable: turns are counted by it."""

    id: str
    way: Way
    when: Expression | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """The rules of one object, asked in order; the first that finds somebody decides.

    `when`: for which records; `order`: the lowest is asked first. `reassign_on`: fields whose change asks again. `nobody`: what
    happens where no rule finds anybody; `pool` is the pool's name then.
    """

    id: str
    name: str
    label: Label
    object: str
    rules: tuple[Rule, ...]
    when: Expression | None = None
    order: int = 100
    reassign_on: frozenset[str] = frozenset()
    nobody: Nobody = "queue"
    pool: str = ""
    app: str = ""
    place: Place = part(default=Place(), compare=False)


def assignments_of(model: Model, object_name: str) -> tuple[Assignment, ...]:
    """The assignments of an object, in the order in which they are asked."""
    found = [one for one in model.others.get("assignment", {}).values() if one.object == object_name]
    return tuple(sorted(found, key=lambda one: (one.order, one.when is None)))
