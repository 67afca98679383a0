"""What one can ask of records and what one is told: frozen values shared by reads, writes, API, screens and imports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_platform.errors import Fault


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter line: `path` is a field or a path through look-ups, `operator` a key of fields.operators, `value` raw (parsed by the type)."""

    path: str
    operator: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions joined by "and" or "or"; nests. `negated` turns it round."""

    joined: Literal["and", "or"] = "and"
    parts: tuple[Condition | Group, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A read of one object's records. `where` from people, `expression` from metadata (a view): both must hold.

    `sort`: names, "-" in front for descending; the id is always the last key. `fields`: None for all readable.
    `after`/`before`: opaque cursors. `size`: 1 to 200. `deleted`: the recycle bin instead of the live records.
    `count`: whether to count, up to COUNT_CAP.
    """

    where: Group | None = None
    expression: Expression | None = None
    search: str = ""
    sort: tuple[str, ...] = ()
    fields: tuple[str, ...] | None = None
    after: str = ""
    before: str = ""
    size: int = 50
    deleted: bool = False
    count: bool = False


COUNT_CAP = 1000


@dataclass(frozen=True, slots=True)
class Record:
    """One record as its reader may see it. `values`: by field name, parsed Python values (never masked data: see `masked`).

    A look-up's value is the id; `titles[field]` its title if the reader may see that record.
    `masked`: names of fields whose value is withheld; a hidden field is absent altogether.
    """

    object: str
    id: int
    version: int
    values: Mapping[str, Any]
    titles: Mapping[str, str] = field(default_factory=dict)
    masked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Page:
    """A page of records. `next`/`previous` are cursors, "" at the ends. `count` is None if not asked for; `capped`: "1000+"."""

    records: tuple[Record, ...]
    next: str = ""
    previous: str = ""
    count: int | None = None
    capped: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One record's part of a ChangeSet. `values` are raw, by field name. `id`: None on create unless `new_id` of records.ids was used.

    `reference`: a name by which other changes of the set may refer to a created record, as the raw value {"$ref": name}.
    `version`: the version the caller read (None: last writer wins, for imports and jobs). `base`: the values the caller
    read, by field; where given, changes of other fields by other people merge, of the same field raise Conflict.
    `key`: for "upsert", the field that finds the record; `existing`: whether a record found by it is updated or kept as it is.
    """

    kind: Literal["create", "update", "delete", "restore", "purge", "upsert"]
    object: str
    id: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    version: int | None = None
    base: Mapping[str, Any] | None = None
    reference: str = ""
    key: str = ""
    existing: Literal["update", "keep"] = "update"


@dataclass(frozen=True, slots=True)
class Operation:
    """What somebody did, of which changes are the parts: undo, history, audit speak of it. `kind`: "edit", "import", "transfer", "publish", …

    `exemptions`: named, recorded permissions to break rules ("rules", "required", "history": keep given created_at and created_by).
    `cause`: what made it happen where no person did, such as a run of an automation; `chain`: what all that one deed led to has in common.
    """

    kind: str = "edit"
    reason: str = ""
    parent: int | None = None
    exemptions: frozenset[str] = frozenset()
    cause: int | None = None
    chain: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one change, in the order of the set. `outcome` "same": nothing differed, nothing was stored."""

    outcome: Literal["created", "updated", "same", "deleted", "restored", "purged", "refused"]
    object: str
    id: int | None = None
    version: int | None = None
    faults: tuple[Fault, ...] = ()
    merged: tuple[str, ...] = ()  # fields that someone else changed meanwhile and that were kept


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a ChangeSet. `operation`: its id, None if nothing was stored."""

    operation: int | None
    written: tuple[Written, ...]
