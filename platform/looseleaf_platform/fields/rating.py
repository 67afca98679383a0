"""Some stars."""

from __future__ import annotations

import re
from typing import Any

from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import COMPARED, Sample, Situation, blank, settings
from looseleaf_platform.fields.integer import IntegerType

_STARS = re.compile(r"([★⭐*]+)[☆]*")
_OUT_OF = re.compile(r"([0-9]{1,2}) ?(?:/ ?[0-9]{1,2}|星|stars?)")


class RatingType(IntegerType):
    """A whole number from 1 to `max` (5)."""

    name = "rating"
    label = Label.of({"zh": "评分", "en": "Rating"})
    settings_schema = settings(max={"type": "integer", "minimum": 2, "maximum": 10})
    operators = COMPARED
    widget = "rating"

    def parse(self, raw: Any, field: Field, situation: Situation) -> int | None:
        """5. 4, `4`, `★★★★`, `4/5`, `4 星`."""
        if blank(raw):
            return None
        if isinstance(raw, str):
            text = raw.strip()
            stars, out_of = _STARS.fullmatch(text), _OUT_OF.fullmatch(text)
            raw = len(stars[1]) if stars else out_of[1] if out_of else raw
        return super().parse(raw, field, situation)

    def validate(self, value: int, field: Field) -> None:
        """6. Between 1 and `max`."""
        most = field.settings.get("max", 5)
        if not 1 <= value <= most:
            raise Invalid("not-a-rating", Text("A rating goes from 1 to {most}", most=most))

    def display(self, value: int | None, field: Field, situation: Situation) -> str:
        """9. `4/5`."""
        return "" if value is None else f"{value}/{field.settings.get('max', 5)}"

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Four stars in several ways."""
        return (
            *(Sample(raw, 4) for raw in (4, "4", "★★★★☆", "4/5", "4 星")),
            Sample(1, 1),
            Sample(0, refused="not-a-rating"),
            Sample(11, refused="not-a-rating"),
            Sample("good", refused="not-a-number"),
        )
