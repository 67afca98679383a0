"""Chinese addresses by the national table: the table is the source's, and addresses find their division."""

from __future__ import annotations

import csv
from datetime import date
from typing import Any

import pytest

from looseleaf_platform.fields import field_type
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.fields.divisions import children, divisions, find, locate, names_of
from looseleaf_platform.fields.examples import example_field
from support.shared_data import shared

SITUATION = Situation(today=date(2026, 3, 2))
LOCATED = [
    ("江苏省苏州市虎丘区科灵路88号", "320505", "科灵路88号"),
    ("江苏苏州虎丘区科灵路88号", "320505", "科灵路88号"),
    ("苏州市虎丘区科灵路88号", "320505", "科灵路88号"),
    ("上海市浦东新区张江路1号", "310115", "张江路1号"),
    ("上海市上海市浦东新区张江路1号", "310115", "张江路1号"),
    ("北京朝阳区建国路1号", "110105", "建国路1号"),
    ("吉林市船营区解放路", "220204", "解放路"),
    ("吉林省吉林市船营区", "220204", ""),
    ("内蒙古呼和浩特市新城区", "150102", ""),
    ("新疆乌鲁木齐天山区", "650102", ""),
    ("广东省东莞市长安镇", "4419", "长安镇"),
    ("河南省济源市沁园路", "419001", "沁园路"),
    ("重庆市城口县葛城街道", "500229", "葛城街道"),
    ("香港特别行政区中西区皇后大道中1号", "81", "中西区皇后大道中1号"),
    ("中国 浙江省 杭州市 西湖区 文三路", "330106", "文三路"),
    ("南京路100号", "", "南京路100号"),
    ("南京东路100号", "", "南京东路100号"),
    ("上海市南京西路1号", "31", "南京西路1号"),
    ("科技园二期", "", "科技园二期"),
    ("", "", ""),
]


@pytest.mark.parametrize(("text", "code", "rest"), LOCATED)
def test_a_line_of_text_finds_its_division(text: str, code: str, rest: str) -> None:
    assert locate(text) == (code, rest)


def test_a_division_is_found_by_code_name_and_short_name() -> None:
    assert [find(word) for word in ("32", "320000", "江苏省", "江苏")] == ["32"] * 4
    assert [find(word) for word in ("3205", "320500", "苏州市", "苏州")] == ["3205"] * 4
    assert find("朝阳区") == ""  # there are several
    assert find("朝阳区", "11") == "110105"
    assert find("内蒙古") == "15"
    assert find("Atlantis") == ""


def test_pick_lists_go_down_level_by_level() -> None:
    assert ("32", "江苏省") in children()
    assert len(children()) == 34
    assert ("3205", "苏州市") in children("32")
    assert ("320505", "虎丘区") in children("3205")
    assert children("320505") == ()
    assert names_of("110105") == ("北京市", "北京市", "朝阳区")
    assert names_of("419001") == ("河南省", "", "济源市")


def test_every_district_is_found_by_its_own_names() -> None:
    kind, field = field_type("address"), example_field(field_type("address"))
    for code in divisions().names:
        if len(code) != 6:
            continue
        province, city, district = names_of(code)
        value = kind.parse({"province": province, "city": city, "district": district, "street": "1号"}, field, SITUATION)
        assert value.code == code or (province == "重庆市" and value.district == district)


PARTS: list[tuple[dict[str, Any], str]] = [
    ({"province": "广东", "city": "深圳", "district": "南山区", "street": "科苑路"}, "广东省深圳市南山区科苑路"),
    ({"province": "北京市", "city": "北京市", "district": "朝阳区"}, "北京市朝阳区"),
    ({"city": "苏州市"}, "江苏省苏州市"),
    ({"province": "香港特别行政区", "city": "九龙", "street": "弥敦道1号"}, "香港特别行政区九龙弥敦道1号"),
    (
        {"country": "Germany", "city": "Berlin", "street": "Unter den Linden 1", "postcode": "10117"},
        "Unter den Linden 1, Berlin, 10117, DE",
    ),
    ({"country": "日本", "city": "東京都"}, "東京都, JP"),
]


@pytest.mark.parametrize(("parts", "line"), PARTS)
def test_parts_make_a_line(parts: dict[str, Any], line: str) -> None:
    kind, field = field_type("address"), example_field(field_type("address"))
    value = kind.parse(parts, field, SITUATION)
    assert value.line == line
    assert kind.load(kind.store(value, field), field) == value


def test_the_table_is_that_of_its_source() -> None:
    folder = shared("data", "china-divisions")
    source = {
        row["code"]: row["name"]
        for name in ("provinces", "cities", "areas")
        for row in csv.DictReader((folder / f"{name}.csv").read_text("utf-8").splitlines())
    }
    added = {"71": "台湾省", "81": "香港特别行政区", "82": "澳门特别行政区"}
    assert divisions().names == {**source, **added}
