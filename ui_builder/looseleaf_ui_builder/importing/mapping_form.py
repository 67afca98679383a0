"""The mapping form: one choice of a field per column. From the form to an ImportMapping and back. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.datastructures import MultiDict

from looseleaf_metadata.model import Model, Object
from looseleaf_platform.importing.mapping import ImportMapping, Source, Target, mapping_from_data


def from_form(form: MultiDict[str, str], found: Object, headings: Sequence[str], model: Model) -> ImportMapping:
    """The mapping that was chosen: a shipped definition, or a field for each column. Raises Refused."""
    definition = model.others.get("import", {}).get(form.get("definition", ""))
    if definition is not None:
        return mapping_from_data(definition.data, model)
    fields: dict[str, Source] = {}
    for index, heading in enumerate(headings):
        name = form.get(f"column_{index}", "")
        if name and name not in fields:
            fields[name] = Source(column=heading, find=find_field(found, name, model))
    key = form.get("key", "")
    data = ImportMapping((Target(found.name, fields, key if key in fields else ""),)).as_data()
    return mapping_from_data(data, model)


def find_field(found: Object, name: str, model: Model) -> str:
    """By which field a look-up's text finds its record: the target's key where it has one, else its title."""
    field = found.fields.get(name)
    if field is None or field.type not in ("lookup", "user", "team"):
        return ""
    target = model.objects.get({"user": "user", "team": "team"}.get(field.type, field.target))
    return (target.key or target.title) if target else ""


def chosen(mapping: ImportMapping) -> dict[str, str]:
    """The field chosen for each column, for showing the form again."""
    return {source.column: name for name, source in mapping.targets[0].fields.items() if source.column}
