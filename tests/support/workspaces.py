"""Short ways to put metadata and people into a workspace, through the platform's own doors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from looseleaf_metadata.loader import read_documents
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.publishing import publish
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace


def publish_texts(workspace: Workspace, *texts: str, reason: str = "test") -> int:
    """Publish metadata given as YAML texts: from now on they are all there is beside the system objects. Returns the revision.

    A text may hold several documents parted by ---.
    """
    documents, problems = read_documents([(f"document{number}.yaml", text) for number, text in enumerate(texts, 1)])
    assert not problems, "\n".join(problem.as_text() for problem in problems)
    return publish(workspace, documents, actor=SYSTEM, reason=reason)


def as_user(workspace: Workspace, roles: Iterable[str] = (), name: str = "", **values: Any) -> Context:
    """A new user with these roles and field values (team, manager, locale, …), as a caller by the API door."""
    name = name or "user"
    by_system = workspace.context(SYSTEM)
    user = write(by_system, [Change("create", "user", values={"name": name, "state": "active", **values})]).written[0].id
    assert user is not None
    if roles:
        write(by_system, [Change("create", "role_member", values={"user": user, "role": role}) for role in roles])
    return workspace.context(workspace.actor(user), "api")
