"""The arguments that everything takes: workspace, runtime of one revision, actor, clock. Never ambient.

Knows nothing of Flask. A request, a job or a command makes one Context and passes it on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from looseleaf_platform.access.profile import Profile
    from looseleaf_platform.records.runtime import Runtime
    from looseleaf_platform.workspace import Workspace

Clock = Callable[[], datetime]
"""Returns the business time: an aware datetime in UTC."""


def system_clock() -> datetime:
    """The machine's time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `id` is the user record's id; None for the system itself (set-up, jobs), which may do everything.

    `teams`: the actor's team; `team_tree`: that team and all below it. `roles`: role names.
    `limits`: for an API token, the abilities and objects it is limited to (None: the owner's rights).
    """

    id: int | None
    name: str = ""
    roles: tuple[str, ...] = ()
    team: int | None = None
    team_tree: tuple[int, ...] = ()
    locale: str = "zh"
    timezone: str = "Asia/Shanghai"
    administrator: bool = False
    limits: frozenset[str] | None = None

    @property
    def is_system(self) -> bool:
        """Whether this is the system itself."""
        return self.id is None


SYSTEM = Actor(id=None, name="Looseleaf", administrator=True)


@dataclass(frozen=True, slots=True)
class Context:
    """One caller on one revision. Made by `Workspace.context(actor)`.

    `source` says by which door: "screen", "api", "import", "job", "command", "seed".
    """

    workspace: Workspace
    runtime: Runtime
    actor: Actor
    profile: Profile
    source: str = "command"
    memo: dict[str, Any] = field(default_factory=dict, compare=False)  # per request: titles, exchange rates

    @property
    def model(self) -> Any:
        """The Model of the revision this caller works on."""
        return self.runtime.model

    @property
    def now(self) -> datetime:
        """Business time, UTC."""
        return self.workspace.clock()

    @property
    def today(self) -> date:
        """The actor's date today."""
        return self.now.astimezone(ZoneInfo(self.actor.timezone)).date()

    @property
    def locale(self) -> str:
        """The actor's language."""
        return self.actor.locale

    def by(self, source: str) -> Context:
        """The same caller by another door."""
        return replace(self, source=source)
