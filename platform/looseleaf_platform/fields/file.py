"""Uploaded files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from looseleaf_metadata.expressions.types import JSON, ExpressionType
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.database.types import JsonText
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import ColumnSpec, FieldType, Sample, Situation, blank, settings
from looseleaf_platform.fields.files import FileReference, reference_of
from looseleaf_platform.records.ids import encode


class FileType(FieldType):
    """References to uploaded files, in order; none at all is no value (None). `max_count`: how many (1); `max_size`: megabytes of each (20)."""

    name = "file"
    label = Label.of({"zh": "附件", "en": "File"})
    settings_schema = settings(
        max_count={"type": "integer", "minimum": 1, "maximum": 50}, max_size={"type": "integer", "minimum": 1, "maximum": 1000}
    )
    operators = ("empty", "not_empty")
    sortable = False
    widget = "file"
    media: ClassVar[str] = ""

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. Opaque: there, or not."""
        return JSON

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. One column of JSON text."""
        return (ColumnSpec("", JsonText()),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> tuple[FileReference, ...] | None:
        """5. The id of an uploaded file, or a list of ids or references. That the files exist is for the write path to say."""
        if blank(raw):
            return None
        items = raw if isinstance(raw, list | tuple) else [raw]
        files = tuple({reference.id: reference for reference in (reference_of(item) for item in items if not blank(item))}.values())
        self.validate(files, field)
        return files or None

    def validate(self, value: Sequence[FileReference], field: Field) -> None:
        """6. Number, size and kind."""
        most = field.settings.get("max_count", 1)
        if len(value) > most:
            raise Invalid("too-many", Text("{count} files: at most {most} fit", count=len(value), most=most))
        for file in value:
            if file.size > field.settings.get("max_size", 20) * 1024 * 1024:
                raise Invalid(
                    "file-too-large", Text("{name} is larger than {size} MB", name=file.name, size=field.settings.get("max_size", 20))
                )
            if file.mime and not file.mime.startswith(self.media):
                raise Invalid("not-an-image", Text("{name} is not an image", name=file.name))

    def store(self, value: Sequence[FileReference] | None, field: Field) -> tuple[Any, ...]:
        """7a. A list of objects."""
        return ([file.as_data() for file in value] if value else None,)

    def load(self, stored: Sequence[Any], field: Field) -> tuple[FileReference, ...] | None:
        """7b. The references again."""
        return tuple(reference_of(item) for item in stored[0]) if stored[0] else None

    def dump(self, value: Sequence[FileReference] | None, field: Field) -> list[dict[str, Any]]:
        """8. A list of `{"id", "name", "size", "mime"}`."""
        return [file.as_data() for file in value or ()]

    def display(self, value: Sequence[FileReference] | None, field: Field, situation: Situation) -> str:
        """9. The names."""
        return Text(", ").translate(situation.locale).join(file.name or encode(file.id) for file in value or ())

    def example_settings(self) -> Mapping[str, Any]:
        """12b. Two files."""
        return {"max_count": 2}

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Ids and references."""
        photo = {"id": encode(7), "name": "合同/扫描件.png", "size": 1024, "mime": "image/png"}
        return (
            Sample(encode(7), (FileReference(7),)),
            Sample([photo], (FileReference(7, "扫描件.png", 1024, "image/png"),)),
            Sample([], None),
            Sample("scan.png", refused="not-an-id"),
            Sample([{"name": "x"}], refused="not-a-file"),
            Sample([1, 2, 3], refused="too-many"),
            Sample([{**photo, "size": 30 * 1024 * 1024}], refused="file-too-large"),
            Sample([{**photo, "size": -1}], refused="not-a-file"),
        )
