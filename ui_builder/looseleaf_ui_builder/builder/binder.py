"""A draft's pages as the builder shows them: objects with their forms and views, each with its data. Pure: reads texts only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from looseleaf_metadata.editing import read_one
from looseleaf_metadata.labels import Label
from looseleaf_metadata.writing import CannotEdit
from looseleaf_platform.publishing import Page


@dataclass(frozen=True)
class Leaf:
    """One page with its data. `data` is empty where the text has faults: then only its YAML can be edited."""

    page: Page

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """What the text says."""
        try:
            found: Mapping[str, Any] = read_one(self.page.text).data
        except CannotEdit:
            return {}
        return found

    @property
    def key(self) -> str:
        """What the draft calls it."""
        return self.page.key

    @property
    def name(self) -> str:
        """The document's name."""
        return self.page.name

    def label(self, locale: str) -> str:
        """What people call it."""
        written = self.data.get("label")
        return Label.of(written).text(locale) if isinstance(written, str | dict) else self.name

    def map(self, key: str) -> Mapping[str, Any]:
        """A mapping of the data, {} where there is none."""
        found = self.data.get(key)
        return found if isinstance(found, Mapping) else {}

    def list(self, key: str) -> list[Any]:
        """A list of the data, [] where there is none."""
        found = self.data.get(key)
        return found if isinstance(found, list) else []


class Binder:
    """All leaves of a draft."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self.leaves = tuple(Leaf(page) for page in pages)

    def of_kind(self, kind: str) -> Iterator[Leaf]:
        """Leaves of one kind, in order."""
        return (leaf for leaf in self.leaves if leaf.page.kind == kind)

    def find(self, key: str) -> Leaf | None:
        """The leaf that the draft calls `key`."""
        return next((leaf for leaf in self.leaves if leaf.key == key), None)

    def object(self, name: str) -> Leaf | None:
        """The object of that name."""
        return next((leaf for leaf in self.of_kind("object") if leaf.name == name), None)

    def form_of(self, name: str) -> Leaf | None:
        """The form of an object."""
        return next((leaf for leaf in self.of_kind("form") if leaf.data.get("object") == name), None)

    def views_of(self, name: str) -> list[Leaf]:
        """The views of an object."""
        return [leaf for leaf in self.of_kind("view") if leaf.data.get("object") == name]

    def fields_of(self, name: str) -> dict[str, Mapping[str, Any]]:
        """Field definitions of an object by name, those that other templates add included."""
        found: dict[str, Mapping[str, Any]] = {}
        for leaf in self.leaves:
            if leaf.page.kind in ("object", "extend") and leaf.name == name:
                found |= {key: value for key, value in leaf.map("fields").items() if isinstance(value, Mapping)}
        return found

    @property
    def others(self) -> list[Leaf]:
        """Leaves that have no form of their own in the builder yet: edited as YAML."""
        return [leaf for leaf in self.leaves if leaf.page.kind not in ("object", "form", "view")]
