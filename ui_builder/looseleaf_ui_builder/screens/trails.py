"""The trail of an approval in words: who did what, when, and what they said. Values of the record are nowhere in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals.definition import Definition
from looseleaf_workflow.running.changing import NOTE
from looseleaf_workflow.running.looking import Seen

PLAIN: Mapping[type, Text] = {
    e.Submitted: Text("submitted it"),
    e.Resubmitted: Text("submitted it again"),
    e.Returned: Text("it went back to whoever submitted it"),
    e.Claimed: Text("claimed the task"),
    e.Released: Text("gave the task back"),
    e.TakenBack: Text("opened the own decision again"),
    e.Reasked: Text("what is decided about has changed: asked again"),
    e.Retried: Text("tried it again"),
    e.Changed: Text("what is decided about has changed"),
    e.Migrated: Text("it goes on under another version of the flow"),
    e.Commented: Text("said"),
    e.WithdrawalAsked: Text("asks for consent to withdraw it"),
}
"""What is said of events that need no more than a word."""
VOTES: Mapping[tuple[str, str], Text] = {
    ("agreed", ""): Text("agreed"),
    ("rejected", ""): Text("rejected it"),
    ("agreed", "link"): Text("agreed, by the link in a mail"),
    ("rejected", "link"): Text("rejected it, by the link in a mail"),
}
"""What is said of a decision, by its outcome and how it came."""
ENDS: Mapping[str, Text] = {
    "approved": Text("it is approved"),
    "rejected": Text("it is rejected"),
    "withdrawn": Text("it is withdrawn"),
    "terminated": Text("it is terminated"),
}


@dataclass(frozen=True, slots=True)
class Note:
    """One line of a trail. `by`: "" where it happened by itself."""

    at: datetime
    by: str
    words: Text
    step: Label | None = None
    comment: str = ""


def trail_of(trail: Iterable[e.Event], definition: Definition, names: Mapping[str, str]) -> tuple[Note, ...]:
    """The events worth telling, in order."""
    found = []
    for event in trail:
        said = _said(event.body, names)
        if said is None:
            continue
        words, comment = said
        node = getattr(event.body, "node", "")
        step = definition.tree.node(node) if node in definition.tree.positions else None
        label = Label.of(step.label or step.id) if step is not None else None
        found.append(Note(event.at, names.get(event.actor, ""), words, label, comment))
    return tuple(found)


def _said(body: e.Body, names: Mapping[str, str]) -> tuple[Text, str] | None:
    """What happened, and what was said with it; None for what only the machine needs."""

    def name(person: str) -> str:
        return names.get(person, "")

    match body:
        case e.Voted(vote=vote):
            return VOTES[vote.outcome, vote.via], vote.comment
        case e.Transferred(holder=holder, reason=reason):
            return Text("handed it on to {name}", name=name(holder)), reason
        case e.SignAdded(slots=slots, comment=comment):
            return Text("asked {names} too", names=", ".join(name(slot.person) for slot in slots)), comment
        case e.OpinionAsked(person=person, question=question):
            return Text("asked {name} for an opinion", name=name(person)), question
        case e.OpinionGiven(text=text):
            return (Text("gave an opinion"), text) if text else (Text("took the task back without an opinion"), "")
        case e.Urged(holder=holder):
            return Text("asked {name} to hurry", name=name(holder)), ""
        case e.WithdrawalAnswered(consent=consent):
            return (Text("consented to the withdrawal") if consent else Text("refused the withdrawal")), ""
        case e.SlotsCancelled(reason="removed"):
            return Text("took somebody out again"), ""
        case e.Returned(reason="conflict"):
            return Text("what it was asked for has changed meanwhile: it went back to whoever submitted it"), ""
        case e.Returned(reason=reason) if reason.startswith(NOTE):
            return Text("the change can't be made: it went back to whoever submitted it"), reason.removeprefix(NOTE)
        case e.Reversed(reason=reason):
            return Text("took the approval back"), reason
        case e.Broke(expression=expression, message=message):  # what an error says of itself may hold a value
            return Text("it stopped with an error"), f"{expression}: {message.partition(':')[0]}"
        case e.Ended(status=status, reason=reason):
            return ENDS[status], reason if status in ("withdrawn", "terminated") and reason != "consent" else ""
    words = PLAIN.get(type(body))
    return None if words is None else (words, str(getattr(body, "text", "") or getattr(body, "comment", "")))


def people_in(one: Seen) -> Iterator[str]:
    """Everybody whom an approval names: as state, in its trail, with its tasks."""
    yield one.instance.submitter
    for task in one.tasks:
        yield from (task.holder, task.acting_for, *task.offered)
    for node in one.instance.state.nodes.values():
        yield from node.readers
        for slot in node.slots:
            yield from (slot.person, slot.holder, slot.asked, *slot.candidates)
            if slot.vote is not None:
                yield from (slot.vote.by, slot.vote.person)
    for event in one.trail:
        yield event.actor
        match event.body:
            case e.Transferred(holder=person) | e.Urged(holder=person) | e.OpinionAsked(person=person):
                yield person
            case e.SignAdded(slots=slots):
                yield from (slot.person for slot in slots)
