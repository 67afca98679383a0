"""Is it alive, is it ready, how is it doing: for load balancers and monitoring. Tells nothing of any record."""

from __future__ import annotations

import time

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from looseleaf_platform.api.callers import workspace
from looseleaf_platform.errors import Unavailable

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
routes = Blueprint("health", __name__)


class Metrics:
    """The process's counters. One per application, so that two applications in a process don't mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("looseleaf_requests_total", "Requests answered", ("endpoint", "status"), registry=self.registry)
        self.seconds = Histogram("looseleaf_request_seconds", "Seconds per request", ("endpoint",), buckets=BUCKETS, registry=self.registry)
        self.revision = Gauge("looseleaf_revision", "Metadata revision in use", registry=self.registry)


def measure(app: Flask) -> None:
    """Count and time every request of `app`; `/metrics` shows the result."""
    metrics = Metrics()
    app.extensions["looseleaf_metrics"] = metrics

    @app.before_request
    def begin() -> None:
        g.request_began = time.perf_counter()

    @app.after_request
    def note(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        metrics.requests.labels(endpoint, str(response.status_code)).inc()
        metrics.seconds.labels(endpoint).observe(time.perf_counter() - g.get("request_began", time.perf_counter()))
        return response

    @app.get("/metrics")
    def show_metrics() -> Response:
        metrics.revision.set(workspace().runtime.revision)
        return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)


@routes.get("/healthz")
def healthy() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@routes.get("/readyz")
def ready() -> Response:
    """The process can reach its database and knows a revision."""
    try:
        revision = workspace().refresh().revision
    except Unavailable:
        return Response("database unavailable\n", status=503, mimetype="text/plain")
    return Response(f"ready, revision {revision}\n", mimetype="text/plain")
