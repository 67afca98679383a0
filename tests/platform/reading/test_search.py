"""Search: Chinese of one, two and more characters, pinyin and initials, words, the last digits of a phone; rare and common alike."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.context import Context
from looseleaf_platform.records import read
from looseleaf_platform.records.reading import words
from looseleaf_platform.records.requests import Change, Query
from looseleaf_platform.records.search import grams_of, terms_of
from looseleaf_platform.records.write import write
from support.deals import acting, firm, fresh_workspace, make, names, query
from support.tally import DATABASES

FIRMS = [
    {"name": "张三", "phone": "13812345678"},
    {"name": "张三丰武馆", "code": "SJ-202603-0012"},
    {"name": "恒拓精密（上海）有限公司", "city": "上海"},
    {"name": "精密恒拓", "phone": "021-62345678"},
    {"name": "重庆火锅", "code": "CQ 88"},
    {"name": "Northwind Traders Ltd.", "code": "NW-1"},
    {"name": "Café Zürich", "phone": "+41 44 668 18 00"},
    {"name": "ＡＢＣ 商贸", "code": "X_Y%Z"},
    {"name": "单田芳 评书"},
]
CHARACTERS = "张王李恒拓精密上海北京有限公司华信科技贸易"


@pytest.fixture(scope="module", params=DATABASES)
def context(request: pytest.FixtureRequest, vocabulary: Vocabulary) -> Iterator[Context]:
    """Firms with telling names, and 300 with names made up of a few characters."""
    with fresh_workspace(request, vocabulary) as workspace:
        context = firm(workspace)
        make(context, "account", FIRMS)
        chance = random.Random(3)
        make(context, "competitor", [{"name": "".join(chance.choices(CHARACTERS, k=chance.randint(2, 7)))} for _ in range(300)])
        yield context


def found(context: Context, typed: str) -> set[str]:
    """The names of accounts that a search finds, shortened to their first four characters."""
    return {name[:4] for name in names(read.page(context, "account", Query(search=typed, size=200)).records)}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("张三", {"张三", "张三丰武"}),
        ("张", {"张三", "张三丰武"}),
        ("三", {"张三", "张三丰武"}),
        ("zhangsan", {"张三", "张三丰武"}),
        ("ZhangSanFeng", {"张三丰武"}),
        ("zs", {"张三", "张三丰武"}),
        ("zsf", {"张三丰武"}),
        ("zhang san", {"张三", "张三丰武"}),
        ("5678", {"张三", "精密恒拓"}),
        ("12345678", {"张三"}),
        ("138 1234 5678", {"张三"}),
        ("+86 138-1234-5678", {"张三"}),
        ("138", {"张三"}),
        ("恒拓精密", {"恒拓精密"}),
        ("精密恒拓", {"精密恒拓"}),
        ("恒拓", {"恒拓精密", "精密恒拓"}),
        ("恒拓 有限", {"恒拓精密"}),
        ("jingmi", {"恒拓精密", "精密恒拓"}),
        ("jm", {"恒拓精密", "精密恒拓"}),
        ("chongqing", {"重庆火锅"}),
        ("shantianfang", {"单田芳 "}),
        ("dantianfang", {"单田芳 "}),
        ("northwind", {"Nort"}),
        ("NORTHWIND trad", {"Nort"}),
        ("cafe zurich", {"Café"}),
        ("abc", {"ＡＢＣ "}),
        ("商贸", {"ＡＢＣ "}),
        ("SJ-202603-0012", {"张三丰武"}),
        ("0012", {"张三丰武"}),
        ("上海", {"恒拓精密"}),
        ("精拓", set()),
        ("wind", set()),
        ("密密", set()),
        ("%", set()),
        ("_", set()),
        ("x_y%z", {"ＡＢＣ "}),
        ("😀", set()),
    ],
)
@pytest.mark.parametrize("rare", [1000, 0], ids=["looked up", "walked"])
def test_what_is_typed_is_found(context: Context, typed: str, expected: set[str], rare: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "RARE", rare)
    context.runtime.object("account").memo.clear()
    assert found(context, typed) == expected


def test_nothing_typed_is_no_search(context: Context) -> None:
    assert len(read.page(context, "account", Query(search="  ")).records) == len(FIRMS)


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_chinese_is_found_wherever_like_would_find_it(context: Context, length: int) -> None:
    everybody = names(read.page(context, "competitor", Query(size=200)).records)
    everybody += names(
        read.page(context, "competitor", Query(size=200, after=read.page(context, "competitor", Query(size=200)).next)).records
    )
    chance = random.Random(length)
    for _ in range(25):
        name = chance.choice([one for one in everybody if len(one) >= length])
        start = chance.randint(0, len(name) - length)
        typed = name[start : start + length]
        expected = sum(typed in one for one in everybody)
        assert read.count(context, "competitor", Query(search=typed)) == (expected, False), typed


def test_a_search_goes_through_look_ups(context: Context) -> None:
    account = read.page(context, "account", query(("name", "eq", "张三丰武馆"))).records[0].id
    make(context, "deal", [{"name": "renewal", "account": account}, {"name": "other"}])
    assert names(read.page(context, "deal", Query(search="张三丰")).records) == ["renewal"]
    assert names(read.page(context, "deal", Query(search="zsf ren")).records) == ["renewal"]
    assert read.page(acting(context.workspace, 1, "won_ones"), "deal", Query(search="张三丰")).records == ()


def test_what_is_found_changes_with_the_record(context: Context) -> None:
    [id] = make(context, "account", [{"name": "旧名字"}])
    assert found(context, "旧名") == {"旧名字"}
    write(context, [Change("update", "account", id=id, values={"name": "新名字"})])
    assert found(context, "旧名") == set()
    assert found(context, "新名") == {"新名字"}
    write(context, [Change("delete", "account", id=id)])
    assert found(context, "新名") == set()


def test_look_ups_offer_what_begins_like_what_was_typed_first(context: Context) -> None:
    options = read.lookup(context, "account", "恒拓")
    assert [title[:4] for _, title, _ in options] == ["恒拓精密", "精密恒拓"]
    assert options[0][2] == "上海"
    assert len(read.lookup(context, "competitor", "", limit=5)) == 5
    assert read.lookup(context, "account", "nobody") == ()


def test_grams_stay_few_and_terms_bounded() -> None:
    assert len(grams_of("恒拓精密仪器制造（上海）股份有限公司" * 50)) < 800
    assert len(terms_of("a " * 1000)) == 1
    assert len(terms_of(" ".join(f"w{number}" for number in range(50)))) == 8
