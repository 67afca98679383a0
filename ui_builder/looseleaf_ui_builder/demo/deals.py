"""The demo's pipeline, invented by a seeded script: products, price book, leads, opportunities, quotes, contracts, receipts."""

from __future__ import annotations

from typing import Any

from looseleaf_ui_builder.demo.accounts import FAMILY, GIVEN, Firm
from looseleaf_ui_builder.demo.people import Staff
from looseleaf_ui_builder.demo.writer import Writer

PRODUCTS = (
    ("SP-100", "五轴加工主轴 Five-axis spindle", "主轴 Spindles", 86000),
    ("SP-200", "高速电主轴 High-speed spindle", "主轴 Spindles", 128000),
    ("CV-310", "变速箱壳体产线模块 Gearbox housing cell", "产线 Lines", 640000),
    ("CV-320", "冷链分拣线 Cold-chain sorter", "产线 Lines", 459000),
    ("RB-010", "上下料机器人 Loading robot", "机器人 Robots", 188000),
    ("RB-020", "焊接机器人 Welding robot", "机器人 Robots", 236000),
    ("VS-001", "视觉检测站 Vision inspection", "检测 Inspection", 98000),
    ("SV-001", "年度维保 Annual maintenance", "服务 Services", 36000),
    ("SV-002", "操作培训 Operator training", "服务 Services", 12000),
)
PROJECTS = (("二期产线", "Line two"), ("自动化改造", "Automation retrofit"), ("检测站升级", "Inspection upgrade"), ("年度维保", "Annual maintenance"), ("分拣系统", "Sorting system"), ("主轴更换", "Spindle retrofit"))  # fmt: skip
STAGES = (("qualify", 0.1), ("qualify", 0.1), ("needs", 0.3), ("needs", 0.3), ("proposal", 0.5), ("proposal", 0.5), ("negotiation", 0.7), ("won", 1), ("won", 1), ("lost", 0))  # fmt: skip
RIVALS = ("智造科技", "Kestrel Robotics", "东方数控", "Bergmann Systems")


def write_deals(writer: Writer, staff: Staff, firms: tuple[Firm, ...]) -> None:
    """Products, rates, price book, competitors, leads, then every account's opportunities with what follows from them."""
    rates = [("USD", "7.1"), ("EUR", "7.8"), ("GBP", "9.1"), ("HKD", "0.91"), ("TWD", "0.22"), ("JPY", "0.047")]
    writer.create("exchange_rate", [{"currency": code, "date": "2010-01-01", "rate": rate} for code, rate in rates])
    products = writer.create(
        "product",
        [
            {"code": code, "name": name, "category": category, "unit": "套", "list_price": f"{price} CNY"}
            for code, name, category, price in PRODUCTS
        ],
    )
    prices = list(zip(products, (price for *_, price in PRODUCTS), strict=True))
    entries = [{"product": id, "price": f"{price} CNY", "floor_price": f"{price * 82 // 100} CNY"} for id, price in prices]
    writer.create("price_book", [{"name": f"{writer.today.year} 标准价目表 Standard prices", "entries": entries}])
    rivals = writer.create("competitor", [{"name": name} for name in RIVALS])
    write_leads(writer, staff)
    rows = [row for firm in firms for row in opportunity_rows(writer, firm, prices, rivals)]
    ids = writer.create("opportunity", rows)
    write_quotes(writer, rows, ids)
    write_contracts(writer, rows, ids)


def write_leads(writer: Writer, staff: Staff) -> None:
    """Eighty leads, a quarter of them without an owner."""
    chance, rows = writer.chance, []
    for number in range(80):
        owner = chance.choice(("lin", "wang", "sun", ""))
        status = chance.choice(("new", "new", "contacted", "qualified", "unqualified"))
        rows.append(
            {
                "name": chance.choice(FAMILY) + chance.choice(GIVEN),
                "company": f"{chance.choice(('常州', '嘉兴', '珠海', '济南', '长沙'))}{chance.choice(('远景', '同创', '华谊', '金石', '宏图'))}科技有限公司",
                "mobile": str(13900020000 + number * 131),
                "email": f"lead{number + 1}@demo.example",
                "source": chance.choice(("website", "event", "referral", "campaign")),
                "status": status,
                "unqualified_reason": "no_budget" if status == "unqualified" else None,
                "interest": chance.randint(1, 5),
                "budget": f"{chance.randint(5, 120)} 万",
                "next_contact_on": writer.day(-3, 12),
                "owner": staff.id(owner) if owner else None,
            }
        )
    writer.create("lead", rows)


