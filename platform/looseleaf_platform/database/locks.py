"""Who may write an SQLite file: one thread at a time, in the order they came, and one process at a time. Knows no SQL."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque
from pathlib import Path


class FairMutex:
    """A lock that is handed on in the order of asking. Not re-entrant: asking twice in one thread is a programming error."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._held = False
        self._holder = 0

    def acquire(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds for the turn. RuntimeError where this thread already has it."""
        me = threading.get_ident()
        with self._guard:
            if not self._held:
                self._held, self._holder = True, me
                return True
            if self._holder == me:
                raise RuntimeError("this thread is already writing: pass its connection on instead of opening a second write")
            ticket = threading.Lock()
            ticket.acquire()
            self._waiting.append(ticket)
        if not ticket.acquire(timeout=max(timeout, 0)):
            with self._guard:
                if ticket in self._waiting:
                    self._waiting.remove(ticket)
                    return False
        self._holder = me
        return True

    def release(self) -> None:
        """Hand the lock to the one who waits longest."""
        with self._guard:
            self._holder = 0
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False


class FileLock:
    """An advisory lock on a file beside the database, shared by all processes of the machine. Freed when its process ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def acquire(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds. OSError where the file can't be made."""
        if self._file is None:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        until = time.monotonic() + timeout
        pause = 0.0005
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    return False
                time.sleep(pause)
                pause = min(pause * 1.5, 0.01)
            else:
                return True

    def release(self) -> None:
        """Let others have it."""
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file, and of the lock with it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def note(self, text: str) -> None:
        """Write `text` into the locked file, for those who find it taken."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, text.encode(), 0)

    def noted(self) -> str:
        """What the holder has written."""
        return self.path.read_text("utf-8").strip() if self.path.exists() else ""


class WriterTurn:
    """The right to write one SQLite file: the process's queue first, then the lock beside the file."""

    def __init__(self, database_path: Path) -> None:
        self.path = database_path
        self.mutex = FairMutex()
        self.file = FileLock(database_path.with_name(database_path.name + ".lock"))
        self.users = 0

    def acquire(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds for both."""
        until = time.monotonic() + timeout
        if not self.mutex.acquire(timeout):
            return False
        taken = False
        try:
            taken = self.file.acquire(max(until - time.monotonic(), 0))
        finally:
            if not taken:
                self.mutex.release()
        return taken

    def release(self) -> None:
        """Both back, in the reverse order."""
        self.file.release()
        self.mutex.release()


_turns: dict[Path, WriterTurn] = {}
_turns_guard = threading.Lock()


def join_queue(database_path: Path) -> WriterTurn:
    """The one queue that this process has for a file, however often the file is opened. To be left by `leave_queue`."""
    with _turns_guard:
        turn = _turns.setdefault(database_path, WriterTurn(database_path))
        turn.users += 1
        return turn


def leave_queue(turn: WriterTurn) -> None:
    """Undo one `join_queue`; after the last one the lock file is closed."""
    with _turns_guard:
        turn.users -= 1
        if turn.users == 0:
            turn.file.close()
            _turns.pop(turn.path, None)


def _forget_turns() -> None:
    """A forked child shares no lock with its parent: the file lock's open file would be one and the same."""
    global _turns_guard
    _turns_guard = threading.Lock()
    for turn in _turns.values():
        turn.mutex = FairMutex()
        turn.file.close()


os.register_at_fork(after_in_child=_forget_turns)
