"""What is known of people, teams and the record at hand, read from the database: the `Organisation` that people.py asks.

People and teams are ids as people see them. Expressions see the record as it is stored, and `submitter`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from looseleaf_metadata.expressions.check import check_expression
from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.problems import Place
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.records.ids import decode, encode
from looseleaf_platform.records.writing.conditions import Condition, condition_of
from looseleaf_platform.records.writing.plan import Plans
from looseleaf_platform.records.writing.scope import Relations, Scope
from looseleaf_workflow.people import ExpressionError
from looseleaf_workflow.plain_json import plain
from looseleaf_workflow.who_checks import expression_names

HERE = ("active", "on_leave")
"""States of people who work here."""


class Seen(Scope):
    """A record as expressions of a flow see it: its own fields, and the submitter."""

    __slots__ = ("submitter",)

    def __init__(self, scope: Scope, submitter: int | None) -> None:
        super().__init__(scope.plan, scope.read, scope.relations)
        self.submitter = submitter

    def __missing__(self, path: str) -> Any:
        head, _, rest = path.partition(".")
        if head != "submitter":
            return super().__missing__(path)
        return self.relations.follow("user", self.submitter, rest) if rest else self.submitter


class Firm:
    """The organisation on one record, within one transaction. `scope`: that record, where it is known or is not as it is stored."""

    def __init__(self, connection: Connection, context: Context, object: str, record: int, scope: Scope | None = None) -> None:
        self.connection, self.context, self.object, self.record, self._scope = connection, context, object, record, scope
        self.relations = scope.relations if scope is not None else self._stored()
        self.proposed: Scope | None = None  # the record as a change request wants it: what conditions are asked of

    def _stored(self) -> Relations:
        ambient = {"@me": None, "@now": self.context.now, "@today": self.context.workspace.context(SYSTEM).today}
        ambient["@timezone"] = self.context.model.defaults.timezone
        return Relations(self.connection, Plans.of(self.context.runtime), ambient, lambda _object, _id: None)

    @property
    def scope(self) -> Scope | None:
        """The record as it was given, else as it is stored; None where it is gone."""
        if self._scope is not None:
            return self._scope
        return self.relations.scope(self.object, self.record) if self.object in self.relations.plans else None

    def _of(self, object: str, id: str, name: str) -> Any:
        return self.relations.follow(object, person_id(id), name)

    def user(self, name: str) -> str:
        """The user of an e-mail address."""
        users = self.context.runtime.object("user")
        where = (users.fields["email"].main == name, users.table.c.deleted_at.is_(None))
        return told(self.connection.scalar(select(users.table.c.id).where(*where)))

    def active(self, person: str) -> bool:
        """Whether somebody works here now."""
        if person_id(person) is None:
            return bool(person)
        user = self.relations.scope("user", decode(person))
        return user is not None and user["deleted_at"] is None and (user["state"] or "active") in HERE

    def manager(self, person: str) -> str:
        """Who is directly above somebody."""
        return told(self._of("user", person, "manager"))

    def members(self, role: str) -> tuple[str, ...]:
        """Everyone with a role, in the order of their ids."""
        held = self.context.runtime.object("role_member")
        user, where = held.fields["user"].main, (held.fields["role"].main == role, held.table.c.deleted_at.is_(None))
        found = tuple(self.connection.scalars(select(user).where(*where).order_by(user)))
        self.relations.fetch("user", found)
        return tuple(map(encode, found))

    def attribute(self, person: str, name: str) -> Any:
        """A field of a user."""
        return self._of("user", person, name)

    def team(self, person: str) -> str:
        """Somebody's team."""
        return told(self._of("user", person, "team"))

    def head(self, team: str) -> str:
        """Who heads a team."""
        return told(self._of("team", team, "head"))

    def parent(self, team: str) -> str:
        """The team above a team."""
        return told(self._of("team", team, "parent"))

    def owner(self) -> str:
        """The owner of the record."""
        scope = self.scope
        return told(scope["owner"]) if scope is not None and "owner" in scope.plan.fields else ""

    def users_at(self, path: str) -> tuple[str, ...]:
        """The users in a field of the record, or of one reached from it."""
        return several(self.value_at(path))

    def value_at(self, path: str) -> Any:
        """A value of the record, or of one reached from it."""
        scope = self.scope
        return None if scope is None else scope[path]

    def users_of(self, expression: str, submitter: str) -> tuple[str, ...]:
        """The users that an expression gives. Raises ExpressionError."""
        value, _ = self.evaluate(expression, submitter)
        return several(value)

    def evaluate(self, source: str, submitter: str) -> tuple[Any, dict[str, Any]]:
        """What an expression is on the record, and what it read; of a change request, on the record as it would be. Raises ExpressionError."""
        scope = self.proposed or self.scope
        if scope is None:
            raise ExpressionError("the record is gone")
        condition = self._compiled(source)
        seen = Seen(scope, person_id(submitter))
        try:
            value = condition.evaluate(seen)
        except (ArithmeticError, ValueError, TypeError, LookupError) as error:
            raise ExpressionError(f"{type(error).__name__}: {error}", _read(seen)) from error
        return value, _read(seen)

    def _compiled(self, source: str) -> Condition:
        """An expression, compiled once a revision. A version may name what is not there any more. Raises ExpressionError."""
        made: dict[tuple[str, str], Condition] = self.context.runtime.memo.setdefault("approval expressions", {})
        found = made.get((self.object, source))
        if found is None:
            objects = self.context.model.objects
            extra = expression_names(("submitter",))
            checked = check_expression(source, objects.get(self.object), objects, place=Place(), extra=extra)
            if not isinstance(checked, Expression):
                raise ExpressionError(f"this can't be worked out any more: {source}")
            found = made[self.object, source] = condition_of(objects, checked)
        return found


def _read(seen: Seen) -> dict[str, Any]:
    """What an expression has read of a record, so far."""
    return {name: plain(value) for name, value in seen.items() if not name.startswith("@")}


def person_id(person: str) -> int | None:
    """The id of a user in an event; None for the administrators and the system."""
    return None if not person or person.startswith("@") or person == "system" else decode(person)


def told(id: Any) -> str:
    """A user or team as text, "" for none."""
    return encode(id) if isinstance(id, int) else ""


def several(value: Any) -> tuple[str, ...]:
    """The users in a value: an id, several, or none."""
    if isinstance(value, tuple | list):
        return tuple(encode(one) for one in value)
    return (encode(value),) if isinstance(value, int) else ()
