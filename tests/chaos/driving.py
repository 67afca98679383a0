"""Who works while everything breaks: clients that repeat a request under its key until it is answered, and a server outside that they reach."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from chaos.firm import People

PATIENCE = 240.0
"""Seconds that a client repeats one request."""


class Failed(Exception):
    """A request that was refused, or was never answered."""


class Client:
    """Speaks the API as one person."""

    def __init__(self, port: int, token: str, repeated: Counter[str]) -> None:
        self.port, self.token, self.repeated = port, token, repeated

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        """What a request answers; repeated where nobody answers or the answer says that it is no fault of ours. Raises Failed."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                status, answer = self._once(method, path, body, key)
            except (OSError, http.client.HTTPException):
                status, answer = 0, None
            if 200 <= status < 300:
                return answer.get("data", answer)
            if 0 < status < 500 and status not in (425, 429):
                raise Failed(f"{method} {path}: {status} {answer}")
            self.repeated[str(status or "no answer")] += 1
            if time.monotonic() > until:
                raise Failed(f"{method} {path}: no answer in {PATIENCE:.0f} s, at last {status} {answer}")
            time.sleep(0.3)

    def _once(self, method: str, path: str, body: Any, key: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
            headers |= {"Idempotency-Key": key} if key else {}
            connection.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        finally:
            connection.close()


class Driver:
    """Makes deals, and has some of them approved by two people."""

    def __init__(self, port: int, people: People, deals: int, approvals: int, hands: int) -> None:
        self.repeated: Counter[str] = Counter()
        self.failures: list[str] = []
        tokens = (people.seller, people.manager, people.legal)
        self.seller, self.manager, self.legal = (Client(port, token, self.repeated) for token in tokens)
        self.deals, self.approvals, self.hands = deals, approvals, hands
        self.done = 0
        self._counting = threading.Lock()

    def run(self) -> None:
        """All deals, some at a time."""
        with ThreadPoolExecutor(self.hands) as pool:
            list(pool.map(self._one, range(self.deals)))

    def _one(self, number: int) -> None:
        try:
            self._deal(number)
        except Failed as error:
            self.failures.append(str(error))
        with self._counting:
            self.done += 1

    def _deal(self, number: int) -> None:
        wanted = number * self.approvals // self.deals != (number + 1) * self.approvals // self.deals
        values = {"name": f"deal {number}", "amount": "500" if wanted else "5"}
        id = self.seller.ask("POST", "/records/deal", values, f"deal-{number}")["id"]
        if not wanted:
            return
        found = self.seller.ask("POST", f"/records/deal/{id}/approvals", {}, f"submit-{number}")
        for client in (self.manager, self.legal):
            (task,) = found["tasks"][:1]
            client.ask("POST", f"/tasks/{task['id']}/decision", {"decision": "agree"}, f"agree-{task['id']}")
            found = client.ask("GET", f"/records/deal/{id}/approvals")[0]


class Sink:
    """A server outside: keeps the keys that it is sent, and answers 500 to every seventh request."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/hook"
        self.answered: Counter[str] = Counter()
        self.numbers = itertools.count()


@contextmanager
def sinking() -> Iterator[Sink]:
    """A sink on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fine = next(sink.numbers) % 7 != 3
            if fine:
                sink.answered[body["name"]] += 1
            self.send_response(200 if fine else 500)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sink = Sink(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
