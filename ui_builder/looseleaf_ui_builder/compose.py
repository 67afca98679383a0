"""The composition root of the web: one Flask application over one or several workspaces.

    create_app(workspace)                           one workspace at /
    create_app({"main": one, "second": another})    the first at /, and each at /w/NAME/

Below this file nothing knows what there is; above it are only the command line and wsgi.py.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from looseleaf_platform.api import make_api
from looseleaf_platform.workspace import Workspace
from looseleaf_ui_builder.builder import make_builder
from looseleaf_ui_builder.importing import make_imports
from looseleaf_ui_builder.screens.rendering import furnish_screens
from looseleaf_ui_builder.screens.routes import make_screens
from looseleaf_ui_builder.staffing import make_staff, works
from looseleaf_ui_builder.web import workspaces
from looseleaf_ui_builder.web.assets import STATIC
from looseleaf_ui_builder.web.errors import handle_errors
from looseleaf_ui_builder.web.notices import carry
from looseleaf_ui_builder.web.security import protect
from looseleaf_ui_builder.web.templating import furnish
from looseleaf_ui_builder.wings import EXTENSIONS, open_workspace

DATABASE = "LOOSELEAF_DATABASE_URL"
PROXIES = "LOOSELEAF_PROXIES"
DEFAULT = "main"
LARGEST_REQUEST = 110 * 1024 * 1024
MOST_FORM_FIELDS = 20_000
LARGEST_FORM = 4 * 1024 * 1024
A_YEAR = 365 * 24 * 3600


def create_app(served: Workspace | Mapping[str, Workspace], *, proxies: int = 0, **settings: Any) -> Flask:
    """The application. `proxies`: how many reverse proxies stand in front, whose forwarded headers are believed."""
    named = {DEFAULT: served} if isinstance(served, Workspace) else dict(served)
    app = Flask(__name__, static_folder=str(STATIC))
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM,
        MAX_FORM_PARTS=MOST_FORM_FIELDS,
        SEND_FILE_MAX_AGE_DEFAULT=A_YEAR,
        **settings,
    )
    furnish(app)
    furnish_screens(app)
    protect(app)
    carry(app)
    make_api(app, workspaces.workspace, EXTENSIONS)
    app.register_blueprint(make_screens())
    app.register_blueprint(make_builder())
    app.register_blueprint(make_imports())
    handle_errors(app)
    application = workspaces.WorkspacePrefix(app.wsgi_app, named, next(iter(named)))
    app.wsgi_app = ProxyFix(application, x_for=proxies, x_proto=proxies, x_host=proxies) if proxies else application  # type: ignore[method-assign, assignment]
    return app


def app_from_environment() -> Flask:
    """The application for `LOOSELEAF_DATABASE_URL`; `LOOSELEAF_PROXIES` says how many reverse proxies stand in front.

    This process then serves the workspace, and does its background work unless `LOOSELEAF_WORK` is 0.
    """
    workspace = open_workspace(os.environ.get(DATABASE, "sqlite:///looseleaf.sqlite3"))
    workspace.database.serve()
    if works():
        staff = make_staff(workspace)
        staff.start()
        atexit.register(staff.stop, 5)
    return create_app(workspace, proxies=int(os.environ.get(PROXIES, "0")))
