"""Fragments that scripts ask for: options of look-ups, regions, likely duplicates, uploads; and files to be had."""

from __future__ import annotations

from flask import request, send_file
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from looseleaf_platform import files
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.screens import editing
from looseleaf_ui_builder.screens.forms import bind_form
from looseleaf_ui_builder.screens.lists import object_of
from looseleaf_ui_builder.screens.records import id_of
from looseleaf_ui_builder.screens.regions import below
from looseleaf_ui_builder.screens.rendering import show, show_object
from looseleaf_ui_builder.screens.searching import search
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.errors import is_fragment

FILE_POLICY = "default-src 'none'; sandbox; style-src 'unsafe-inline'; img-src 'self'"


def lookup_options(object: str) -> Response:
    """GET: records that fit what is typed, and an offer to make one."""
    context = caller()
    thing = object_of(context, object)
    text = request.args.get("q", "").strip()
    found = [(encode(id), title, subtitle) for id, title, subtitle in read.lookup(context, object, text, 12)]
    can_create = context.profile.can(object, "create") and not thing.owned_by and not thing.system
    return show_object("screens/form/_options.html", thing, found=found, text=text, can_create=can_create, box=request.args.get("box", ""))


def duplicate_check(object: str) -> Response:
    """POST: records that are probably the same as the one being typed."""
    context = caller()
    form = bind_form(context, object_of(context, object, "create").name)
    sent = editing.submitted(context, form, request.form)
    return show_object("screens/form/_alike.html", form.object, alike=editing.alike_of(context, object, sent.raw))


def region_options() -> Response:
    """GET: the divisions below "province/city"."""
    caller()
    names = below([part for part in request.args.get("within", "").split("/")])
    return show("screens/form/_regions.html", names=names)


def address_parts() -> Response:
    """GET: the controls of an address in another country."""
    caller()
    name = request.args.get("name", "")
    chinese = request.args.get(f"{name}.country", "CN") == "CN"
    return show("fields/address/_parts.html", name=name, id=request.args.get("id", ""), given={}, chinese=chinese)


def upload_file() -> Response:
    """POST: keep a file; the form gets its reference."""
    context = caller()
    sent = request.files.get("file")
    if sent is None or (request.content_length or 0) > files.LARGEST + files.CHUNK:
        raise RequestEntityTooLarge
    reference = files.keep(context, sent.stream, sent.filename or "")
    return show("fields/file/_uploaded.html", name=request.args.get("name", ""), file=reference.as_data())


def download_file(object: str, id: str, field: str, file: str) -> Response:
    """GET: a file, to those who may read the field that holds it. It never runs: sandboxed, and saved unless it is a picture or the like."""
    stored = files.of_record(caller(), object, id_of(id), field, id_of(file))
    response = send_file(stored.path, mimetype=stored.mime, download_name=stored.name, as_attachment=not stored.inline, conditional=True)
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["Cache-Control"] = "private, max-age=0, must-revalidate"
    return response


def session_token() -> Response:
    """GET, by a script: the token of the session, for a page that was open while its reader signed in anew."""
    caller()
    return show("screens/form/_token.html")


def search_everything() -> Response:
    """GET: records of all objects; for the palette only the list."""
    context = caller()
    text = request.args.get("q", "").strip()
    template = "screens/search/_results.html" if is_fragment() else "screens/search/search.html"
    return show(template, groups=search(context, text), text=text)
