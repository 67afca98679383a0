"""The queue port: how a process that has stored a message wakes those that handle messages.

Within one process a thread is rung; between processes RQ carries a doorbell, one job at most waiting per workspace. A bell that is
lost costs seconds, not messages.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

log = logging.getLogger(__name__)

QUEUE = "looseleaf"
SECONDS_TO_ANSWER = 2.0


class Doorbell(Protocol):
    """Wakes whoever handles messages."""

    def ring(self) -> None:
        """Say that there is something to do. Never raises."""


class RedisDoorbell:
    """Rings the workers that listen on a Redis or Valkey. `name`: of the workspace, the same at both ends."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self.redis = Redis.from_url(url, socket_timeout=SECONDS_TO_ANSWER, socket_connect_timeout=SECONDS_TO_ANSWER)
        self.queue = Queue(QUEUE, connection=self.redis, serializer=JSONSerializer)

    def ring(self) -> None:
        """Leave a doorbell unless one is waiting already."""
        try:
            self.queue.enqueue(answer, self.name, job_id=f"bell-{self.name}", unique=True, result_ttl=0, failure_ttl=0)
        except DuplicateJobError:
            pass
        except (RedisError, OSError) as error:
            log.warning("no bell could be rung (%s); the message is found at the next look", error)

    def close(self) -> None:
        """Let go of the connection."""
        self.redis.close()


_listening: dict[str, Callable[[], None]] = {}


def answer(name: str) -> None:
    """What RQ runs in a worker: wake the thread that works for this workspace."""
    ring = _listening.get(name)
    if ring is not None:
        ring()


class Listener(SimpleWorker):
    """Takes doorbells off the queue, in this very process: the thread that is rung lives here."""

    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        """Left to the command that runs the worker, which may listen in a thread."""


def listen(url: str, rings: dict[str, Callable[[], None]], *, burst: bool = False) -> None:
    """Answer doorbells by ringing `rings[workspace name]`, for ever; `burst`: until none is waiting. Raises redis' errors."""
    _listening.update(rings)
    redis = Redis.from_url(url)
    try:
        queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
        worker = Listener([queue], connection=redis, serializer=JSONSerializer, disable_default_exception_handler=False)
        worker.work(burst=burst, logging_level="WARNING")
    finally:
        redis.close()
