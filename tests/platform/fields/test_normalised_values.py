"""Values that mean the same have the same key: companies, telephone numbers, e-mail addresses."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

from looseleaf_platform.fields import field_type
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.fields.currency import Money
from looseleaf_platform.fields.examples import example_field
from looseleaf_platform.fields.normalise import company_key, normalised
from support.shared_data import shared

SAME = [
    ["恒拓精密机械（苏州）有限公司", "恒拓精密机械(苏州)股份有限公司", "恒拓精密机械 (苏州)", "恒拓精密机械（苏州）有限责任公司"],
    ["中国平安保险（集团）股份有限公司", "中国平安保险集团", "中国平安保险"],
    ["华为技术有限公司", "华为技术"],
    ["ＨＵＡＷＥＩ Technologies Co., Ltd.", "Huawei Technologies", "HUAWEI TECHNOLOGY CO LTD"],
    ["Müller GmbH & Co. KG", "MULLER GMBH", "Müller"],
    ["Oxurion NV", "OXURION N.V."],
    ["Eaton Corp. Plc", "EATON CORP.PLC  DL -,01"],
    ["Vodafone Group PLC", "Vodafone Group Public Limited Company"],
]
DIFFERENT = [("恒拓精密机械苏州", "恒拓精密机械无锡"), ("Northern Data AG", "Northern Bitcoin AG"), ("中国移动", "中国联通"), ("A", "B")]


@pytest.mark.parametrize("names", SAME, ids=lambda names: names[0])
def test_the_same_company_has_the_same_key(names: list[str]) -> None:
    assert len({company_key(name) for name in names}) == 1


@pytest.mark.parametrize("names", DIFFERENT)
def test_different_companies_have_different_keys(names: tuple[str, str]) -> None:
    assert company_key(names[0]) != company_key(names[1])


@pytest.mark.parametrize("name", ["Co., Ltd.", "有限公司", "集团", "（）", "!!!", "🎉", " "])
def test_a_name_of_nothing_but_form_keeps_a_key_of_its_own(name: str) -> None:
    assert company_key(name) or not name.strip()


def test_real_pairs_of_names_are_recalled() -> None:
    """All pairs that a plain normalisation finds, and half of all: the rest is cut off or abbreviated at will, or the truth is wrong."""
    rows = list(csv.DictReader(shared("data", "listed-companies", "same_company_name_pairs.csv").read_text("utf-8").splitlines()))
    found = [row for row in rows if company_key(row["name_a"]) == company_key(row["name_b"])]
    plain = [row for row in rows if row["same_after_normalisation"] == "1"]
    assert all(row in found for row in plain)
    assert len(found) / len(rows) >= 0.5


def test_real_companies_are_hardly_ever_taken_for_each_other() -> None:
    names = {
        row["name"]
        for row in csv.DictReader(shared("data", "listed-companies", "greater_china_listed.csv").read_text("utf-8").splitlines())
    }
    by_key = defaultdict(set)
    for name in names:
        by_key[company_key(name)].add(name)
    assert len(names) > 6000
    assert sum(len(same) - 1 for same in by_key.values()) <= 10


def test_telephone_numbers_and_addresses_of_mail_are_compared_without_their_dress() -> None:
    situation = Situation(today=date(2026, 3, 2))

    def key(type: str, raw: object) -> str:
        field = example_field(field_type(type))
        return normalised(field, field_type(type).parse(raw, field, situation))

    assert key("phone", "0512-62888888 转 801") == key("phone", "+86 (512) 6288 8888") != ""
    assert key("email", "Zhang.San@Example.com") == key("email", "zhang.san@example.COM")
    assert key("currency", "12.50") == key("currency", "¥12.5")
    assert key("currency", "12.50") != key("currency", "USD 12.5")
    assert normalised(example_field(field_type("currency")), Money(Decimal("1E+3"), "CNY")) == "1000 CNY"
    assert key("date", "2026年3月2日") == key("date", "2026-03-02")
    assert key("text", None) == ""
