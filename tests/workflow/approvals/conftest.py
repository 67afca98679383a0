"""The language with approvals, and a small firm's objects to write flows about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from looseleaf_metadata.compile import Compiled, compile_documents
from looseleaf_metadata.loader import read_documents
from looseleaf_metadata.model import Model
from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.vocabulary import platform_vocabulary
from looseleaf_workflow.kinds.approval import ApprovalKind
from support.approval_texts import FIRM, CalendarNames


@pytest.fixture(scope="session")
def language() -> Vocabulary:
    """The platform's language with approvals."""
    return replace(platform_vocabulary(), kinds=(CalendarNames(), ApprovalKind()))


@pytest.fixture
def compiled(language: Vocabulary) -> Callable[..., Compiled]:
    """Compile approvals beside the firm's objects."""

    def compile_texts(*texts: str) -> Compiled:
        documents, faults = read_documents([(f"{number}.yaml", text) for number, text in enumerate((FIRM, *texts))])
        return compile_documents(documents, language, faults=faults)

    return compile_texts


@pytest.fixture
def model_of(compiled: Callable[..., Compiled]) -> Callable[..., Model]:
    """The Model of approvals that must be without fault."""

    def sound(*texts: str) -> Model:
        result = compiled(*texts)
        assert result.model is not None, "\n".join(problem.as_text() for problem in result.problems)
        return result.model

    return sound


@pytest.fixture
def codes_of(compiled: Callable[..., Compiled]) -> Callable[..., list[str]]:
    """The codes of what is wrong with approvals."""
    return lambda *texts: [problem.code for problem in compiled(*texts).problems]
