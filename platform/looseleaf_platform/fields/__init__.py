"""Field types: one file each, registered by one line each in `REGISTERED`. A field type knows its values and nothing above them.

`FIELD_TYPES[name]` and `field_type(name)` give a type; `vocabulary()` tells the metadata checker of them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.fields.auto_number import AutoNumberType
from looseleaf_platform.fields.base import FieldType
from looseleaf_platform.fields.boolean import BooleanType
from looseleaf_platform.fields.currency import CurrencyType
from looseleaf_platform.fields.date import DateType
from looseleaf_platform.fields.datetime import DateTimeType
from looseleaf_platform.fields.decimal import DecimalType
from looseleaf_platform.fields.formula import FormulaType
from looseleaf_platform.fields.integer import IntegerType
from looseleaf_platform.fields.lines import LinesType
from looseleaf_platform.fields.lookup import LookupType
from looseleaf_platform.fields.percent import PercentType
from looseleaf_platform.fields.record_id import RecordIdType
from looseleaf_platform.fields.rollup import RollupType
from looseleaf_platform.fields.select import SelectType
from looseleaf_platform.fields.team import TeamType
from looseleaf_platform.fields.text import TextType
from looseleaf_platform.fields.user import UserType

REGISTERED: tuple[type[FieldType], ...] = (
    TextType,
    IntegerType,
    DecimalType,
    CurrencyType,
    PercentType,
    DateType,
    DateTimeType,
    BooleanType,
    SelectType,
    LookupType,
    LinesType,
    UserType,
    TeamType,
    AutoNumberType,
    FormulaType,
    RollupType,
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
