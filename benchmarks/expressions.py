"""Bar 18: the compiled expression is at least five times faster than simpleeval with its tree kept, and equals SQL on 100,000 rows.

Prints JSON with the ratios. `--database URL` (several) names the databases to compare with; without it a fresh SQLite file is used.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from simpleeval import EvalWithCompoundTypes
from sqlalchemy import BigInteger, Boolean, Column, ColumnElement, Date, MetaData, Table, Text, bindparam, select

from looseleaf_metadata.expressions.check import check_expression
from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.nodes import Path as FieldPath
from looseleaf_metadata.expressions.python_target import ambient_values, compile_python
from looseleaf_metadata.expressions.types import BOOLEAN, DATE, DATETIME, INTEGER, TEXT, ExpressionType, number, option
from looseleaf_metadata.problems import Place
from looseleaf_platform.database.engines import Database
from looseleaf_platform.database.types import ExactDecimal, UtcDateTime
from looseleaf_platform.records.sql_expressions import compile_sql

BAR = 5.0
ROUNDS, BATCH = 31, 300
TYPES: dict[str, ExpressionType] = {
    "amount": number(2),
    "fee": number(2),
    "discount": number(4),
    "quantity": INTEGER,
    "name": TEXT,
    "close_date": DATE,
    "start_date": DATE,
    "created_at": DATETIME,
    "closed": BOOLEAN,
    "source": option(("web", "event", "referral")),
}
TIMED = {
    "formula": "amount * (1 - discount) + fee",
    "validation": "amount > 0 and discount <= 1 and (close_date is None or close_date >= start_date) and source != 'event'",
    "scoring": "(30 if amount > 50000 else 10) + (20 if source in ['web', 'referral'] else 0)"
    " + (quantity * 5 if quantity < 10 else 50) - (15 if closed else 0)",
}
COMPARED = TIMED | {
    "division": "round(amount / quantity, 2)",
    "rest": "quantity % 7 - quantity // 3",
    "dates": "days_between(start_date, coalesce(close_date, today())) + weekday(created_at)",
    "texts": "concat(upper(name), '-', amount)",
    "moments": "created_at >= start_of_month(today()) or now() - created_at > days(30)",
}
MOMENT = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
AMBIENT = ambient_values(MOMENT, "Asia/Shanghai", 1)
COLUMNS = {
    "quantity": BigInteger(),
    "name": Text(),
    "close_date": Date(),
    "start_date": Date(),
    "created_at": UtcDateTime(),
    "closed": Boolean(create_constraint=False),
    "source": Text(),
}
TABLE = Table(
    "benchmarked_expression",
    MetaData(),
    Column("id", BigInteger(), primary_key=True),
    *(Column(name, COLUMNS.get(name) or ExactDecimal(18, kind.scale)) for name, kind in TYPES.items()),
)


class Scope:
    """Names are columns of TABLE."""

    now = bindparam("@now", type_=UtcDateTime())
    today = bindparam("@today", type_=Date())
    me = bindparam("@me", type_=BigInteger())
    timezone = bindparam("@timezone", type_=Text())

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect

    def column(self, path: FieldPath) -> ColumnElement[Any]:
        """A column."""
        return TABLE.c[path.dotted]


def checked(source: str) -> Expression:
    """The typed expression."""
    found = check_expression(source, None, {}, place=Place(), extra=TYPES)
    if not isinstance(found, Expression):
        raise SystemExit("\n".join(problem.as_text() for problem in found))
    return found


def made_up(count: int, gaps: float) -> list[dict[str, Any]]:
    """Rows by a seed; `gaps` is the share of values that are None."""
    chance = random.Random(18)
    return [{name: None if chance.random() < gaps else value for name, value in _row(chance).items()} for _ in range(count)]


def _row(chance: random.Random) -> dict[str, Any]:
    start = date(2025, 1, 1) + timedelta(days=chance.randrange(400))
    return {
        "amount": Decimal(chance.randrange(1, 10**7)).scaleb(-2),
        "fee": Decimal(chance.randrange(10**5)).scaleb(-2),
        "discount": Decimal(chance.randrange(10**4)).scaleb(-4),
        "quantity": chance.randrange(-5, 40),
        "name": chance.choice(["恒拓精密", "Ärger & Söhne", "acme", "𝒳 Lab"]),
        "close_date": start + timedelta(days=chance.randrange(-10, 200)),
        "start_date": start,
        "created_at": MOMENT - timedelta(seconds=chance.randrange(10**7)),
        "closed": chance.random() < 0.5,
        "source": chance.choice(["web", "event", "referral"]),
    }


def timed(evaluate: Callable[[dict[str, Any]], Any], rows: list[dict[str, Any]]) -> float:
    """CPU seconds for all rows."""
    started = time.process_time()
    for row in rows:
        evaluate(row)
    return time.process_time() - started


def simpleeval_of(source: str) -> Callable[[dict[str, Any]], Any]:
    """simpleeval as it comes, with the tree kept."""
    evaluator = EvalWithCompoundTypes()
    tree = evaluator.parse(source)

    def evaluate(row: dict[str, Any]) -> Any:
        evaluator.names = row
        return evaluator.eval(source, previously_parsed=tree)

    return evaluate


def speed() -> dict[str, Any]:
    """Per expression: microseconds of both, and the median and quartiles of the rounds' ratios."""
    rows = [row | AMBIENT for row in made_up(BATCH, gaps=0)]
    answer = {}
    for name, source in TIMED.items():
        ours, theirs = compile_python(checked(source)), simpleeval_of(source)
        if [ours(row) for row in rows] != [theirs(row) for row in rows]:
            raise SystemExit(f"{name}: simpleeval gives something else")
        pairs = [(timed(ours, rows), timed(theirs, rows)) for _ in range(ROUNDS)]
        low, ratio, high = statistics.quantiles([slow / fast for fast, slow in pairs], n=4)
        answer[name] = {
            "compiled_us": round(statistics.median(fast for fast, _ in pairs) / BATCH * 1e6, 3),
            "simpleeval_us": round(statistics.median(slow for _, slow in pairs) / BATCH * 1e6, 3),
            "ratio": round(ratio, 1),
            "quartiles": [round(low, 1), round(high, 1)],
            "bar": BAR,
            "met": ratio >= BAR,
        }
    return answer


