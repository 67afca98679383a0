"""Drafts, plans, publishing, revisions: how metadata comes into force while people work. Knows records only by their tables."""

from looseleaf_platform.publishing.pages import read_folders
from looseleaf_platform.publishing.publishing import publish
from looseleaf_platform.publishing.revising import export_documents, revisions, rollback

__all__ = ["export_documents", "publish", "read_folders", "revisions", "rollback"]
