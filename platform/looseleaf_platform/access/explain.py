"""Why somebody can or can't: the same rules as visible(), told as sentences that name roles, teams and shares.

Tells only what the asker may know: about oneself, or about others with the ability "explain", and only of records the asker sees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, bindparam, or_, select, true

from looseleaf_metadata.model import Field, Grant, Role
from looseleaf_metadata.texts import Text
from looseleaf_platform.access import binds
from looseleaf_platform.access.facts import Facts, read_facts, shares_with
from looseleaf_platform.access.profile import LINE_ACTIONS, Profile, profile_of
from looseleaf_platform.access.scope import RecordScope
from looseleaf_platform.access.visible import SHARED_LEVELS, grant_conditions, visible
from looseleaf_platform.context import Actor, Context
from looseleaf_platform.errors import NotAllowed, NotThere
from looseleaf_platform.records.runtime import ObjectRuntime
from looseleaf_platform.records.sources import source
from looseleaf_platform.records.sql_expressions import compile_sql

DOING = {
    "read": Text("see"),
    "create": Text("create"),
    "update": Text("change"),
    "delete": Text("delete"),
    "import": Text("import"),
    "export": Text("export"),
}
"""What an action is called inside a sentence."""
REACHED = {
    "own": Text("their own records"),
    "team": Text("the records of their team"),
    "team_tree": Text("the records of their team and the teams below it"),
    "all": Text("all records"),
}
LEVELS = {
    "hidden": Text("hidden"),
    "masked": Text("withheld"),
    "read": Text("to be read"),
    "edit": Text("to be changed"),
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether the actor can, and why: sentences for people, from the general to the particular."""

    allowed: bool
    reasons: tuple[Text, ...]


def explain(context: Context, actor: Actor, object_name: str, id: int | None, action: str, field: str | None = None) -> Explanation:
    """Why `actor` can or can't do `action` with a record (None: with records of the object at all), or with one of its fields.

    Raises NotAllowed where the asker may not ask about others, NotThere for what the asker can't see.
    """
    if context.actor.id != actor.id and not context.profile.has("explain"):
        raise NotAllowed(Text("You may ask only about your own rights"), "explain")
    found = context.runtime.objects.get(object_name)
    if found is None or action not in DOING or (field is not None and field not in found.fields):
        raise NotThere
    subject = _Subject(context, actor, found, action)
    allowed, reasons = subject.about_object()
    if id is not None and action != "create":
        with context.workspace.database.read() as connection:
            facts = read_facts(context, connection, found, id)
            if facts is None and context.actor.id != actor.id:
                raise NotThere
            if facts is None:  # oneself, and a record that is not there or not for one's eyes: the two sound the same
                return Explanation(False, (*reasons, Text("There is no such record, or none of this reaches it")))
            allowed, more = subject.about_record(connection, facts) if allowed else (False, ())
            reasons = (*reasons, *more)
            if field is not None:
                field_allowed, more = subject.about_field(connection, found.fields[field].field, id)
                return Explanation(allowed and field_allowed, (*reasons, *more))
    elif field is not None:
        field_allowed, more = subject.about_field(None, found.fields[field].field, None)
        return Explanation(allowed and field_allowed, (*reasons, *more))
    return Explanation(allowed, reasons)


