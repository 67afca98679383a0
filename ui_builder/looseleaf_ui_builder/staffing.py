"""Who does a workspace's background work, put together for the product: messages, background jobs, mail, clearing away.

LOOSELEAF_REDIS_URL   rings workers of other processes and machines; without it each process looks by itself
LOOSELEAF_SMTP_URL    the mail server; without it mail is kept in the table
LOOSELEAF_WORK        0: a serving process leaves the work to `looseleaf worker`
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from looseleaf_platform.identity.housekeeping import Housekeeper, Postman
from looseleaf_platform.identity.mail import configured_transport
from looseleaf_platform.importing import background
from looseleaf_platform.jobs.outbox import Message
from looseleaf_platform.jobs.standing import Staff

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

REDIS, WORK = "LOOSELEAF_REDIS_URL", "LOOSELEAF_WORK"


def heard(_workspace: Workspace, _message: Message) -> None:
    """Take note of a message that nobody has to act on, so that it is cleared away in time."""


HANDLERS = {"records.written": heard, "revision.published": heard}
"""By topic. Processes hear of new revisions by looking at the database; what people see changes at their next request."""


KINDS = {background.KIND: background.work}
"""Background jobs by kind."""


def make_staff(workspace: Workspace) -> Staff:
    """The staff of one process, not started yet. ValueError where a setting can't be understood."""
    return Staff(
        workspace,
        handlers=HANDLERS,
        kinds=KINDS,
        chores=(Postman(configured_transport()), Housekeeper()),
        redis_url=os.environ.get(REDIS, ""),
    )


def works() -> bool:
    """Whether serving processes do background work, too."""
    return os.environ.get(WORK, "1") != "0"
