"""Whom a step means: the people that its `who` names on the day that it runs, as people.py has it for everything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from looseleaf_metadata.texts import Text
from looseleaf_platform.records.ids import decode, encode
from looseleaf_workflow.automations.language import Words, worded
from looseleaf_workflow.automations.steps.base import Failed, Work
from looseleaf_workflow.organisation import Firm, told
from looseleaf_workflow.people import resolve
from looseleaf_workflow.who import people_named


def people_of(work: Work, written: Any) -> list[int]:
    """The users named by a `who` of a document who work here now, nobody twice, in the order named. The submitter is who caused the run.

    Raises Failed where an expression gives no answer.
    """
    firm = Firm(work.connection, work.context, work.object, work.record_id, work.scope)
    found: dict[str, None] = {}
    for person in people_named(written):
        meant = resolve(person, firm, told(work.event.get("actor")))
        if meant.error:
            raise Failed(Text("Who is meant can't be worked out: {reason}", reason=meant.error))
        found |= dict.fromkeys(meant.people)
    return [decode(id) for id in found]


def addresses(work: Work, ids: Iterable[int]) -> list[str]:
    """The mail addresses of users who have one."""
    known = (work.scope.relations.follow("user", id, "email") for id in ids)
    return [str(address) for address in known if address]


def said_to(work: Work, ids: Iterable[int], written: Words, longest: int) -> tuple[str, dict[str, str]]:
    """A text for people: what it says, and where it says it otherwise to some, to whom what (by encoded id): each is told in their language."""
    usual = work.context.model.defaults.locale
    spoken = {id: str(work.scope.relations.follow("user", id, "locale") or usual) for id in ids}
    texts = {one: worded(work.context.runtime, work.scope, written, one)[:longest] for one in dict.fromkeys((usual, *spoken.values()))}
    return texts[usual], {encode(id): texts[one] for id, one in spoken.items() if texts[one] != texts[usual]}
