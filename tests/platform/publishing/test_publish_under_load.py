"""Publishing while people work: no write fails, none is lost, two publishers don't undo each other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform import publishing
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.database.fence import Fence
from looseleaf_platform.database.system_tables import change
from looseleaf_platform.publishing import filling
from looseleaf_platform.records.read import page
from looseleaf_platform.records.requests import Change, Query
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from support.workspaces import publish_texts

NOTE = "object: note\nlabel: Note\nowner: none\nfields:\n  name: {type: text, required: true}\n  number: {type: text}\n"


class Crowd:
    """Threads that do something again and again until told to stop. What they raise is kept."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.failures: list[BaseException] = []
        self.done = 0
        self.slowest = 0.0
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def start(self, count: int, work: Callable[[int], None]) -> None:
        """Start `count` threads that call `work(number)`."""
        for number in range(count):
            thread = threading.Thread(target=self._run, args=(work, number))
            thread.start()
            self._threads.append(thread)

    def _run(self, work: Callable[[int], None], number: int) -> None:
        while not self.over.is_set():
            began = time.monotonic()
            try:
                work(number)
            except BaseException as error:
                self.failures.append(error)
                return
            with self._lock:
                self.done += 1
                self.slowest = max(self.slowest, time.monotonic() - began)

    def stop(self) -> None:
        """Stop all."""
        self.over.set()
        for thread in self._threads:
            thread.join()


@contextmanager
def crowd(workspace: Workspace, writers: int, readers: int) -> Iterator[Crowd]:
    """People who write and read notes."""
    people = Crowd()

    def write_one(number: int) -> None:
        write(workspace.context(SYSTEM), [Change("create", "note", values={"name": f"by {number}", "number": "12"})])

    def read_some(number: int) -> None:
        page(workspace.context(SYSTEM), "note", Query(size=20))

    people.start(writers, write_one)
    people.start(readers, read_some)
    try:
        yield people
    finally:
        people.stop()


def test_eight_writers_are_all_served_and_lose_nothing(workspace: Workspace) -> None:
    publish_texts(workspace, NOTE)
    with crowd(workspace, writers=8, readers=0) as people:
        time.sleep(2)
    assert people.failures == []
    table = workspace.runtime.object("note").table
    with workspace.database.read() as connection:
        stored = connection.scalar(select(func.count()).select_from(table))
        changes = connection.scalar(select(func.count()).select_from(change).where(change.c.object_id == "note"))
    assert stored == changes == people.done > 0


@pytest.mark.parametrize("large", [False, True], ids=["small table", "large table"])
def test_no_request_fails_while_fields_come_change_and_go(workspace: Workspace, large: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_texts(workspace, NOTE)
    if large:
        monkeypatch.setattr(filling, "LARGE_ROWS", 10)
    with crowd(workspace, writers=3, readers=2) as people:
        publish_texts(workspace, NOTE + "  body: {type: text}\n")
        publish_texts(workspace, NOTE + "  body: {type: text}\nsearch: [number]\n---\nview: by_name\nobject: note\nsort: [name]\n")
        publish_texts(workspace, NOTE.replace("number: {type: text}", "number: {type: integer}"))
        time.sleep(0.3)
        publishing.rollback(workspace, 2)
    assert people.failures == []
    found = workspace.runtime.object("note")
    with workspace.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(found.table)) > 0
        numbers = set(connection.scalars(select(found.fields["number"].main)))
    assert numbers == {"12"}  # not one value was lost on the way to whole numbers and back


def test_two_publishers_do_not_undo_each_other(workspace: Workspace, workspace_url: str, vocabulary: Vocabulary) -> None:
    other = Workspace.open(workspace_url, vocabulary)
    publish_texts(workspace, NOTE)
    other.refresh()
    drafts = [publishing.create_draft(workspace, name) for name in ("one", "two")]
    pages: list[dict[str, str | None]] = [{f"object:{name}": NOTE.replace("note", name, 1)} for name in ("one", "two")]
    for draft, changes in zip(drafts, pages, strict=True):
        publishing.edit_draft(workspace, draft.id, changes, version=1)
    failures: list[Any] = []

    def publish(which: Workspace, id: int) -> None:
        from looseleaf_platform.errors import Conflict

        for _ in range(5):
            try:
                publishing.publish_draft(which, id, version=2)
                return
            except Conflict:
                continue
        failures.append(id)

    threads = [threading.Thread(target=publish, args=pair) for pair in zip((workspace, other), (draft.id for draft in drafts), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {"note", "one", "two"} <= set(workspace.refresh().objects)
    assert other.refresh().model == workspace.runtime.model
    other.close()


def test_a_write_keeps_a_publish_out_until_it_is_over(workspace: Workspace) -> None:
    publish_texts(workspace, NOTE)
    context = workspace.context(SYSTEM)
    finished: list[float] = []

    def publish() -> None:
        publish_texts(workspace, NOTE + "  body: {type: text}\n")
        finished.append(time.monotonic())

    with workspace.writing(context) as (_connection, bound):
        assert bound is context
        thread = threading.Thread(target=publish)
        thread.start()
        time.sleep(0.5)
        assert finished == []
        over = time.monotonic()
    thread.join()
    assert finished[0] > over
    with workspace.writing(context) as (_connection, bound):
        assert bound.runtime.revision == 3
        assert "body" in bound.runtime.object("note").fields


def test_waiting_for_the_fence_does_not_hold_up_other_writers(postgresql_url: str, vocabulary: Vocabulary) -> None:
    workspace = Workspace.open(postgresql_url, vocabulary)
    publish_texts(workspace, NOTE)
    with workspace.writing(workspace.context(SYSTEM)):  # a long transaction
        thread = threading.Thread(target=publish_texts, args=(workspace, NOTE + "  body: {type: text}\n"))
        thread.start()
        waits = []
        for _ in range(10):
            began = time.monotonic()
            with workspace.database.write() as connection:
                Fence(workspace.database).share(connection)
            waits.append(time.monotonic() - began)
            time.sleep(0.05)
    thread.join()
    assert max(waits) < 1.0
    assert workspace.runtime.revision == 3
    workspace.close()


def test_indexes_of_large_tables_are_taken_up_where_a_process_has_died(
    postgresql_url: str, vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.open(postgresql_url, vocabulary)
    publish_texts(workspace, NOTE)
    write(workspace.context(SYSTEM), [Change("create", "note", values={"name": "same"}) for _ in range(2)])
    monkeypatch.setattr(filling, "LARGE_ROWS", 1)
    view = NOTE + "---\nview: by_number\nobject: note\nsort: [number]\n"
    index = next(step for step in publishing.plan(workspace, _documents(view)).steps if step.kind == "create_index")
    assert index.later
    with workspace.database.outside_transactions() as connection:  # what a build that died has left: an invalid index of that name
        connection.exec_driver_sql(f'CREATE UNIQUE INDEX "{index.name}" ON public.o_note (id)')
        connection.exec_driver_sql(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public.{index.name}'::regclass")
    publish_texts(workspace, view)
    assert publishing.finish_later(workspace) == 0  # all is done
    from looseleaf_platform.publishing.ddl import existing

    with workspace.database.read() as connection:
        there = existing(connection, workspace.database)
    assert index.name in there.indexes
    assert there.broken_indexes == frozenset()
    workspace.close()


def _documents(*texts: str) -> Any:
    from looseleaf_metadata.loader import read_documents

    documents, problems = read_documents([(f"document{number}.yaml", text) for number, text in enumerate(texts, 1)])
    assert not problems
    return documents
