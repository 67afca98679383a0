"""The contract of a field type: twelve concerns, no more. A thirteenth is a table of its own (see search.py, schemas.py).

A field type knows its values. It knows nothing of records, rights, screens or HTTP.
"""

from __future__ import annotations

import unicodedata
from abc import ABC
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy.types import TypeEngine

from looseleaf_metadata.expressions.types import TEXT, ExpressionType
from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import EMPTY, Field
from looseleaf_metadata.texts import Text
from looseleaf_metadata.vocabulary import FieldTypeSpec
from looseleaf_platform.errors import Invalid


@dataclass(frozen=True, slots=True)
class Situation:
    """What a field type may need to know of its surroundings to parse or display: never the database.

    `today` resolves "today"; `currency` and `phone_region` are the workspace's; `locale` and `timezone` the reader's;
    `me` is the acting user's id, None for the system itself.
    """

    locale: str = "en"
    timezone: str = "Asia/Shanghai"
    currency: str = "CNY"
    phone_region: str = "CN"
    today: date = date(1970, 1, 1)
    now: datetime | None = None
    me: int | None = None


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One storage column: `suffix` is added to the field's column name ("" for the main column)."""

    suffix: str
    type: TypeEngine[Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """An example for the shared specification: `raw` input, the `value` it parses to; `value` is ignored if `refused` names a code."""

    raw: Any
    value: Any = None
    refused: str = ""


COMPARED = ("eq", "ne", "lt", "le", "gt", "ge", "between", "in", "not_in", "empty", "not_empty")
WORDED = ("contains", "starts_with", "eq", "ne", "in", "not_in", "empty", "not_empty")
CHOSEN = ("in", "not_in", "eq", "ne", "empty", "not_empty")
COLLECTED = ("has_any", "has_all", "empty", "not_empty")
DATED = (*COMPARED[:7], "last_days", "next_days", "this_week", "this_month", "this_quarter", "this_year", "empty", "not_empty")
"""Operators that kinds of types have in common: of numbers, words, choices, collections and days."""


def settings(schemas: Mapping[str, Any] = EMPTY, /, **more: Any) -> Mapping[str, Any]:
    """The JSON Schemas of a type's settings by name, frozen."""
    return FrozenMap({**schemas, **more})


class FieldType(ABC):
    """One kind of field. Subclasses set the class attributes and override what differs."""

    # 1, 2: what it is called, and the JSON Schema properties of its own settings
    name: ClassVar[str]
    label: ClassVar[Label]
    settings_schema: ClassVar[Mapping[str, Any]] = EMPTY
    required_settings: ClassVar[tuple[str, ...]] = ()
    # flags that the checker reads (see FieldTypeSpec)
    computed: ClassVar[bool] = False
    stored: ClassVar[bool] = True
    choices: ClassVar[bool] = False
    reference: ClassVar[bool] = False
    fixed_target: ClassVar[str] = ""
    sortable: ClassVar[bool] = True
    titled: ClassVar[bool] = False
    # 10, 11: keys of operators.OPERATORS that make sense, and the widget that shows and edits it
    operators: ClassVar[tuple[str, ...]] = ("eq", "ne", "empty", "not_empty")
    widget: ClassVar[str] = "text"

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. What expressions see."""
        return TEXT

    def check_settings(self, settings: Mapping[str, Any]) -> tuple[tuple[str, Text], ...]:
        """2b. What the JSON Schema of the settings can't say: (setting, what is wrong with it), () where all is well."""
        return ()

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. Storage columns, the main one first; () where nothing is stored in the object's own table."""
        raise NotImplementedError

    def parse(self, raw: Any, field: Field, situation: Situation) -> Any:
        """5. The only parser of a value: from JSON, a form's text or messy import text. None and "" are None. Raises Invalid.

        A parsed value is taken as it is, and `validate` has been called on what is returned.
        """
        raise NotImplementedError

    def validate(self, value: Any, field: Field) -> None:
        """6. Check a parsed, non-None value against the settings. Raises Invalid."""

    def store(self, value: Any, field: Field) -> tuple[Any, ...]:
        """7a. The values of `columns`, in their order; `value` may be None."""
        return (value,)

    def load(self, stored: Sequence[Any], field: Field) -> Any:
        """7b. The value from its columns."""
        return stored[0]

    def dump(self, value: Any, field: Field) -> Any:
        """8. The JSON form (what the API answers and `parse` takes back). `value` may be None."""
        return value

    def display(self, value: Any, field: Field, situation: Situation) -> str:
        """9. The value as plain text for people, in the reader's language. "" for None."""
        return "" if value is None else str(value)

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Valid and refused inputs, for the shared specification and for made-up records. At least two valid ones."""
        raise NotImplementedError

    def example_settings(self) -> Mapping[str, Any]:
        """12b. Settings of a field used in the shared specification and the reference page."""
        return {}

    def refuses(self, field: Field, raw: Any) -> Text | None:
        """What is wrong with a value written in metadata (a default, a seed), None if nothing. Follows from `parse`."""
        try:
            self.parse(raw, field, Situation())
        except Invalid as invalid:
            return invalid.message
        return None

    @classmethod
    def spec(cls) -> FieldTypeSpec:
        """What the metadata checker is told of this type."""
        kind = cls()
        return FieldTypeSpec(
            name=cls.name,
            label=cls.label,
            settings_schema=cls.settings_schema,
            expression_type=kind.expression_type,
            required_settings=cls.required_settings,
            computed=cls.computed,
            stored=cls.stored,
            choices=cls.choices,
            reference=cls.reference,
            fixed_target=cls.fixed_target,
            sortable=cls.sortable,
            titled=cls.titled,
            operators=cls.operators,
            check_settings=kind.check_settings,
            refuses=kind.refuses,
        )


def blank(raw: Any) -> bool:
    """Whether an input means "no value": None, or text of nothing but white space."""
    return raw is None or (isinstance(raw, str) and not raw.strip())


def text_of(raw: Any) -> str:
    """The text of an input, trimmed. Numbers and dates of spreadsheets are written out ("13800138000", not "13800138000.0").

    Raises Invalid for lists, objects and booleans, and for characters that can't be stored.
    """
    if type(raw) is not str:
        raw = _written_out(raw)
    text: str = raw.strip()
    if text.isascii():
        if "\x00" in text:
            raise Invalid("nul-character", Text("The text holds a character (NUL) that can't be stored"))
        return text
    return _composed(text)


def _written_out(raw: Any) -> str:
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 1e15:
        return str(int(raw))
    if isinstance(raw, date | time):
        return raw.isoformat()
    if isinstance(raw, str | int | float | Decimal) and not isinstance(raw, bool):
        return str(raw)
    raise Invalid("not-text", Text("Expected text"))


def _composed(text: str) -> str:
    """`text` in Unicode's composed form (NFC), so that equal texts are equal."""
    if "\x00" in text:
        raise Invalid("nul-character", Text("The text holds a character (NUL) that can't be stored"))
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Invalid("broken-character", Text("The text holds half a character; it was damaged on its way here")) from error
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)
