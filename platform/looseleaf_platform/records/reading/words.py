"""What somebody types into a search field, as conditions on records: only by fields that this reader may read there.

A rare word is looked up first, and every right and filter narrows what it finds; common words are tested record by record while
the list is walked in its order. Both ways find the same records. Which word is rare is asked of the database, up to a limit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)

from looseleaf_platform.access import binds
from looseleaf_platform.access.scope import RecordScope
from looseleaf_platform.context import Context
from looseleaf_platform.records.reading.readable import ReadScope
from looseleaf_platform.records.reading.statements import kept
from looseleaf_platform.records.runtime import ObjectRuntime
from looseleaf_platform.records.search import LAST, Term, indexed_fields, terms_of
from looseleaf_platform.records.sources import source
from looseleaf_platform.records.tables import target_of

RECHECKED = frozenset({"text", "long_text"})
"""Types whose stored value is the very text that was cut into grams; of others the pairs of a word must do."""
RARE = 1000
"""A word that stands in at most so many places is looked up first."""


@dataclass(frozen=True, slots=True)
class Place:
    """A field that a search looks in: `hops` of look-ups lead to `object`, whose grams hold it."""

    hops: tuple[str, ...]
    object: ObjectRuntime
    field_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a search, by form and by value. `rare`: the number of the word to begin with, -1 if all are common.

    `nothing`: no record can match.
    """

    terms: tuple[Term, ...]
    rare: int = -1
    nothing: bool = False

    @property
    def shape(self) -> tuple[Any, ...]:
        """What of them decides the form of a statement."""
        return (self.rare, self.nothing, *((len(term.beginnings), len(term.pairs), bool(term.contained)) for term in self.terms))

    @property
    def parameters(self) -> dict[str, str]:
        """The values by name of the parameter."""
        found: dict[str, str] = {}
        for number, term in enumerate(self.terms):
            for place, text in enumerate((*term.beginnings, *term.pairs)):
                found[f"word_{number}_{place}"] = text
                found[f"word_{number}_{place}_end"] = text + LAST
            found[f"word_{number}_text"] = "%" + term.contained.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        return found


def words_of(connection: Connection, scope: ReadScope, typed: str) -> Words | None:
    """The words of `typed`, with the rarest first to be looked up. None where nothing was typed."""
    if not typed.strip():
        return None
    words = Words(terms_of(typed))
    places = search_places(scope)
    if not words.terms or not places:
        return Words((), nothing=True)
    key = ("rarity", *binds.shape(scope.context), *words.shape)
    statement = kept(scope.found, key, lambda: _counts(scope, places, words))
    counts = connection.execute(statement, {**binds.values(scope.context), **words.parameters}).one()
    least = min(range(len(counts)), key=counts.__getitem__)
    return Words(words.terms, least if counts[least] <= RARE else -1, nothing=counts[least] == 0)


def _counts(scope: ReadScope, places: list[Place], words: Words) -> Select[Any]:
    """For each word how many hits it has, up to one more than RARE."""
    counts = []
    for number, term in enumerate(words.terms):
        hits = union_all(*_hits(scope, places, number, term)).subquery()
        few = select(literal_column("1").label("one")).select_from(hits).limit(RARE + 1).subquery()
        counts.append(select(func.count()).select_from(few).scalar_subquery())
    return select(*counts)


def rare_hits(scope: ReadScope, words: Words) -> Select[Any]:
    """The ids ("record_id") of the records that have the rare word: each once."""
    hits = union_all(*_hits(scope, search_places(scope), words.rare, words.terms[words.rare])).subquery()
    return select(hits.c.record_id).distinct()


def words_hold(scope: ReadScope, words: Words) -> list[ColumnElement[bool]]:
    """Conditions on a record that all words, but for what `rare_hits` says already, stand in it."""
    if words.nothing:
        return [false()]
    places = search_places(scope)
    found = []
    for number, term in enumerate(words.terms):
        if number != words.rare or term.contained:
            found.append(or_(*(_holds(scope, place, number, term) for place in places)))
    return found


def search_places(scope: ReadScope) -> list[Place]:
    """The fields that the reader may search an object's records by."""
    found: list[Place] = []
    model = scope.context.model
    for path in dict.fromkeys((scope.found.object.title, *scope.found.object.search)):
        names = tuple(path.split("."))
        end = _end(scope.context, scope.found, names)
        if end is None:
            continue
        field = end.fields[names[-1]].field
        if not ReadScope(scope.context, end, end.table).always_masked(field.name) and field in indexed_fields(model, end.name):
            found.append(Place(names[:-1], end, field.id, field.name))
    return found


