"""The work in the background, for administrators: what waits, runs, failed or is unknown, and having it done again."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from looseleaf_platform.jobs.overseeing import again, overview
from looseleaf_platform.jobs.queues import STATES
from looseleaf_ui_builder.screens.records import id_of
from looseleaf_ui_builder.screens.rendering import go, show
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.texts import _


def show_jobs() -> Response:
    """GET: every queue as it stands."""
    return show("screens/jobs/jobs.html", queues=overview(caller()), states=STATES)


def do_again(queue: str) -> Response:
    """POST: have one thing of a queue done again, or all that is stuck there."""
    one = request.form.get("one", "")
    count = again(caller(), queue, (id_of(one),) if one else None)
    notify(_("Done again: {count}", count=count))
    return go("screens.show_jobs")
