"""The demo's firm: teams in a tree, and one person or more for every role that firms have. All invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from looseleaf_platform.identity import passwords
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write
from looseleaf_ui_builder.demo.writer import Writer

PASSWORD = "looseleaf-demo"  # noqa: S105 - printed on purpose: demo only
TEAMS = (
    ("company", "衡远自动化 Hengyuan", ""),
    ("sales", "销售中心 Sales", "company"),
    ("east", "华东大区 East", "sales"),
    ("south", "华南大区 South", "sales"),
    ("international", "国际业务 International", "sales"),
    ("service", "客户服务 Service", "company"),
    ("marketing", "市场部 Marketing", "company"),
    ("finance", "财务法务 Finance and legal", "company"),
    ("shop", "零售门店 Retail shop", "company"),
)
# login name, name, position, team, roles, language
STAFF = (
    ("admin", "许知远", "管理员 Administrator", "company", (), "zh"),
    ("lin", "林若溪", "销售 Sales rep", "east", ("b2b_sales_rep",), "zh"),
    ("wang", "王思源", "销售 Sales rep", "east", ("b2b_sales_rep",), "zh"),
    ("sun", "孙亦凡", "销售 Sales rep", "south", ("b2b_sales_rep",), "zh"),
    ("priya", "Priya Nair", "Sales rep", "international", ("b2b_sales_rep",), "en"),
    ("daniel", "Daniel Meyer", "Sales manager", "international", ("b2b_sales_manager",), "en"),
    ("chen", "陈启明", "销售经理 Sales manager", "east", ("b2b_sales_manager",), "zh"),
    ("zhou", "周亦然", "大区总监 Regional director", "sales", ("b2b_regional_director",), "zh"),
    ("gu", "顾晓燕", "商务助理 Sales assistant", "sales", ("b2b_sales_assistant",), "zh"),
    ("shen", "沈立", "售前 Presales", "sales", ("b2b_presales",), "zh"),
    ("ma", "马可欣", "市场 Marketing", "marketing", ("b2b_marketing",), "zh"),
    ("he", "何佳", "客服 Service agent", "service", ("desk_agent", "b2b_delivery"), "zh"),
    ("luo", "罗敏", "客服经理 Service manager", "service", ("desk_manager",), "zh"),
    ("qian", "钱文", "财务 Finance", "finance", ("b2b_finance",), "zh"),
    ("fang", "方律", "法务 Legal", "finance", ("b2b_legal",), "zh"),
    ("tang", "唐远山", "老板 Executive", "company", ("b2b_executive", "retail_executive"), "zh"),
    ("yun", "云舒", "运营 Operations", "company", ("b2b_operations", "retail_operations", "desk_operations"), "zh"),
    ("ann", "Ann Walker", "Retail clerk", "shop", ("retail_clerk",), "en"),
)
MANAGERS = {
    "lin": "chen",
    "wang": "chen",
    "sun": "zhou",
    "priya": "daniel",
    "daniel": "zhou",
    "chen": "zhou",
    "gu": "zhou",
    "shen": "zhou",
    "zhou": "tang",
}
"""Who is above whom."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the demo."""

    login: str
    id: int
    name: str
    email: str
    position: str
    team: str


@dataclass(frozen=True, slots=True)
class Staff:
    """Everybody, and their teams' ids by name."""

    people: tuple[Person, ...]
    teams: Mapping[str, int]

    def id(self, login: str) -> int:
        """The user id of a login name."""
        return next(person.id for person in self.people if person.login == login)


def write_people(writer: Writer) -> Staff:
    """Create teams, users with passwords and their roles; heads and managers are set."""
    teams: dict[str, int] = {}
    for name, label, parent in TEAMS:
        teams[name] = writer.create("team", [{"name": label, **({"parent": teams[parent]} if parent else {})}])[0]
    rows = [
        {
            "name": name,
            "email": f"{login}@demo.example",
            "position": position,
            "team": teams[team],
            "locale": locale,
            "administrator": login == "admin",
        }
        for login, name, position, team, _, locale in STAFF
    ]
    ids = writer.create("user", rows)
    people = tuple(
        Person(login, id, name, f"{login}@demo.example", position, team)
        for id, (login, name, position, team, _, _) in zip(ids, STAFF, strict=True)
    )
    known = {person.login: person.id for person in people}
    above = [Change("update", "user", known[login], {"manager": known[boss]}) for login, boss in MANAGERS.items()]
    write(writer.context, above, Operation("seed", reason="Demo records"))
    memberships = [{"user": person.id, "role": role} for person, entry in zip(people, STAFF, strict=True) for role in entry[4]]
    writer.create("role_member", memberships)
    workspace = writer.context.workspace
    password_hash = passwords.hashed(PASSWORD)
    with workspace.database.write() as connection:
        for person in people:
            passwords.store(connection, person.id, password_hash, workspace.clock)
    return Staff(people, teams)
