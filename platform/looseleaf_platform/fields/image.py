"""Uploaded images."""

from __future__ import annotations

from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_platform.fields.base import Sample
from looseleaf_platform.fields.file import FileType


class ImageType(FileType):
    """As file, and every one must be an image."""

    name = "image"
    label = Label.of({"zh": "图片", "en": "Image"})
    widget = "image"
    media = "image/"

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Those of files, and one that is no image."""
        return (*super().samples(field), Sample({"id": 7, "name": "a.pdf", "mime": "application/pdf"}, refused="not-an-image"))
