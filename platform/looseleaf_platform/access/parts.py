"""Parts of the Model that speak of access beside the roles: a pool lets its members read what nobody owns, and withholds some of it.

What they grant is one more grant of a role, and what they withhold one more mask: profiles take them in, so that every read knows them.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Grant, Model


@runtime_checkable
class AccessPart(Protocol):
    """A document in `Model.others` that grants or withholds. Answers must be the same each time: they are kept with the profile."""

    @property
    def label(self) -> Label:
        """What it is called in explanations."""

    def granted(self, role: str, object_name: str, action: str) -> tuple[Grant, ...]:
        """What it adds to the grants of a role."""

    def withheld(self, roles: frozenset[str], object_name: str, field: str) -> Expression | None:
        """For which records it withholds a field from who has these roles; None for none."""


def access_parts(model: Model) -> tuple[AccessPart, ...]:
    """All such parts of a Model."""
    return tuple(part for parts in model.others.values() for part in parts.values() if isinstance(part, AccessPart))