def opportunity_rows(writer: Writer, firm: Firm, prices: list[tuple[int, int]], rivals: list[int]) -> list[dict[str, Any]]:
    """None to three opportunities of one account, with lines."""
    chance, rows = writer.chance, []
    for project in chance.sample(PROJECTS, chance.choice((0, 0, 1, 1, 2, 3))):
        stage, probability = chance.choice(STAGES)
        closed = stage in ("won", "lost")
        chosen = [(id, chance.randint(1, 4), price) for id, price in chance.sample(prices, chance.randint(1, 3))]
        lines = [{"product": id, "quantity": quantity, "price": f"{price} CNY"} for id, quantity, price in chosen]
        total = sum(quantity * price for _, quantity, price in chosen)
        rows.append(
            {
                "name": project[0 if firm.chinese else 1],
                "account": firm.id,
                "contact": chance.choice(firm.contacts),
                "stage": stage,
                "probability": str(probability),
                "amount": f"{total} CNY" if firm.chinese else f"{total // 7} USD",
                "discount": chance.choice(("0", "0.05", "0.1")),
                "close_date": writer.day(-120, -1) if closed else writer.day(-6, 120),
                "source": chance.choice(("website", "event", "referral", "existing")),
                "lost_reason": "rival" if stage == "lost" else None,
                "rival": chance.choice(rivals) if stage == "lost" else None,
                "competitors": chance.sample(rivals, chance.randint(0, 2)),
                "lines": lines,
                "next_step": chance.choice(
                    ("提交付款条件修订稿", "安排试切", "等技术协议", "Send revised quote")
                    if firm.chinese
                    else ("Send the revised offer", "Arrange a trial cut", "Meet the CFO")
                ),
                "owner": firm.owner,
            }
        )
    return rows


def write_quotes(writer: Writer, opportunities: list[dict[str, Any]], ids: list[int]) -> None:
    """A quote for what has reached the proposal; a second version for some."""
    chance, rows = writer.chance, []
    for opportunity, id in zip(opportunities, ids, strict=True):
        if opportunity["stage"] not in ("proposal", "negotiation", "won"):
            continue
        for version in range(1, 3 if chance.random() < 0.3 else 2):
            lines = [
                line | {"discount": chance.choice(("0", "0.03", "0.08")), "floor_price": f"{int(line['price'].split()[0]) * 82 // 100} CNY"}
                for line in opportunity["lines"]
            ]
            status = "accepted" if opportunity["stage"] == "won" else chance.choice(("draft", "sent", "sent"))
            rows.append(
                {"opportunity": id, "account": opportunity["account"], "version_number": version, "status": status, "lines": lines}
                | {"valid_until": writer.day(5, 60), "owner": opportunity["owner"]}
            )
    writer.create("quote", rows)


def write_contracts(writer: Writer, opportunities: list[dict[str, Any]], ids: list[int]) -> None:
    """A contract in three instalments for every won opportunity, and receipts (some by bank acceptance bill) allocated to it."""
    rows, won = [], [(row, id) for row, id in zip(opportunities, ids, strict=True) if row["stage"] == "won"]
    for opportunity, id in won:
        amount, currency = opportunity["amount"].split()
        shares = (("首付 Down payment", 0.3, -60, -20), ("到货 Delivery", 0.6, -10, 30), ("质保 Retention", 0.1, 200, 360))
        plan = [
            {"name": name, "due_on": writer.day(first, last), "amount": f"{int(int(amount) * share)} {currency}"}
            for name, share, first, last in shares
        ]
        rows.append(
            {"name": f"{opportunity['name']} 合同", "account": opportunity["account"], "opportunity": id, "amount": opportunity["amount"]}
            | {"status": "running", "signed_on": opportunity["close_date"], "plan": plan, "owner": opportunity["owner"]}
        )
    contracts = writer.create("contract", rows)
    writer.create(
        "receipt", [receipt_row(writer, row, id) for row, id in zip(rows, contracts, strict=True) if writer.chance.random() < 0.8]
    )


def receipt_row(writer: Writer, contract: dict[str, Any], id: int) -> dict[str, Any]:
    """The down payment of a contract; a third is paid by a bank acceptance bill."""
    amount = contract["plan"][0]["amount"]
    row = {"account": contract["account"], "amount": amount, "received_on": writer.day(-40, -1), "owner": contract["owner"]}
    row["allocations"] = [{"contract": id, "amount": amount}]
    if writer.chance.random() < 0.33:
        bill = {"method": "acceptance", "status": "pending", "bill_number": f"1302{writer.chance.randint(10**15, 10**16 - 1)}"}
        return row | bill | {"bill_drawer": "出票企业", "bill_bank": "商业银行苏州分行", "bill_due_on": writer.day(30, 180)}
    return row | {"method": "transfer", "bank_reference": f"TRF{writer.chance.randint(10**9, 10**10 - 1)}"}
