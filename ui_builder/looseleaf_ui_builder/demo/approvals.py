"""What waits for a decision in the demo: discounts and contracts that were submitted, at several steps of their way."""

from __future__ import annotations

from looseleaf_platform.context import Context
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change, Operation, Query
from looseleaf_platform.records.write import write
from looseleaf_ui_builder.demo.people import Staff
from looseleaf_ui_builder.demo.writer import Writer
from looseleaf_workflow.running import asking
from looseleaf_workflow.running.asking import Said
from looseleaf_workflow.running.looking import tasks_of
from looseleaf_workflow.running.submitting import Request, submit

DISCOUNTS = (("lin", "0.15"), ("wang", "0.25"), ("priya", "0.18"))
"""Who asks for which discount."""


def write_approvals(writer: Writer, staff: Staff) -> None:
    """Three discounts and three contracts; the manager has agreed to the large discount and to one of the contracts."""
    for login, discount in DISCOUNTS:
        deal = _proposal(writer, staff.id(login))
        if deal is not None:
            operation = Operation("seed", reason="Demo records", exemptions=frozenset({"rules", "history", "stages"}))
            write(writer.context, [Change("update", "opportunity", deal, {"discount": discount})], operation)
            submit(_at_work(writer, staff, login), Request("opportunity", deal))
    for contract, login in _contracts(writer, staff):
        submit(_at_work(writer, staff, login), Request("contract", contract))
    chen = _at_work(writer, staff, "chen")
    waiting = [task for task in tasks_of(chen) if task.instance.state.submitter]
    for task in (waiting[1], waiting[-1]) if len(waiting) > 2 else ():
        asking.decide_task(chen, task, "agree", Said("战略客户，保住这一单。"))


def _at_work(writer: Writer, staff: Staff, login: str) -> Context:
    workspace = writer.context.workspace
    return workspace.context(workspace.actor(staff.id(login)), "screen")


def _proposal(writer: Writer, owner: int) -> int | None:
    """Somebody's first deal that is being proposed."""
    query = Query(fields=("stage", "owner"), size=200, sort=("id",))
    deals = read.page(writer.context, "opportunity", query).records
    return next((deal.id for deal in deals if deal.values["owner"] == owner and deal.values["stage"] == "proposal"), None)


def _contracts(writer: Writer, staff: Staff) -> list[tuple[int, str]]:
    """Two drafts of a customer who pays in time, and one of a customer who doesn't, which goes to finance first; each with who submits it."""
    found = read.page(writer.context, "account", Query(fields=("owner", "overdue"), size=200, sort=("id",))).records
    sellers = {staff.id(login): login for login in ("lin", "wang", "sun", "priya")}
    good = next(one.id for one in found if one.values["owner"] == staff.id("lin") and not one.values["overdue"])
    late = [(one.id, sellers[one.values["owner"]]) for one in found if one.values["overdue"] and one.values["owner"] in sellers]
    rows = [("二期产线供货合同 Line two", "1280000 CNY", good, "lin")]
    rows += [("增购合同 Further machines", "360000 CNY", account, login) for account, login in late[:1]]
    rows += [("年度维保合同 Annual maintenance", "96000 CNY", good, "lin")]
    term = {"starts_on": writer.day(10, 20), "ends_on": writer.day(300, 400)}
    drafts = [
        {"name": name, "amount": amount, "account": account, "owner": staff.id(login), **term} for name, amount, account, login in rows
    ]
    return list(zip(writer.create("contract", drafts), (login for *_, login in rows), strict=True))
