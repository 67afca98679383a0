"""A short way from texts to what the compiler says of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from looseleaf_metadata.compile import Compiled, compile_documents
from looseleaf_metadata.loader import read_documents
from looseleaf_metadata.model import Model
from looseleaf_metadata.vocabulary import Vocabulary

Compile = Callable[..., Compiled]


@pytest.fixture
def compiled(vocabulary: Vocabulary) -> Compile:
    """Compile YAML texts; each is a file of its own. `previous`: the Model in force; `app`: the template they belong to."""

    def compile_texts(*texts: str, previous: Model | None = None, app: str = "") -> Compiled:
        sources = [(f"{number}.yaml", text) for number, text in enumerate(texts, 1)]
        documents, faults = read_documents(sources, app=app)
        return compile_documents(documents, vocabulary, previous=previous, faults=faults)

    return compile_texts


@pytest.fixture
def model_of(compiled: Compile) -> Callable[..., Model]:
    """Compile YAML texts that must be without fault."""

    def sound(*texts: str, previous: Model | None = None, app: str = "") -> Model:
        result = compiled(*texts, previous=previous, app=app)
        assert result.model is not None, "\n".join(problem.as_text() for problem in result.problems)
        return result.model

    return sound


@pytest.fixture
def faults_of(compiled: Compile) -> Callable[..., list[tuple[str, str]]]:
    """Compile YAML texts; the problems as pairs of "line:column" and code."""

    def faults(*texts: str, previous: Model | None = None) -> list[tuple[str, str]]:
        problems = compiled(*texts, previous=previous).problems
        return [(f"{problem.place.line}:{problem.place.column}", problem.code) for problem in problems]

    return faults
