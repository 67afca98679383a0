"""A telephone number."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat
from sqlalchemy import Text as TextColumn

from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import WORDED, ColumnSpec, FieldType, Sample, Situation, settings, text_of
from looseleaf_platform.fields.numbers import HALF_WIDTH

_MOBILE = re.compile(r"1(?:[38][0-9]|4[57]|5[0-35-9]|6[25-7]|7[0135-8]|9[0-35-9])[0-9]{8}")
"""Mobile numbers of mainland China, known good without asking the library: most of what is imported."""
_EXTENSION_WORDS = re.compile(r"\s*(?:转分机|分机号|转|轉|分机)\s*[:：]?\s*")
EXTENSION = ";ext="


class PhoneType(FieldType):
    """A number in international form (E.164: +8613800138000), an extension behind it as `;ext=801`.

    Numbers without a country code are of `region` (or the workspace's). `loose: true` also takes numbers that are merely possible.
    """

    name = "phone"
    label = Label.of({"zh": "电话", "en": "Phone"})
    settings_schema = settings(region={"type": "string", "pattern": "^[A-Z]{2}$"}, loose={"type": "boolean"})
    operators = WORDED
    widget = "phone"

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. One text column."""
        return (ColumnSpec("", TextColumn()),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> str | None:
        """5. As people write numbers: spaces, dashes, brackets, 转801, full-width digits, a spreadsheet's number."""
        text = None if raw is None else text_of(raw)
        if not text:
            return None
        region = field.settings.get("region") or situation.phone_region
        if region == "CN" and len(text) == 11 and text.isascii() and _MOBILE.fullmatch(text):
            return "+86" + text
        if len(text) > 60:
            raise _not_a_phone(text)
        return _international(text, region, bool(field.settings.get("loose")))

    def display(self, value: str | None, field: Field, situation: Situation) -> str:
        """9. The national form at home, the international one elsewhere."""
        return "" if value is None else _shown(value, field.settings.get("region") or situation.phone_region, situation.locale[:2])

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Mobile, landline, abroad, with an extension."""
        return (
            Sample("13800138000", "+8613800138000"),
            Sample("+86 138-0013-8000", "+8613800138000"),
            Sample("１３８ ００１３ ８０００", "+8613800138000"),
            Sample(13800138000.0, "+8613800138000"),
            Sample("(0512) 6288 8888 转 801", "+8651262888888;ext=801"),
            Sample("+1 650-253-0000 ext. 12", "+16502530000;ext=12"),
            Sample("0086 10 6552 9988", "+861065529988"),
            Sample("12", refused="not-a-phone"),
            Sample("call me", refused="not-a-phone"),
            Sample("13800138000 13900139000", refused="not-a-phone"),
            Sample([1], refused="not-text"),
        )


@lru_cache(maxsize=50_000)
def _international(text: str, region: str, loose: bool) -> str:
    written = _EXTENSION_WORDS.sub(" ext ", text.translate(HALF_WIDTH))
    try:
        number = phonenumbers.parse(written, region)
    except NumberParseException as error:
        raise _not_a_phone(text) from error
    if not (phonenumbers.is_valid_number(number) or (loose and phonenumbers.is_possible_number(number))):
        raise _not_a_phone(text)
    plain = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return f"{plain}{EXTENSION}{number.extension}" if number.extension else plain


@lru_cache(maxsize=20_000)
def _shown(value: str, region: str, locale: str) -> str:
    plain, _, extension = value.partition(EXTENSION)
    try:
        number = phonenumbers.parse(plain, region)
    except NumberParseException:
        return value
    home = phonenumbers.region_code_for_number(number) == region
    shown = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL)
    return Text("{number} ext. {extension}", number=shown, extension=extension).translate(locale) if extension else shown


def _not_a_phone(text: str) -> Invalid:
    return Invalid("not-a-phone", Text("“{value}” is not a telephone number", value=text[:60]))
