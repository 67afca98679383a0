"""Uploaded files: the bytes in a data folder by their SHA-256, a row for each upload, references in the records' fields.

A file is given out only through a record that holds it, to those who may read that field. Images are opened and looked at again,
whatever their name says. Knows nothing of HTTP.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
import re
import tempfile
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from PIL import Image, UnidentifiedImageError
from sqlalchemy import Connection, insert, select, update

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.database.system_tables import file as files
from looseleaf_platform.errors import Fault, NotThere, Refused
from looseleaf_platform.fields.files import LONGEST_NAME, FileReference
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import decode, new_id

FOLDER = "LOOSELEAF_FILES"
"""The environment variable that names the data folder."""
LARGEST = 100 * 1024 * 1024
CHUNK = 256 * 1024
MOST_PIXELS = 100_000_000
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"})
"""What a browser may show; all else is saved to disk."""
_IMAGES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]+")


@dataclass(frozen=True, slots=True)
class Stored:
    """A file to be given out. `inline`: a browser may show it."""

    path: Path
    name: str
    mime: str
    size: int

    @property
    def inline(self) -> bool:
        """Whether it is of a kind that a browser shows and never runs."""
        return self.mime in SHOWN


def folder() -> Path:
    """The data folder; made when first needed."""
    found = Path(os.environ.get(FOLDER) or "instance/files")
    found.mkdir(parents=True, exist_ok=True)
    return found


def keep(context: Context, stream: IO[bytes], name: str, *, most: int = LARGEST) -> FileReference:
    """Store an upload and answer with its reference. Raises Refused where it is empty, too large, or an image that isn't one."""
    name = _UNSAFE.sub("_", name.replace("\\", "/").rsplit("/")[-1]).strip()[-LONGEST_NAME:] or "file"
    path, digest, size = _received(stream, most)
    try:
        mime = _kind(path, name)
        target = folder() / digest[:2] / digest
        target.parent.mkdir(exist_ok=True)
        path.replace(target)
    finally:
        path.unlink(missing_ok=True)
    reference = FileReference(new_id(), name, size, mime)
    row = {"id": reference.id, "name": name, "mime": mime, "size": size, "sha256": digest, "storage": f"{digest[:2]}/{digest}"}
    with context.workspace.database.write() as connection:
        connection.execute(insert(files).values(**row, by=context.actor.id, at=context.now))
    return reference


def references(context: Context, ids: Any, held: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """References for ids given by a form: of files that the caller uploaded, or that the record `held` already. Others are left out."""
    known = {str(one["id"]): dict(one) for one in held if isinstance(one, Mapping) and "id" in one}
    given = [str(id) for id in (ids if isinstance(ids, list | tuple) else [ids] if ids else [])]
    own = {found.id: found for found in _own(context, [id for id in given if id not in known])}
    kept: list[dict[str, Any]] = []
    for id in given:
        if id in known:
            kept.append(known[id])
        elif (number := _decoded(id)) in own:
            kept.append(own[number].as_data())
    return kept


def attach(context: Context, object_name: str, record_id: int, values: Mapping[str, Any]) -> None:
    """Note which record uploaded files belong to, once it is stored. `values`: raw values, of which the references are looked at."""
    thing = context.model.objects[object_name]
    for name, value in values.items():
        field = thing.fields.get(name)
        if field is None or field.type not in ("file", "image") or not isinstance(value, list):
            continue
        ids = [number for one in value if isinstance(one, Mapping) and (number := _decoded(str(one.get("id", "")))) is not None]
        if not ids:
            continue
        place = {"object_id": thing.id, "record_id": record_id, "field_id": field.id}
        with context.workspace.database.write() as connection:
            connection.execute(update(files).where(files.c.id.in_(ids), files.c.record_id.is_(None)).values(place))


def copied(connection: Connection, context: Context, held: Sequence[FileReference]) -> tuple[FileReference, ...]:
    """The same bytes for another record: a row of its own for each file that a record holds, in an open transaction.

    The caller has read the references from a record, so may know them; the copies are the actor's until a record names them.
    """
    rows = connection.execute(select(files).where(files.c.id.in_([one.id for one in held]), files.c.deleted_at.is_(None))).all()
    made = {row.id: FileReference(new_id(), row.name, row.size, row.mime) for row in rows}
    kept = ("name", "mime", "size", "sha256", "storage")
    if rows:
        copies = [{"id": made[row.id].id, **{key: getattr(row, key) for key in kept}} for row in rows]
        connection.execute(insert(files), [{**one, "by": context.actor.id, "at": context.now} for one in copies])
    return tuple(made[one.id] for one in held if one.id in made)


def of_record(context: Context, object_name: str, record_id: int, field_name: str, file_id: int) -> Stored:
    """A file that a record's field holds, for a reader who may read that field. Raises NotThere."""
    if field_name not in context.profile.readable(object_name):
        raise NotThere
    record = read.get(context, object_name, record_id, (field_name,))
    if field_name in record.masked or not any(one.id == file_id for one in record.values.get(field_name) or ()):
        raise NotThere
    with context.workspace.database.read() as connection:
        row = connection.execute(select(files).where(files.c.id == file_id, files.c.deleted_at.is_(None))).first()
    if row is None or not (folder() / row.storage).is_file():
        raise NotThere
    return Stored(folder() / row.storage, row.name, row.mime, row.size)


def _received(stream: IO[bytes], most: int) -> tuple[Path, str, int]:
    """The upload in a temporary file beside its place, with its digest and size."""
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder(), prefix="upload-", delete=False) as out:
        path = Path(out.name)
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > most:
                path.unlink()
                raise Refused([Fault("/file", "file-too-large", Text("The file is larger than {size} MB", size=most // 1024 // 1024))])
            digest.update(chunk)
            out.write(chunk)
    if not size:
        path.unlink()
        raise Refused([Fault("/file", "empty-file", Text("The file is empty"))])
    return path, digest.hexdigest(), size


def _kind(path: Path, name: str) -> str:
    """The media type: of an image by its content, of anything else by its name, and never one that a browser runs."""
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if not guessed.startswith("image/"):
        return (
            guessed if guessed not in ("text/html", "application/xhtml+xml", "text/xml", "application/xml") else "application/octet-stream"
        )
    if guessed == "image/svg+xml":
        return "application/octet-stream"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                found = _IMAGES.get(image.format or "", "")
                too_large = image.width * image.height > MOST_PIXELS
                if found and not too_large:
                    image.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        found, too_large = "", False
    if not found or too_large:
        raise Refused([Fault("/file", "not-an-image", Text("{name} is not an image that can be shown", name=name))])
    return found


def _own(context: Context, ids: Iterable[str]) -> list[FileReference]:
    numbers = [number for id in ids if (number := _decoded(id)) is not None]
    if not numbers:
        return []
    mine = (files.c.id.in_(numbers), files.c.by == context.actor.id, files.c.deleted_at.is_(None))
    with context.workspace.database.read() as connection:
        return [FileReference(row.id, row.name, row.size, row.mime) for row in connection.execute(select(files).where(*mine))]


def _decoded(text: str) -> int | None:
    try:
        return decode(text)
    except ValueError:
        return None
