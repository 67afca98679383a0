"""Looking after automations: their list, runs and steps, switches, trying again, and trying one out on a record."""

from __future__ import annotations

import json
from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import BadQuery
from looseleaf_platform.records.ids import decode, encode
from looseleaf_ui_builder.screens import automations as screens
from looseleaf_ui_builder.screens.automations import bind_history, bind_list, bind_run, bind_trial
from looseleaf_ui_builder.screens.records import id_of
from looseleaf_ui_builder.screens.rendering import go, go_to, painter, show
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.texts import _
from looseleaf_workflow.automations import managing
from looseleaf_workflow.automations.testing import try_step


def list_automations() -> Response:
    """GET: all of them, or those about one object, with a record of it to hold them against."""
    object_name, record = request.args.get("object", ""), request.args.get("record", "")
    rows, switch = bind_list(caller(), object_name)
    return show(
        "screens/automations/automations.html", rows=rows, all=switch, record=record, triggers=screens.TRIGGERS, states=screens.STATES
    )


def show_automation(name: str) -> Response:
    """GET: one with its runs."""
    state = request.args.get("state", "")
    bound = bind_history(caller(), name, state, _id("before"), _id("record"))
    return show(
        "screens/automations/automation.html", bound=bound, state=state, filters=screens.FILTERS,
        triggers=screens.TRIGGERS, states=screens.STATES, paint=painter(),
    )  # fmt: skip


def switch_automations() -> Response:
    """POST: turn all off or on."""
    return _switch("")


def switch_automation(name: str) -> Response:
    """POST: turn one off or on."""
    return _switch(name)


def _switch(name: str) -> Response:
    form = request.form
    on = form.get("on") == "1"
    managing.switch(caller(), name, on, reason=form.get("reason", "").strip()[:300], drop="drop" in form)
    notify(_("Switched on") if on else _("Switched off"))
    return go("screens.show_automation", name=name) if name else go("screens.list_automations")


def try_automation(name: str) -> Response:
    """GET: why it ran or did not for a record, and what it would do; it writes and sends nothing."""
    asked = request.args
    bound = bind_trial(caller(), name, _id("record"), asked.get("field", ""), asked.get("value", "")[:1000])
    return show("screens/automations/trial.html", bound=bound, as_json=as_json)


def start_automation(name: str) -> Response:
    """POST: start one by hand on a record."""
    run = managing.start(caller(), name, id_of(request.form.get("record", "")))
    notify(_("It has been started"))
    return go("screens.show_run", id=encode(run))


def test_automation_step(name: str) -> Response:
    """POST: really do one step on a record, with a change of one field as sample data; its run is marked as a test."""
    form = request.form
    values = {form["field"]: form.get("value", "")[:1000]} if form.get("field") else None
    run = try_step(caller(), name, id_of(form.get("record", "")), form.get("step", ""), values)
    return go("screens.show_run", id=encode(run))


def show_run(id: str) -> Response:
    """GET: a run with its steps."""
    bound = bind_run(caller(), id_of(id))
    return show("screens/automations/run.html", bound=bound, states=screens.STATES, as_json=as_json)


def retry_run(id: str) -> Response:
    """POST: try a run again, from the step that failed or from the start, on the version that it ran on or today's."""
    form = request.form
    whence: managing.Whence = "start" if form.get("from") == "start" else "step"
    version: managing.Version = "current" if form.get("version") == "current" else "original"
    run = managing.retry(caller(), id_of(id), whence, version)
    notify(_("It will be tried again"))
    return go_to(url_for("screens.show_run", id=encode(run)))


def cancel_run(id: str) -> Response:
    """POST: end a run before its next step."""
    managing.cancel(caller(), id_of(id))
    notify(_("It ends before its next step"))
    return go("screens.show_run", id=id)


def as_json(data: Any) -> str:
    """Data as people read it."""
    return json.dumps(data, ensure_ascii=False, indent=2, default=str)


def _id(name: str) -> int | None:
    """An id in the query. Raises BadQuery."""
    given = request.args.get(name, "")
    try:
        return decode(given) if given else None
    except ValueError:
        raise BadQuery(Text("This is not an id"), name) from None
