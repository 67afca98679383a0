"""Numbers as people write them: `1,286.50万`, `(1,200)`, full-width digits, spreadsheet floats. Exact: never through a float.

Knows nothing of currencies or percent signs; those types take their own marks off first.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any, NoReturn

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid

LONGEST = 60
"""Characters of the longest number read; longer ones are refused unread."""
EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
HALF_WIDTH = str.maketrans(
    {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | {"\u3000": " ", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "−": "-", "–": "-", "’": "'", "﹣": "-", "。": "."}
)
"""Full-width forms, odd spaces and dashes to their ASCII twins."""
UNITS = {
    "十": 10,
    "百": 100,
    "千": 1000,
    "万": 10_000,
    "萬": 10_000,
    "十万": 100_000,
    "百万": 1_000_000,
    "千万": 10_000_000,
    "亿": 100_000_000,
    "億": 100_000_000,
    "十亿": 1_000_000_000,
    "百亿": 10_000_000_000,
    "千亿": 100_000_000_000,
    "万亿": 1_000_000_000_000,
}
_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_WRITTEN = re.compile(
    r"(?P<whole>[0-9]+|[0-9]{1,3}(?:[ ,'][0-9]{3})+|[0-9]{1,4}(?:,[0-9]{4})+)?"
    r"(?:\.(?P<part>[0-9]*))?(?:[eE](?P<exponent>[+-]?[0-9]{1,3}))? ?(?P<unit>[十百千万萬亿億]{1,2})?",
    re.ASCII,
)
_BRACKETS = (("(", ")"), ("（", "）"))


def number_of(raw: Any) -> Decimal:
    """The exact number of an input: int, Decimal, float (as it prints) or text. Raises Invalid "not-a-number"."""
    kind = type(raw)
    if kind is str:
        if len(raw) <= LONGEST and _PLAIN.fullmatch(raw):
            return Decimal(raw)
        return number_in(raw)
    if kind is int:
        return Decimal(raw) if -(10**LONGEST) < raw < 10**LONGEST else _refuse(raw)
    if kind is float or kind is Decimal:
        value = raw if kind is Decimal else Decimal(repr(raw))
        return value if value.is_finite() and abs(value.adjusted()) <= LONGEST else _refuse(raw)
    return _refuse(raw)


def number_in(text: str) -> Decimal:
    """The number that `text` says. Raises Invalid "not-a-number"."""
    if len(text) > LONGEST:
        _refuse(text[:LONGEST] + "…")
    plain, negative = sign_of(text.translate(HALF_WIDTH).strip())
    found = _WRITTEN.fullmatch(plain)
    if found is None or not (found["whole"] or found["part"]):
        return _refuse(text)
    exponent = int(found["exponent"] or 0)
    unit = UNITS.get(found["unit"] or "", 0 if found["unit"] else 1)
    if not unit or abs(exponent) > LONGEST:
        return _refuse(text)
    digits = re.sub(r"[ ,']", "", found["whole"] or "0")
    value = EXACT.multiply(Decimal(f"{digits}.{found['part'] or 0}").scaleb(exponent, EXACT), unit)
    return -value if negative else value


def sign_of(text: str) -> tuple[str, bool]:
    """`text` without its sign, and whether it is negative: `-5`, `5-`, `(5)`; `+5` is not."""
    for opening, closing in _BRACKETS:
        if text.startswith(opening) and text.endswith(closing) and len(text) > 2:
            return text[1:-1].strip(), True
    if text.startswith(("-", "+")):
        return text[1:].lstrip(), text[0] == "-"
    if text.endswith("-"):
        return text[:-1].rstrip(), True
    return text, False


def rounded(value: Decimal, scale: int) -> Decimal:
    """`value` with exactly `scale` decimal places, halves away from zero."""
    try:
        return value.quantize(_UNITS[scale], context=EXACT)
    except InvalidOperation:
        return _refuse(value)


_UNITS = tuple(Decimal(1).scaleb(-scale) for scale in range(19))


def fits(value: Decimal, precision: int, scale: int) -> None:
    """Raise Invalid "too-large" unless `value` has at most `precision` digits, `scale` of them decimal places."""
    if not -_WHOLES[precision - scale] < value < _WHOLES[precision - scale]:
        raise Invalid("too-large", Text("The number has more than {digits} digits before the point", digits=precision - scale))


_WHOLES = tuple(Decimal(10) ** digits for digits in range(20))


def within(value: Any, settings: Any) -> None:
    """Raise Invalid unless `value` lies between the settings `min` and `max`, where given."""
    least, most = settings.get("min"), settings.get("max")
    if least is not None and value < Decimal(str(least)):
        raise Invalid("too-small", Text("Must be {least} or more", least=least))
    if most is not None and value > Decimal(str(most)):
        raise Invalid("too-large", Text("Must be {most} or less", most=most))


def bounds(settings: Any) -> tuple[tuple[str, Text], ...]:
    """The fault of settings whose `min` is above their `max`."""
    least, most = settings.get("min"), settings.get("max")
    if least is not None and most is not None and Decimal(str(least)) > Decimal(str(most)):
        return (("min", Text("min is above max")),)
    return ()


def grouped(value: Decimal, places: int) -> str:
    """`value` with thousands separators and at least `places` decimals; none at all for a whole number."""
    if value == value.to_integral_value():
        return f"{value:,.0f}"
    text = f"{value:,f}".rstrip("0")
    whole, _, part = text.partition(".")
    return f"{whole}.{part.ljust(places, '0')}"


def _refuse(raw: Any) -> NoReturn:
    shown = "10^60" if type(raw) is int and abs(raw) > 10**LONGEST else str(raw)[:LONGEST]
    raise Invalid("not-a-number", Text("“{value}” is not a number", value=shown))
