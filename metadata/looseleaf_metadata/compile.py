"""From documents to the Model of one revision, or to all their problems at once.

Stages: shape → names → objects (shells, then whole) → everything else → circles and meaning → the frozen Model. A stage goes on
with what is sound, so that one fault is told once and hides no other. Pure: knows no database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from looseleaf_metadata.apps import check_apps, merged_defaults, ordered_by_app, required_folders
from looseleaf_metadata.compilation import Compilation
from looseleaf_metadata.cycles import check_cycles
from looseleaf_metadata.documents import Document
from looseleaf_metadata.drafts import gather
from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.kinds import kinds_of
from looseleaf_metadata.kinds.base import Kind
from looseleaf_metadata.loader import read_documents
from looseleaf_metadata.meaning import check_meaning
from looseleaf_metadata.model import Model
from looseleaf_metadata.names import reserved_word
from looseleaf_metadata.objects import build_shells, build_whole
from looseleaf_metadata.problems import Problem, did_you_mean
from looseleaf_metadata.rollup_inputs import check_rollup_inputs
from looseleaf_metadata.shape import Shape, check_shape
from looseleaf_metadata.texts import Text
from looseleaf_metadata.vocabulary import Vocabulary

REFUSED_VALUES = frozenset({"bare-yes-no", "alias", "anchor", "tag"})
"""Codes of the loader's problems with a value: whatever else is wrong with that value follows from them."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What came of documents: the Model, or None and the problems, in the order of their places."""

    model: Model | None
    problems: tuple[Problem, ...]
    documents: tuple[Document, ...] = ()


def compile_documents(
    documents: Iterable[Document],
    vocabulary: Vocabulary,
    *,
    revision: int = 0,
    previous: Model | None = None,
    faults: Iterable[Problem] = (),
) -> Compiled:
    """Check documents and build the Model. The system's documents of the vocabulary are always part of it.

    `previous` is the Model in force: it gives stable ids and columns, and keeps what vanished as retired.
    `faults` are problems that the loader found already: they are told together with the rest.
    """
    given = tuple(documents)
    system, system_faults = _system_documents(vocabulary.system_documents)
    run = Compilation(vocabulary, (), previous)
    run.problems += [*faults, *system_faults]
    kinds = kinds_of(vocabulary)
    run.documents = ordered_by_app(_shaped(run, (*system, *given), kinds))
    _check_names(run, kinds)
    drafts = gather(run)
    build_shells(run, drafts)
    build_whole(run, drafts)
    built = _build_rest(run, kinds)
    check_apps(run)
    check_cycles(run)
    check_rollup_inputs(run)
    check_meaning(run, built)
    problems = _told_once(run.problems)
    model = None if problems else _model(run, built, kinds, revision)
    return Compiled(model, problems, given)


@lru_cache(maxsize=8)
def _system_documents(texts: tuple[tuple[str, str], ...]) -> tuple[tuple[Document, ...], tuple[Problem, ...]]:
    documents, problems = read_documents(texts)
    return tuple(replace(document, system=True) for document in documents), tuple(problems)


def _shaped(run: Compilation, documents: Iterable[Document], kinds: Mapping[str, Kind]) -> list[Document]:
    """The documents whose kind is known, without what has a wrong shape. Notes what is broken."""
    validators = {name: Shape(kind.schema(run.vocabulary)) for name, kind in kinds.items()}
    sound = []
    for document in documents:
        if document.kind not in kinds:
            if not document.broken:
                known = [key for key in document.data if key in kinds]
                message = Text("unknown kind of document '{kind}'", kind=document.kind)
                hint = did_you_mean(document.kind, kinds)
                if known and hint is None:
                    hint = Text("put '{kind}' first", kind=known[0])
                run.report(document, "", "unknown-kind", message, hint)
            continue
        if document.broken:
            run.broken.add(f"{document.kind}:{document.name}")
            continue
        shaped, problems = check_shape(document, validators[document.kind])
        run.problems += problems
        if shaped is None:
            run.broken.add(f"{document.kind}:{document.name}")
            continue
        if problems and document.kind in ("object", "extend"):
            _note_lost_fields(run, document, shaped)
        sound.append(shaped)
    return sound


