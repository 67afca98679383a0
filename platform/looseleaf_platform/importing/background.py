"""Imports in the background: the uploaded file, the remembered mapping, the job that runs it and keeps its report.

Uploads wait in the data folder under their owner's id: nobody else's request can name them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, delete, insert, select

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.database.system_tables import import_mapping
from looseleaf_platform.errors import NotAllowed, NotThere
from looseleaf_platform.files import folder
from looseleaf_platform.importing.files import unreadable
from looseleaf_platform.importing.mapping import ImportMapping, mapping_from_data, signature
from looseleaf_platform.importing.running import ImportReport, run_import
from looseleaf_platform.jobs.background import Job, Run, job_of, start
from looseleaf_platform.records.ids import encode, new_id

KIND = "import"
LARGEST = 100 * 1024 * 1024
CHUNK = 1 << 20
BATCH_SECONDS = {"sqlite": 0.05, "postgresql": 0.5}
"""How long one transaction of a background import may take: others write to the same SQLite file in between."""
TOKEN = re.compile(r"^[0-9A-Z]{13}\.(csv|xlsx)$")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that waits to be imported. `token` names it in addresses, `name` is what its owner calls it."""

    token: str
    path: Path
    name: str


def keep_upload(context: Context, stream: IO[bytes], name: str) -> Upload:
    """Store a file to be imported. Raises Refused where it is too large."""
    suffix = ".xlsx" if Path(name).suffix.lower() in (".xlsx", ".xlsm") else ".csv"
    token = encode(new_id()) + suffix
    path = _folder(context) / token
    size = 0
    with path.open("wb") as file:
        while piece := stream.read(CHUNK):
            size += len(piece)
            if size > LARGEST:
                file.close()
                path.unlink()
                raise unreadable(Text("The file is larger than {most} MB", most=LARGEST >> 20))
            file.write(piece)
    path.with_suffix(".name").write_text(name[:200], "utf-8")
    return Upload(token, path, name[:200])


def upload_of(context: Context, token: str) -> Upload:
    """The actor's own upload. Raises NotThere."""
    path = _folder(context) / token
    if not TOKEN.match(token) or not path.is_file():
        raise NotThere
    return Upload(token, path, path.with_suffix(".name").read_text("utf-8"))


def _folder(context: Context) -> Path:
    if context.actor.id is None:
        raise NotThere
    found = folder() / "imports" / encode(context.actor.id)
    found.mkdir(parents=True, exist_ok=True)
    return found


def remember_mapping(context: Context, object_name: str, headings: tuple[str, ...], mapping: ImportMapping) -> None:
    """Keep a mapping for the next file with these headings."""
    key = {"user_id": context.actor.id, "object_id": context.model.object(object_name).id, "signature": signature(headings)}
    with context.workspace.database.write() as connection:
        connection.execute(delete(import_mapping).where(*(import_mapping.c[name] == value for name, value in key.items())))
        connection.execute(insert(import_mapping).values(id=new_id(), mapping=mapping.as_data(), at=context.now, **key))


def remembered_mapping(context: Context, object_name: str, headings: tuple[str, ...]) -> ImportMapping | None:
    """The mapping that the actor last used for files with these headings; None if there is none that still fits."""
    where = (
        import_mapping.c.user_id == context.actor.id,
        import_mapping.c.object_id == context.model.object(object_name).id,
        import_mapping.c.signature == signature(headings),
    )
    with context.workspace.database.read() as connection:
        found = connection.execute(select(import_mapping.c.mapping).where(*where)).scalar()
    return _still_fitting(context, found) if found else None


def _still_fitting(context: Context, data: Mapping[str, Any]) -> ImportMapping | None:
    targets = [
        {**target, "fields": {name: source for name, source in target["fields"].items() if _is_live(context, target["object"], name)}}
        for target in data["targets"]
        if target["object"] in context.model.objects
    ]
    return mapping_from_data({**data, "targets": targets}, context.model) if targets else None


def _is_live(context: Context, object_name: str, field_name: str) -> bool:
    field = context.model.object(object_name).fields.get(field_name)
    return field_name == "id" or (field is not None and not field.retired)


def start_import(context: Context, upload: Upload, mapping: ImportMapping, *, dry: bool, exemptions: Iterable[str] = ()) -> int:
    """Store the job that imports an upload, or foretells what would happen. Returns its id. Raises NotAllowed for exemptions that one may not have."""
    wanted = sorted(exemptions)
    if wanted and not (context.profile.everything or context.profile.has("exemptions")):
        raise NotAllowed(Text("You may not store records that break the rules ({name})", name=wanted[0]), "exemptions")
    payload = {"token": upload.token, "name": upload.name, "mapping": mapping.as_data(), "dry": dry, "exemptions": wanted}
    return start(context, KIND, payload)


def work(run: Run) -> dict[str, Any]:
    """Do one job of kind "import"; the report is its result. How far it is is kept with each batch: another process goes on from there."""
    context, payload = run.context, run.payload
    upload = upload_of(context, payload["token"])
    mapping = mapping_from_data(payload["mapping"], context.model)

    def keep(connection: Connection, report: ImportReport) -> None:
        run.note(connection, **{**report.as_data(), "rejects": ""})

    def tell(report: ImportReport) -> bool:
        if report.dry:
            run.tell(**{**report.as_data(), "rejects": ""})
        return True

    begun = ImportReport.of_data(run.progress) if run.progress.get("lines") and not payload["dry"] else None
    rejects = upload.path.with_suffix(f".{'foretold' if payload['dry'] else 'rejected'}.csv")
    if begun is None or not begun.rejected_bytes:
        rejects.unlink(missing_ok=True)
    seconds = BATCH_SECONDS[context.workspace.database.dialect]
    report = run_import(
        context, upload.path, mapping, name=upload.name, dry=payload["dry"], rejects=rejects, progress=tell, keep=keep, begun=begun,
        batch_seconds=seconds, exemptions=payload.get("exemptions", ()),
    )  # fmt: skip
    return {**report.as_data(), "rejects": rejects.name if report.rejects else ""}


def rejects_of(context: Context, id: int) -> Path:
    """The file of refused lines of the actor's own import. Raises NotThere."""
    found: Job = job_of(context, id)
    name = (found.result or {}).get("rejects", "") if found.kind == KIND else ""
    path = _folder(context) / Path(name).name
    if not name or not path.is_file():
        raise NotThere
    return path
