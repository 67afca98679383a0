"""What an automation says, it says to each person in their language."""

from __future__ import annotations

from sqlalchemy import select

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.database.system_tables import mail
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from support.automations import rule_of as rule

EVERYBODY = "[owner, {user: he@firm.example}]"
SAYS = "{zh: '新商机 {{ name }}', en: 'New deal {{ name }}'}"


def test_notifications_tasks_and_mails_are_in_the_language_of_whoever_gets_them(firm):
    english = Change("update", "user", firm.boss.actor.id, {"locale": "en"})
    write(firm.workspace.context(SYSTEM, "job"), [english])
    steps = f"""
  - {{notify: tell, who: {EVERYBODY}, text: {SAYS}}}
  - {{task: call, who: {EVERYBODY}, subject: {SAYS}}}
  - {{email: write, who: {EVERYBODY}, subject: {SAYS}, body: "{{{{ name }}}}"}}
"""
    firm.publish(rule(steps))
    firm.deal(name="二期")
    firm.settle()
    wanted = {firm.lin.actor.id: "新商机 二期", firm.boss.actor.id: "New deal 二期"}
    assert {row["user_id"]: row["text"] for row in firm.rows("wf_notification")} == wanted
    tasks = firm.workspace.runtime.object("task")
    with firm.workspace.database.read() as connection:
        made = connection.execute(select(tasks.fields["owner"].main, tasks.fields["subject"].main)).all()
        sent = set(map(tuple, connection.execute(select(mail.c.recipient, mail.c.subject))))
    assert dict(map(tuple, made)) == wanted
    assert sent == {("lin@firm.example", "新商机 二期"), ("he@firm.example", "New deal 二期")}
