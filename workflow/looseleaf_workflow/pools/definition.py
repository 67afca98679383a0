"""Pools as part of the Model: frozen values, built by the kind `pool`. Says, as every part may, what it grants and what it withholds."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as part
from typing import Literal

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Grant, Model
from looseleaf_metadata.problems import Place


@dataclass(frozen=True, slots=True)
class ClaimLimits:
    """What keeps people from claiming. Counts are 0 and durations "" where nothing is said.

    `hold_max`: records of the pool that one may own at a time; `not_counted`: which of them don't count. `hold_max_of`: other caps by
    role; the greatest of one's roles wins over `hold_max`. `previous_owner_wait`: before who lost a record may claim it again;
    `new_wait`: before anybody may claim what has just come in. `ask`: fields that whoever claims fills in with the claim.
    """

    per_day: int = 0
    hold_max: int = 0
    hold_max_of: tuple[tuple[str, int], ...] = ()
    not_counted: Expression | None = None
    previous_owner_wait: str = ""
    new_wait: str = ""
    ask: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Protection:
    """How long nothing takes a record back after it got an owner; a manager may extend it `max_extensions` times."""

    time: str = ""
    max_extensions: int = 0


@dataclass(frozen=True, slots=True)
class ReturnRule:
    """A record comes back after `after` without a record of `object` whose look-up `by` points to it and for which `where` holds.

    `name` is what the rule is called in explanations: "no_followup", "no_opportunity", "no_deal".
    """

    name: str
    label: Label
    after: str
    object: str
    by: str
    where: Expression | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """When records come back: once `how` ("any", "all") of the rules are met. `warn`: how long before, the longest first."""

    rules: tuple[ReturnRule, ...]
    how: Literal["any", "all"] = "any"
    warn: tuple[str, ...] = ()
    exempt: Expression | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool of one object. `members` and `managers` are roles; `match`: which records it takes, None for all; `order`: the lowest is asked first.

    `grants`: what members may read; `hidden_when`: for which records `hide` is withheld from everybody but managers.
    """

    id: str
    name: str
    label: Label
    object: str
    members: frozenset[str]
    managers: frozenset[str]
    match: Expression | None = None
    order: int = 100
    claim: ClaimLimits = ClaimLimits()
    protect: Protection = Protection()
    back: Return | None = None
    calendar: str = ""
    hide: frozenset[str] = frozenset()
    in_pool: Expression | None = None
    app: str = ""
    place: Place = part(default=Place(), compare=False)

    def granted(self, role: str, object_name: str, action: str) -> tuple[Grant, ...]:
        """Members may read what lies in the pool."""
        if object_name != self.object or action != "read" or role not in self.members | self.managers or self.in_pool is None:
            return ()
        return (Grant("read", "all", self.in_pool),)

    def withheld(self, roles: frozenset[str], object_name: str, field: str) -> Expression | None:
        """Of records in the pool, what only its managers see."""
        if object_name != self.object or field not in self.hide or roles & self.managers:
            return None
        return self.in_pool


def pools_of(model: Model, object_name: str) -> tuple[Pool, ...]:
    """The pools of an object, in the order in which they are asked."""
    found = [one for one in model.others.get("pool", {}).values() if one.object == object_name]
    return tuple(sorted(found, key=lambda one: (one.order, one.match is None, one.name)))