def equality(url: str, count: int) -> dict[str, Any]:
    """Per expression: how many of the rows differ between Python and the database."""
    database = Database.open(url)
    rows = made_up(count, gaps=0.1)
    with database.write() as connection:
        TABLE.drop(connection, checkfirst=True)
        TABLE.create(connection)
        for start in range(0, count, 5000):
            connection.execute(TABLE.insert(), [row | {"id": start + place} for place, row in enumerate(rows[start : start + 5000])])
    answer: dict[str, Any] = {"rows": count, "differing": {}}
    for name, source in COMPARED.items():
        expression = checked(source)
        compiled = compile_python(expression)
        statement = select(compile_sql(expression, Scope(database.dialect))).select_from(TABLE).order_by(TABLE.c.id)
        with database.read() as connection:
            found = connection.execute(statement, AMBIENT).scalars()
            answer["differing"][name] = sum(compiled(row | AMBIENT) != value for row, value in zip(rows, found, strict=True))
    with database.write() as connection:
        TABLE.drop(connection)
    database.close()
    answer["met"] = not any(answer["differing"].values())
    return {database.dialect: answer}


def run(urls: list[str], count: int = 100_000) -> dict[str, Any]:
    """The whole bar: speed, and equality on each database."""
    answer: dict[str, Any] = {"bar": 18, "speed": speed(), "equal_to_sql": {}}
    for url in urls:
        answer["equal_to_sql"] |= equality(url, count)
    answer["met"] = all(part["met"] for part in (*answer["speed"].values(), *answer["equal_to_sql"].values()))
    return answer


def main() -> int:
    """Run by hand; exit status 1 where the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", action="append", default=[], metavar="URL")
    parser.add_argument("--rows", type=int, default=100_000)
    settings = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        answer = run(settings.database or [f"sqlite:///{Path(folder) / 'expressions.sqlite3'}"], settings.rows)
    print(json.dumps(answer, indent=2))
    return 0 if answer["met"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
