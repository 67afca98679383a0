"""Records of other objects that matter to a clock when they come: an answer to a ticket, an activity on a deal."""

from __future__ import annotations

from dataclasses import dataclass

from looseleaf_metadata.expressions.nodes import Expression


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record of `object` comes whose look-up `by` points to the clock's record and for which `where` holds.

    `human`: only one that a person writes.
    """

    object: str
    by: str
    where: Expression | None = None
    human: bool = False
