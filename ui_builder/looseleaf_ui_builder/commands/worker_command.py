"""`looseleaf worker`: a process that does nothing but a workspace's background work."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

import click

from looseleaf_metadata.texts import Text
from looseleaf_ui_builder.commands.opening import database_option, opened
from looseleaf_ui_builder.commands.terminal import tell
from looseleaf_ui_builder.staffing import REDIS, make_staff


@click.command()
@click.option(
    "--redis", envvar=REDIS, default="", metavar="URL", help="redis://host:6379/0: be rung at once. Default: look every two seconds"
)
@database_option
def command(redis: str, database: str) -> int:
    """Do the background work of a workspace until stopped. Any number of workers may run, on any number of machines (PostgreSQL)."""
    os.environ[REDIS] = redis
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    with opened(database) as workspace:
        workspace.database.serve()
        staff = make_staff(workspace)
        staff.start()
        if redis:
            threading.Thread(target=staff.answer_bells, name="looseleaf-bells", daemon=True).start()
        tell(Text("Working (Ctrl+C ends it)"))
        ended.wait()
        return 0 if staff.stop() else 1
