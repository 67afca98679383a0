"""Field types: one file each, registered by one line each in `REGISTERED`. A field type knows its values and nothing above them.

`FIELD_TYPES[name]` and `field_type(name)` give a type; `vocabulary()` tells the metadata checker of them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.fields.address import AddressType
from looseleaf_platform.fields.auto_number import AutoNumberType
from looseleaf_platform.fields.base import FieldType
from looseleaf_platform.fields.boolean import BooleanType
from looseleaf_platform.fields.colour import ColourType
from looseleaf_platform.fields.credit_code import CreditCodeType
from looseleaf_platform.fields.currency import CurrencyType
from looseleaf_platform.fields.date import DateType
from looseleaf_platform.fields.datetime import DateTimeType
from looseleaf_platform.fields.decimal import DecimalType
from looseleaf_platform.fields.duration import DurationType
from looseleaf_platform.fields.email import EmailType
from looseleaf_platform.fields.file import FileType
from looseleaf_platform.fields.formula import FormulaType
from looseleaf_platform.fields.geolocation import GeolocationType
from looseleaf_platform.fields.image import ImageType
from looseleaf_platform.fields.integer import IntegerType
from looseleaf_platform.fields.json import JsonType
from looseleaf_platform.fields.lines import LinesType
from looseleaf_platform.fields.long_text import LongTextType
from looseleaf_platform.fields.lookup import LookupType
from looseleaf_platform.fields.many_to_many import ManyToManyType
from looseleaf_platform.fields.multi_select import MultiSelectType
from looseleaf_platform.fields.percent import PercentType
from looseleaf_platform.fields.phone import PhoneType
from looseleaf_platform.fields.rating import RatingType
from looseleaf_platform.fields.record_id import RecordIdType
from looseleaf_platform.fields.rich_text import RichTextType
from looseleaf_platform.fields.rollup import RollupType
from looseleaf_platform.fields.select import SelectType
from looseleaf_platform.fields.tags import TagsType
from looseleaf_platform.fields.team import TeamType
from looseleaf_platform.fields.text import TextType
from looseleaf_platform.fields.time import TimeType
from looseleaf_platform.fields.url import UrlType
from looseleaf_platform.fields.user import UserType

REGISTERED: tuple[type[FieldType], ...] = (
    TextType,
    LongTextType,
    RichTextType,
    IntegerType,
    DecimalType,
    CurrencyType,
    PercentType,
    DateType,
    DateTimeType,
    TimeType,
    DurationType,
    BooleanType,
    SelectType,
    MultiSelectType,
    TagsType,
    LookupType,
    LinesType,
    ManyToManyType,
    UserType,
    TeamType,
    EmailType,
    PhoneType,
    UrlType,
    AddressType,
    GeolocationType,
    FileType,
    ImageType,
    AutoNumberType,
    FormulaType,
    RollupType,
    RatingType,
    ColourType,
    JsonType,
    CreditCodeType,
    RecordIdType,
)
"""Every field type, in the order that the builder offers them."""

FIELD_TYPES: Mapping[str, FieldType] = MappingProxyType({kind.name: kind() for kind in REGISTERED})
"""One instance of each type by name; types hold no state."""


def field_type(name: str) -> FieldType:
    """The type of that name; KeyError where there is none."""
    return FIELD_TYPES[name]


def vocabulary() -> Vocabulary:
    """The field types, as the metadata checker needs to know them."""
    return Vocabulary(field_types={name: kind.spec() for name, kind in FIELD_TYPES.items()})
