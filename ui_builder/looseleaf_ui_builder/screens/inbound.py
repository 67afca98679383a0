"""Inbound events bound to a reader who looks after automations: the sources, and a page of what came with what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotThere
from looseleaf_platform.records import read
from looseleaf_ui_builder.web.texts import locale
from looseleaf_workflow.inbound.secrets import may_make
from looseleaf_workflow.receiving import telling
from looseleaf_workflow.receiving.telling import Listed

STATES: Mapping[str, tuple[Text, str]] = {
    "stored": (Text("Waits for its rules"), "active"),
    "done": (Text("Done"), "good"),
    "quiet": (Text("No rule wanted it"), ""),
    "unmatched": (Text("No record found"), "late"),
    "failed": (Text("Failed"), "bad"),
}
"""What events are in, and the look of it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An event in the list. `source`: None where it is gone; `problems`: in the reader's language, with the name of the rule."""

    row: Mapping[str, Any]
    source: Listed | None
    problems: tuple[str, ...]
    again: bool

    @property
    def at(self) -> datetime:
        """When it came."""
        moment: datetime = self.row["received_at"]
        return moment


@dataclass(frozen=True, slots=True)
class BoundInbound:
    """All sources or one, with a page of events. `makers`: names of who made the secrets; `before`: where older ones go on."""

    sources: tuple[Listed, ...]
    one: Listed | None
    events: tuple[Shown, ...]
    before: int | None
    makers: Mapping[int, str]
    may_make: bool


def bind_inbound(context: Context, name: str = "", state: str = "", before: int | None = None) -> BoundInbound:
    """What came from a source, or from all, the newest first. Raises NotAllowed, NotThere."""
    sources = telling.listed(context)
    one = next((one for one in sources if one.source.name == name), None)
    if name and one is None:
        raise NotThere
    rows = telling.events_of(context, name, state=state if state in STATES else "", before=before)
    by_id = {one.source.id: one for one in sources}
    people = {one.secret.made_by for one in sources if one.secret is not None and one.secret.made_by is not None}
    return BoundInbound(
        sources=sources,
        one=one,
        events=tuple(_shown(context, row, by_id.get(row["source_id"])) for row in rows),
        before=rows[-1]["id"] if len(rows) == telling.PAGE else None,
        makers=read.titles(context, "user", people),
        may_make=may_make(context),
    )


def _shown(context: Context, row: Mapping[str, Any], source: Listed | None) -> Shown:
    spoken = locale()
    problems = tuple(_problem(context, one, spoken) for one in row["problems"] or ())
    return Shown(row, source, problems, source is not None and row["state"] in telling.AGAIN)


def _problem(context: Context, one: Mapping[str, str], spoken: str) -> str:
    rule = context.model.others.get("automation", {}).get(one["automation"])
    said = one.get(spoken) or one["en"]
    return f"{rule.label.text(spoken)}: {said}" if rule is not None else said
