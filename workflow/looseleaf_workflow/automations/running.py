"""Running: one step after the other, each in a transaction of its own in which its effect and its note are stored together.

A run is a row; its place is worked out from the notes of its steps, so that whoever takes it up after a crash goes on where it was. Effects
in the database happen exactly once. What is sent outside is noted before and after: it happens at least once, with the same key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, insert, select, update

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.errors import LooseleafError, Refused, Unavailable
from looseleaf_platform.jobs.leases import MOST_ATTEMPTS
from looseleaf_platform.jobs.outbox import Message, put
from looseleaf_platform.records.ids import decode, encode, new_id
from looseleaf_workflow.automations import holding
from looseleaf_workflow.automations.alarming import BAD, alarm_of_failure
from looseleaf_workflow.automations.retrying import backoff
from looseleaf_workflow.automations.steps import STEPS, Gone, Receipt
from looseleaf_workflow.automations.switches import OWNER_KIND, RUN_TOPIC, is_off, switched_off, wake
from looseleaf_workflow.automations.tables import automation_run, automation_step, automation_version
from looseleaf_workflow.automations.walking import FAILURE, Frame, Todo, next_step
from looseleaf_workflow.automations.working import object_name, recheck_fails, work_for
from looseleaf_workflow.timers import Timer, cancel_timers_of, set_timer, take

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

MOST_STEPS = 200
"""Steps of one run that are done in a row, before others have their turn."""
SENDING = timedelta(seconds=30)
"""How long a process may take to send something before others take it for lost."""
# Made once: every turn carries them out.
RUN = select(automation_run).where(automation_run.c.id == bindparam("run")).with_for_update()
JOURNAL = select(automation_step).where(automation_step.c.run_id == bindparam("run"))
NOTE = update(automation_step).where(automation_step.c.run_id == bindparam("_run"), automation_step.c.path == bindparam("_path"))
SET = update(automation_run).where(automation_run.c.id == bindparam("_run"))
COUNT = SET.values(journal=automation_run.c.journal + 1)

ACTIVE = ("waiting", "running", "failing")
ERROR_LENGTH = 1000


@dataclass(slots=True)
class Turn:
    """One turn of a run: what was come to, for whoever must note that it failed."""

    run: Any = None
    todo: Todo | None = None
    planned: Any = None
    go_on: bool = False
    sending: tuple[str, int] | None = None  # token and attempt


@dataclass(frozen=True, slots=True)
class Done:
    """A step's note, as the walk along a flow sees it."""

    state: str = "done"
    output: Any = None


DONE = Done()


def handle(workspace: Workspace, message: Message) -> None:
    """The message of a run: take it as far as it goes."""
    run_id = decode(message.payload["run"])
    try:
        advance(workspace, run_id)
    except Unavailable:
        raise
    except Exception as error:
        if message.attempts < MOST_ATTEMPTS:
            raise
        with workspace.writing(workspace.context(SYSTEM, "automation")) as (connection, context):
            _end(connection, context, run_id, "failed", f"{type(error).__name__}: {error}")


def woken(workspace: Workspace, timer: Timer) -> None:
    """A timer of a run: let it look again."""
    context = workspace.context(SYSTEM, "automation")
    with workspace.database.write() as connection:
        if take(connection, workspace, timer):
            wake(connection, context, [timer.owner_id], ("sleeping",))


def advance(workspace: Workspace, run_id: int) -> None:
    """Do steps of a run until it ends, waits, or others should have a turn."""
    for _ in range(MOST_STEPS):
        if not _turn(workspace, run_id):
            return
    with workspace.database.write() as connection:
        put(connection, workspace, RUN_TOPIC, {"run": encode(run_id)}, lane="automation")


def _turn(workspace: Workspace, run_id: int) -> bool:
    """One step. Whether there may be another."""
    turn = Turn()
    try:
        with workspace.writing(workspace.context(SYSTEM, "automation")) as (connection, context):
            _take_turn(connection, context, run_id, turn)
    except Unavailable:
        raise
    except (LooseleafError, ArithmeticError) as error:
        with workspace.writing(workspace.context(SYSTEM, "automation")) as (connection, context):
            return _note_failure(connection, context, run_id, turn, error)
    if turn.sending is None or turn.todo is None:
        return turn.go_on
    token, attempt = turn.sending
    receipt = STEPS[turn.todo.kind].send(turn.planned, _key(run_id, turn.todo.path))  # type: ignore[misc]
    with workspace.writing(workspace.context(SYSTEM, "automation")) as (connection, context):
        return _note_receipt(connection, context, run_id, turn.todo, receipt, token, attempt)


