"""Failpoints: every place where the product commits, by name, and a way to die there, just before or just after.

All of the product's transactions are opened by `Database.write` (or `Workspace.writing` on it): a boundary is one `with` statement in the
product that does so, found in the source and named after the function that it stands in ("looseleaf_platform.jobs.outbox:_claim"). So
nothing has to be registered, and a boundary can't be forgotten: what opens a transaction otherwise is found as well, by `strangers`.
"""

from __future__ import annotations

import ast
import contextlib
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from sqlalchemy import Connection

from looseleaf_platform.database.engines import WAIT_SECONDS, Database
from support.shared_data import ROOT

Moment = Literal["before", "after"]
MOMENTS: tuple[Moment, ...] = ("before", "after")
PACKAGES = ("metadata", "platform", "workflow", "ui_builder")
DOORS = ("write", "writing")
BENEATH = {"looseleaf_platform/database/engines.py", "looseleaf_platform/workspace.py"}
"""Where the doors themselves are made."""
OTHER_WAYS = ("begin", "commit", "raw_connection", "outside_transactions")


class Crash(BaseException):
    """The end of a process, as far as the code under test can tell: no `except Exception` sees it."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """One `with` that ends in a commit. `lines`: where it is opened."""

    name: str
    file: str
    lines: range


def sources() -> Iterator[tuple[str, ast.Module]]:
    """The product's modules that may open or end a transaction, by path within their package."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).glob("looseleaf_*/**/*.py")):
            text = path.read_text("utf-8")
            if any(f".{way}(" in text for way in (*DOORS, *OTHER_WAYS)):
                yield path.relative_to(ROOT / package).as_posix(), ast.parse(text)


@cache
def boundaries() -> dict[str, Boundary]:
    """All of them, by name; a second one in a function ends in #2."""
    found: dict[str, Boundary] = {}
    for file, module in sources():
        for place, call in _opened(module, ()) if file not in BENEATH else ():
            stem = f"{file.removesuffix('.py').replace('/', '.')}:{'.'.join(place)}"
            number = sum(one.partition("#")[0] == stem for one in found)
            name = f"{stem}#{number + 1}" if number else stem
            found[name] = Boundary(name, file, range(call.lineno, (call.end_lineno or call.lineno) + 1))
    return found


def _opened(node: ast.AST, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], ast.Call]]:
    """The calls of a door that a `with` opens, with the names of what they stand in."""
    for child in ast.iter_child_nodes(node):
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if isinstance(child, ast.With):
            yield from ((place, call) for item in child.items if (call := _door(item.context_expr)) is not None)
        yield from _opened(child, (*place, child.name) if named else place)  # type: ignore[attr-defined]


def _door(expression: ast.expr) -> ast.Call | None:
    called = expression if isinstance(expression, ast.Call) and isinstance(expression.func, ast.Attribute) else None
    return called if called is not None and called.func.attr in DOORS else None  # type: ignore[attr-defined]


def strangers() -> set[str]:
    """Files that end a transaction, or do without one, in another way than by a `with` of a door."""
    found = set()
    for file, module in sources():
        opened = {id(call) for _, call in _opened(module, ())}
        for node in ast.walk(module):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or id(node) in opened:
                continue
            owner = ast.unparse(node.func.value)
            of_database = owner.rpartition(".")[2] in ("database", "workspace", "connection", "engine", "session")
            of_database = of_database or owner in ("self.reader", "self.writer")
            if of_database and node.func.attr in (*OTHER_WAYS, *DOORS):
                found.add(f"{file}: {owner}.{node.func.attr}")
    return found


def current() -> str:
    """The boundary at which a transaction is being opened; "" where a test opens it."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if file not in (__file__, contextlib.__file__) and not any(file.endswith(one) for one in BENEATH):
            break
        frame = frame.f_back
    at = (one for one in boundaries().values() if frame is not None and file.endswith(one.file) and frame.f_lineno in one.lines)
    return next((one.name for one in at), "")


def die() -> None:
    """kill -9."""
    os.kill(os.getpid(), signal.SIGKILL)


def crash() -> None:
    """The same for one thread."""
    raise Crash


@contextmanager
def failing(boundary: str, moment: Moment, how: Callable[[], None] = crash) -> Iterator[list[str]]:
    """Die at the first commit of a boundary. Gives the names of the boundaries come by, in order.

    "before": all is done but the commit. "after": it is stored, and nothing of what was to follow has begun.
    """
    real, passed = Database.write, list[str]()

    @contextmanager
    def write(self: Database, wait_seconds: float = WAIT_SECONDS) -> Iterator[Connection]:
        name = current()
        passed.append(name)
        hit = name == boundary
        with real(self, wait_seconds) as connection:
            if hit and moment == "after":
                self.after_commit(connection, how)
            yield connection
            if hit and moment == "before":
                how()

    Database.write = write  # type: ignore[method-assign]
    try:
        yield passed
    finally:
        Database.write = real  # type: ignore[method-assign]


def crashed(boundary: str, moment: Moment, act: Callable[[], object]) -> bool:
    """Do something until it crashes at a boundary; whether it came to that."""
    with failing(boundary, moment):
        try:
            act()
        except Crash:
            return True
    return False


def killed(boundary: str, moment: Moment, act: Callable[[], object]) -> bool:
    """Do something in a process of its own, which is killed with -9 at a boundary; whether it came to that."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fork beside threads: the child uses none of theirs
        child = os.fork()
    if not child:
        try:
            with failing(boundary, moment, die):
                act()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])
