"""Runs the web application for `serve` and `demo`: gunicorn with threads, or Werkzeug where that can't run or is to reload."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any

import click

from looseleaf_ui_builder.commands.terminal import translated

ROOT = Path(__file__).parents[3]
CHOSEN = "LOOSELEAF_RELOADING_PORT"


def is_free(host: str, port: int) -> bool:
    """Whether nobody listens on this port yet."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str, wanted: int | None, first: int = 5000) -> int:
    """The port to use: the wanted one, else the first free one from `first` on. Wrong usage where the wanted one is taken.

    A process that was started anew after a change uses the port that the first one has opened.
    """
    if CHOSEN in os.environ:
        return int(os.environ[CHOSEN])
    if wanted is not None:
        if wanted and not is_free(host, wanted):
            raise click.UsageError(translated("Port {port} is taken: give another with --port", port=wanted))
        return wanted
    return next((port for port in range(first, first + 100) if is_free(host, port)), 0)


def serve(
    database: str, host: str, port: int, *, workers: int = 1, threads: int = 8, reload: bool = False, ready: Callable[[], None]
) -> int:
    """Serve until stopped; `ready` is called once, before the first request. Returns the exit status."""
    os.environ["LOOSELEAF_DATABASE_URL"] = database
    if reload or os.name == "nt":
        return _serve_with_werkzeug(host, port, reload, ready)
    return _serve_with_gunicorn(host, port, workers, threads, ready)


def _serve_with_gunicorn(host: str, port: int, workers: int, threads: int, ready: Callable[[], None]) -> int:
    """gunicorn: each worker process opens the workspace for itself."""
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            settings: dict[str, Any] = {
                "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
                "workers": workers,
                "threads": threads,
                "worker_class": "gthread",
                "timeout": 120,
                "graceful_timeout": 10,
                "keepalive": 15,
                "loglevel": os.environ.get("LOOSELEAF_LOG_LEVEL", "warning"),
                "proc_name": "looseleaf",
                "when_ready": lambda _server: ready(),
                "forwarded_allow_ips": os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1"),
            }
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            from looseleaf_ui_builder.compose import app_from_environment

            return app_from_environment()

    try:
        Server().run()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    return 0


def _serve_with_werkzeug(host: str, port: int, reload: bool, ready: Callable[[], None]) -> int:
    """Werkzeug's server; with `reload` it starts anew when a Python file changes, and the assets are rebuilt when they do."""
    from werkzeug.serving import is_running_from_reloader, run_simple

    is_child = is_running_from_reloader()
    if reload:
        os.environ[CHOSEN] = str(port)
    if is_child or not reload:
        from looseleaf_ui_builder.compose import app_from_environment

        application: Any = app_from_environment()
        application.config["TEMPLATES_AUTO_RELOAD"] = reload
        ready()
    else:
        application = None  # this process only watches; the one it starts serves
    with _watched_assets(reload and not is_child):
        run_simple(host, port, application, threaded=True, use_reloader=reload)
    return 0


@contextmanager
def _watched_assets(wanted: bool) -> Iterator[None]:
    """Rebuild the browser's files at every change, where there is a source tree and a Node."""
    node = which("node")
    if not wanted or node is None or not (ROOT / "build.mjs").exists():
        yield
        return
    with subprocess.Popen([node, "build.mjs", "--watch"], cwd=ROOT) as watcher:  # noqa: S603 - our own program
        try:
            yield
        finally:
            watcher.terminate()
