"""Accounts: user records as those who sign in. Found by e-mail address or phone; made through the one write path like any record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, func, select

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.errors import Fault, Invalid, NotAllowed, Refused
from looseleaf_platform.fields import FIELD_TYPES
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.identity import passwords
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.runtime import Runtime
from looseleaf_platform.records.write import write

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

FIELDS = ("name", "email", "phone", "state", "locale", "administrator")
LOCALES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Account:
    """What signing in needs to know of a user record."""

    id: int
    name: str
    email: str | None
    phone: str | None
    state: str
    locale: str
    administrator: bool

    @property
    def may_sign_in(self) -> bool:
        """Whether this person is still with the firm."""
        return self.state != "gone"


def _query(runtime: Runtime) -> Select[Any]:
    users = runtime.object("user")
    return select(users.table.c.id, *(users.fields[name].main.label(name) for name in FIELDS)).where(users.table.c.deleted_at.is_(None))


def _account(row: Any, runtime: Runtime) -> Account:
    values = dict(row._mapping)
    return Account(
        **{**values, "locale": values["locale"] or runtime.model.defaults.locale, "administrator": bool(values["administrator"])}
    )


def account(connection: Connection, runtime: Runtime, user_id: int) -> Account | None:
    """The account of a user record, or None."""
    row = connection.execute(_query(runtime).where(runtime.object("user").table.c.id == user_id)).first()
    return _account(row, runtime) if row else None


def find(connection: Connection, runtime: Runtime, login: str) -> Account | None:
    """The one account with this e-mail address or phone number, or None (also where several share a number)."""
    users = runtime.object("user")
    name = "email" if "@" in login else "phone"
    field = users.fields[name]
    try:
        value = FIELD_TYPES[field.field.type].parse(login, field.field, Situation(phone_region=runtime.model.defaults.phone_region))
    except Invalid:
        return None
    if value is None:
        return None
    rows = connection.execute(_query(runtime).where(func.lower(field.main) == str(value).lower()).limit(2)).all()
    return _account(rows[0], runtime) if len(rows) == 1 else None


def may_manage(context: Context) -> None:
    """Raise NotAllowed unless the actor may manage users."""
    if not context.profile.has("users"):
        raise NotAllowed(Text("You may not manage users"), "users")


def add(context: Context, values: Mapping[str, Any], roles: Iterable[str] = ()) -> int:
    """Create a user record and its role memberships; returns its id. Raises Refused, and NotAllowed without the ability "users"."""
    may_manage(context)
    wanted = tuple(dict.fromkeys(roles))
    unknown = [role for role in wanted if role not in context.model.roles]
    if unknown:
        raise Refused([Fault("/roles", "unknown-role", Text("There is no role '{role}'", role=role)) for role in unknown])
    changes = [Change("create", "user", values=values, reference="user")]
    changes += [Change("create", "role_member", values={"user": {"$ref": "user"}, "role": role}) for role in wanted]
    created = write(context, changes, Operation("user")).written[0].id
    if created is None:
        raise RuntimeError("the write path gave no id for a created user")
    return created


def set_password(workspace: Workspace, user_id: int, password: str) -> None:
    """Give a user a password; raises Refused for a weak one. Who may do so is the caller's concern."""
    password_hash = hash_for(workspace, user_id, password)
    with workspace.database.write() as connection:
        passwords.store(connection, user_id, password_hash, workspace.clock)


def hash_for(workspace: Workspace, user_id: int, password: str) -> str:
    """What is stored of a password that a user chooses; raises Refused for a weak one."""
    with workspace.database.read() as connection:
        known = account(connection, workspace.runtime, user_id)
    passwords.refuse_weak(password, *((known.name, known.email or "") if known else ()))
    return passwords.hashed(password)


def is_new(workspace: Workspace) -> bool:
    """Whether nobody can sign in yet: the first visitor becomes the administrator."""
    with workspace.database.read() as connection:
        return not administrators(connection, workspace.runtime)


def administrators(connection: Connection, runtime: Runtime) -> int:
    """How many administrators are still with the firm."""
    users = runtime.object("user")
    is_administrator, state = users.fields["administrator"].main, users.fields["state"].main
    query = select(func.count()).select_from(users.table)
    return connection.scalar(query.where(users.table.c.deleted_at.is_(None), is_administrator.is_(True), state != "gone")) or 0


def add_first_administrator(workspace: Workspace, values: Mapping[str, Any], password: str) -> int:
    """Create the first administrator of a new workspace; returns the id. Raises NotAllowed where there is one already."""
    passwords.refuse_weak(password, str(values.get("name", "")), str(values.get("email", "")))
    if not is_new(workspace):
        raise NotAllowed(Text("This workspace has an administrator already; ask for an invitation"))
    user_id = add(workspace.context(SYSTEM), {**values, "administrator": True})
    set_password(workspace, user_id, password)
    return user_id


def set_preferences(context: Context, *, locale: str | None = None, timezone: str | None = None) -> None:
    """Change the actor's own language and time zone, which needs no right to user records. Raises Refused for unknown ones."""
    if context.actor.id is None:
        raise NotAllowed(Text("Only a person has preferences"))
    if locale is not None and locale not in LOCALES:
        raise Refused([Fault("/locale", "unknown-language", Text("There is no language '{name}'", name=locale))])
    if timezone is not None and not _is_timezone(timezone):
        raise Refused([Fault("/timezone", "unknown-timezone", Text("There is no time zone '{name}'", name=timezone))])
    values = {name: value for name, value in (("locale", locale), ("timezone", timezone)) if value is not None}
    if values:
        itself = replace(context.actor, administrator=True, limits=None)  # one's own record, with the platform's rights
        by_itself = context.workspace.context(itself, context.source)
        write(by_itself, [Change("update", "user", id=context.actor.id, values=values)], Operation("preferences"))


def _is_timezone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (ValueError, OSError, KeyError):
        return False
