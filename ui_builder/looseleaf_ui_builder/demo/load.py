"""Fills a workspace that has the demo's templates: people, accounts, the invented pipeline, retail orders, tickets."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.workspace import Workspace
from looseleaf_ui_builder.demo import accounts, approvals, deals, people, retail, service
from looseleaf_ui_builder.demo.writer import Writer

DEMO_TEMPLATES = ("base", "b2b_sales", "retail", "service_desk")
SEED = 20260301


@dataclass(frozen=True, slots=True)
class Login:
    """One person of the demo: what to type, and what they are."""

    email: str
    password: str
    name: str
    position: str


def load_demo(workspace: Workspace, templates: Path, told: Callable[[str], None] = lambda line: None) -> tuple[Login, ...]:
    """Write the demo's records; `templates` is the folder of the shipped templates. `told` hears of each step.

    The same seed gives the same records relative to today. Returns the logins, the administrator first.
    """
    chance = random.Random(SEED)  # noqa: S311 - demo records, not secrets
    writer = Writer(workspace.context(SYSTEM, source="seed"), chance)
    told("people")
    staff = people.write_people(writer)
    writer = Writer(workspace.context(SYSTEM, source="seed"), chance)
    told("accounts")
    firms = accounts.write_accounts(writer, staff, templates / "base" / "demo")
    told("pipeline")
    deals.write_deals(writer, staff, firms)
    told("approvals")
    approvals.write_approvals(writer, staff)
    told("retail orders")
    retail.write_retail(writer, staff, templates / "retail" / "demo")
    told("tickets")
    service.write_service(writer, staff, firms, templates / "service_desk" / "demo")
    return tuple(Login(person.email, people.PASSWORD, person.name, person.position) for person in staff.people)
