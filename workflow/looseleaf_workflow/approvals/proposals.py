"""What a change request proposes for a record whose values are approved (A86): what stood there when it was made, and what is to stand there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from looseleaf_metadata.frozen import FrozenMap

NO_AMOUNTS: FrozenMap[str, str] = FrozenMap()


@dataclass(frozen=True, slots=True)
class Proposal:
    """`before`: all values that the approval protects, the base of the request; `after`: those that it asks to change. Both as JSON.

    `worth`: what new amounts of money were worth in the workspace's currency when it was made: what conditions compare.
    """

    before: FrozenMap[str, Any]
    after: FrozenMap[str, Any]
    worth: FrozenMap[str, str] = NO_AMOUNTS


@dataclass(frozen=True, slots=True)
class ChangeRule:
    """Once a record is approved, `fields` change only by the approval `flow`, which is asked with what they are to be."""

    flow: str
    fields: tuple[str, ...]
