"""Which workspace an address belongs to: `/w/NAME/…` is workspace NAME, everything else the default one.

The prefix moves into SCRIPT_NAME, so that every address made by `url_for` stays in its workspace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import request

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

KEY = "looseleaf.workspace"
NAME_KEY = "looseleaf.workspace_name"
PREFIX = "/w/"


class WorkspacePrefix:
    """A WSGI layer that puts the workspace of the address into the environment. An unknown name is left to the application: 404."""

    def __init__(self, application: WSGIApplication, workspaces: Mapping[str, Workspace], default: str) -> None:
        self.application, self.workspaces, self.default = application, workspaces, default

    def __call__(self, environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        path = str(environment.get("PATH_INFO", ""))
        name = self.default
        if path.startswith(PREFIX):
            named, slash, rest = path.removeprefix(PREFIX).partition("/")
            if named in self.workspaces and slash:
                name = named
                environment["SCRIPT_NAME"] = f"{environment.get('SCRIPT_NAME', '')}{PREFIX}{named}"
                environment["PATH_INFO"] = f"/{rest}"
        environment[KEY] = self.workspaces[name]
        environment[NAME_KEY] = "" if name == self.default else name
        return self.application(environment, start_response)


def workspace() -> Workspace:
    """The workspace of this request."""
    found: Workspace = request.environ[KEY]
    return found


def workspace_name() -> str:
    """Its name in the address, "" for the default one."""
    return str(request.environ.get(NAME_KEY, ""))
