"""Currencies: the codes of ISO 4217 in use, the marks people write them with, and how they are shown.

Knows nothing of rates: amounts are converted by the write path.
"""

from __future__ import annotations

import re
from functools import cache

from babel.numbers import get_currency_precision, get_currency_symbol

_CODES = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNH CNY COP CRC CUP CVE
    CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES
    KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR
    NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND
    TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG
"""
CODES = frozenset(_CODES.split())
MARKS = {
    "人民币": "CNY", "rmb": "CNY", "cn¥": "CNY", "美元": "USD", "us$": "USD", "港币": "HKD", "港元": "HKD", "hk$": "HKD", "新台币": "TWD",
    "台币": "TWD", "nt$": "TWD", "澳门元": "MOP", "mop$": "MOP", "欧元": "EUR", "€": "EUR", "英镑": "GBP", "£": "GBP", "日元": "JPY", "日圆": "JPY",
    "jp¥": "JPY", "円": "JPY", "韩元": "KRW", "₩": "KRW", "新加坡元": "SGD", "s$": "SGD", "澳元": "AUD", "a$": "AUD", "加元": "CAD", "ca$": "CAD",
    "瑞士法郎": "CHF", "印度卢比": "INR", "₹": "INR", "泰铢": "THB", "฿": "THB", "₫": "VND", "越南盾": "VND", "₽": "RUB", "卢布": "RUB",
}  # fmt: skip
"""What people write for a currency, lower case. Marks shared by several are in SHARED."""
SHARED = {
    "¥": ("CNY", frozenset({"CNY", "JPY"})),
    "￥": ("CNY", frozenset({"CNY", "JPY"})),
    "$": ("USD", frozenset({"USD", "HKD", "TWD", "SGD", "AUD", "CAD", "NZD", "MXN"})),
    "元": ("CNY", frozenset({"CNY", "HKD", "TWD", "MOP", "SGD"})),
    "圆": ("CNY", frozenset({"CNY", "HKD", "TWD", "MOP", "JPY"})),
    "块": ("CNY", frozenset({"CNY", "HKD", "TWD"})),
}
"""Marks of several currencies: the field's own currency if it is one of them, else the commonest."""
_MARK = "|".join(sorted(map(re.escape, [*MARKS, *SHARED]), key=len, reverse=True))
_LEADING = re.compile(rf"({_MARK}|[a-z]{{3}}(?![a-z])) ?", re.IGNORECASE)
_TRAILING = re.compile(rf" ?({_MARK}|(?<![a-z])[a-z]{{3}})$", re.IGNORECASE)


def split_mark(text: str, own: str) -> tuple[str, str]:
    """(`text` without its currency marks, the ISO code or ""). `own` decides what a shared mark such as ¥ means.

    Marks that contradict each other ("USD 5 €") are left in the text, which then is no number.
    """
    found = ""
    for _ in range(2):
        match = _LEADING.match(text) or _TRAILING.search(text)
        code = code_of(match[1], found or own) if match else ""
        if not match or not code or (found and code != found):
            break
        found, text = code, (text[: match.start()] + text[match.end() :]).strip()
    return text, found


def code_of(mark: str, own: str) -> str:
    """The ISO code that one mark means, "" for none."""
    if mark.upper() in CODES:
        return mark.upper()
    low = mark.lower()
    if low in SHARED:
        commonest, known = SHARED[low]
        return own if own in known else commonest
    return MARKS.get(low, "")


@cache
def symbol(code: str, locale: str) -> str:
    """How a currency is marked in front of an amount: ¥, US$, or its code and a space."""
    if code == "CNY":
        return "¥"
    known = "JP¥" if code == "JPY" else str(get_currency_symbol(code, locale=locale[:2]))
    return known + " " if known[-1].isalpha() else known


@cache
def places(code: str) -> int:
    """Decimal places of a currency: 2 for CNY, 0 for JPY."""
    return int(get_currency_precision(code))
