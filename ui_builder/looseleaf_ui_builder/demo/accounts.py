"""Accounts of the demo: real listed companies (extract), invented Chinese manufacturers, and invented people who work there."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from looseleaf_ui_builder.demo.people import Staff
from looseleaf_ui_builder.demo.writer import Writer

CITIES = (
    ("苏州", "east"), ("无锡", "east"), ("宁波", "east"), ("杭州", "east"), ("上海", "east"), ("合肥", "east"),
    ("东莞", "south"), ("佛山", "south"), ("深圳", "south"), ("厦门", "south"),
    ("青岛", "north"), ("天津", "north"), ("大连", "north"), ("重庆", "west"), ("成都", "west"), ("武汉", "west"),
)  # fmt: skip
WORDS = ("恒拓", "北辰", "立升", "云帆", "海晟", "远洋", "津滨", "科远", "汇川路", "盛邦", "瑞衡", "嘉禾", "明德", "华岳", "长风", "天工", "锐捷", "中拓", "南屏", "启元")  # fmt: skip
TRADES = (("精密机械", "精密制造"), ("汽车零部件", "汽车零部件"), ("电子", "电子制造"), ("医疗器械", "医疗器械"), ("冷链物流", "物流"), ("模具", "精密制造"), ("化工", "化工"), ("新材料", "材料"))  # fmt: skip
FAMILY = "沈顾周吴郑王冯陈褚卫蒋韩杨朱秦许何吕施张孔曹严华金魏陶姜"
GIVEN = ("建国", "晓燕", "志强", "丽华", "海波", "文静", "思远", "雨桐", "国栋", "佳怡", "子轩", "明辉", "晓东", "雪梅", "俊杰", "淑芬")
FIRST = ("Wei", "Anna", "James", "Mei", "Robert", "Grace", "Kenji", "Laura", "Victor", "Irene", "Thomas", "Helen")
LAST = ("Hartmann", "Chan", "Lin", "Wong", "Schmidt", "Tan", "Lee", "Kowalski", "Ho", "Chang", "Miller", "Sato")
POSITIONS = (("总经理", "General manager", "decider"), ("采购经理", "Purchasing manager", "buyer"), ("技术总监", "CTO", "technical"), ("生产经理", "Production manager", "user"), ("财务总监", "CFO", "influencer"))  # fmt: skip
REGIONS = {"China": "east", "Hong Kong": "greater", "Taiwan": "greater"}


@dataclass(frozen=True, slots=True)
class Firm:
    """An account of the demo, with who owns it and its contacts' ids."""

    id: int
    name: str
    owner: int
    chinese: bool
    contacts: tuple[int, ...]


def write_accounts(writer: Writer, staff: Staff, folder: Path) -> tuple[Firm, ...]:
    """Create accounts, a few groups with subsidiaries, their contacts, follow-ups, visits and tasks."""
    rows = invented_accounts(writer, staff) + listed_accounts(writer, staff, folder / "listed_companies.csv")
    ids = writer.create("account", rows)
    contacts = contact_rows(writer, rows, ids)
    contact_ids = writer.create("contact", contacts)
    by_account: dict[int, list[int]] = {}
    for row, id in zip(contacts, contact_ids, strict=True):
        by_account.setdefault(row["account"], []).append(id)
    firms = tuple(
        Firm(id, row["name"], row["owner"], "source" in row and row["source"] != "imported", tuple(by_account.get(id, ())))
        for id, row in zip(ids, rows, strict=True)
    )
    write_follow_ups(writer, firms)
    return firms


def invented_accounts(writer: Writer, staff: Staff) -> list[dict[str, Any]]:
    """Sixty Chinese manufacturers that don't exist."""
    chance, used = writer.chance, set[tuple[str, str]]()
    rows: list[dict[str, Any]] = []
    owners = {"east": ("lin", "wang", "chen"), "south": ("sun",), "north": ("lin",), "west": ("wang",)}
    while len(rows) < 60:
        city, region = chance.choice(CITIES)
        word, (trade, industry) = chance.choice(WORDS), chance.choice(TRADES)
        if (word, trade) in used:
            continue
        used.add((word, trade))
        rows.append(
            {
                "name": f"{city}{word}{trade}有限公司",
                "short_name": f"{word}{trade[:2]}",
                "code": f"KH-{len(rows) + 1:04}",
                "tier": chance.choice("aabbbccc"),
                "status": chance.choice(("prospect", "prospect", "customer", "customer", "customer", "dormant")),
                "industry": industry,
                "region": region,
                "country": "中国",
                "phone": f"0512-{62880000 + len(rows) * 37}",
                "employees": chance.choice((60, 120, 320, 450, 800, 1500)),
                "annual_revenue": f"{chance.randint(20, 900) * 1_000_000} CNY",
                "source": chance.choice(("website", "event", "referral", "outbound")),
                "next_contact_on": writer.day(-5, 30),
                "next_step": chance.choice(("提交技术方案", "约总经理见面", "确认付款条件", "寄样品", "安排工厂参观")),
                "owner": staff.id(chance.choice(owners[region])),
            }
        )
    return rows


