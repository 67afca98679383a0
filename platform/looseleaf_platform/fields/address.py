"""A postal address: in China by the national table of divisions, elsewhere in free words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from babel import Locale
from sqlalchemy import String
from sqlalchemy import Text as TextColumn

from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import ColumnSpec, FieldType, Sample, Situation, blank, text_of
from looseleaf_platform.fields.divisions import find, locate, names_of

CHINA = "CN"
LONGEST = 500
PARTS = ("country", "province", "city", "district", "street", "postcode", "code")


@dataclass(frozen=True, slots=True)
class Address:
    """`country`: ISO 3166 code. `code`: the deepest division of China that is known ("32", "3205" or "320505"), "" elsewhere.

    Province, city and district are names; in China they are those of the table.
    """

    country: str = CHINA
    province: str = ""
    city: str = ""
    district: str = ""
    street: str = ""
    postcode: str = ""
    code: str = ""

    @property
    def line(self) -> str:
        """The address in one line: from large to small in China, from small to large elsewhere."""
        if self.country == CHINA:
            return f"{self.province}{'' if self.city == self.province else self.city}{self.district}{self.street}"
        region = f"{self.province} {self.postcode}".strip()
        return ", ".join(part for part in (self.street, self.district, self.city, region, self.country) if part)


class AddressType(FieldType):
    """An address of country, province, city, district, street and post code. Filters and search look at the whole line."""

    name = "address"
    label = Label.of({"zh": "地址", "en": "Address"})
    operators = ("contains", "starts_with", "empty", "not_empty")
    widget = "address"

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. The line, then the parts."""
        return ColumnSpec("", TextColumn()), *(ColumnSpec(f"__{part}", String(2) if part == "country" else TextColumn()) for part in PARTS)

    def parse(self, raw: Any, field: Field, situation: Situation) -> Address | None:
        """5. An object of the parts (names, short names or codes), or one line of text."""
        if blank(raw):
            return None
        if isinstance(raw, Address):
            raw = asdict(raw)
        if isinstance(raw, Mapping):
            value = _of_parts(raw, situation.phone_region)
        else:
            code, street = locate(text_of(raw)) if situation.phone_region == CHINA else ("", text_of(raw))
            value = _in_china(code, street=street) if situation.phone_region == CHINA else Address(situation.phone_region, street=street)
        self.validate(value, field)
        return value if value.province or value.city or value.district or value.street or value.postcode else None

    def validate(self, value: Address, field: Field) -> None:
        """6. Length."""
        for part in PARTS:
            length = len(getattr(value, part))
            if length > LONGEST:
                raise Invalid("too-long", Text("{length} characters: at most {most} fit", length=length, most=LONGEST))

    def store(self, value: Address | None, field: Field) -> tuple[Any, ...]:
        """7a. The line, then the parts."""
        if value is None:
            return (None,) * (len(PARTS) + 1)
        return value.line or value.postcode, *(getattr(value, part) or None for part in PARTS)

    def load(self, stored: Sequence[Any], field: Field) -> Address | None:
        """7b. From its parts."""
        return None if stored[0] is None else Address(*(part or "" for part in stored[1:]))

    def dump(self, value: Address | None, field: Field) -> dict[str, str] | None:
        """8. An object of the parts that are known."""
        return None if value is None else {part: getattr(value, part) for part in PARTS if getattr(value, part)}

    def display(self, value: Address | None, field: Field, situation: Situation) -> str:
        """9. The line."""
        return "" if value is None else value.line or value.postcode

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. China by names, codes and in one line; abroad."""
        suzhou = Address("CN", "江苏省", "苏州市", "虎丘区", "科灵路88号", "", "320505")
        return (
            Sample("江苏省苏州市虎丘区科灵路88号", suzhou),
            Sample("江苏苏州虎丘区科灵路88号", suzhou),
            Sample({"province": "江苏", "city": "苏州市", "district": "虎丘区", "street": "科灵路88号"}, suzhou),
            Sample({"code": "320505", "street": "科灵路88号"}, suzhou),
            Sample("北京市朝阳区建国路1号", Address("CN", "北京市", "北京市", "朝阳区", "建国路1号", "", "110105")),
            Sample("江苏省昆山市花桥镇", Address("CN", "江苏省", "苏州市", "昆山市", "花桥镇", "", "320583")),
            Sample("科技园二期", Address("CN", street="科技园二期")),
            Sample(
                {"country": "DE", "city": "München", "street": "Marienplatz 1", "postcode": "80331"},
                Address("DE", "", "München", "", "Marienplatz 1", "80331"),
            ),
            Sample({"country": "DE"}, None),
            Sample({"province": "江苏省", "city": "广州市"}, refused="unknown-division"),
            Sample({"code": "999999"}, refused="unknown-division"),
            Sample({"country": "Atlantis", "city": "A"}, refused="unknown-country"),
            Sample({"planet": "Mars"}, refused="not-an-address"),
            Sample({"street": "x" * 501}, refused="too-long"),
            Sample(["a"], refused="not-text"),
        )


def _of_parts(raw: Mapping[str, Any], home: str) -> Address:
    """An address from its parts; in China they must be divisions of the table."""
    if not set(raw) <= set(PARTS):
        raise Invalid("not-an-address", Text("An address has the parts {parts}", parts=", ".join(PARTS)))
    said = {part: "" if raw.get(part) is None else text_of(raw[part]) for part in PARTS}
    country = _country(said["country"] or home)
    if country != CHINA:
        return Address(**{**said, "country": country, "code": ""})
    code = find(said["code"]) if said["code"] else ""
    if said["code"] and not code:
        raise _unknown(said["code"])
    if not code:
        code = _narrowed(said)
    return _in_china(code, **{part: said[part] for part in ("city", "district", "street", "postcode")})


def _narrowed(said: Mapping[str, str]) -> str:
    """The deepest division that province, city and district name together."""
    code = ""
    for part, lengths in (("province", (2,)), ("city", (4,)), ("district", (6,))):
        word = said[part]
        own_city = part == "city" and names_of(code)[0].endswith("市") and find(word) == code
        if not word or own_city or code in ("71", "81", "82"):
            continue
        deeper = find(word, code, lengths)
        if not deeper:
            raise _unknown(word)
        code = deeper
    return code


def _in_china(code: str, street: str = "", postcode: str = "", city: str = "", district: str = "") -> Address:
    """An address in a division of China; below Hong Kong, Macao and Taiwan city and district are free words."""
    province, known_city, known_district = names_of(code)
    free = code in ("71", "81", "82")
    return Address(CHINA, province, city if free else known_city, district if free else known_district, street, postcode, code)


def _country(word: str) -> str:
    """The ISO code of a country given by code or name."""
    code = _countries().get(word.casefold(), "")
    if not code:
        raise Invalid("unknown-country", Text("“{value}” is not a country", value=word[:60]))
    return code


@cache
def _countries() -> dict[str, str]:
    """Codes and names, in small letters, of all countries to their codes."""
    known: dict[str, str] = {}
    for locale in ("en", "zh"):
        for code, name in Locale(locale).territories.items():
            if len(code) == 2:
                known[str(name).casefold()] = code
                known[code.casefold()] = code
    return known


def _unknown(word: str) -> Invalid:
    return Invalid("unknown-division", Text("“{value}” is no division of China here", value=word[:60]))
