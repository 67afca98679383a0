"""The chaos drill: deals, automations and approvals go on while processes are killed, PostgreSQL is stopped and Redis forgets.

    ./dev.py chaos                                       2,000 approvals and 5,000 runs, for as long as that takes
    ./dev.py chaos --deals 500 --approvals 200 --calm 60

Afterwards everything must be finished within the calm, every database effect there once, every key outside at least once, and every
invariant must hold. Prints what was done to the house, and what does not hold; ends with 1 where something does not.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select

from chaos.driving import Driver, Sink, sinking
from chaos.firm import found
from chaos.processes import House
from looseleaf_platform.database.system_tables import mail, outbox
from looseleaf_platform.errors import LooseleafError
from looseleaf_ui_builder.wings import open_workspace
from looseleaf_workflow.automations.tables import automation_run
from looseleaf_workflow.running.checking import check
from looseleaf_workflow.running.tables import approval_effect, approval_instance
from support.post import Post, taking_mail

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace


@dataclass(frozen=True)
class Plan:
    """How much is done, and how badly it is disturbed. Times are seconds; `kills` and `outages` are the shortest and longest pauses."""

    deals: int = 5000
    approvals: int = 2000
    hands: int = 6
    workers: int = 4
    kills: tuple[float, float] = (0.2, 2.0)
    outages: tuple[float, float] = (5.0, 40.0)
    calm: float = 60.0
    seed: int = 0


@dataclass
class Report:
    """What came of a drill."""

    done: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    busy: float = 0.0
    settled: float = 0.0

    def __str__(self) -> str:
        """A line each."""
        said = ", ".join(f"{count} × {name}" for name, count in sorted(self.done.items()))
        lines = [f"worked for {self.busy:.0f} s, then settled in {self.settled:.1f} s", said]
        return "\n".join([*lines, *(self.wrong or ["everything holds"])])


def drill(plan: Plan) -> Report:
    """One drill from an empty database to the verdict."""
    report = Report()
    with sinking() as sink, taking_mail() as post:
        house = House(plan.workers, sink.url, f"smtp://127.0.0.1:{post.server_address[1]}?from=crm@firm.example")
        try:
            people = found(house.cluster.url, sink.url)
            house.open()
            driver = Driver(house.port, people, plan.deals, plan.approvals, plan.hands)
            began = time.monotonic()
            with havoc(house, plan, report) as trouble:
                driver.run()
                trouble.wait_for_enough()
            report.busy = time.monotonic() - began
            report.done += Counter({f"request repeated after {said}": count for said, count in driver.repeated.items()})
            report.done += Counter({"process started": sum(program.starts for program in house.programs)})
            judge(house, plan, driver, sink, post, report)
        finally:
            house.close()
    return report


class havoc:
    """Kills, outages and forgetting, for as long as the body lasts."""

    def __init__(self, house: House, plan: Plan, report: Report) -> None:
        self.house, self.plan, self.report = house, plan, report
        self.random = random.Random(plan.seed)
        self.over = threading.Event()
        acts = (self._kill, self._stop_postgresql, self._trouble_redis)
        self.threads = [threading.Thread(target=act, daemon=True) for act in acts]

    def __enter__(self) -> havoc:
        """Begin."""
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, with everything up again."""
        self.over.set()
        for thread in self.threads:
            thread.join()

    def wait_for_enough(self) -> None:
        """Go on until a process was killed and PostgreSQL was stopped, however soon the work was done."""
        until = time.monotonic() + 3 * self.plan.outages[1]
        while time.monotonic() < until and not (self.report.done["kill -9"] and self.report.done["PostgreSQL stopped"]):
            time.sleep(0.2)

    def _kill(self) -> None:
        while not self.over.wait(self.random.uniform(*self.plan.kills)):
            self.random.choice(self.house.programs).kill()
            self.report.done["kill -9"] += 1

    def _stop_postgresql(self) -> None:
        while not self.over.wait(self.random.uniform(*self.plan.outages)):
            self.house.cluster.stop()
            self.over.wait(self.random.uniform(0, 2))
            self.house.cluster.start()
            self.report.done["PostgreSQL stopped"] += 1

    def _trouble_redis(self) -> None:
        while not self.over.wait(self.random.uniform(*self.plan.outages) / 2):
            if self.random.random() < 0.3:
                self.house.freeze_redis(self.random.uniform(0.5, 3), self.over)
                self.report.done["Redis frozen"] += 1
                continue
            try:
                Redis.from_url(self.house.redis.url, socket_timeout=2).flushall()
                self.report.done["Redis flushed"] += 1
            except RedisError:
                pass


