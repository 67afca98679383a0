"""The vocabulary that the platform hands the metadata checker: its field types, system objects, abilities and pages.

Wings above add their own kinds and pages with `dataclasses.replace`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.fields import vocabulary as field_vocabulary

SYSTEM_DOCUMENTS = Path(__file__).parent / "access" / "system"

ABILITIES = frozenset(
    {
        "audit",
        "builder",
        "exemptions",
        "explain",
        "export",
        "import",
        "purge",
        "recycle_bin",
        "reports.all",
        "reports.personal",
        "reports.team",
        "roles",
        "settings",
        "share",
        "teams",
        "transfer",
        "users",
        "views.shared",
    }
)
"""What a role may be allowed beside its rights to records. Administrators have all."""

PAGES = frozenset(
    {"home", "recycle_bin", "imports", "exports", "users", "roles", "builder", "reports", "approvals", "audit", "settings", "help"}
)
"""Built-in pages that a menu may name."""


@cache
def platform_vocabulary() -> Vocabulary:
    """Field types, system objects, abilities and pages of the platform itself. Read once per process."""
    return replace(
        field_vocabulary(),
        abilities=ABILITIES,
        pages=PAGES,
        system_documents=tuple((path.name, path.read_text("utf-8")) for path in sorted(SYSTEM_DOCUMENTS.glob("*.yaml"))),
    )
