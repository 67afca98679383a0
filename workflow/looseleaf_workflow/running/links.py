"""Deciding by the link in a mail (A90): a secret that works once, for one task as it stood when the mail was sent, and for one person.

Only its hash is stored. Whoever follows it is shown what the step lets that person see; looking decides nothing. A task that was handed on,
decided or voided meanwhile has another holder or is closed, so the link of it is void. Decisions go by the command path of the inbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, select, update

from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Decided, Fault, NotThere, Refused
from looseleaf_platform.identity import accounts
from looseleaf_platform.identity.attempts import Limit, count_try
from looseleaf_platform.identity.keys import hash_of
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.reading.titles import say
from looseleaf_workflow.running.asking import Said, choices_of, command_for
from looseleaf_workflow.running.command import act
from looseleaf_workflow.running.looking import OpenTask, seen_instance, task_of
from looseleaf_workflow.running.proposed import Proposed, concealed, proposed
from looseleaf_workflow.running.tables import approval_link

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace
    from looseleaf_workflow.running.stored import Instance

PATH = "/decisions/"
"""Where links lead to, below the address of the site; the secret follows."""
VALID = timedelta(days=7)
PER_ADDRESS = Limit("decision-link-address", 60, 15)
MOST_SHOWN = 8
"""Fields of the record that a small page has room for."""
VIA = "link"
"""How votes say that they came by a link."""
HANDLED = Text("This has been handled already")


@dataclass(frozen=True, slots=True)
class Followed:
    """What a link leads to. `state`: open, handled or expired; only while it is open there is more to see than the name of the approval.

    `context` is that person's; `shown`: labels and values of the record in their eyes, without what the step hides; `proposed`: of a change request.
    """

    id: int
    state: Literal["open", "handled", "expired"]
    context: Context
    task: OpenTask | None = None
    choices: tuple[str, ...] = ()
    shown: tuple[tuple[Label, str], ...] = ()
    proposed: tuple[Proposed, ...] = ()
    expires_at: datetime | None = None


def look(workspace: Workspace, secret: str, *, ip: str = "") -> Followed:
    """What a link is for; decides nothing. Raises NotThere where it is unknown or its person has left, TooMany after too many tries."""
    count_try(workspace, (PER_ADDRESS, ip))
    with workspace.database.read() as connection:
        row = connection.execute(select(approval_link).where(approval_link.c.hash == hash_of(secret))).first()
        person = None if row is None else accounts.account(connection, workspace.runtime, row.user_id)
    if row is None or person is None or not person.may_sign_in:
        raise NotThere
    context = workspace.context(workspace.actor(row.user_id), "screen")
    try:
        found = task_of(context, row.task_id)
    except NotThere:
        return Followed(row.id, "handled", context)
    if row.used_at is not None or not may_decide(found, row.user_id):
        return Followed(row.id, "handled", context, found)
    if workspace.clock() >= row.expires_at:
        return Followed(row.id, "expired", context, found)
    return Followed(
        row.id, "open", context, found, open_choices(context, found), shown_of(context, found), proposed(context, found.instance, found.hide),
        row.expires_at,
    )  # fmt: skip


def decide(workspace: Workspace, secret: str, decision: str, comment: str, *, ip: str = "") -> Instance:
    """Decide as the person of a link, which then is used up. Returns the approval as it stands then.

    Raises as `look` does; Decided where it is handled or expired; Refused, and what `act` raises: the link stays good then.
    """
    followed = look(workspace, secret, ip=ip)
    if followed.state == "expired":
        raise Decided(Text("This link has expired: sign in to decide"), "expired")
    if followed.state != "open" or followed.task is None:
        raise Decided(HANDLED, "handled")
    if decision not in followed.choices:
        raise Refused([Fault("/decision", "unknown-option", Text("this task is not decided so"))])
    target = "to_submitter" if decision == "reject" and _chooses(followed.task) else ""
    body = command_for(followed.task, decision, Said(comment.strip(), target=target, via=VIA))

    def use_up(connection: Connection, bound: Context) -> None:
        mine = update(approval_link).where(approval_link.c.id == followed.id, approval_link.c.used_at.is_(None))
        if connection.execute(mine.values(used_at=bound.now)).rowcount != 1:
            raise Decided(HANDLED, "handled")

    instance = followed.task.instance.id
    act(followed.context, instance, body, before=use_up)
    return seen_instance(followed.context, instance, told=True)


def may_decide(found: OpenTask, user: int) -> bool:
    """Whether a task waits for that person and for nobody else."""
    return found.open and found.holder == encode(user)


def open_choices(context: Context, found: OpenTask) -> tuple[str, ...]:
    """What can be decided with nothing but a comment: agreeing where no field is to be filled in, and rejecting."""
    if found.kind not in ("approve", "handle"):
        return ()
    may = choices_of(context, found)
    return tuple(one for one in ("agree", "reject") if one in may and not (one == "agree" and found.require))


def leads_back(found: OpenTask) -> bool:
    """Whether a rejection by the link sends it back to whoever submitted it."""
    return found.instance.definition.step(found.task.node).on_reject in ("choose", "to_submitter")


def _chooses(found: OpenTask) -> bool:
    return found.instance.definition.step(found.task.node).on_reject == "choose"


def shown_of(context: Context, found: OpenTask) -> tuple[tuple[Label, str], ...]:
    """The highlights of the record as its reader may see them, without what the step hides and what is computed from it."""
    thing = context.model.objects.get(found.instance.object)
    if thing is None:
        return ()
    names = [name for name in thing.highlights if name in context.profile.readable(thing.name)]
    wanted = tuple(name for name in names if name not in concealed(thing, found.hide))[:MOST_SHOWN]
    try:
        record = read.get(context, thing.name, found.instance.record, wanted)
    except NotThere:
        return ()
    known = context.runtime.object(thing.name)
    said = ((thing.fields[name].label, say(context, known, record, name)) for name in wanted if name not in record.masked)
    return tuple((label, value) for label, value in said if value)
