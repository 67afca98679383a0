"""What a wing above brings to the platform: the one way in which workflow, and whatever comes later, plugs into a workspace.

    workspace = Workspace.open(url, platform_vocabulary(), extensions=(WORKFLOW,))

An Extension is a list of parts, each empty unless it is needed. The platform calls them and knows nothing of what they are about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.kinds.base import Kind
from looseleaf_metadata.vocabulary import Vocabulary

if TYPE_CHECKING:
    from looseleaf_platform.context import Context
    from looseleaf_platform.database.migrations import Migrations
    from looseleaf_platform.jobs.background import Work
    from looseleaf_platform.jobs.drainer import Chore
    from looseleaf_platform.jobs.outbox import Handler
    from looseleaf_platform.jobs.queues import Queue
    from looseleaf_platform.publishing.breaches import Breach
    from looseleaf_platform.publishing.preparing import Prepared
    from looseleaf_platform.records.runtime import Runtime
    from looseleaf_platform.records.writing.batch import Batch, Row
    from looseleaf_platform.workspace import Workspace

Before = Callable[["Batch"], None]
"""A stage of the write path before anything is stored: looks at all rows of a batch at once, fills them or remembers their faults."""
After = Callable[["Batch", "list[Row]"], None]
"""A stage after the rows given are stored, in the same transaction."""
Contributor = Callable[["Workspace", "Prepared"], "Iterable[Breach]"]
"""What of a publish an extension has something to say about: records that break what the new metadata demands."""
Verb = Callable[["Context", str, int, Mapping[str, Any]], object]
"""What a step of a scenario does with a record: somebody, the object's name, the record's id, and all that the step says.

A list of texts that comes of it is what the step's `then` is held against: how many, or words that occur."""
Described = tuple[Mapping[str, Any], Mapping[str, Any]]
"""OpenAPI schemas by name, and path items by path."""


@dataclass(frozen=True, slots=True)
class LateGate:
    """A gate that needs roll-ups, which are known only once lines are stored. Faults it remembers undo what was stored.

    `concerns(runtime, object names)`: whether writes to these objects may be refused so late.
    """

    check: After
    concerns: Callable[[Runtime, frozenset[str]], bool]


@dataclass(frozen=True, slots=True)
class Extension:
    """The parts of one wing.

    Language: `kinds` of documents, `verbs` of scenarios (what the step does, by its word), `abilities` of roles, `pages` of menus. Storage: `migrations`, its own tables.
    Write path: `exemptions`, names of recorded permissions to break what it demands; in order: `fillers` after the defaults, `gates` before anything is stored, `late_gates` once roll-ups are known,
    `reactions` at the end. Publishing: `contributors` to its plan. Background: outbox `handlers` by topic, `jobs` by kind, `chores`, and `queues`
    for those who look after what waits and what failed.
    `knows_chain`: whether what another system hands back as the chain of its write is one that we sent it.
    API: `blueprints` (makers of Flask blueprints under /api/v1), and `describe` for their part of the OpenAPI description.
    """

    name: str
    kinds: tuple[Kind, ...] = ()
    abilities: frozenset[str] = frozenset()
    pages: frozenset[str] = frozenset()
    verbs: Mapping[str, Verb] = field(default_factory=dict)
    migrations: Migrations | None = None
    exemptions: frozenset[str] = frozenset()
    fillers: tuple[Before, ...] = ()
    gates: tuple[Before, ...] = ()
    late_gates: tuple[LateGate, ...] = ()
    reactions: tuple[After, ...] = ()
    contributors: tuple[Contributor, ...] = ()
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    jobs: Mapping[str, Work] = field(default_factory=dict)
    chores: tuple[Chore, ...] = ()
    queues: tuple[Queue, ...] = ()
    knows_chain: Callable[[Context, str], bool] | None = None
    blueprints: tuple[Callable[[], Any], ...] = ()
    describe: Callable[[Context], Described] | None = None


def extended(vocabulary: Vocabulary, extensions: Sequence[Extension]) -> Vocabulary:
    """The vocabulary with what extensions add to the language; what is there already is not added twice."""
    if not extensions:
        return vocabulary
    known = {kind.name for kind in vocabulary.kinds}
    return replace(
        vocabulary,
        kinds=(*vocabulary.kinds, *(kind for one in extensions for kind in one.kinds if kind.name not in known)),
        abilities=vocabulary.abilities.union(*(one.abilities for one in extensions)),
        verbs=tuple(dict.fromkeys((*vocabulary.verbs, *(verb for one in extensions for verb in one.verbs)))),
        pages=vocabulary.pages.union(*(one.pages for one in extensions)),
    )
