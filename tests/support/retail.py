"""The Online Retail set: what its file says, worked out without Looseleaf, and what a workspace holds after importing it."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, type_coerce

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.database.types import ExactDecimal
from looseleaf_platform.importing.mapping import ImportMapping, mapping_from_data
from looseleaf_platform.publishing import install
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace

ROOT = Path(__file__).parents[2]
RATE = Decimal("9.1")
"""Yuan for a pound, all through the set."""
GROUP = tuple[str, str]
"""Month ("2010-12") and country."""


@dataclass
class Figures:
    """What can be counted and summed. `totals`: quantity × price in GBP by month and country; `orders`: (yuan, lines) by number."""

    lines: int = 0
    customers: int = 0
    products: int = 0
    guests: int = 0
    cancelled: int = 0
    totals: dict[GROUP, Decimal] = field(default_factory=dict)
    orders: dict[str, tuple[Decimal, int]] = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        """Of all months and countries, in GBP."""
        return sum(self.totals.values(), Decimal())


def unpack(source: Path, path: Path, lines: int | None = None) -> Path:
    """Write the set, or its first `lines` lines, to `path` as plain CSV."""
    with gzip.open(source, "rt", encoding="utf-8", newline="") as read, path.open("w", encoding="utf-8", newline="") as written:
        written.writelines(islice(read, None if lines is None else lines + 1))
    return path


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """The rows of the file, as Python's own csv reads them."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def expected(path: Path) -> Figures:
    """The figures of a file. The country and time of an order are those of its first line, as the mapping keeps them."""
    found, customers, products, guests = Figures(), set(), set(), 0
    group_of: dict[str, GROUP] = {}
    totals: defaultdict[GROUP, Decimal] = defaultdict(Decimal)
    yuan: defaultdict[str, Decimal] = defaultdict(Decimal)
    count: defaultdict[str, int] = defaultdict(int)
    for row in rows_of(path):
        number, quantity, price = row["InvoiceNo"], int(row["Quantity"]), Decimal(row["UnitPrice"])
        group = group_of.setdefault(number, (row["InvoiceDate"][:7], row["Country"]))
        totals[group] += quantity * price
        in_yuan = (price * RATE).quantize(Decimal("0.001"), ROUND_HALF_UP)
        yuan[number] += (quantity * in_yuan).quantize(Decimal("0.01"), ROUND_HALF_UP)
        count[number] += 1
        products.add(row["StockCode"])
        found.lines += 1
        if row["CustomerID"]:
            customers.add(row["CustomerID"])
        else:
            guests += 1
    found.customers, found.products, found.guests = len(customers), len(products), guests
    found.cancelled = sum(number.startswith("C") for number in count)
    found.totals = dict(totals)
    found.orders = {number: (yuan[number], lines) for number, lines in count.items()}
    return found


def prepare(workspace: Workspace) -> tuple[Context, ImportMapping]:
    """Install the retail template with a rate for the pound. Returns a caller and the mapping that the template ships."""
    install(workspace, [ROOT / "examples" / name for name in ("base", "retail")])
    context = workspace.context(SYSTEM)
    write(context, [Change("create", "exchange_rate", values={"currency": "GBP", "date": "2010-01-01", "rate": str(RATE)})])
    return context, mapping_from_data(context.model.others["import"]["online_retail"].data, context.model)


def stored(workspace: Workspace) -> Figures:
    """The figures of what is stored: the database adds up."""
    lines, orders = workspace.runtime.object("retail_order_line").table, workspace.runtime.object("retail_order").table
    pounds = type_coerce(func.sum(lines.c.f_quantity * type_coerce(lines.c.f_price, lines.c.f_price.type)), ExactDecimal(18, 3))
    found, totals = Figures(), defaultdict(Decimal)
    zone = ZoneInfo(SYSTEM.timezone)
    with workspace.database.read() as connection:

        def count(name: str, *where: Any) -> int:
            table = workspace.runtime.object(name).table
            return int(connection.scalar(select(func.count()).select_from(table).where(*where)) or 0)

        said = (orders.c.f_number, orders.c.f_ordered_at, orders.c.f_country, orders.c.f_total, orders.c.f_line_count)
        per_order = select(*said, pounds).join(lines, lines.c.f_retail_order == orders.c.id).group_by(orders.c.id, *said)
        for number, ordered_at, country, total, line_count, sum_in_pounds in connection.execute(per_order):
            moment: datetime = ordered_at
            totals[(f"{moment.astimezone(zone):%Y-%m}", country)] += sum_in_pounds
            found.orders[number] = (total, line_count)
        guests = (
            select(func.count()).select_from(lines.join(orders, lines.c.f_retail_order == orders.c.id)).where(orders.c.f_account.is_(None))
        )
        found.guests = int(connection.scalar(guests) or 0)
        found.lines, found.customers, found.products = count("retail_order_line"), count("account"), count("product")
        found.cancelled = count("retail_order", orders.c.f_kind == "cancellation")
    found.totals = dict(totals)
    return found


def differences(wanted: Figures, found: Figures) -> list[str]:
    """Where what is stored is not what the file says; empty where it is."""
    said = [
        f"{name}: {getattr(wanted, name)} in the file, {getattr(found, name)} stored"
        for name in ("lines", "customers", "products", "guests", "cancelled")
        if getattr(wanted, name) != getattr(found, name)
    ]
    for name in ("totals", "orders"):
        there, here = getattr(wanted, name), getattr(found, name)
        said += [
            f"{name} {key}: {there.get(key)} in the file, {here.get(key)} stored"
            for key in {**there, **here}
            if there.get(key) != here.get(key)
        ]
    return said
