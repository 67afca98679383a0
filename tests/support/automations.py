"""A small sales firm with automations: deals with lines, tasks, and a way to let everything that waits in the background happen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from sqlalchemy import func, select

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.jobs.outbox import drain
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change, Operation, Query
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from looseleaf_workflow.extension import WORKFLOW
from looseleaf_workflow.tables import TABLES
from support.clock import FrozenClock
from support.workspaces import as_user, publish_texts

FIRM = """
object: account
title: name
fields: {name: {type: text, required: true}, level: {type: text}}
---
object: deal
title: name
owner: optional
fields:
  name: {type: text, required: true}
  account: {type: lookup, to: account}
  status: {type: select, options: {draft: 草稿, sent: 已发, accepted: 接受, lost: 输}}
  stage: {type: select, options: {open: 进行, won: 赢单, lost: 输单}, default: open}
  total: {type: decimal, scale: 2}
  note: {type: text}
  marks: {type: tags}
  close_date: {type: date}
  lines: {type: lines, to: line, by: deal}
---
object: line
title: name
fields:
  deal: {type: lookup, to: deal, required: true}
  name: {type: text, required: true}
  margin: {type: decimal, scale: 2}
  checked: {type: boolean}
---
object: task
title: subject
owner: optional
fields:
  subject: {type: text, required: true, max_length: 200}
  deal: {type: lookup, to: deal}
  due_on: {type: date}
---
pipeline: sales
object: deal
stages:
  - {stage: open, skip: true}
  - {stage: won, closed: won}
  - {stage: lost, closed: lost}
---
calendar: office
timezone: Asia/Shanghai
hours: {mon-fri: ["09:00-12:00", "13:30-18:00"]}
---
role: rep
objects:
  deal: {create: all, read: all, update: all, delete: all}
  line: {create: all, read: all, update: all}
  account: {read: all}
---
role: ops
abilities: [automations]
objects: {deal: {read: all}}
"""


def rule_of(steps: str, trigger: str = "created", more: str = "") -> str:
    """An automation of deals with these steps."""
    return f"automation: rule\nobject: deal\ntrigger: {trigger}\ncalendar: office\n{more}\nsteps:\n{steps}\n"


COUNT = "{update: mark, values: {total: '{{ total + 1 if total is not None else 1 }}'}}"
"""A step that counts how often it was done."""


def bare_rule(steps: str, trigger: str = "updated", name: str = "rule", more: str = "") -> str:
    """An automation of deals with these steps in a row, and no calendar."""
    return f"automation: {name}\nobject: deal\ntrigger: {trigger}\n{more}\nsteps: [{steps}]\n"


class Firm:
    """The firm: 林 sells, 何 is her manager. `settle` lets everything happen that is due."""

    def __init__(self, workspace: Workspace, clock: FrozenClock, url: str = "") -> None:
        self.workspace, self.clock, self.url = workspace, clock, url
        self.boss = as_user(workspace, ["rep"], name="何文静", email="he@firm.example")
        self.lin = as_user(workspace, ["rep"], name="林若溪", email="lin@firm.example", manager=encode(self.boss.actor.id or 0))

    def publish(self, *automations: str) -> None:
        """The firm with these automations."""
        publish_texts(self.workspace, "\n---\n".join((FIRM, *automations)))

    @property
    def system(self) -> Context:
        """The system on the newest revision."""
        return self.workspace.context(SYSTEM)

    def write(self, *changes: Change, by: Context | None = None, source: str = "api", operation: Operation = Operation()) -> list[int]:  # noqa: B008
        """Write, and the ids of what was written."""
        context = self.workspace.context((by or self.lin).actor, source)
        return [one.id or 0 for one in write(context, changes, operation).written]

    def deal(self, by: Context | None = None, source: str = "api", **values: Any) -> int:
        """Create a deal of 林's."""
        return self.write(Change("create", "deal", values={"name": "二期", "owner": self.lin.actor.id, **values}), by=by, source=source)[0]

    def change(self, id: int, by: Context | None = None, source: str = "api", object: str = "deal", **values: Any) -> None:
        """Change a record."""
        self.write(Change("update", object, id, values), by=by, source=source)

    def delete(self, id: int) -> None:
        """Delete a deal."""
        self.write(Change("delete", "deal", id), by=self.boss)

    def get(self, id: int, object: str = "deal") -> Mapping[str, Any]:
        """A record's values."""
        return read.get(self.system, object, id).values

    def all(self, object: str) -> list[Mapping[str, Any]]:
        """All records of an object, oldest first."""
        return [record.values for record in read.page(self.system, object, Query(sort=("id",), size=200)).records]

    def settle(self) -> None:
        """Handle messages and look after chores until nothing is left to do now."""
        before = -1
        while before != (before := self._done()):
            for chore in WORKFLOW.chores:
                chore(self.workspace)
            drain(self.workspace, WORKFLOW.handlers)

    def _done(self) -> int:
        with self.workspace.database.read() as connection:
            steps, timers = TABLES.tables["automation_step"], TABLES.tables["wf_timer"]
            runs = TABLES.tables["automation_run"]
            done = connection.scalar(select(func.coalesce(func.sum(runs.c.journal), 0) + func.count(runs.c.id) * 1000))
            return int(
                (done or 0)
                + (connection.scalar(select(func.count()).select_from(steps)) or 0)
                + (connection.scalar(select(func.count()).select_from(timers).where(timers.c.state == "fired")) or 0)
            )

    def later(self, **by: float) -> None:
        """Let time pass, and what is due then happen."""
        self.clock.advance(**by)
        self.settle()

    def rows(self, table: str, **equal: Any) -> list[Mapping[str, Any]]:
        """Rows of one of the wing's tables, oldest first."""
        found = TABLES.tables[table]
        statement = select(found).order_by(*found.primary_key)
        for name, value in equal.items():
            statement = statement.where(found.c[name] == value)
        with self.workspace.database.read() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def runs(self, **equal: Any) -> list[Mapping[str, Any]]:
        """The runs."""
        return self.rows("automation_run", **equal)

    def states(self, **equal: Any) -> list[tuple[str, str]]:
        """Which automation ran, and what became of it."""
        return [(run["name"], run["state"]) for run in self.runs(**equal)]

    def steps(self, run: Mapping[str, Any] | None = None) -> dict[str, str]:
        """The states of a run's steps (the last run's), by path."""
        run = run or self.runs()[-1]
        return {row["path"]: row["state"] for row in self.rows("automation_step", run_id=run["id"])}


class Sink:
    """A server that keeps what it is sent, and answers as it is told: the last answer again and again."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/hook"
        self.received: list[tuple[Mapping[str, str], bytes]] = []
        self.answers: list[int] = [200]
        self.meanwhile: Callable[[], object] = lambda: None  # done while the sender waits for its answer

    def answer(self) -> int:
        """The next status."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def listening() -> Iterator[Sink]:
    """A sink on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.received.append((dict(self.headers), body))
            sink.meanwhile()
            status = sink.answer()
            if status == 0:  # the line goes dead after everything has arrived
                self.connection.close()
                return
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    sink = Sink(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
