"""Rounds of requests in turns, and what they cost: CPU time of this process and, where asked, of the database's backends.

Requests are WSGI calls within the process, their environments made before the clock runs. Knows nothing of what is asked.
"""

from __future__ import annotations

import gc
import io
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from werkzeug.test import EnvironBuilder

MARGIN = 0.10
"""A ratio is judged with this much room: what the harness itself varies by."""


@dataclass(frozen=True)
class Size:
    """How long to measure: rounds, requests a round, and records in the large object."""

    rounds: int = 30
    requests: int = 20
    rows: int = 200_000
    short: bool = False


SHORT = Size(rounds=2, requests=2, rows=400, short=True)


@dataclass
class Result:
    """One figure of a bar on one database. `figure` and `bar` are ratios unless `unit` says otherwise; `quartiles` are of the rounds."""

    bar: int
    name: str
    database: str
    figure: float
    limit: str
    met: bool
    quartiles: tuple[float, float] | None = None
    unit: str = "×"
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """For the JSON file."""
        return {**vars(self), "figure": round(self.figure, 4), "quartiles": self.quartiles}


Request = Callable[[], Any]
"""A prepared request; calling it carries it out once."""


@dataclass(frozen=True)
class Answer:
    """What a request was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)


def prepared(app: Any, path: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: Any = None, **query: Any) -> Request:
    """A request of a WSGI application, with everything done beforehand that a server would do."""
    data = None if body is None else orjson.dumps(body)
    builder = EnvironBuilder(
        path=path, method=method, headers=dict(headers or {}), query_string=query or None, data=data,
        content_type=None if body is None else "application/json",
    )  # fmt: skip
    environ = builder.get_environ()
    builder.close()

    def request() -> Answer:
        told: list[Any] = []
        fresh = environ | {"wsgi.input": io.BytesIO(data or b"")}
        parts = app(fresh, lambda status, headers, _=None: told.extend((status, headers)))
        content = b"".join(parts)
        if hasattr(parts, "close"):
            parts.close()
        return Answer(int(told[0][:3]), dict(told[1]), content)

    return request


class Clock:
    """CPU seconds of this process and of the given database backends."""

    def __init__(self, backends: Callable[[], Sequence[int]] | None = None) -> None:
        self.backends = backends
        self.pids: Sequence[int] = ()

    def begin(self) -> None:
        """Find the backends anew."""
        self.pids = self.backends() if self.backends else ()

    def seconds(self) -> float:
        """So far."""
        return time.process_time() + sum(_run_time(pid) for pid in self.pids)


def _run_time(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except (OSError, IndexError):
        return 0.0


def rounds(sides: Mapping[str, Callable[[int], Sequence[Request]]], size: Size, clock: Clock | None = None) -> dict[str, list[float]]:
    """CPU seconds a request, per side and round. The sides take turns and change who begins; `sides[name](count)` makes requests anew.

    The first round warms up and isn't counted. Every answer must be a success.
    """
    clock = clock or Clock()
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(size.rounds + 1):
        names = list(sides) if number % 2 else list(reversed(sides))
        for name in names:
            requests = sides[name](size.requests)
            if not size.short:  # a full collection is slow where much is imported, and a short run measures nothing
                gc.collect()
            clock.begin()
            began = clock.seconds()
            answers = [request() for request in requests]
            spent = clock.seconds() - began
            bad = next((answer for answer in answers if isinstance(answer, Answer) and answer.status >= 300), None)
            if bad is not None:
                raise RuntimeError(f"{name}: {bad.status} {bad.body[:500]!r}")
            if number:
                taken[name].append(spent / len(requests))
    return taken


def ratio(one: Sequence[float], other: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """The median of the rounds' ratios, and their quartiles."""
    ratios = [first / second for first, second in zip(one, other, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return middle, (round(low, 3), round(high, 3))


def compare(
    bar: int, name: str, database: str, taken: Mapping[str, Sequence[float]], ours: str, theirs: str, most: float, note: str = ""
) -> Result:
    """A result: what `ours` costs at most, as a multiple of `theirs`."""
    figure, quartiles = ratio(taken[ours], taken[theirs])
    micros = {side: round(statistics.median(seconds) * 1e6) for side, seconds in taken.items()}
    return Result(bar, name, database, figure, f"≤ {most:g}", figure <= most + MARGIN, quartiles, note=note, details={"cpu_us": micros})
