"""What a file field keeps of an uploaded file. The bytes are the files module's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import text_of
from looseleaf_platform.fields.lookup import id_of
from looseleaf_platform.records.ids import encode

LONGEST_NAME = 255
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]+")


@dataclass(frozen=True, slots=True)
class FileReference:
    """One uploaded file: its id, its name without folders, its size in bytes and its media type ("" and 0 where not yet known)."""

    id: int
    name: str = ""
    size: int = 0
    mime: str = ""

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {"id": encode(self.id), "name": self.name, "size": self.size, "mime": self.mime}


def reference_of(raw: Any) -> FileReference:
    """A reference from `{"id": …, "name": …, "size": …, "mime": …}` or from a mere id. Raises Invalid."""
    if isinstance(raw, FileReference):
        return raw
    if not isinstance(raw, Mapping):
        return FileReference(id_of(raw))
    if "id" not in raw or not set(raw) <= {"id", "name", "size", "mime"}:
        raise Invalid("not-a-file", Text("Expected the id of an uploaded file"))
    size = raw.get("size") or 0
    if type(size) is not int or not 0 <= size < 2**53:
        raise Invalid("not-a-file", Text("Expected the id of an uploaded file"))
    name = _UNSAFE.sub("_", text_of(raw.get("name") or "").rsplit("/")[-1])[-LONGEST_NAME:]
    return FileReference(id_of(raw["id"]), name, size, text_of(raw.get("mime") or "")[:100].lower())
