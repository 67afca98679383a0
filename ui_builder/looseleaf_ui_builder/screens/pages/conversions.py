"""Converting a record: a page that shows what would become of it and lets a person choose, and the act itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import request, url_for
from werkzeug.wrappers import Response

from looseleaf_platform.context import Context
from looseleaf_platform.errors import Conflict, Fault, NotThere, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import decode, encode
from looseleaf_ui_builder.screens.conversions import asked_slots, bind_conversion
from looseleaf_ui_builder.screens.lists import object_of
from looseleaf_ui_builder.screens.records import id_of
from looseleaf_ui_builder.screens.rendering import go_to, painter, show_object
from looseleaf_ui_builder.screens.submitted import entered
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.texts import _
from looseleaf_workflow.conversions.deciding import Choice, Wish, conversion_named
from looseleaf_workflow.conversions.definition import Conversion
from looseleaf_workflow.conversions.doing import convert


def conversion_form(object: str, id: str, conversion: str) -> Response:
    """GET: what would become of a record."""
    context = caller()
    return _ask(context, _known(context, object, conversion), id_of(id))


def convert_record(object: str, id: str, conversion: str) -> Response:
    """POST: convert it, or say what keeps it."""
    context = caller()
    found = _known(context, object, conversion)
    choices = _choices(context, found)
    try:
        convert(context, found.name, [Wish(id_of(id), choices)])
    except Refused as refused:
        return _ask(context, found, id_of(id), choices, refused.faults, 422)
    except Conflict as conflict:
        return _ask(context, found, id_of(id), choices, [Fault("", "conflict", conflict.message)], 409)
    notify(_("Converted"))
    return go_to(url_for("screens.show_record", object=object, id=id))


def _known(context: Context, object: str, name: str) -> Conversion:
    """The conversion of that name, if it is one of the object."""
    object_of(context, object)
    found = conversion_named(context, name)
    if found.object != object:
        raise NotThere
    return found


def _choices(context: Context, conversion: Conversion) -> dict[str, Choice]:
    """What the form says of each target: that a new record is made, and with what; that it is left out; or which record is taken."""
    found: dict[str, Choice] = {}
    for target in conversion.targets:
        said = request.form.get(target.name, "")
        if said == "make":
            slots = asked_slots(context, target.object, target.ask)
            found[target.name] = Choice("make", values=entered(slots, request.form, f"{target.name}-"))
        elif said == "skip":
            found[target.name] = Choice("skip")
        elif said:
            try:
                found[target.name] = Choice("take", decode(said))
            except ValueError:
                continue
    return found


def _ask(
    context: Context,
    conversion: Conversion,
    id: int,
    choices: Mapping[str, Choice] | None = None,
    faults: Sequence[Fault] = (),
    status: int = 200,
) -> Response:
    """The page. Choices that are no longer possible are forgotten."""
    situation = painter().situation
    try:
        bound = bind_conversion(context, situation, conversion.name, id, choices, faults)
    except Refused:
        bound = bind_conversion(context, situation, conversion.name, id, None, faults)
    painter().prefix = "v"
    return show_object(
        "screens/conversion/convert.html",
        object_of(context, conversion.object),
        status,
        conversion=conversion,
        bound=bound,
        faults=bound.faults,
        title=read.titles(context, conversion.object, (id,)).get(id, ""),
        record_id=encode(id),
    )
