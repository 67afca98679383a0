"""What the builder's templates may call: pairs for choices, plain words for the settings of field types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint

from looseleaf_metadata.texts import Text
from looseleaf_ui_builder.web.texts import say

SETTINGS: Mapping[str, Text] = {
    "max_length": Text("Longest text, in characters"),
    "min_length": Text("Shortest text, in characters"),
    "pattern": Text("Pattern (regular expression)"),
    "min": Text("Smallest value"),
    "max": Text("Largest value"),
    "precision": Text("Digits in all"),
    "scale": Text("Decimal places"),
    "decimals": Text("Decimal places shown"),
    "currency": Text("Currency"),
    "order": Text("Order of day and month in imports"),
    "to": Text("Related object"),
    "by": Text("Field of the line that names its parent"),
    "on_delete": Text("When the related record is deleted"),
    "region": Text("Region of numbers without a country code"),
    "loose": Text("Accept numbers that can't be checked"),
    "max_count": Text("Most files"),
    "max_size": Text("Largest file, in MB"),
    "format": Text("Format of the number"),
    "returns": Text("Type of the result"),
    "value": Text("Formula"),
    "reveals": Text("Readable without rights to what it reads"),
    "from": Text("Summed up from (object.field)"),
    "count": Text("Count the records"),
    "sum": Text("Sum of"),
    "average": Text("Average of"),
    "where": Text("Only records for which this holds"),
}


def setting_label(name: str) -> str:
    """What people call a setting of a field type."""
    return say(SETTINGS[name]) if name in SETTINGS else name.replace("_", " ").capitalize()


def pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    """Names as choices that are shown as they are."""
    return [(name, name) for name in names]


def dict_of(entries: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Pairs as a mapping."""
    return dict(entries)


def furnish_builder(builder: Blueprint) -> None:
    """Give the builder's templates what they may call."""
    builder.add_app_template_filter(pairs)
    builder.add_app_template_filter(dict_of)

    @builder.context_processor
    def page() -> dict[str, Any]:
        return {"setting_label": setting_label}