def _end(context: Context, found: ObjectRuntime, names: tuple[str, ...]) -> ObjectRuntime | None:
    """The object that has the last name of a search path; None where the reader may not see all of the path."""
    at = found
    for depth, name in enumerate(names):
        if name not in context.profile.readable(at.name):
            return None
        if depth < len(names) - 1:
            at = context.runtime.object(target_of(at.fields[name].field))
    return at


def _hits(scope: ReadScope, places: list[Place], number: int, term: Term) -> list[Select[Any]]:
    """Selects of the ids of records that have a word, one for each place and way of finding it."""
    found = []
    for place in places:
        for ids in _gram_ids(scope, place, number, term):
            if place.hops:
                here = ReadScope(scope.context, scope.found, source(scope.found, again=True))
                reached = _reached(here, place, partial(_is_among, ids))
                found.append(select(here.at.c.id.label("record_id")).where(reached))
            else:
                found.append(ids)
    return found


def _is_among(ids: Select[Any], there: RecordScope) -> ColumnElement[bool]:
    return there.at.c.id.in_(ids)


def _reached(scope: ReadScope, place: Place, condition: Callable[[RecordScope], ColumnElement[bool]]) -> ColumnElement[bool]:
    """That the look-ups of `place` lead to a visible record for which `condition` holds."""

    def step(here: RecordScope, hops: tuple[str, ...]) -> ColumnElement[bool]:
        if not hops:
            return condition(here)
        target = here.context.runtime.object(here.found.fields[hops[0]].target)
        there = here.beyond(target, source(target, again=True))
        return here.field(hops[0]).in_(select(there.at.c.id).where(*there.admitted(), step(there, hops[1:])))

    return step(scope, place.hops)


def _gram_ids(scope: RecordScope, place: Place, number: int, term: Term) -> list[Select[Any]]:
    """Ids from the gram table alone, less the records in which the field is masked; a select for each range of the index."""
    grams = place.object.grams
    found: list[Select[Any]] = []
    for position in range(len(term.beginnings)):
        at = grams.alias()
        found.append(select(at.c.record_id).where(_begins(at, number, position), at.c.field_id == place.field_id))
    if term.pairs:
        at = grams.alias()
        first = select(at.c.record_id).where(at.c.gram == _word(number, 0), at.c.field_id == place.field_id)
        for position in range(1, len(term.pairs)):
            more = grams.alias()
            pair = and_(more.c.gram == _word(number, position), more.c.field_id == place.field_id, more.c.record_id == at.c.record_id)
            first = first.where(_exists(more, pair))
        found.append(first)
    return [_unmasked(scope, place, one) for one in found]


def _unmasked(scope: RecordScope, place: Place, ids: Select[Any]) -> Select[Any]:
    at = source(place.object, again=True)
    mask = ReadScope(scope.context, place.object, at).mask(place.name)
    if mask is None:
        return ids
    record_id = ids.selected_columns[0]
    return ids.where(_exists(at, and_(at.c.id == record_id, mask.is_not(true()))))


def _holds(scope: ReadScope, place: Place, number: int, term: Term) -> ColumnElement[bool]:
    """That one record has a word in one field, asked of the record itself."""

    def here(there: RecordScope) -> ColumnElement[bool]:
        mask = there.mask(place.name) if isinstance(there, ReadScope) else None
        holds = _contains(there, place.name, number) if term.contained and _is_rechecked(place) else _has_grams(there, place, number, term)
        return holds if mask is None else and_(holds, mask.is_not(true()))

    return _reached(scope, place, here)


def _is_rechecked(place: Place) -> bool:
    return place.object.fields[place.name].field.type in RECHECKED


def _has_grams(scope: RecordScope, place: Place, number: int, term: Term) -> ColumnElement[bool]:
    grams = place.object.grams.alias()
    own = and_(grams.c.record_id == scope.at.c.id, grams.c.field_id == place.field_id)
    if term.pairs:
        return and_(*(_exists(grams, and_(own, grams.c.gram == _word(number, at))) for at in range(len(term.pairs))))
    return _exists(grams, and_(own, or_(*(_begins(grams, number, at) for at in range(len(term.beginnings))))))


def _exists(inner: FromClause, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(literal(1)).select_from(inner).where(condition).correlate_except(inner).exists()


def _word(number: int, place: int, end: str = "") -> ColumnElement[str]:
    return bindparam(f"word_{number}_{place}{end}", type_=Text())


def _begins(grams: FromClause, number: int, place: int) -> ColumnElement[bool]:
    return and_(grams.c.gram >= _word(number, place), grams.c.gram < _word(number, place, "_end"))


def _contains(scope: RecordScope, name: str, number: int) -> ColumnElement[bool]:
    """The recheck of what the grams only suggest: the stored value has the text in it."""
    column = cast(scope.at.c[scope.found.fields[name].main.name], Text)
    return func.lower(column).like(bindparam(f"word_{number}_text", type_=Text()), escape="\\")
