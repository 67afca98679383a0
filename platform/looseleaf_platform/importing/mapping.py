"""Which column of a file fills which field of which objects: one mapping may fill several objects from each row.

Knows fields by name; says nothing of rights or values.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from looseleaf_metadata.model import Model, Object
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Faults

PLACE = re.compile(r"\{([^{}]+)\}")
POSITION = "position"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field's value comes from: a column, a constant, or a template ("Customer {CustomerID}", "{InvoiceNo}-{position}").

    `find`: for a look-up, the field of its target by which the value finds the record; "" where the value is an id.
    `starts`: values by how the column's text begins, in this order; `constant` where it begins otherwise.
    """

    column: str = ""
    constant: Any = None
    template: str = ""
    find: str = ""
    starts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that it reads."""
        named = PLACE.findall(self.template)
        return (self.column,) if self.column else tuple(name for name in named if name != POSITION)


@dataclass(frozen=True, slots=True)
class Target:
    """What each row makes of one object. `key` finds existing records ("" always creates; "id" is allowed).

    `when`: a column that must not be empty for the row to speak of this object.
    `existing`: "update" what is there, or "keep" it as it is.
    """

    object: str
    fields: Mapping[str, Source]
    key: str = ""
    when: str = ""
    existing: Literal["update", "keep"] = "update"


@dataclass(frozen=True, slots=True)
class ImportMapping:
    """Targets in the order in which they are made: what others refer to comes first.

    `group`: the column within whose equal values `{position}` counts rows from 1, over the whole file.
    """

    targets: tuple[Target, ...]
    group: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """As it is stored and written in YAML."""
        return {
            **({"group": self.group} if self.group else {}),
            "targets": [
                {
                    "object": target.object,
                    **({"key": target.key} if target.key else {}),
                    **({"when": target.when} if target.when else {}),
                    **({"existing": "keep"} if target.existing == "keep" else {}),
                    "fields": {name: _source_data(source) for name, source in target.fields.items()},
                }
                for target in self.targets
            ],
        }


def _source_data(source: Source) -> Any:
    if source.column and not source.find and not source.starts:
        return source.column
    members = {"column": source.column, "constant": source.constant, "template": source.template, "find": source.find}
    members["starts"] = dict(source.starts)
    return {name: value for name, value in members.items() if value not in ("", None, {})}


def mapping_from_data(data: Any, model: Model) -> ImportMapping:
    """A mapping from its stored or written form, checked against the Model. Raises Refused with all that is wrong."""
    faults = Faults()
    if not isinstance(data, Mapping) or not isinstance(data.get("targets"), list | tuple) or not data["targets"]:
        faults.add("", "no-targets", Text("A mapping lists its targets: which objects the rows fill"))
        faults.refuse()
    targets = tuple(_target(entry, f"/targets/{place}", model, faults) for place, entry in enumerate(data["targets"]))
    faults.refuse()
    return ImportMapping(tuple(target for target in targets if target is not None), str(data.get("group", "")))


def _target(entry: Any, pointer: str, model: Model, faults: Faults) -> Target | None:
    name = str(entry.get("object", "")) if isinstance(entry, Mapping) else ""
    found = model.objects.get(name)
    if found is None or found.retired:
        faults.add(f"{pointer}/object", "unknown-object", Text("There is no object '{name}'", name=name[:60]))
        return None
    fields = {}
    for field_name, written in dict(entry.get("fields", {})).items():
        if field_name != "id" and (field_name not in found.fields or found.fields[field_name].retired):
            faults.add(
                f"{pointer}/fields/{field_name}", "unknown-field", Text("There is no field '{name}' here", name=str(field_name)[:60])
            )
            continue
        fields[field_name] = _source(written)
    key = str(entry.get("key", ""))
    if key and key not in fields:
        faults.add(f"{pointer}/key", "no-key", Text("The key '{name}' must be filled by a column too", name=key))
    return Target(name, fields, key, str(entry.get("when", "")), "keep" if entry.get("existing") == "keep" else "update")


def _source(written: Any) -> Source:
    if isinstance(written, Mapping):
        text = {name: str(written.get(name, "")) for name in ("column", "template", "find")}
        return Source(constant=written.get("constant"), starts=dict(written.get("starts") or {}), **text)
    return Source(column=str(written))


def check_columns(mapping: ImportMapping, headings: Sequence[str]) -> None:
    """Refuse a mapping that reads columns which the file doesn't have."""
    faults, known = Faults(), set(headings)
    for place, target in enumerate(mapping.targets):
        wanted = [(f"fields/{name}", column) for name, source in target.fields.items() for column in source.columns]
        wanted += [("when", target.when)] if target.when else []
        for where, column in wanted:
            if column not in known:
                faults.add(f"/targets/{place}/{where}", "unknown-column", Text("The file has no column '{name}'", name=column[:60]))
    if mapping.group and mapping.group not in known:
        faults.add("/group", "unknown-column", Text("The file has no column '{name}'", name=mapping.group[:60]))
    faults.refuse()


def signature(headings: Iterable[str]) -> str:
    """What a file's headings are remembered by."""
    return hashlib.sha256("\x1f".join(headings).encode()).hexdigest()[:32]


def suggest(found: Object, headings: Sequence[str], writable: frozenset[str], model: Model) -> ImportMapping:
    """A mapping guessed from the headings: by name or by label in any language, spaces and case aside."""
    known: dict[str, str] = {}
    for candidate in found.live_fields:
        if candidate.name in writable or candidate.name == "id":
            for text in (candidate.name, *(label for _, label in candidate.label.texts)):
                known.setdefault(_plain(text), candidate.name)
    fields: dict[str, Source] = {}
    for heading in headings:
        name = known.get(_plain(heading))
        if name and name not in fields:
            fields[name] = Source(column=heading, find=_find_field(found, name, model))
    key = next((name for name in ("id", found.key) if name and name in fields), "")
    return ImportMapping((Target(found.name, fields, key),))


def _find_field(found: Object, name: str, model: Model) -> str:
    """By which field a look-up's text finds its record: the target's key, else its title."""
    field = found.fields.get(name)
    target = {"user": "user", "team": "team"}.get(field.type, field.target) if field else ""
    if not field or field.type not in ("lookup", "user", "team") or target not in model.objects:
        return ""
    return model.objects[target].title


def _plain(text: str) -> str:
    return re.sub(r"[\s_\-*（）()]+", "", text).casefold()