def _key(run_id: int, path: str) -> str:
    """What a receiver knows a step of a run by, however often it is sent."""
    return f"{encode(run_id)}-{path}"


def _take_turn(connection: Connection, context: Context, run_id: int, turn: Turn) -> None:
    """Find the next step and do it, in this transaction."""
    run = connection.execute(RUN, {"run": run_id}).first()
    if run is None or run.state not in ACTIVE:
        return
    turn.run = run
    if is_off(switched_off(connection), run.automation_id):
        _set(connection, run_id, state="held")
        return
    data = _data(connection, context, run)
    journal = {row.path: row for row in connection.execute(JOURNAL, {"run": run_id})}
    failing = run.state == "failing"
    flow, prefix = (data.get("on_failure", ()), FAILURE) if failing else (data["steps"], "")
    if run.state == "waiting":
        _set(connection, run_id, state="running", started_at=context.now)
        if recheck_fails(connection, context, run, data):
            _end(connection, context, run_id, "done", "the condition did not hold any more")
            return
    frame = Frame(object_name(context, run.object_id), run.record_id)
    todo = turn.todo = next_step(flow, journal, frame, prefix)
    if todo is not None:
        turn.go_on = True
        if todo.ends:
            _note(connection, context, run_id, todo, "done")
        else:
            _do(connection, context, run, data, todo, journal.get(todo.path), turn)
        if todo.ends or STEPS[todo.kind].held or turn.sending is not None or not turn.go_on:
            return
        if next_step(flow, {**journal, todo.path: DONE}, frame, prefix) is not None:
            return
    turn.go_on = False
    _end(connection, context, run_id, "failed" if failing else "done", run.error if failing else "")


def _data(connection: Connection, context: Context, run: Any) -> Mapping[str, Any]:
    """The text that a run works on; a version never changes."""
    known: dict[str, Mapping[str, Any]] = context.runtime.memo.setdefault("automation versions", {})
    if run.version not in known:
        known[run.version] = connection.scalars(select(automation_version.c.data).where(automation_version.c.hash == run.version)).one()
    return known[run.version]


def _do(connection: Connection, context: Context, run: Any, data: Any, todo: Todo, note: Any, turn: Turn) -> None:
    """Do one step."""
    step = STEPS[todo.kind]
    work = work_for(connection, context, run, data, todo.frame, _key(run.id, todo.path))
    if step.held:
        _hold(connection, context, run, todo, note, work, turn)
        return
    if note is not None and note.state == "sending" and note.lease_until > context.now:
        put(connection, context.workspace, RUN_TOPIC, {"run": encode(run.id)}, lane="automation", due=note.lease_until)
        turn.go_on = False
        return
    turn.planned = note.input if note is not None and note.input is not None else step.plan(work, todo.step)
    if step.send is None:
        output = step.perform(work, todo.step, turn.planned)
        _note(connection, context, run.id, todo, "done", planned=turn.planned, output=output, attempt=1)
        return
    if note is not None and note.state == "sending" and todo.step.get("retry", {}).get("on_unknown") == "park":
        _note(connection, context, run.id, todo, "unknown", error="nobody knows whether it arrived")
        _end(connection, context, run.id, "parked", f"{todo.path}: nobody knows whether it arrived")
        turn.go_on = False
        return
    attempt = (note.attempts if note is not None else 0) + 1
    token = encode(new_id())
    until = context.now + SENDING
    _note(connection, context, run.id, todo, "sending", planned=turn.planned, attempt=attempt, token=token, lease_until=until)
    turn.sending = (token, attempt)


def _hold(connection: Connection, context: Context, run: Any, todo: Todo, note: Any, work: Any, turn: Turn) -> None:
    """A step that the runner holds."""
    if todo.kind == "wait":
        held = holding.wait(work, todo.step, note.output if note is not None and note.state == "waiting" else None)
    else:
        held = (holding.branch if todo.kind == "branch" else holding.each)(work, todo.step)
    _note(connection, context, run.id, todo, held.state, output=held.output)
    if held.stops:
        _end(connection, context, run.id, "done", "")
        turn.go_on = False
    elif held.until is not None:
        _sleep(connection, context, run.id, held.until, held.listens)
        turn.go_on = False
    elif todo.kind == "wait":
        cancel_timers_of(connection, OWNER_KIND, run.id)


def _sleep(connection: Connection, context: Context, run_id: int, until: datetime, listens: bool = False) -> None:
    set_timer(connection, context.workspace, OWNER_KIND, run_id, "wake", until)
    _set(connection, run_id, state="sleeping", listens=listens)


# --- what came of it


