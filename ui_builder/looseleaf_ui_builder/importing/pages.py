"""Handlers of the import screens: parse, call one function, show."""

from __future__ import annotations

from flask import request, send_file
from werkzeug.wrappers import Response

from looseleaf_metadata.model import Object
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotAllowed, NotThere, Refused
from looseleaf_platform.importing import background
from looseleaf_platform.importing.mapping import mapping_from_data, suggest
from looseleaf_platform.importing.running import preview
from looseleaf_platform.jobs.background import Job, cancel, job_of, jobs_of
from looseleaf_platform.records.ids import decode, encode
from looseleaf_ui_builder.importing import mapping_form
from looseleaf_ui_builder.screens.rendering import go, show
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.texts import _
from looseleaf_workflow.automations.verdicts import EXEMPTION


def importable(context: Context) -> list[Object]:
    """Objects that the caller may import, by label. Raises NotAllowed where there is none."""
    found = [thing for thing in context.model.objects.values() if not thing.retired and context.profile.can(thing.name, "import")]
    if not found:
        raise NotAllowed(Text("You may not import anything"), "import")
    return sorted(found, key=lambda thing: thing.plural.text(context.locale))


def wanted_object(context: Context) -> Object:
    """The object that the address names, if it may be imported."""
    name = request.values.get("object", "")
    thing = next((thing for thing in importable(context) if thing.name == name), None)
    if thing is None:
        raise NotThere
    return thing


def index(status: int = 200, faults: tuple[str, ...] = ()) -> Response:
    """GET: upload a file; imports of the past."""
    context = caller()
    objects = importable(context)
    return show("importing/index.html", status, objects=objects, jobs=jobs_of(context, background.KIND), faults=faults)


def upload() -> Response:
    """POST: keep the file and go on to its mapping."""
    context, file = caller(), request.files.get("file")
    thing = wanted_object(context)
    if file is None or not file.filename:
        return index(422, (_("Choose a file first"),))
    try:
        kept = background.keep_upload(context, file.stream, file.filename)
        preview(kept.path, kept.name)
    except Refused as refused:
        return index(422, tuple(fault.say(context.locale) for fault in refused.faults))
    return go("imports.show_mapping", token=kept.token, object=thing.name)


def show_mapping(token: str, status: int = 200, faults: tuple[str, ...] = ()) -> Response:
    """GET: the first lines of the file, and a field to choose for each column."""
    context = caller()
    thing, kept = wanted_object(context), background.upload_of(context, token)
    headings, lines, encoding = preview(kept.path, kept.name)
    writable = context.profile.writable(thing.name)
    remembered = background.remembered_mapping(context, thing.name, headings)
    mapping = remembered or suggest(thing, headings, writable, context.model)
    fields = [field for field in thing.live_fields if field.name in writable]
    definitions = [
        one for one in context.model.others.get("import", {}).values() if any(t["object"] == thing.name for t in one.data["targets"])
    ]
    shown = {"headings": headings, "lines": lines, "encoding": encoding, "definitions": definitions, "faults": faults}
    chosen = mapping_form.chosen(mapping)
    key = mapping.targets[0].key
    return show(
        "importing/mapping.html", status, thing=thing, upload=kept, fields=fields, chosen=chosen, key=key, remembered=remembered, **shown
    )


def try_mapping(token: str) -> Response:
    """POST: remember the mapping and foretell what it would do."""
    context = caller()
    thing, kept = wanted_object(context), background.upload_of(context, token)
    headings, _lines, _encoding = preview(kept.path, kept.name)
    try:
        mapping = mapping_form.from_form(request.form, thing, headings, context.model)
    except Refused as refused:
        return show_mapping(token, 422, tuple(fault.say(context.locale) for fault in refused.faults))
    if not mapping.targets[0].fields:
        return show_mapping(token, 422, (_("Choose a field for at least one column"),))
    background.remember_mapping(context, thing.name, headings, mapping)
    return go("imports.show_import", id=encode(background.start_import(context, kept, mapping, dry=True)))


def job(id: str) -> Job:
    """The caller's import of that id. Raises NotThere."""
    try:
        found = job_of(caller(), decode(id))
    except ValueError:
        raise NotThere from None
    if found.kind != background.KIND:
        raise NotThere
    return found


def show_import(id: str) -> Response:
    """GET: how an import, or its trial, goes or went."""
    return show("importing/import.html", job=job(id))


def progress(id: str) -> Response:
    """GET: the part of the page that is asked for again while the import runs."""
    return show("importing/_progress.html", job=job(id))


def run(id: str) -> Response:
    """POST: import what a trial has foretold."""
    context, tried = caller(), job(id)
    kept = background.upload_of(context, tried.payload["token"])
    mapping = mapping_from_data(tried.payload["mapping"], context.model)
    exemptions = (EXEMPTION,) if "without_automations" in request.form else ()
    return go("imports.show_import", id=encode(background.start_import(context, kept, mapping, dry=False, exemptions=exemptions)))


def stop(id: str) -> Response:
    """POST: end an import after the batch in hand; what was stored stays."""
    cancel(caller(), job(id).id)
    notify(_("The import ends after the lines in hand; what was stored stays"))
    return go("imports.show_import", id=id)


def rejects(id: str) -> Response:
    """GET: the refused lines as a file, with their reasons."""
    path = background.rejects_of(caller(), job(id).id)
    return send_file(path.resolve(), mimetype="text/csv", as_attachment=True, download_name="rejected.csv", max_age=0)
