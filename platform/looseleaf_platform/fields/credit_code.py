"""The unified social credit code of a Chinese organisation (GB 32100-2015), with its check digit."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError

from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import WORDED, ColumnSpec, FieldType, Sample, Situation, text_of
from looseleaf_platform.fields.numbers import HALF_WIDTH

LENGTH = 18


class CreditCodeType(FieldType):
    """18 digits and capital letters, the last of them a check digit that must be right."""

    name = "credit_code"
    label = Label.of({"zh": "统一社会信用代码", "en": "Unified social credit code"})
    operators = WORDED
    widget = "text"

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. Eighteen characters."""
        return (ColumnSpec("", String(LENGTH)),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> str | None:
        """5. In capitals, without spaces and dashes."""
        text = None if raw is None else text_of(raw)
        if not text:
            return None
        try:
            return str(uscc.validate(text[:60].translate(HALF_WIDTH).upper()))
        except InvalidLength as error:
            raise Invalid("not-a-credit-code", Text("A unified social credit code has 18 characters")) from error
        except InvalidChecksum as error:
            raise Invalid(
                "check-digit", Text("The check digit of “{value}” is wrong: a character was mistyped", value=text[:60])
            ) from error
        except ValidationError as error:
            raise Invalid("not-a-credit-code", Text("“{value}” is not a unified social credit code", value=text[:60])) from error

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. A right one, and mistyped ones."""
        return (
            Sample("91110000600037341L", "91110000600037341L"),
            Sample("9111 0000 6000 3734 1l", "91110000600037341L"),
            Sample("９１１１００００６０００３７３４１Ｌ", "91110000600037341L"),
            Sample("91110000600037342L", refused="check-digit"),
            Sample("9111000060003734", refused="not-a-credit-code"),
            Sample("A1110000600037341L", refused="not-a-credit-code"),
            Sample(91110000600037341, refused="not-a-credit-code"),
        )
