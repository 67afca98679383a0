"""The form in which two values that mean the same are equal: telephone numbers, e-mail addresses, names of companies.

For finding duplicates: keys may make different things equal, since a person decides; they should rarely make equal things differ.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from looseleaf_metadata.model import Field
from looseleaf_platform.fields import field_type
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.fields.currency import Money
from looseleaf_platform.fields.phone import EXTENSION

_LEGAL_FORMS = """
    co company companies corp corporation cia inc incorporated ltd limited ltda llc llp lp plc pty pte sdn bhd pjsc pcl jsc ojsc oao pao
    gmbh ag kg kgaa se ug mbh eg sa sas sarl sasu spa srl sl slu sab cv de nv bv cvba ab publ oyj oy asa as aps hf nyrt rt zrt dd kk
    kabushiki kaisha tbk pt tas sirketi anonim holding holdings hldg hldgs group grp gruppe groupe grupo the and und et reit adr ads gdr
    sponsored reg aktiengesellschaft aktiebolag inhaber aktien namens ord
"""
LEGAL_FORMS = frozenset(_LEGAL_FORMS.split())
"""Words that say what a company legally is, or which of its shares, and nothing about who it is."""
SHORT_FORMS = {
    "intl": "international", "int": "international", "internat": "international", "tech": "technology", "techs": "technology", "technologies": "technology",
    "mfg": "manufacturing", "manuf": "manufacturing", "ind": "industry", "inds": "industry", "industries": "industry", "industrial": "industry", "industrials": "industry",
    "pharm": "pharma", "pharma": "pharma", "pharmaceutical": "pharma", "pharmaceuticals": "pharma", "pharmac": "pharma", "dev": "development", "devel": "development", "sys": "system",
    "systems": "system", "svc": "service", "svcs": "service", "serv": "service", "services": "service", "fin": "financial", "finl": "financial", "finance": "financial",
    "bk": "bank", "res": "resource", "resources": "resource", "prod": "product", "prods": "product", "products": "product", "elec": "electric",
    "electr": "electric", "electronics": "electronic", "ctrl": "control", "controls": "control", "ent": "entertainment", "entmt": "entertainment", "comm": "communication", "comms": "communication",
    "communications": "communication", "telecom": "telecommunication", "telecommunications": "telecommunication", "engr": "engineering", "eng": "engineering", "chem": "chemical", "chemicals": "chemical",
    "invt": "investment", "inv": "investment", "invest": "investment", "investments": "investment", "mgmt": "management", "mgt": "management", "prop": "property", "props": "property",
    "properties": "property", "ins": "insurance", "labs": "laboratory", "laboratories": "laboratory", "lab": "laboratory", "med": "medical", "motors": "motor", "mtrs": "motor",
    "software": "software", "solutions": "solution", "sol": "solution", "sci": "science", "sciences": "science", "energies": "energy", "ener": "energy",
    "pwr": "power", "grd": "gold", "mng": "mining", "mines": "mining", "min": "mining", "transp": "transport", "transportation": "transport", "univ": "university", "natl": "national",
    "gen": "general", "am": "american", "amer": "american", "euro": "european", "brands": "brand", "foods": "food", "hotels": "hotel", "materials": "material", "mat": "material",
    "networks": "network", "netw": "network", "partners": "partner", "semicond": "semiconductor", "semiconductors": "semiconductor", "stores": "store", "supplies": "supply", "water": "water",
}  # fmt: skip
"""Abbreviations and plurals of company names to one form."""
_CHINESE_FORMS = re.compile(
    r"(?:\(?集团\)?)?(?:股份有限公司|股份公司|有限责任公司|有限公司|責任有限公司|股份|公司|集团|集團|厂|廠|事务所)$"
)
_CHINESE_GROUP = re.compile(r"\(?集[团團]\)?|[((]?(?:普通合伙|有限合伙|特殊普通合伙|个人独资|合伙)[))]?$")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_APOSTROPHES = re.compile(r"['’`´]")
_DOTTED = re.compile(r"\b(?:\w\.){2,}\w?|\b(?:\w/){1,3}\w\b")
_SHARES = re.compile(
    r"(?:\s(?:s\.|sp\.?\s?)?(?:adr|gdr)[\s\d/,]*|\s(?:na|inh|konv|vink|vz|st|on|o\.n\.?)|\s-?,[0-9]+"
    r"|[\s.](?:dl|eo|ls|hd|sd|rp|yc|yn|rc|ad|cd|sk|nk|dk|sf|sw|zy|rl|mk)\s*-?\s*[0-9]*,?[0-9]*)+$"
)
"""Nominal values and kinds of shares behind a name in lists of securities ("DL-,001", "O.N.", "ADR 1/5")."""
_PUBLIC = re.compile(r"\bpublic (?=limited\b|company\b|joint\b)|\bjoint stock\b|\bclass [a-e]\b")
_WORDS = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """Full-width forms, case, accents and the ways of writing spaces folded away."""
    text = unicodedata.normalize("NFKC", text).casefold()
    if text.isascii():
        return " ".join(text.split())
    plain = "".join(character for character in unicodedata.normalize("NFD", text) if not "\u0300" <= character <= "\u036f")
    return " ".join(unicodedata.normalize("NFC", plain).split())


@lru_cache(maxsize=20_000)
def company_key(name: str) -> str:
    """A company's name without legal form, punctuation, spaces, abbreviations and plurals; the folded name where nothing else is left."""
    plain = folded(name)
    return (_chinese_key(plain) if _CHINESE.search(plain) else _latin_key(plain)) or "".join(_WORDS.findall(plain)) or plain


def phone_key(value: str) -> str:
    """A parsed telephone number without its extension."""
    return value.partition(EXTENSION)[0]


def email_key(value: str) -> str:
    """An e-mail address in small letters: mail servers that tell `A@…` from `a@…` are as good as extinct."""
    return value.casefold()


def normalised(field: Field, value: Any) -> str:
    """What two records' values of a field must have in common to be taken for the same; "" for no value."""
    if value is None:
        return ""
    by_type = KEYS.get(field.type)
    return by_type(value) if by_type else folded(field_type(field.type).display(value, field, Situation()))


KEYS: dict[str, Callable[[Any], str]] = {
    "text": company_key,
    "phone": phone_key,
    "email": email_key,
    "currency": lambda value: f"{value.amount.normalize():f} {value.currency}" if isinstance(value, Money) else f"{value.normalize():f}",
}
"""Types whose values need more than folding."""


def _chinese_key(plain: str) -> str:
    """A Chinese name: legal form off its end, brackets off its places, all together."""
    bare = _CHINESE_GROUP.sub("", plain.replace(" ", "").replace("（", "(").replace("）", ")"))
    while (shorter := _CHINESE_FORMS.sub("", bare)) != bare and shorter:
        bare = shorter
    return "".join(_WORDS.findall(bare))


def _latin_key(plain: str) -> str:
    """A Latin name: dotted letters joined (S.A. to sa), legal forms dropped, known short forms spelt out."""
    plain = _PUBLIC.sub("", _APOSTROPHES.sub("", _SHARES.sub("", plain)).replace("&", " and "))
    joined = _DOTTED.sub(lambda found: re.sub(r"[./]", "", found[0]), plain)
    words = [SHORT_FORMS.get(word, word) for word in _WORDS.findall(joined) if word not in LEGAL_FORMS]
    return "".join(words)
