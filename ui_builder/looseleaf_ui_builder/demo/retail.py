"""Retail orders of the demo: an extract of the Online Retail set, real to the last cancellation."""

from __future__ import annotations

import csv
from itertools import groupby
from pathlib import Path
from typing import Any

from looseleaf_ui_builder.demo.people import Staff
from looseleaf_ui_builder.demo.writer import Writer

KINDS = {"C": "cancellation", "A": "adjustment"}


def write_retail(writer: Writer, staff: Staff, folder: Path) -> None:
    """Customers, products and orders with their lines, then points for the customers who bought most."""
    with (folder / "online_retail.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    countries = {line["CustomerID"]: line["Country"] for line in lines if line["CustomerID"]}
    customers = [
        {
            "name": f"Retail customer {number}",
            "code": number,
            "country": country,
            "status": "customer",
            "region": "overseas",
            "source": "imported",
            "owner": staff.id("ann"),
        }
        for number, country in countries.items()
    ]
    account_ids = dict(zip(countries, writer.create("account", customers), strict=True))
    names = {line["StockCode"]: line["Description"].strip() or line["StockCode"] for line in lines}
    products = [{"code": code, "name": name, "category": "Giftware", "unit": "piece"} for code, name in names.items()]
    product_ids = dict(zip(names, writer.create("product", products), strict=True))
    orders = [
        order_row(number, list(group), account_ids, product_ids) for number, group in groupby(lines, key=lambda line: line["InvoiceNo"])
    ]
    writer.create("retail_order", orders)
    points = [{"account": order["account"], "points": 10 * len(order["lines"]), "reason": f"Order {order['number']}"} for order in orders if order["account"] and order["kind"] == "sale"]  # fmt: skip
    writer.create("point_entry", points)


def order_row(number: str, lines: list[dict[str, str]], accounts: dict[str, int], products: dict[str, int]) -> dict[str, Any]:
    """One invoice with its lines, in the order of the file."""
    first = lines[0]
    return {
        "number": number,
        "account": accounts.get(first["CustomerID"]),
        "ordered_at": first["InvoiceDate"],
        "country": first["Country"],
        "kind": KINDS.get(number[0], "sale"),
        "lines": [
            {
                "code": f"{number}-{position}",
                "position": position,
                "product": products[line["StockCode"]],
                "description": line["Description"].strip() or None,
                "quantity": int(line["Quantity"]),
                "price": f"{line['UnitPrice']} GBP",
            }
            for position, line in enumerate(lines, start=1)
        ],
    }
