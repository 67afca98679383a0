"""A place on the globe."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from looseleaf_metadata.expressions.types import JSON, ExpressionType
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.database.types import ExactDecimal
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import ColumnSpec, FieldType, Sample, Situation, blank
from looseleaf_platform.fields.numbers import HALF_WIDTH, number_of, rounded

PLACES = 6
"""Decimal places of a degree: a tenth of a metre."""
_PAIR = re.compile(r"\(?\s*(-?[0-9]+(?:\.[0-9]+)?)\s*[,; ]\s*(-?[0-9]+(?:\.[0-9]+)?)\s*\)?")


@dataclass(frozen=True, slots=True)
class Geolocation:
    """Latitude (-90 to 90) and longitude (-180 to 180) in degrees, six decimal places, WGS 84."""

    latitude: Decimal
    longitude: Decimal


class GeolocationType(FieldType):
    """Latitude and longitude in degrees."""

    name = "geolocation"
    label = Label.of({"zh": "地理位置", "en": "Geolocation"})
    operators = ("empty", "not_empty")
    sortable = False
    widget = "geolocation"

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. Opaque: there, or not."""
        return JSON

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. Latitude, longitude."""
        return ColumnSpec("", ExactDecimal(9, PLACES)), ColumnSpec("__longitude", ExactDecimal(9, PLACES))

    def parse(self, raw: Any, field: Field, situation: Situation) -> Geolocation | None:
        """5. `31.2989, 120.5853`, [31.2989, 120.5853], {"latitude": …, "longitude": …} or lat and lng."""
        if blank(raw):
            return None
        if isinstance(raw, Geolocation):
            pair: Sequence[Any] = (raw.latitude, raw.longitude)
        elif isinstance(raw, str):
            found = _PAIR.fullmatch(raw.translate(HALF_WIDTH).strip()) if len(raw) <= 60 else None
            pair = found.groups() if found else ()
        elif isinstance(raw, Mapping):
            pair = [raw[name] for names in (("latitude", "lat"), ("longitude", "lng")) for name in names if name in raw]
        else:
            pair = raw if isinstance(raw, list | tuple) else ()
        if len(pair) != 2:
            raise Invalid("not-a-place", Text("Expected latitude and longitude, like 31.2989, 120.5853"))
        value = Geolocation(*(rounded(number_of(degrees), PLACES) for degrees in pair))
        self.validate(value, field)
        return value

    def validate(self, value: Geolocation, field: Field) -> None:
        """6. On the globe."""
        if abs(value.latitude) > 90 or abs(value.longitude) > 180:
            raise Invalid("off-the-globe", Text("Latitude goes from -90 to 90, longitude from -180 to 180"))

    def store(self, value: Geolocation | None, field: Field) -> tuple[Any, ...]:
        """7a. Latitude, longitude."""
        return (None, None) if value is None else (value.latitude, value.longitude)

    def load(self, stored: Sequence[Any], field: Field) -> Geolocation | None:
        """7b. The place again."""
        return None if stored[0] is None else Geolocation(stored[0], stored[1])

    def dump(self, value: Geolocation | None, field: Field) -> dict[str, str] | None:
        """8. `{"latitude": "31.298900", "longitude": "120.585300"}`."""
        return None if value is None else {"latitude": f"{value.latitude:f}", "longitude": f"{value.longitude:f}"}

    def display(self, value: Geolocation | None, field: Field, situation: Situation) -> str:
        """9. `31.2989, 120.5853`."""
        return "" if value is None else ", ".join(f"{degrees:f}".rstrip("0").rstrip(".") for degrees in (value.latitude, value.longitude))

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Suzhou in several ways; places off the globe."""
        suzhou = Geolocation(Decimal("31.298900"), Decimal("120.585300"))
        same = (
            "31.2989, 120.5853",
            "(31.2989，120.5853)",
            [31.2989, 120.5853],
            {"lat": 31.2989, "lng": "120.5853"},
            {"latitude": "31.2989", "longitude": 120.5853},
        )
        return (
            *(Sample(raw, suzhou) for raw in same),
            Sample("-90,180", Geolocation(Decimal(-90), Decimal(180))),
            Sample("91, 0", refused="off-the-globe"),
            Sample("Suzhou", refused="not-a-place"),
            Sample([1], refused="not-a-place"),
            Sample({"lat": "x", "lng": 1}, refused="not-a-number"),
            Sample(31, refused="not-a-place"),
        )
