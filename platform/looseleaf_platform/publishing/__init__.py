"""Drafts, plans, publishing, revisions: how metadata comes into force while people work. Knows records only by their tables."""

from looseleaf_platform.publishing.drafts import (
    Draft,
    check_draft,
    create_draft,
    discard_draft,
    edit_draft,
    list_drafts,
    merged_pages,
    open_draft,
    plan_draft,
    publish_draft,
    rebase_draft,
    rename_draft,
)
from looseleaf_platform.publishing.later import run as finish_later
from looseleaf_platform.publishing.pages import Page, documents_of, page_at, pages_of, read_folders
from looseleaf_platform.publishing.planning import Plan, check, plan
from looseleaf_platform.publishing.publishing import publish
from looseleaf_platform.publishing.purging import Purgeable, purge, purgeable
from looseleaf_platform.publishing.revising import export_documents, model_at, pages_at, revisions, rollback
from looseleaf_platform.publishing.state import Revision
from looseleaf_platform.publishing.templates import combined_pages, install

__all__ = [
    "Draft",
    "Page",
    "Plan",
    "Purgeable",
    "Revision",
    "check",
    "check_draft",
    "combined_pages",
    "create_draft",
    "discard_draft",
    "documents_of",
    "edit_draft",
    "export_documents",
    "finish_later",
    "install",
    "list_drafts",
    "merged_pages",
    "model_at",
    "open_draft",
    "page_at",
    "pages_at",
    "pages_of",
    "plan",
    "plan_draft",
    "publish",
    "publish_draft",
    "purge",
    "purgeable",
    "read_folders",
    "rebase_draft",
    "rename_draft",
    "revisions",
    "rollback",
]
