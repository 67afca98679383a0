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
from looseleaf_workflow.approvals.definition import Definition
from looseleaf_workflow.kinds.approval import ApprovalKind
from looseleaf_workflow.kinds.pipeline import PipelineKind
from support.approval_play import Play, World
from support.approval_texts import FIRM, CalendarNames


@pytest.fixture(scope="session")
def language() -> Vocabulary:
    """The platform's language with approvals, and with pipelines, whose stages they move to."""
    return replace(platform_vocabulary(), kinds=(CalendarNames(), PipelineKind(), ApprovalKind()))


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


@pytest.fixture
def flow_of(model_of: Callable[..., Model]) -> Callable[..., Definition]:
    """The definition of an approval of opportunities, from its steps and header in flow style."""

    def make(*steps: str, header: str = "", name: str = "small") -> Definition:
        lines = "\n".join(f"  - {step}" for step in steps)
        text = f"approval: {name}\nobject: opportunity\ncalendar: cn_office\n{header}\nflow:\n{lines}\n"
        found = model_of(text).others["approval"][name].definition
        assert isinstance(found, Definition)
        return found

    return make


@pytest.fixture
def start(flow_of: Callable[..., Definition]) -> Callable[..., Play]:
    """A flow that was submitted by "sub" just now. Roles are given by name; `world` holds everything else."""

    def begin(*steps: str, header: str = "", world: World | None = None, **roles: tuple[str, ...]) -> Play:
        firm = world or World()
        firm.roles.update(roles)
        return Play(flow_of(*steps, header=header), firm).submit()

    return begin
