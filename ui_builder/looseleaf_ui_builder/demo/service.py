"""Service records of the demo: tickets from an extract of a real incident log, and invented assets, work orders and complaints."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

from looseleaf_ui_builder.demo.accounts import Firm
from looseleaf_ui_builder.demo.people import Staff
from looseleaf_ui_builder.demo.writer import Writer

STATES = {"New": "new", "Active": "active", "Resolved": "resolved", "Closed": "closed"}
PRIORITIES = {"1": "critical", "2": "high", "3": "normal", "4": "low"}
CHANNELS = {"Phone": "phone", "Email": "email", "Self service": "portal"}
TROUBLES = (("主轴异响", "更换轴承"), ("机器人原点偏移", "重新标定"), ("视觉误检率高", "更换光源"), ("传送带跑偏", "调整张紧"))


def write_service(writer: Writer, staff: Staff, firms: tuple[Firm, ...], folder: Path) -> None:
    """Real tickets, then for some Chinese accounts an asset with a ticket, a work order with hours, or a complaint."""
    with (folder / "incidents.csv").open(encoding="utf-8", newline="") as file:
        writer.create("ticket", [incident_row(line, staff) for line in csv.DictReader(file)])
    served = writer.chance.sample([firm for firm in firms if firm.chinese], 25)
    assets = [
        {"name": "五轴加工单元 Five-axis cell", "serial_number": f"SN{20260000 + number}", "account": firm.id}
        | {"installed_on": writer.day(-700, -200), "warranty_until": writer.day(-60, 500)}
        for number, firm in enumerate(served)
    ]
    asset_ids = writer.create("asset", assets)
    troubles = [writer.chance.choice(TROUBLES) for _ in served]
    tickets = writer.create(
        "ticket",
        [
            {"subject": trouble[0], "account": firm.id, "contact": firm.contacts[0], "asset": asset, "channel": "wechat"}
            | {
                "priority": writer.chance.choice(("high", "normal")),
                "status": "active",
                "opened_at": writer.moment(-15, -1),
                "owner": staff.id("he"),
            }
            for firm, asset, trouble in zip(served, asset_ids, troubles, strict=True)
        ],
    )
    writer.create(
        "work_order", [work_order_row(writer, staff, ticket, trouble[1]) for ticket, trouble in zip(tickets, troubles, strict=True)]
    )
    complaints = [
        {
            "subject": "上门时间晚于约定",
            "account": firm.id,
            "severity": "medium",
            "received_on": writer.day(-30, -2),
            "owner": staff.id("he"),
        }
        for firm in served[:6]
    ]
    writer.create("complaint", complaints)


def incident_row(line: dict[str, str], staff: Staff) -> dict[str, Any]:
    """A ticket from the last event of one incident; "?" means unknown in the source."""
    opened, resolved = moment(line["opened_at"]), moment(line["resolved_at"]) or moment(line["closed_at"])
    status = STATES.get(line["incident_state"], "active")
    known = {key: value if value != "?" else "" for key, value in line.items()}
    return {
        "external_number": line["number"],
        "subject": " · ".join(part for part in (known["category"], known["subcategory"]) if part) or line["number"],
        "channel": CHANNELS.get(line["contact_type"]),
        "category": known["category"] or None,
        "priority": PRIORITIES.get(line["priority"][:1], "normal"),
        "status": status if resolved or status not in ("resolved", "closed") else "active",
        "opened_at": opened,
        "resolved_at": resolved,
        "reopened": int(line["reopen_count"]),
        "within_target": line["made_sla"] == "true",
        "owner": staff.id("luo"),
    }


def moment(text: str) -> str | None:
    """The source's day/month/year time as ISO text, None where unknown."""
    return None if text in ("?", "") else datetime.strptime(text, "%d/%m/%Y %H:%M").isoformat(sep=" ")  # noqa: DTZ007 - local time of the source


def work_order_row(writer: Writer, staff: Staff, ticket: int, task: str) -> dict[str, Any]:
    """A work order with one or two entries of hours."""
    hours = [
        {"person": staff.id("he"), "day": writer.day(-10, -1), "hours": writer.chance.choice(("1.5", "2", "3.5"))}
        for _ in range(writer.chance.randint(1, 2))
    ]
    return {"task": task, "ticket": ticket, "planned_on": writer.day(-3, 10), "entries": hours, "owner": staff.id("he")}
