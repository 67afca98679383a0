"""Seeds: records that templates bring. Written through the one write path; what is there already is kept as it is.

Applying a template again makes no second copy and undoes nobody's edit.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from looseleaf_metadata.model import Seed
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Planted:
    """What became of one seed: its name and object, how many records it brought, how many were there already."""

    seed: str
    object: str
    created: int
    kept: int


def plant(workspace: Workspace, apps: Collection[str] | None = None, *, demo: bool = False) -> tuple[Planted, ...]:
    """Write the seeds of `apps` (None: of all), in the order of the templates; those marked `demo` only where asked for.

    A seed is stored as a whole or not at all. Raises Refused where its rows break rules.
    """
    context = workspace.context(SYSTEM, "seed")
    wanted = [seed for seed in context.model.seeds if (demo or not seed.demo) and (apps is None or seed.app in apps)]
    return tuple(_plant(context, seed) for seed in wanted)


def _plant(context: Context, seed: Seed) -> Planted:
    changes = [Change("upsert", seed.object, values=row, key=seed.key, existing="keep") for row in seed.rows]
    outcomes = [written.outcome for written in write(context, changes, Operation("seed", reason=seed.name)).written]
    return Planted(seed.name, seed.object, outcomes.count("created"), outcomes.count("same"))