def _note_lost_fields(run: Compilation, document: Document, shaped: Document) -> None:
    """Remember the fields of which the shape check left nothing."""
    written, kept = document.data.get("fields"), shaped.data.get("fields", {})
    if not isinstance(written, dict):
        if "fields" in document.data:
            run.broken.add(f"object:{document.name}")
        return
    run.broken |= {f"object:{document.name}/field:{name}" for name in written if name not in kept}


def _check_names(run: Compilation, kinds: Mapping[str, Kind]) -> None:
    """Report documents of the same kind and name, and reserved names of objects."""
    seen: dict[tuple[str, str, str], Document] = {}
    unique = []
    for document in run.documents:
        shared = kinds[document.kind].shared
        earlier = seen.setdefault((document.kind, document.name, document.app if shared else ""), document)
        repeated = earlier is not document and not (shared and document.kind == "extend")
        if repeated:
            message = Text(
                "there is a {kind} '{name}' already, in {place}", kind=document.kind, name=document.name, place=str(earlier.place())
            )
            hint = Text("use 'extend: {name}' to add to it", name=document.name) if document.kind == "object" else None
            run.report(document, f"/{document.kind}", "duplicate-name", message, hint)
        else:
            unique.append(document)
        if document.kind == "object" and (refused := reserved_word(document.name)):
            run.report(document, "/object", "reserved-name", refused, Text("choose another name"))
    run.documents = tuple(unique)


def _build_rest(run: Compilation, kinds: Mapping[str, Kind]) -> dict[str, dict[str, Any]]:
    """Everything but objects, by kind and name, in the order of the kinds."""
    built: dict[str, dict[str, Any]] = {name: {} for name in kinds}
    for name, kind in kinds.items():
        for document in run.documents:
            if document.kind != name:
                continue
            made = kind.build(document, run)
            if made is not None:
                before = built[name].get(document.name)
                built[name][document.name] = kind.join(before, made) if before is not None else made
        kind.finish(built[name], run)
    return built


def _told_once(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems by place, without those that only follow from a value that the loader refused."""
    listed = sorted(dict.fromkeys(problems), key=lambda problem: (problem.place, problem.code))
    refused = {problem.place for problem in listed if problem.code in REFUSED_VALUES}
    return tuple(problem for problem in listed if problem.place not in refused or problem.code in REFUSED_VALUES)


def _model(run: Compilation, built: Mapping[str, Mapping[str, Any]], kinds: Mapping[str, Kind], revision: int) -> Model:
    parts: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for name, kind in kinds.items():
        if kind.collection in ("scenarios", "seeds"):
            parts[kind.collection] = tuple(built[name].values())
        elif kind.collection == "others":
            others[name] = FrozenMap(built[name])
        elif kind.collection and kind.collection != "objects":
            parts[kind.collection] = FrozenMap(built[name])
    return Model(
        revision=revision,
        objects=FrozenMap(run.objects),
        others=FrozenMap(others),
        defaults=merged_defaults(built["app"].values()),
        edges=tuple(dict.fromkeys(run.edges)),
        **parts,
    )


def check_path(path: str | Path, vocabulary: Vocabulary, with_paths: Iterable[str | Path] = ()) -> Compiled:
    """Check a template's folder (or one file). The templates that it requires are taken from the folders beside it.

    `with_paths`: further folders to compile together with it.
    """
    folder = Path(path)
    documents, problems = read_documents([folder])
    needed = [Path(more) for more in with_paths] or required_folders(folder, documents)
    more, further = read_documents(needed)
    return compile_documents((*more, *documents), vocabulary, faults=[*further, *problems])
