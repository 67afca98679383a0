"""The contract of a field type: twelve concerns, no more. A thirteenth is a table of its own (see search.py, schemas.py).

A field type knows its values. It knows nothing of records, rights, screens or HTTP.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy.types import TypeEngine

from looseleaf_metadata.expressions.types import TEXT, ExpressionType
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_metadata.vocabulary import FieldTypeSpec
from looseleaf_platform.errors import Invalid


@dataclass(frozen=True, slots=True)
class Situation:
    """What a field type may need to know of its surroundings to parse or display: never the database.

    `today` resolves "today"; `currency` and `phone_region` are the workspace's; `locale` and `timezone` the reader's.
    """

    locale: str = "en"
    timezone: str = "Asia/Shanghai"
    currency: str = "CNY"
    phone_region: str = "CN"
    today: date = date(1970, 1, 1)
    now: datetime | None = None


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


class FieldType(ABC):
    """One kind of field. Subclasses set the class attributes and override what differs."""

    # 1, 2: what it is called, and the JSON Schema properties of its own settings
    name: ClassVar[str]
    label: ClassVar[Label]
    settings_schema: ClassVar[Mapping[str, Any]] = {}
    required_settings: ClassVar[tuple[str, ...]] = ()
    # flags that the checker reads (see FieldTypeSpec)
    computed: ClassVar[bool] = False
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

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. Storage columns, the main one first; () where nothing is stored in the object's own table."""
        raise NotImplementedError

    def parse(self, raw: Any, field: Field, situation: Situation) -> Any:
        """5. The only parser of a value: from JSON, a form's text or messy import text. None and "" are None. Raises Invalid."""
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
            stored=not cls.computed,
            choices=cls.choices,
            reference=cls.reference,
            fixed_target=cls.fixed_target,
            sortable=cls.sortable,
            titled=cls.titled,
            operators=cls.operators,
        )


def blank(raw: Any) -> bool:
    """Whether an input means "no value": None, or text of nothing but white space."""
    return raw is None or (isinstance(raw, str) and not raw.strip())


def text_of(raw: Any) -> str:
    """The text of an input, trimmed. Raises Invalid for lists, objects and booleans, and for NUL characters."""
    if isinstance(raw, bool) or (not isinstance(raw, str | int | float) and not hasattr(raw, "as_tuple")):
        raise Invalid("not-text", Text("Expected text"))
    text = str(raw).strip()
    if "\x00" in text:
        raise Invalid("nul-character", Text("The text holds a character (NUL) that can't be stored"))
    return text
