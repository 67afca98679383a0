"""Conversions as part of the Model: frozen values, built by the kind `conversion`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Model
from looseleaf_metadata.problems import Place


@dataclass(frozen=True, slots=True)
class Copied:
    """A field that takes over the value of `source`, a field of the converted record. `options`: what some of its options become."""

    field: str
    source: str
    options: Mapping[str, str] = part(default_factory=FrozenMap)


@dataclass(frozen=True, slots=True)
class Given:
    """A field that gets a value of its own: a literal, or an expression on the converted record."""

    field: str
    literal: Any = None
    value: Expression | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A look-up that will point to what became of a target."""

    field: str
    target: str


@dataclass(frozen=True, slots=True)
class Target:
    """One record that comes of it. `takes`: records that the duplicate rules of its object find are offered, and a single one is taken.

    `may_skip`: people may leave it out. `ask`: fields that people may fill in when it is made.
    """

    name: str
    object: str
    copies: tuple[Copied, ...] = ()
    given: tuple[Given, ...] = ()
    links: tuple[Link, ...] = ()
    ask: tuple[str, ...] = ()
    takes: bool = True
    may_skip: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that the conversion may fill in."""
        named = (*(one.field for one in self.copies), *(one.field for one in self.given), *(one.field for one in self.links))
        return tuple(dict.fromkeys((*named, *self.ask)))


@dataclass(frozen=True, slots=True)
class History:
    """Records of `object` whose look-up `by` points to the converted record get `links` beside it; with `moves`, in its place."""

    object: str
    by: str
    links: tuple[Link, ...]
    moves: bool = False


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a record of one object goes over into others. `when`: which records may; `given` and `links`: how the record itself ends."""

    id: str
    name: str
    label: Label
    object: str
    targets: tuple[Target, ...]
    when: Expression | None = None
    given: tuple[Given, ...] = ()
    links: tuple[Link, ...] = ()
    history: tuple[History, ...] = ()
    app: str = ""
    place: Place = part(default=Place(), compare=False)

    def link_to(self, target: str) -> str:
        """The look-up of the converted record that will point to a target, "" for none."""
        return next((link.field for link in self.links if link.target == target), "")


def conversions_of(model: Model, object_name: str) -> tuple[Conversion, ...]:
    """The conversions of an object, in declared order."""
    return tuple(one for one in model.others.get("conversion", {}).values() if one.object == object_name)