class _Subject:
    """One actor and one action on one object, seen by the asker."""

    def __init__(self, asker: Context, actor: Actor, found: ObjectRuntime, action: str) -> None:
        self.asker, self.actor, self.found, self.action = asker, actor, found, action
        self.profile: Profile = profile_of(actor, asker.model)
        self.context = asker.workspace.context(actor, asker.source)
        self.doing = DOING[action]
        self.name = actor.name or Text("the system")

    def about_object(self) -> tuple[bool, tuple[Text, ...]]:
        """What the roles say of the object as a whole."""
        reasons: list[Text] = []
        if not self.profile.can(self.found.name, self.action) and self._limited():
            reasons.append(Text("The token may not {doing} {object}", doing=self.doing, object=self.found.object.plural))
        if self.profile.everything:
            reasons.append(Text("{actor} is an administrator, who may do everything", actor=self.name))
        else:
            reasons.extend(self._role_reasons())
        return self.profile.can(self.found.name, self.action), tuple(reasons)

    def _limited(self) -> bool:
        return self.actor.limits is not None

    def _role_reasons(self) -> Iterator[Text]:
        parent = self._parent()
        if parent is not None:
            yield Text(
                "{lines} follow the rights to the {parent} that they belong to", lines=self.found.object.plural, parent=parent.object.label
            )
        asked, action = (parent or self.found), (LINE_ACTIONS.get(self.action, (self.action,))[-1] if parent else self.action)
        if not self.profile.roles:
            yield Text("{actor} has no role", actor=self.name)
        for role in self.profile.roles:
            grant = role.grants.get(asked.name, {}).get(action)
            said = {"role": role.label, "doing": DOING[action], "object": asked.object.plural}
            if grant is None or grant.scope == "none":
                yield Text("The role {role} doesn't let one {doing} {object}", **said)
            else:
                yield Text("The role {role} lets one {doing} {object}: {reach}", reach=self._reach(grant), **said)

    def _parent(self) -> ObjectRuntime | None:
        return self.asker.runtime.object(self.found.object.owned_by.partition(".")[0]) if self.found.object.owned_by else None

    def _reach(self, grant: Grant) -> Text:
        """Which records a grant reaches. Its condition is quoted only to those who may ask about anybody."""
        if grant.where is None:
            return REACHED[grant.scope]
        condition: object = grant.where.source if self.asker.profile.has("explain") else Text("a condition of the role")
        if grant.scope == "all":
            return Text("those for which {condition} holds", condition=condition)
        return Text("{reach}, those for which {condition} holds", reach=REACHED[grant.scope], condition=condition)

    def about_record(self, connection: Connection, facts: Facts) -> tuple[bool, tuple[Text, ...]]:
        """Which rights reach this record."""
        reasons = list(facts.sentences())
        if facts.deleted:
            reasons.append(Text("The record is in the recycle bin: only those who may delete it see it there"))
        if self.profile.everything:
            return not facts.deleted or self.action in ("read", "delete"), tuple(reasons)
        if self._parent() is None:
            for role in self.profile.roles:
                reasons.extend(self._grant_reasons(connection, role, facts.id))
            reasons.extend(self._part_reasons(connection, facts.id))
            reasons.extend(self._share_reasons(connection, facts.id))
        return self._reaches(connection, facts), tuple(reasons)

    def _grant_reasons(self, connection: Connection, role: Role, id: int) -> Iterator[Text]:
        grant = role.grants.get(self.found.name, {}).get(self.action)
        if grant is None or grant.scope == "none" or (grant.scope == "all" and grant.where is None):
            return
        at = source(self.found)
        conditions = grant_conditions(self.context, self.found, grant, at)
        holds = bool(conditions) and self._test(connection, id, or_(*conditions))
        if holds:
            yield Text("By the role {role} this record is within reach", role=role.label)
        else:
            yield Text("By the role {role} this record is out of reach", role=role.label)

    def _part_reasons(self, connection: Connection, id: int) -> Iterator[Text]:
        at = source(self.found)
        for part in self.profile.parts:
            grants = [grant for role in self.profile.roles for grant in part.granted(role.name, self.found.name, self.action)]
            conditions = [one for grant in grants for one in grant_conditions(self.context, self.found, grant, at)]
            if conditions and self._test(connection, id, or_(*conditions)):
                yield Text("“{part}” brings this record within reach", part=part.label)

    def _share_reasons(self, connection: Connection, id: int) -> Iterator[Text]:
        levels = SHARED_LEVELS.get(self.action, ())
        for shared in shares_with(self.asker, connection, self.actor, self.found.object.id, id):
            reaches = shared.level in levels and self.profile.can(self.found.name, self.action)
            with_whom = self.name if shared.kind == "user" else shared.team
            if reaches:
                yield Text("It is shared with {whom}", whom=with_whom)
            else:
                yield Text("It is shared with {whom}, but not so as to {doing} it", whom=with_whom, doing=self.doing)

    def _reaches(self, connection: Connection, facts: Facts) -> bool:
        action = "delete" if facts.deleted else self.action
        at = source(self.found)
        return self._test(connection, facts.id, visible(self.context, self.found.name, action, at).condition())

    def _test(self, connection: Connection, id: int, condition: object) -> bool:
        at = source(self.found)
        statement = select(at.c.id).where(at.c.id == bindparam("id", type_=BigInteger()), condition)  # type: ignore[arg-type]
        return connection.execute(statement, {**binds.values(self.context), "id": id}).first() is not None

    def about_field(self, connection: Connection | None, field: Field, id: int | None) -> tuple[bool, tuple[Text, ...]]:
        """What the roles say of a field."""
        if field.name not in self.asker.profile.readable(self.found.name) and not self.asker.profile.has("explain"):
            raise NotThere
        reasons = list(self._level_reasons(field))
        if field.value is not None and not field.reveals and not self.profile.everything:
            reasons.append(Text("{field} is worked out, and seen by those who may see all that it is worked out from", field=field.label))
        if self.action in ("update", "create"):
            allowed = field.name in self.profile.writable(self.found.name)
            if not allowed and self.profile.everything:
                reasons.append(Text("{field} is worked out or kept by the system, and can't be changed", field=field.label))
            return allowed, tuple(reasons)
        if field.name not in self.profile.readable(self.found.name):
            return False, tuple(reasons)
        if connection is not None and id is not None and self._is_masked(connection, field, id):
            return False, (*reasons, Text("In this record {field} is withheld", field=field.label))
        return field.name not in self.profile.masked(self.found.name) or id is not None, tuple(reasons)

    def _level_reasons(self, field: Field) -> Iterator[Text]:
        for role in () if self.profile.everything else self.profile.roles:
            explicit = role.fields.get((self.found.name, field.name))
            if explicit is not None:
                yield Text("The role {role} has {field} {level}", role=role.label, field=field.label, level=LEVELS[explicit.level])
            elif self.profile.has_a_say(role, self.found.name):
                yield Text("The role {role} says nothing special of {field}", role=role.label, field=field.label)

    def _is_masked(self, connection: Connection, field: Field, id: int) -> bool:
        masked = self.profile.masked(self.found.name)
        if field.name not in masked:
            return False
        mask = masked[field.name]
        at = source(self.found)
        return mask is None or self._test(connection, id, compile_sql(mask, RecordScope(self.context, self.found, at)).is_(true()))
