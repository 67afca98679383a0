"""An amount of money: an exact decimal with its currency, and the same in the workspace's currency."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import String

from looseleaf_metadata.expressions.types import ExpressionType, number
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.database.types import ExactDecimal
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import COMPARED, ColumnSpec, FieldType, Sample, Situation, blank, settings
from looseleaf_platform.fields.currencies import CODES, code_of, places, split_mark, symbol
from looseleaf_platform.fields.numbers import HALF_WIDTH, bounds, fits, grouped, number_in, number_of, rounded, sign_of, within

PRECISION = 18


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency (ISO 4217). `base`: the same in the workspace's currency, put in by the write path (None: not yet known).

    Two Moneys are equal if amount and currency are; the base depends on the day's rate.
    """

    amount: Decimal
    currency: str
    base: Decimal | None = field(default=None, compare=False)

    def with_base(self, base: Decimal) -> Money:
        """The same money with its worth in the workspace's currency."""
        return replace(self, base=base)


class CurrencyType(FieldType):
    """Money. `scale`: decimal places kept (2); `currency`: used where none is given, instead of the workspace's.

    Surplus decimal places are rounded, halves away from zero. `min` and `max` hold for the amount, in whatever currency.
    Expressions, filters, sorting and totals see the amount in the workspace's currency.
    """

    name = "currency"
    label = Label.of({"zh": "金额", "en": "Currency"})
    settings_schema = settings(
        {
            "scale": {"type": "integer", "minimum": 0, "maximum": 6},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
            "min": {"type": "number"},
            "max": {"type": "number"},
        }
    )
    operators = COMPARED
    widget = "currency"

    def check_settings(self, settings: Mapping[str, Any]) -> tuple[tuple[str, Text], ...]:
        """2b. Bounds the right way round, a currency that exists."""
        if settings.get("currency", "CNY") not in CODES:
            return (("currency", Text("“{value}” is not a currency code of ISO 4217", value=settings["currency"])),)
        return bounds(settings)

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. The amount in the workspace's currency."""
        return number(settings.get("scale", 2))

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. The amount, its currency, and the amount in the workspace's currency."""
        exact = ExactDecimal(PRECISION, field.settings.get("scale", 2))
        return ColumnSpec("", exact), ColumnSpec("__currency", String(3)), ColumnSpec("__base", exact)

    def parse(self, raw: Any, field: Field, situation: Situation) -> Money | None:
        """5. `￥1,286.50万`, `USD 1,200.50`, `(1,200)`, 500000, {"amount": "12.50", "currency": "USD"}."""
        if blank(raw):
            return None
        settings = field.settings
        own = settings.get("currency") or situation.currency
        if type(raw) is str:
            amount, code = _in_text(raw, own)
        elif isinstance(raw, Money):
            amount, code = raw.amount, raw.currency
        elif isinstance(raw, Mapping):
            amount, code = _in_mapping(raw, own)
        else:
            amount, code = number_of(raw), ""
        money = Money(rounded(amount, settings.get("scale", 2)), code or own)
        self.validate(money, field)
        return money

    def validate(self, value: Money, field: Field) -> None:
        """6. A known currency, digits and bounds."""
        if value.currency not in CODES:
            raise Invalid("unknown-currency", Text("“{value}” is not a currency code of ISO 4217", value=value.currency[:20]))
        fits(value.amount, PRECISION, field.settings.get("scale", 2))
        if field.settings:
            within(value.amount, field.settings)

    def store(self, value: Money | None, field: Field) -> tuple[Any, ...]:
        """7a. Amount, currency, base."""
        return (None, None, None) if value is None else (value.amount, value.currency, value.base)

    def load(self, stored: Sequence[Any], field: Field) -> Money | None:
        """7b. The Money again."""
        return None if stored[0] is None else Money(stored[0], stored[1], stored[2])

    def dump(self, value: Money | Decimal | None, field: Field) -> Any:
        """8. `{"amount": "12.50", "currency": "USD"}`; an amount in the workspace's currency (of a formula) is a string."""
        if isinstance(value, Money):
            return {"amount": f"{value.amount:f}", "currency": value.currency}
        return None if value is None else f"{value:f}"

    def display(self, value: Money | Decimal | None, field: Field, situation: Situation) -> str:
        """9. `¥1,286.50`, `-US$12`; whole amounts without decimals."""
        if value is None:
            return ""
        if isinstance(value, Money):
            amount, code = value.amount, value.currency
        else:  # worked out, so it may have more decimal places than there are coins for
            amount, code = rounded(value, places(situation.currency)), situation.currency
        sign = "-" if amount < 0 else ""
        return f"{sign}{symbol(code, situation.locale)}{grouped(abs(amount), places(code))}"

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. The ways people write money."""
        return (
            Sample("￥1,286.50万", Money(Decimal("12865000.00"), "CNY")),
            Sample("¥12,000", Money(Decimal("12000.00"), "CNY")),
            Sample("USD 1,200.50", Money(Decimal("1200.50"), "USD")),
            Sample("1.2亿元", Money(Decimal("120000000.00"), "CNY")),
            Sample("(1,200)", Money(Decimal("-1200.00"), "CNY")),
            Sample("-HK$５.５", Money(Decimal("-5.50"), "HKD")),
            Sample("500000 CNY", Money(Decimal("500000.00"), "CNY")),
            Sample("50万人民币", Money(Decimal("500000.00"), "CNY")),
            Sample(500000, Money(Decimal("500000.00"), "CNY")),
            Sample(0.125, Money(Decimal("0.13"), "CNY")),
            Sample({"amount": "12.50", "currency": "USD"}, Money(Decimal("12.50"), "USD")),
            Sample("12 XYZ", refused="not-a-number"),
            Sample("USD 5 €", refused="not-a-number"),
            Sample({"amount": "12", "currency": "ABC"}, refused="unknown-currency"),
            Sample({"sum": 12}, refused="not-money"),
            Sample("100000万亿", refused="too-large"),
        )


_USUAL = re.compile(r"([¥￥$]?)([0-9]{1,3}(?:,[0-9]{3}){0,5}|[0-9]{1,18})(\.[0-9]{1,10})?", re.ASCII)
"""The most usual ways of writing an amount, read without further ado."""


def _in_text(text: str, own: str) -> tuple[Decimal, str]:
    """Amount and currency ("" where none is marked) that a text says."""
    if found := _USUAL.fullmatch(text):
        mark, whole, part = found.groups()
        return Decimal(whole.replace(",", "") + (part or "")), code_of(mark, own) if mark else ""
    if len(text) > 80:
        return number_in(text), ""
    plain, negative = sign_of(text.translate(HALF_WIDTH).replace("￥", "¥").strip())
    plain, code = split_mark(plain, own)
    amount = number_in(plain)
    return (-amount if negative else amount), code


def _in_mapping(raw: Mapping[str, Any], own: str) -> tuple[Decimal, str]:
    """Amount and currency of `{"amount": …, "currency": …}`."""
    if "amount" not in raw or not set(raw) <= {"amount", "currency"} or isinstance(raw["amount"], Mapping):
        raise Invalid("not-money", Text("Expected an amount, or an object of amount and currency"))
    code = raw.get("currency") or own
    return number_of(raw["amount"]), code.upper() if isinstance(code, str) else str(code)
