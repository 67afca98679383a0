"""Moving a record to another stage, and ticking the key actions of its stage: dialogs over its page, or pages of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Conflict, Fault, NotAllowed, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.screens.editing import titles_of
from looseleaf_ui_builder.screens.lists import object_of
from looseleaf_ui_builder.screens.painting import Filled
from looseleaf_ui_builder.screens.records import id_of
from looseleaf_ui_builder.screens.rendering import go_to, painter, show_object
from looseleaf_ui_builder.screens.stages import BoundMove, bind_move, move, without_place
from looseleaf_ui_builder.screens.submitted import entered
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.texts import _
from looseleaf_workflow.stages.ticking import tick

CONFLICT = Text("Someone else changed this record in the meantime. It stands in “{stage}” now")


def move_form(object: str, id: str, field: str, stage: str) -> Response:
    """GET: what is missing for a move, and the fields to fill in."""
    context = caller()
    object_of(context, object)
    return _ask(context, object, id_of(id), bind_move(context, object, id_of(id), field, stage))


def move_record(object: str, id: str, field: str, stage: str) -> Response:
    """POST: move it, or say what keeps it."""
    context, form = caller(), request.form
    object_of(context, object)
    bound = bind_move(context, object, id_of(id), field, stage)
    values = entered(bound.slots, form)
    version = int(form.get("version", "")) if form.get("version", "").isdecimal() else 0
    try:
        move(context, object, id_of(id), bound, values, version, form.get("reason", "").strip(), "override" in form)
    except (Refused, Conflict) as error:
        return _ask_again(context, object, id_of(id), bound, values, error)
    notify(_("Moved to “{stage}”", stage=bound.target.label))
    return go_to(url_for("screens.show_record", object=object, id=id))


def tick_action(object: str, id: str, field: str) -> Response:
    """POST: tick a key action, or untick it."""
    context = caller()
    object_of(context, object)
    try:
        tick(context, object, id_of(id), request.form.get("action", ""), request.form.get("done") == "1", field)
    except Refused as refused:  # the record has moved on meanwhile
        notify(refused.faults[0].say(context.locale))
    return go_to(url_for("screens.show_record", object=object, id=id))


def _ask_again(context: Context, object: str, id: int, bound: BoundMove, values: dict[str, Any], error: Refused | Conflict) -> Response:
    """What keeps the record; where somebody else came first, where it stands now."""
    if isinstance(error, Refused):
        return _ask(context, object, id, _filled(context, object, id, bound, values, error.faults), error.faults, 422)
    again = _filled(context, object, id, bound, values, ())
    here = again.standing.stage.label if again.standing.stage is not None else Text("no stage")
    return _ask(context, object, id, again, [Fault("", "conflict", Text(CONFLICT.msgid, stage=here))], 409)


def _filled(context: Context, object: str, id: int, bound: BoundMove, values: dict[str, Any], faults: Sequence[Fault]) -> BoundMove:
    """The same question once more, with what was typed and what is wrong with it, of the record as it stands now."""
    filled = Filled(values, titles_of(context, bound.slots, values), tuple(faults))
    return bind_move(context, object, id, bound.standing.field, bound.target.name, filled)


def _ask(context: Context, object: str, id: int, bound: BoundMove, faults: Sequence[Fault] = (), status: int = 200) -> Response:
    if not bound.standing.movable:
        raise NotAllowed(Text("You may not change the stage of this record"))
    painter().prefix = "m"
    record = read.get(context, object, id, ("id",))
    return show_object(
        "screens/stages/move.html",
        object_of(context, object),
        status,
        bound=bound,
        faults=without_place(faults, bound.slots),
        title=read.titles(context, object, (id,)).get(id, ""),
        record_id=encode(id),
        version=record.version,
    )