def _note(
    connection: Connection, context: Context, run_id: int, todo: Todo, state: str, *,
    planned: Any = None, output: Any = None, error: str = "", attempt: int | None = None, **more: Any,
) -> None:  # fmt: skip
    """Write down what became of a step."""
    ended = state in ("done", "skipped", "failed", "unknown")
    values: dict[str, Any] = {"state": state, "error": error[:ERROR_LENGTH], "finished_at": context.now if ended else None, **more}
    for key, value in (("input", planned), ("output", output), ("attempts", attempt)):
        if value is not None:
            values[key] = value
    if not connection.execute(NOTE, {"_run": run_id, "_path": todo.path, **values}).rowcount:
        kind, name = ("item", todo.path.rpartition("/")[2]) if todo.ends else (todo.kind, todo.name)
        row = {"run_id": run_id, "path": todo.path, "kind": kind, "name": name, "attempts": 0, "started_at": context.now}
        connection.execute(insert(automation_step), {**row, **values})
    connection.execute(COUNT, {"_run": run_id})


def _note_failure(connection: Connection, context: Context, run_id: int, turn: Turn, error: Exception) -> bool:
    """A step has failed: an item of an `each` that goes on is left, else the run fails. Whether there is more to do."""
    run = connection.execute(RUN, {"run": run_id}).first()
    if run is None or run.state not in ACTIVE:
        return False
    todo = turn.todo
    if todo is None:
        _end(connection, context, run_id, "failed", said(error))
        return False
    if isinstance(error, Gone) and not todo.frame.item:
        _end(connection, context, run_id, "cancelled", said(error))
        return False
    _note(connection, context, run_id, todo, "failed", planned=turn.planned, error=said(error))
    return fail(connection, context, run, todo, said(error))


def fail(connection: Connection, context: Context, run: Any, todo: Todo, error: str) -> bool:
    """What follows from a step that failed. Whether there is more to do."""
    if todo.frame.item:
        item = Todo(todo.frame.item, todo.step, todo.frame, ends=True)
        _note(connection, context, run.id, item, "failed", error=error)
        return True
    data = _data(connection, context, run)
    told = f"{todo.path}: {error}"[:ERROR_LENGTH]
    if run.state != "failing" and data.get("on_failure"):
        _set(connection, run.id, state="failing", error=told)
        return True
    _end(connection, context, run.id, "failed", told if run.state != "failing" else f"{run.error}; {told}"[:ERROR_LENGTH])
    return False


def said(error: Exception, locale: str = "en") -> str:
    """An error in one line; in English, for the history."""
    if isinstance(error, Refused):
        return "; ".join(f"{fault.pointer} {fault.say(locale)}".strip() for fault in error.faults)[:ERROR_LENGTH]
    return (error.message.translate(locale) if isinstance(error, LooseleafError) else f"{type(error).__name__}: {error}")[:ERROR_LENGTH]


def _note_receipt(
    connection: Connection, context: Context, run_id: int, todo: Todo, receipt: Receipt, token: str, attempt: int
) -> bool:  # fmt: skip
    """Keep what came of sending, unless another process has taken over. Whether there is more to do."""
    run = connection.execute(RUN, {"run": run_id}).first()
    where = (automation_step.c.run_id == run_id, automation_step.c.path == todo.path, automation_step.c.token == token)
    if run is None or connection.scalar(select(automation_step.c.path).where(*where)) is None:
        return False
    settings = todo.step.get("retry", {})
    state = receipt.state
    if state == "unknown" and settings.get("on_unknown") != "park":
        state = "retry"
    if state == "retry" and attempt >= settings.get("max", 6):
        state = "failed"
    _note(connection, context, run_id, todo, state, output=dict(receipt.output), error=receipt.error, token=None, lease_until=None)
    if run.state not in ACTIVE:  # cancelled meanwhile: what was sent is noted all the same
        return False
    if state == "failed":
        return fail(connection, context, run, todo, receipt.error)
    if state == "unknown":
        _end(connection, context, run_id, "parked", f"{todo.path}: {receipt.error}")
        return False
    if state == "retry":
        _sleep(connection, context, run_id, context.now + backoff(attempt, _key(run_id, todo.path)))
        return False
    return True


def _set(connection: Connection, run_id: int, **values: Any) -> None:
    connection.execute(SET, {"_run": run_id, **values})


def _end(connection: Connection, context: Context, run_id: int, state: str, error: str) -> None:
    _set(connection, run_id, state=state, error=error[:ERROR_LENGTH], finished_at=context.now, listens=False)
    cancel_timers_of(connection, OWNER_KIND, run_id)
    if state in BAD:
        alarm_of_failure(connection, context, run_id)