def judge(house: House, plan: Plan, driver: Driver, sink: Sink, post: Post, report: Report) -> None:
    """Wait until nothing is left to be done, at most as long as the plan says; then see what holds."""
    workspace = open_workspace(house.cluster.url)
    try:
        began = time.monotonic()
        left = unfinished(workspace, plan)
        while left and time.monotonic() - began < plan.calm:
            time.sleep(0.5)
            left = unfinished(workspace, plan)
        report.settled = time.monotonic() - began
        report.wrong += [*driver.failures[:20], *left, *_broken(workspace, plan, sink, post)]
    finally:
        workspace.close()


def unfinished(workspace: Workspace, plan: Plan) -> list[str]:
    """What is not done yet."""
    runs = select(func.count()).select_from(automation_run)
    counts = {
        "runs not done": runs.where(automation_run.c.state != "done"),
        "messages waiting": select(func.count()).select_from(outbox).where(outbox.c.done_at.is_(None)),
        "mails not sent": select(func.count()).select_from(mail).where(mail.c.sent_at.is_(None)),
        "approvals not ended": select(func.count()).select_from(approval_instance).where(approval_instance.c.status != "approved"),
    }
    try:
        with workspace.database.read() as connection:
            found = {name: int(connection.scalar(statement) or 0) for name, statement in counts.items()}
            found["runs missing"] = plan.deals - int(connection.scalar(runs) or 0)
            late = connection.execute(
                select(automation_run.c.state, automation_run.c.error).where(automation_run.c.state != "done").limit(3)
            ).all()
    except LooseleafError as error:
        return [str(error)]
    return [*(f"{count} {name}" for name, count in found.items() if count), *(f"a run is {state}: {error}" for state, error in late)]


def _broken(workspace: Workspace, plan: Plan, sink: Sink, post: Post) -> Iterator[str]:
    """Invariants, and effects that are not there as often as they should be."""
    yield from check(workspace)
    model = workspace.runtime
    deal, line = model.object("deal"), model.object("line")
    with workspace.database.read() as connection:
        for said, statement, wanted in (
            ("deals", select(func.count()).select_from(deal.table), plan.deals),
            ("deals with one line each", select(func.count(func.distinct(line.fields["deal"].main))), plan.deals),
            ("lines", select(func.count()).select_from(line.table), plan.deals),
            ("messages given up", select(func.count()).select_from(outbox).where(outbox.c.error.is_not(None)), 0),
            ("approvals", select(func.count()).select_from(approval_instance), plan.approvals),
            ("deals agreed", select(func.count()).where(deal.fields["agreed"].main.is_(True)), plan.approvals),
            ("updates by approvals", select(func.count()).where(approval_effect.c.what == "update"), plan.approvals),
            ("mails", select(func.count()).select_from(mail), plan.deals),
        ):
            found = connection.scalar(statement)
            if found != wanted:
                yield f"{said}: {found} instead of {wanted}"
    if len(sink.answered) != plan.deals:
        yield f"{plan.deals - len(sink.answered)} calls never arrived outside"
    if len(post.received) < plan.deals:
        yield f"{plan.deals - len(post.received)} mails never arrived"


def main() -> int:
    """The command line."""
    usual = Plan()
    parser = argparse.ArgumentParser(prog="./dev.py chaos", description=(__doc__ or "").split("\n", 1)[0])
    for name in ("deals", "approvals", "hands", "workers", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(usual, name))
    for name, what in (("kills", "kill -9"), ("outages", "PostgreSQL's outages")):
        parser.add_argument(
            f"--{name}", type=float, nargs=2, default=getattr(usual, name), metavar=("FROM", "TO"), help=f"seconds between {what}"
        )
    parser.add_argument("--calm", type=float, default=usual.calm, help="seconds after which everything must be finished")
    report = drill(Plan(**vars(parser.parse_args())))
    sys.stdout.write(f"{report}\n")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
