"""What a person or a program is told when something can't be done. Raised below, translated to HTTP, screens and the command line above."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from looseleaf_metadata.texts import Text


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with given input. `pointer`: JSON pointer into it ("/amount", "/2/lines/0/price", "" for the whole).

    `code` is lower-kebab-case and stable ("required", "too-long", "rule", "unique", "unknown-field", "not-a-date", …).
    """

    pointer: str
    code: str
    message: Text | Any  # Text or Label: both speak the reader's language

    def say(self, locale: str) -> str:
        """The message in `locale`."""
        return str(self.message.translate(locale) if isinstance(self.message, Text) else self.message.text(locale))


class LooseleafError(Exception):
    """Base of everything that is the caller's or the world's fault, not ours. `message` is for people."""

    def __init__(self, message: Text) -> None:
        self.message = message
        super().__init__(str(message))


class Refused(LooseleafError):
    """The input breaks rules: nothing was stored. HTTP 422."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(Text("{count} problems: nothing was saved", count=len(self.faults)))
        self.args = ("; ".join(f"{fault.pointer} {fault.say('en')}" for fault in self.faults),)


class BadQuery(LooseleafError):
    """A filter, sort, cursor or field list that can't be understood. HTTP 400. `pointer` names the parameter."""

    def __init__(self, message: Text, pointer: str = "") -> None:
        self.pointer = pointer
        super().__init__(message)


class NotThere(LooseleafError):
    """No such object or record, or none that the actor may see: the two look the same. HTTP 404."""

    def __init__(self) -> None:
        super().__init__(Text("There is no such record, or you may not see it"))


class NotAllowed(LooseleafError):
    """The actor sees the thing but may not do this. HTTP 403. `ability` names what is missing."""

    def __init__(self, message: Text, ability: str = "") -> None:
        self.ability = ability
        super().__init__(message)


class NotSignedIn(LooseleafError):
    """Nobody, or with a session or token that is over. HTTP 401."""

    def __init__(self) -> None:
        super().__init__(Text("Sign in first"))


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """One field that two people changed: `base` as it was read, `theirs` as stored, `yours` as sent (stored values)."""

    field: str
    base: Any
    theirs: Any
    yours: Any


class Conflict(LooseleafError):
    """The record was changed since it was read. HTTP 412. `fields` are those that both changed, visible to the actor."""

    def __init__(
        self, object_name: str, id: int, version: int, fields: Iterable[FieldConflict] = (), changed_by: int | None = None
    ) -> None:
        self.object_name, self.id, self.version = object_name, id, version
        self.fields = tuple(fields)
        self.changed_by = changed_by
        super().__init__(Text("Someone else changed this record in the meantime"))


class Decided(LooseleafError):
    """Somebody was faster, or the state of things no longer allows it. HTTP 409. `by` and `at`: who decided it and when, "" where nobody did."""

    def __init__(self, message: Text, code: str = "conflict", by: str = "", at: str = "") -> None:
        self.code, self.by, self.at = code, by, at
        super().__init__(message)


class Unavailable(LooseleafError):
    """The database can't be reached now. HTTP 503; nothing was stored; try again."""

    def __init__(self) -> None:
        super().__init__(Text("The database can't be reached. Nothing was saved; try again in a moment"))


class TooMany(LooseleafError):
    """Too many tries. HTTP 429. `seconds` until the next may be made."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(Text("Too many tries. Wait {seconds} seconds", seconds=seconds))


class Invalid(Exception):
    """Raised by a field type for a raw value it can't take; the write path turns it into a Fault with a pointer."""

    def __init__(self, code: str, message: Text, details: Mapping[str, Any] = {}) -> None:
        self.code, self.message, self.details = code, message, details
        super().__init__(str(message))


@dataclass
class Faults:
    """A collector, so that all faults are told at once."""

    found: list[Fault] = field(default_factory=list)

    def add(self, pointer: str, code: str, message: Any) -> None:
        """Remember one fault."""
        self.found.append(Fault(pointer, code, message))

    def refuse(self) -> None:
        """Raise Refused if any fault was found."""
        if self.found:
            raise Refused(self.found)
