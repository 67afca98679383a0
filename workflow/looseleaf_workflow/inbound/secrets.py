"""The secrets that senders sign with: made and replaced by those who look after settings, shown once, in no file, history or log.

HMAC needs the secret itself, so it stands in the workspace's database for as long as it is good; of one that is over only who made it and when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, or_, select, update

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotAllowed
from looseleaf_platform.identity.keys import new_secret
from looseleaf_platform.records.ids import new_id
from looseleaf_workflow.inbound.definition import Inbound, inbound_named
from looseleaf_workflow.inbound.tables import inbound_secret

ABILITY = "settings"
PREFIX = "lli_"
OVERLAP_HOURS = 24
"""How long the secret before is good beside a new one, if nothing else is said: time enough to tell the sender."""
MOST_HOURS = 168
_secrets = inbound_secret.c


@dataclass(frozen=True, slots=True)
class Known:
    """What is told of a secret. `before_until`: until when the one before it is good, None where that is over."""

    made_at: datetime
    made_by: int | None
    before_until: datetime | None


def may_make(context: Context) -> bool:
    """Whether somebody makes secrets."""
    return context.profile.has(ABILITY)


def make(context: Context, name: str, overlap_hours: int = OVERLAP_HOURS) -> str:
    """A new secret for a source, given once and never again; the one before stays good for some hours. Raises NotAllowed, NotThere."""
    if not may_make(context):
        raise NotAllowed(Text("Only those who look after settings make secrets"), ABILITY)
    source, secret, now = inbound_named(context.model, name), new_secret(PREFIX), context.now
    ends = now + timedelta(hours=max(0, min(overlap_hours, MOST_HOURS)))
    row = {"id": new_id(), "source_id": source.id, "secret": secret, "made_at": now, "made_by": context.actor.id, "ends_at": None}
    mine = _secrets.source_id == source.id
    with context.workspace.database.write() as connection:
        connection.execute(select(_secrets.id).where(mine).with_for_update()).all()
        connection.execute(update(inbound_secret).where(mine, _secrets.ends_at.is_not(None)).values(secret=""))
        connection.execute(update(inbound_secret).where(mine, _secrets.ends_at.is_not(None), _secrets.ends_at > now).values(ends_at=now))
        connection.execute(update(inbound_secret).where(mine, _secrets.ends_at.is_(None)).values(ends_at=ends))
        connection.execute(insert(inbound_secret), row)
    return secret


def in_force(connection: Connection, source: Inbound, now: datetime) -> Sequence[str]:
    """The secrets that are good now, at most two."""
    good = (_secrets.source_id == source.id, _secrets.secret != "", or_(_secrets.ends_at.is_(None), _secrets.ends_at > now))
    return connection.scalars(select(_secrets.secret).where(*good).order_by(_secrets.id.desc()).limit(2)).all()


def known(connection: Connection, now: datetime) -> dict[str, Known]:
    """What is told of the secrets, by the id of their source."""
    columns = (_secrets.source_id, _secrets.made_at, _secrets.made_by, _secrets.ends_at)
    found: dict[str, Known] = {}
    ends: dict[str, datetime] = {}
    for row in connection.execute(select(*columns).where(or_(_secrets.ends_at.is_(None), _secrets.ends_at > now)).order_by(_secrets.id)):
        if row.ends_at is None:
            found[row.source_id] = Known(row.made_at, row.made_by, ends.get(row.source_id))
        else:
            ends[row.source_id] = row.ends_at
    return found
