"""A record's own id: a system field, never written in metadata."""

from __future__ import annotations

from looseleaf_metadata.labels import Label
from looseleaf_platform.fields.base import settings
from looseleaf_platform.fields.lookup import LookupType


class RecordIdType(LookupType):
    """The id itself, a 64-bit number shown as 13 characters. `to` is the record's own object."""

    name = "record_id"
    label = Label.of({"zh": "记录编号", "en": "Record id"})
    settings_schema = settings({"to": LookupType.settings_schema["to"]})
    required_settings = ()
    reference = False
    widget = "computed"
