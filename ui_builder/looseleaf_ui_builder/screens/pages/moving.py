"""What is done to one or several records at once: delete, restore, transfer, share, export. Each asks first, on a page that is also a dialog."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Response as FileResponse
from flask import request, url_for
from werkzeug.wrappers import Response

from looseleaf_metadata.model import Object
from looseleaf_metadata.texts import Text
from looseleaf_platform import sharing
from looseleaf_platform.context import Context
from looseleaf_platform.errors import BadQuery, Fault, Refused
from looseleaf_platform.importing.exporting import write_csv, write_xlsx
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import decode, encode
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write
from looseleaf_platform.sharing import Principal
from looseleaf_platform.transfer import companions, transfer
from looseleaf_ui_builder.screens.bin import deleted_lists
from looseleaf_ui_builder.screens.list_state import ListState
from looseleaf_ui_builder.screens.lists import object_of, prepare_export
from looseleaf_ui_builder.screens.records import id_of
from looseleaf_ui_builder.screens.rendering import go, go_to, show, show_object
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.templating import inside
from looseleaf_ui_builder.web.texts import _

MOST = 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _count_of(thing: Object, count: int) -> str:
    """What so many records of an object are called, inside a sentence."""
    return inside(thing.label if count == 1 else thing.plural)


def chosen_ids() -> tuple[int, ...]:
    """The records that the request names. Raises BadQuery for none or too many."""
    given = dict.fromkeys(request.values.getlist("id"))
    if not 0 < len(given) <= MOST:
        raise BadQuery(Text("Choose 1 to {most} records", most=MOST), "id")
    return tuple(id_of(text) for text in given)


def _named(context: Context, thing: Object, ids: Sequence[int]) -> dict[str, str]:
    """The records by their ids in addresses, with their titles."""
    titles = read.titles(context, thing.name, ids)
    return {encode(id): titles.get(id, "") for id in ids}


def delete_form(object: str) -> Response:
    """GET: what is about to be deleted, and what survives."""
    context = caller()
    thing, ids = object_of(context, object, "delete"), chosen_ids()
    allowed = read.reachable(context, object, ids, "delete")
    return show_object("screens/record/deletion.html", thing, records=_named(context, thing, ids), refused=len(ids) - len(allowed))


def delete_records(object: str) -> Response:
    """POST: into the recycle bin."""
    context = caller()
    thing, ids = object_of(context, object, "delete"), chosen_ids()
    try:
        write(context, [Change("delete", object, id=id) for id in ids], Operation("delete"))
    except Refused as refused:
        return show_object(
            "screens/record/deletion.html", thing, 422, records=_named(context, thing, ids), refused=0, faults=refused.faults
        )
    notify(_("Deleted {count} {objects}. They can be restored from the recycle bin", count=len(ids), objects=_count_of(thing, len(ids))))
    return go("screens.list_records", object=object)


def restore_records(object: str) -> Response:
    """POST: out of the recycle bin again."""
    context = caller()
    thing, ids = object_of(context, object), chosen_ids()
    write(context, [Change("restore", object, id=id) for id in ids], Operation("restore"))
    notify(_("Restored {count} {objects}", count=len(ids), objects=_count_of(thing, len(ids))))
    if len(ids) == 1:
        return go("screens.show_record", object=object, id=encode(ids[0]))
    return go("screens.list_records", object=object)


def recycle_bin() -> Response:
    """GET: which objects have deleted records."""
    return show("screens/bin/bin.html", lists=deleted_lists(caller()))


def transfer_form(object: str) -> Response:
    """GET: to whom, and what goes along."""
    context = caller()
    thing, ids = object_of(context, object, "update"), chosen_ids()
    return show_object(
        "screens/record/transfer.html", thing, records=_named(context, thing, ids), companions=companions(context, object, ids), faults=()
    )


def transfer_records(object: str) -> Response:
    """POST: hand them over."""
    context = caller()
    thing, ids = object_of(context, object, "update"), chosen_ids()
    owner, along = request.form.get("owner", ""), request.form.getlist("along")
    try:
        count = transfer(context, object, ids, decode(owner) if owner else 0, along, request.form.get("reason", "").strip())
    except Refused as refused:
        shown = {"records": _named(context, thing, ids), "companions": companions(context, object, ids)}
        return show_object("screens/record/transfer.html", thing, 422, faults=refused.faults, **shown)
    name = read.titles(context, "user", (decode(owner),)).get(decode(owner), "")
    notify(_("Moved {count} records to {name}", count=count, name=name))
    return go_back_to(context, object, ids)


def go_back_to(context: Context, object: str, ids: Sequence[int]) -> Response:
    """To the record, if it is one and still to be seen; else to the list."""
    if len(ids) == 1 and read.reachable(context, object, ids):
        return go("screens.show_record", object=object, id=encode(ids[0]))
    return go("screens.list_records", object=object)


def share_form(object: str, id: str) -> Response:
    """GET: with whom a record is shared."""
    context = caller()
    thing, number = object_of(context, object), id_of(id)
    return _share_page(context, thing, number)


def _share_page(context: Context, thing: Object, number: int, status: int = 200, faults: Sequence[object] = ()) -> Response:
    shares = sharing.shares_of(context, thing.name, number)
    title = read.titles(context, thing.name, (number,)).get(number, "")
    may = sharing.may_share(context, thing.name, number)
    return show_object(
        "screens/record/share.html", thing, status, shares=shares, title=title, record_id=encode(number), may_share=may, faults=faults
    )


def share_record(object: str, id: str) -> Response:
    """POST: share it, or take a share back."""
    context = caller()
    thing, number = object_of(context, object), id_of(id)
    try:
        _share_or_end(context, thing, number)
    except Refused as refused:
        return _share_page(context, thing, number, 422, refused.faults)
    notify(_("Share ended") if request.form.get("end") else _("Record shared"))
    return go_to(url_for("screens.show_record", object=object, id=id))


def _share_or_end(context: Context, thing: Object, number: int) -> None:
    """Do what the form says. Raises Refused where it names nobody."""
    form = request.form
    kind: Principal = "team" if form.get("kind") == "team" else "user"
    try:
        who = decode(form.get(kind, "") or form.get("with", ""))
    except ValueError:
        raise Refused([Fault("/with", "required", Text("Choose a person or a team"))]) from None
    if form.get("end"):
        sharing.take_back(context, thing.name, number, kind, who)
    else:
        sharing.give(context, thing.name, number, kind, who, "update" if form.get("level") == "update" else "read")


def export_records(object: str) -> Response:
    """POST: the list, or the ticked records, as CSV or a workbook, within the rights to export."""
    context = caller()
    object_of(context, object, "export")
    export = prepare_export(context, object, ListState.from_arguments(request.form), [id_of(text) for text in request.form.getlist("id")])
    name = f"{object}-{context.today.isoformat()}"
    if request.form.get("format") != "xlsx":
        return FileResponse(write_csv(export), mimetype="text/csv", headers=_named_file(f"{name}.csv"))
    with TemporaryDirectory() as folder:
        write_xlsx(export, Path(folder) / "export.xlsx")
        return FileResponse((Path(folder) / "export.xlsx").read_bytes(), mimetype=XLSX, headers=_named_file(f"{name}.xlsx"))


def _named_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