def listed_accounts(writer: Writer, staff: Staff, path: Path) -> list[dict[str, Any]]:
    """Real listed companies, from the shipped extract."""
    chance, rows = writer.chance, []
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            rows.append(
                {
                    "name": line["name"],
                    "code": line["symbol"],
                    "tier": chance.choice("abbc"),
                    "status": chance.choice(("prospect", "prospect", "customer")),
                    "industry": line["industry"],
                    "region": REGIONS.get(line["country"], "overseas"),
                    "country": line["country"],
                    "website": line["website"],
                    "source": "imported",
                    "tags": [line["sector"]] if line["sector"] else [],
                    "owner": staff.id(chance.choice(("priya", "priya", "daniel"))),
                }
            )
    return rows


def contact_rows(writer: Writer, accounts: list[dict[str, Any]], ids: list[int]) -> list[dict[str, Any]]:
    """One to four invented people for every account."""
    chance, mobiles = writer.chance, iter(range(13800010000, 13800099999, 37))
    rows: list[dict[str, Any]] = []
    for account, id in zip(accounts, ids, strict=True):
        chinese = account["source"] != "imported"
        for position in chance.sample(POSITIONS, chance.randint(1, 4)):
            name = chance.choice(FAMILY) + chance.choice(GIVEN) if chinese else f"{chance.choice(FIRST)} {chance.choice(LAST)}"
            rows.append(
                {
                    "name": name,
                    "account": id,
                    "position": position[0] if chinese else position[1],
                    "decision_role": position[2],
                    "mobile": str(next(mobiles)),
                    "email": f"contact{len(rows) + 1}@customer.example",
                    "owner": account["owner"],
                }
            )
    return rows


def write_follow_ups(writer: Writer, firms: tuple[Firm, ...]) -> None:
    """Activities of the last three months, visits around today, and open tasks."""
    chance = writer.chance
    subjects = (("电话沟通付款条件", "Call about the payment terms"), ("技术交流", "Technical meeting"), ("发送报价单", "Sent the offer"), ("回访使用情况", "Asked how it runs"))  # fmt: skip
    activities, visits, tasks = [], [], []
    for firm in firms:
        pick = 0 if firm.chinese else 1
        for _ in range(chance.randint(0, 4)):
            activities.append(
                {
                    "subject": chance.choice(subjects)[pick],
                    "kind": chance.choice(("call", "meeting", "email", "wechat")),
                    "account": firm.id,
                }
                | {"contact": chance.choice(firm.contacts), "happened_at": writer.moment(-90, -1), "owner": firm.owner}
                | {"result": chance.choice(("positive", "neutral", "neutral", "negative"))}
            )
        if chance.random() < 0.2:
            visits.append(visit_row(writer, firm))
        if chance.random() < 0.35:
            subject = ("准备方案", "Prepare the proposal")[pick]
            tasks.append({"subject": subject, "account": firm.id, "due_on": writer.day(-4, 14), "priority": chance.choice(("high", "normal", "normal", "low")), "owner": firm.owner})  # fmt: skip
    writer.create("activity", activities)
    writer.create("visit", visits)
    writer.create("task", tasks)


def visit_row(writer: Writer, firm: Firm) -> Mapping[str, Any]:
    """A visit of two hours, planned if ahead and done with a report if past."""
    day = writer.day(-20, 15)
    past = day < writer.today.isoformat()
    purpose, report = (
        ("方案交流", "双方确认了节拍和验收标准。") if firm.chinese else ("Proposal review", "Agreed on cycle time and acceptance tests.")
    )
    row = {
        "purpose": purpose,
        "account": firm.id,
        "people": list(firm.contacts[:2]),
        "starts_at": f"{day} 10:00:00",
        "ends_at": f"{day} 12:00:00",
    }
    return row | {"owner": firm.owner, "status": "done" if past else "planned"} | ({"report": report} if past else {})
