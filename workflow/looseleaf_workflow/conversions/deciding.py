"""What would become of records: which records are made, which are taken because they are there, what is filled in. Reads, and writes nothing.

The same is shown before and done afterwards. Everything is asked for all records at once: the number of queries goes by the targets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any, Literal

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Fault, Invalid, NotThere, Refused
from looseleaf_platform.records.ids import new_id
from looseleaf_platform.records.requests import Record
from looseleaf_workflow.conversions.definition import Conversion, Target, conversions_of
from looseleaf_workflow.conversions.finding import Candidate, Looked, candidates
from looseleaf_workflow.conversions.reading import Sources, fills_of, given_values, may_convert, read_sources
from looseleaf_workflow.conversions.stored import Became, became_of

MOST = 200
"""Records that one call may convert."""
How = Literal["make", "take", "skip", ""]
ASK = Text("{count} records are likely the same: say which to take, or that a new one is to be made")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person wants of a target. `how`: "" where they leave it to the rules; `id`: the record to take; `values`: raw, of a new record."""

    how: How = ""
    id: int | None = None
    values: Mapping[str, Any] = part(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wish:
    """A record to convert, with what is chosen, by target."""

    id: int
    choices: Mapping[str, Choice] = part(default_factory=dict)


@dataclass(slots=True)
class Part:
    """What becomes of one target. `how`: "" where a person must choose. `id`: of the record made or taken.

    `values`: parsed, what a new record gets, or what is filled into blanks of one taken; `kept`: fields of one taken that hold
    something else already; `asked`: raw values that a person gave; `shared`: another record of the same call makes it. `proposed`: what a new
    record would get; `withheld`: fields that would get something if the actor might write them.
    """

    target: Target
    how: How = ""
    id: int | None = None
    values: dict[str, Any] = part(default_factory=dict)
    proposed: Mapping[str, Any] = part(default_factory=dict)
    asked: dict[str, Any] = part(default_factory=dict)
    withheld: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    hidden: bool = False
    version: int | None = None
    shared: bool = False
    faults: list[Fault] = part(default_factory=list)


@dataclass(slots=True)
class Prospect:
    """One record and what would become of it. `stands`: why it can't be converted, None where it can; `became`: where it went already.

    `ends`: the values that it gets itself, look-ups aside.
    """

    record: Record
    conversion: Conversion
    parts: dict[str, Part] = part(default_factory=dict)
    stands: Text | None = None
    code: str = ""
    became: Became | None = None
    ends: dict[str, Any] = part(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether nothing is left to be chosen or put right."""
        return self.stands is None and all(one.how and not one.faults for one in self.parts.values())


def conversion_named(context: Context, name: str) -> Conversion:
    """The conversion of that name, of an object that the actor may read. Raises NotThere."""
    found = context.model.others.get("conversion", {}).get(name)
    if found is None or not context.profile.can(found.object, "read"):
        raise NotThere
    return found  # type: ignore[no-any-return]


def look_ahead(context: Context, name: str, wishes: Sequence[Wish]) -> list[Prospect]:
    """What would become of each record, in order. Raises NotThere for one that the actor can't see, Refused for impossible choices."""
    conversion = conversion_named(context, name)
    _check_wishes(conversion, wishes)
    sources = read_sources(context, conversion, [wish.id for wish in wishes])
    if sources.records.keys() != {wish.id for wish in wishes}:
        raise NotThere
    done = became_of(context, conversion, list(sources.records))
    prospects = [Prospect(sources.records[wish.id], conversion, became=done.get(wish.id)) for wish in wishes]
    for prospect in prospects:
        _judge(context, sources, prospect)
    for target in conversion.targets:
        _decide_target(context, sources, target, list(zip(prospects, wishes, strict=True)))
    return prospects


def _check_wishes(conversion: Conversion, wishes: Sequence[Wish]) -> None:
    if len(wishes) > MOST:
        raise Refused([Fault("/records", "too-many", Text("{count} at once: at most {most} are taken", count=len(wishes), most=MOST))])
    targets = {target.name: target for target in conversion.targets}
    faults, seen = [], set()
    for index, wish in enumerate(wishes):
        if wish.id in seen:
            faults.append(Fault(f"/records/{index}/id", "listed-twice", Text("This record is named twice")))
        seen.add(wish.id)
        for name, choice in wish.choices.items():
            here = f"/records/{index}/targets/{name}"
            if name not in targets:
                faults.append(Fault(here, "unknown-target", Text("There is no target “{name}” here", name=name[:60])))
                continue
            if choice.how == "skip" and not targets[name].may_skip:
                faults.append(Fault(here, "not-skipped", Text("This can't be left out")))
            if choice.how == "take" and choice.id is None:
                faults.append(Fault(f"{here}/id", "required", Text("Say which record to take")))
            not_asked = next((one for one in choice.values if one not in targets[name].ask), None)
            if not_asked is not None:
                faults.append(Fault(f"{here}/values/{not_asked[:60]}", "unknown-field", Text("This is not asked here")))
    if faults:
        raise Refused(faults)


def _judge(context: Context, sources: Sources, prospect: Prospect) -> None:
    """What keeps a record from being converted at all."""
    if prospect.became is not None:
        prospect.stands, prospect.code = prospect.became.said(context), "already-converted"
    elif not may_convert(sources, prospect.record.id):
        prospect.stands, prospect.code = Text("It can't be converted as it stands now"), "not-now"
    elif prospect.record.id not in sources.changeable:
        prospect.stands, prospect.code = Text("You may not change this record"), "not-allowed"
    else:
        try:
            prospect.ends = given_values(context, sources, prospect.conversion.given, prospect.record.object, prospect.record.id)
        except Invalid as invalid:
            prospect.stands, prospect.code = invalid.message, invalid.code


# --- one target of all records


def _decide_target(context: Context, sources: Sources, target: Target, wanted: list[tuple[Prospect, Wish]]) -> None:
    """Decide about one target, for all records that are converted at all. Targets before it are decided."""
    open_ones = [(prospect, wish.choices.get(target.name, Choice())) for prospect, wish in wanted if prospect.stands is None]
    writable, readable = context.profile.writable(target.object), context.profile.readable(target.object)
    looked = []
    for prospect, choice in open_ones:
        values, faults = fills_of(context, sources, target, prospect.record.id)
        values |= {link.field: id for link in target.links if (id := prospect.parts[link.target].id) is not None}
        faults = [fault for fault in faults if not fault.pointer or fault.pointer.removeprefix("/values/") in writable]
        written = {name: value for name, value in values.items() if name in writable}
        part = prospect.parts[target.name] = Part(target, values=written, proposed=dict(written), asked=dict(choice.values), faults=faults)
        part.withheld = tuple(name for name in values if name not in writable and name in readable)
        pointing = prospect.conversion.link_to(target.name)
        pointed = prospect.record.values.get(pointing) if pointing else None
        looked.append(Looked({**values, **part.asked}, choice.id if choice.how == "take" else None, pointed))
    made: dict[tuple[str, int], Part] = {}
    for (prospect, choice), looking, found in zip(open_ones, looked, candidates(context, target, looked), strict=True):
        part = prospect.parts[target.name]
        part.candidates, part.hidden = found.candidates, found.hidden
        _choose(part, choice, looking.pointed)
        if part.how == "make" and target.takes and not choice.how:
            _share(part, found.keys, made)
        if part.how == "make" and not part.shared:
            made.update(dict.fromkeys(found.keys, part))
        _fill(part)


def _choose(part: Part, choice: Choice, pointed: int | None) -> None:
    """Make, take, skip, or leave it to the person."""
    part.how = choice.how
    if choice.how == "take":
        part.id = choice.id if any(one.id == choice.id for one in part.candidates) else None
        if part.id is None:
            part.faults = [Fault("/id", "no-such-record", Text("There is no such record"))]
    elif not choice.how:
        agreeing = [one for one in part.candidates if one.agrees]
        pointing = [one for one in part.candidates if one.id == pointed]
        if pointing:
            part.how, part.id = "take", pointing[0].id
        elif len(agreeing) == 1 and len(part.candidates) == 1:
            part.how, part.id = "take", agreeing[0].id
        elif part.candidates:
            part.faults = [Fault("", "choose", Text(ASK.msgid, count=len(part.candidates)))]
        else:
            part.how = "make"
    if part.how == "make":
        part.id = new_id()


def _share(part: Part, keys: Sequence[tuple[str, int]], made: Mapping[tuple[str, int], Part]) -> None:
    """Two records of one call that would make the same make it once, the second adding what the first has not."""
    first = next((made[key] for key in keys if key in made), None)
    links = [link.field for link in part.target.links]
    if first is None or any(first.values.get(name) != part.values.get(name) for name in links):
        return
    part.id, part.shared = first.id, True
    for name, value in part.values.items():
        first.values.setdefault(name, value)


def _fill(part: Part) -> None:
    """What of the values goes where: into a new record all of them; into one that is there only the blanks."""
    if part.how == "make":
        part.faults = [fault for fault in part.faults if fault.pointer.removeprefix("/values/") not in part.asked]
        part.values = {name: value for name, value in part.values.items() if name not in part.asked}
        return
    part.asked = {}
    if part.how == "skip":
        part.faults = []
    if part.how != "take" or part.id is None:
        part.values = {}
        return
    part.faults = []
    taken = next(one for one in part.candidates if one.id == part.id)
    part.version = taken.version
    part.values, part.kept = filled_into(taken, part.proposed)


def filled_into(taken: Candidate, values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What of the values goes into the blanks of a record that is there, and where it keeps something else."""
    fills = {name: value for name, value in values.items() if taken.changeable and taken.blank(name)}
    kept = (name for name, value in values.items() if name in taken.values and not taken.blank(name) and taken.values[name] != value)
    return fills, tuple(kept)


def offered(context: Context, object_name: str, id: int) -> tuple[tuple[Conversion, ...], tuple[Became, ...]]:
    """The conversions that the actor may do with a record now, and those that were done. No query for an object without any."""
    open_ones, done = [], []
    for conversion in conversions_of(context.model, object_name):
        became = became_of(context, conversion, [id]).get(id)
        if became is not None:
            done.append(became)
        elif context.profile.can(object_name, "update"):
            sources = read_sources(context, conversion, [id])
            if id in sources.changeable and id in sources.records and may_convert(sources, id):
                open_ones.append(conversion)
    return tuple(open_ones), tuple(done)
