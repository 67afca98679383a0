"""What a set of roles may do: objects, actions, fields, abilities. Compiled once per set of roles and Model, then looked up.

Says nothing of single records: `visible.py` turns a profile's grants into conditions.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Any

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.model import Field, FieldGrant, Grant, Model, Object, Role
from looseleaf_platform.access.combining import all_of, any_of, reached_by
from looseleaf_platform.access.parts import access_parts
from looseleaf_platform.context import Actor
from looseleaf_platform.fields import FIELD_TYPES
from looseleaf_platform.records.tables import has_owner, target_of

LEVELS = {"hidden": 0, "masked": 1, "read": 2, "edit": 3}
LINE_ACTIONS = {"create": ("create", "update"), "delete": ("update",), "update": ("update",)}
"""What one must be allowed on the parent to do something with its lines; other actions need the same."""

DIRECTORY: Mapping[str, frozenset[str]] = {
    "user": frozenset({"id", "version", "name", "email", "team", "manager", "region", "position", "state"}),
    "team": frozenset({"id", "version", "name", "parent", "head"}),
    "exchange_rate": frozenset({"id", "version", "currency", "date", "rate"}),
}
"""What everybody may read of the system objects, as long as none of their roles says otherwise."""

ALWAYS = frozenset({"id", "version"})
WRITABLE_SYSTEM = frozenset({"owner", "team"})
MOST_MODELS = 32
MOST_PROFILES = 256
"""Models, and profiles of each, that are kept."""


class Profile:
    """The rights of one set of roles on one Model. Compared by identity: equal sets share one profile.

    `everything`: an administrator or the system itself, whom no grant restricts (a token's limits still do).
    """

    def __init__(self, model: Model, roles: Iterable[str], everything: bool, limits: frozenset[str] | None) -> None:
        self.model = model
        self.roles: tuple[Role, ...] = tuple(model.roles[name] for name in sorted(set(roles)) if name in model.roles)
        self.everything = everything
        self.limits = limits
        self.abilities = frozenset[str]().union(*(role.abilities for role in self.roles))
        self.names = frozenset(role.name for role in self.roles)
        self.parts = () if everything else access_parts(model)
        self._grants: dict[tuple[str, str], tuple[Grant, ...]] = {}
        self._readable: dict[str, tuple[str, ...]] = {}
        self._may: dict[tuple[str, str], bool] = {}
        self._masked: dict[str, Mapping[str, Expression | None]] = {}
        self._writable: dict[str, frozenset[str]] = {}

    def has(self, ability: str) -> bool:
        """Whether a named ability is granted ("import", "builder", "users", …)."""
        return (self.limits is None or ability in self.limits) and (self.everything or ability in self.abilities)

    def can(self, object_name: str, action: str) -> bool:
        """Whether `action` is granted on at least some records of the object. False for an unknown object."""
        found = self.model.objects.get(object_name)
        if found is None or found.retired:
            return False
        if found.owned_by:
            return self._can_line(found, action)
        return self._within_limits(object_name, action) and (self.everything or bool(self.grants(object_name, action)))

    def reaches_all(self, object_name: str, action: str) -> bool:
        """Whether every record of the object is within reach of `action`."""
        return self.everything or any(grant.scope == "all" and grant.where is None for grant in self.grants(object_name, action))

    def grants(self, object_name: str, action: str) -> tuple[Grant, ...]:
        """The different grants of an action: each reaches some records, one is enough. () where nothing is granted.

        For a line object these are grants of its own, which narrow what follows from the parent.
        """
        key = (object_name, action)
        if key not in self._grants:
            self._grants[key] = self._collected(object_name, action)
        return self._grants[key]

    def readable(self, object_name: str) -> tuple[str, ...]:
        """Names of the fields that may be read at least in some records, in declared order; a masked field is among them."""
        if object_name not in self._readable:
            found = self.model.objects.get(object_name)
            fields = found.live_fields if found is not None and self.can(object_name, "read") else ()
            self._readable[object_name] = tuple(field.name for field in fields if self._may_read(object_name, field))
        return self._readable[object_name]

    def masked(self, object_name: str) -> Mapping[str, Expression | None]:
        """Readable fields whose value is withheld: where the expression holds, or always (None)."""
        if object_name not in self._masked:
            self._masked[object_name] = self._collected_masks(object_name)
        return self._masked[object_name]

    def writable(self, object_name: str) -> frozenset[str]:
        """Names of the fields that may be given a value."""
        if object_name not in self._writable:
            found = self.model.objects.get(object_name)
            may = found is not None and (self.can(object_name, "create") or self.can(object_name, "update"))
            names = (
                {field.name for field in found.live_fields if self._is_writable(object_name, field)} if found is not None and may else set()
            )
            self._writable[object_name] = frozenset(names if self.everything or object_name != "user" else names - {"administrator"})
        return self._writable[object_name]

    def level(self, object_name: str, field_name: str) -> str:
        """The most generous level ("hidden", "masked", "read", "edit") that a role gives for a field."""
        levels = [level for level, _ in self._levels(object_name, field_name)]
        return max(levels, key=LEVELS.__getitem__, default="hidden")

    def has_a_say(self, role: Role, object_name: str) -> bool:
        """Whether a role reaches records of the object, so that its silence about a field means it may be changed."""
        found = self.model.objects.get(object_name)
        if found is not None and found.owned_by and object_name not in role.grants:
            return self.has_a_say(role, found.owned_by.partition(".")[0])
        return any(grant.scope != "none" for grant in role.grants.get(object_name, {}).values())

    def _within_limits(self, object_name: str, action: str) -> bool:
        if self.limits is None:
            return True
        wanted = {f"{object_name}:{action}", f"{object_name}:*", f"*:{action}", "*:*"}
        return not wanted.isdisjoint(self.limits)

    def _can_line(self, line: Object, action: str) -> bool:
        parent, _, lines = line.owned_by.partition(".")
        needed = LINE_ACTIONS.get(action, (action,))
        least = "masked" if action in ("read", "export") else "edit"
        if LEVELS[self.level(parent, lines)] < LEVELS[least] or not any(self.can(parent, one) for one in needed):
            return False
        return not self._speaks_of(line.name, action) or bool(self.grants(line.name, action))

    def _speaks_of(self, object_name: str, action: str) -> bool:
        return any(action in role.grants.get(object_name, {}) for role in self.roles)

    def _collected(self, object_name: str, action: str) -> tuple[Grant, ...]:
        found = [role.grants[object_name][action] for role in self.roles if action in role.grants.get(object_name, {})]
        found += [grant for part in self.parts for role in self.roles for grant in part.granted(role.name, object_name, action)]
        if not found and object_name in DIRECTORY and action == "read":
            return (Grant("read", "all"),)
        distinct = dict.fromkeys(Grant(grant.action, grant.scope, grant.where) for grant in found if grant.scope != "none")
        everything = next((grant for grant in distinct if grant.scope == "all" and grant.where is None), None)
        return (everything,) if everything else tuple(distinct)

    def _levels(self, object_name: str, field_name: str) -> list[tuple[str, FieldGrant | None]]:
        """What each role that has a say gives. A role has a say if it reaches the object, or names the field."""
        if self.everything:
            return [("edit", None)]
        found: list[tuple[str, FieldGrant | None]] = []
        for role in self.roles:
            explicit = role.fields.get((object_name, field_name))
            if explicit is not None:
                found.append((explicit.level, explicit))
            elif self.has_a_say(role, object_name):
                found.append(("edit", None))
        if not found and object_name in DIRECTORY and not self._speaks_of(object_name, "read"):
            found.append(("read" if field_name in DIRECTORY[object_name] else "hidden", None))
        return found

    def _may_read(self, object_name: str, field: Field) -> bool:
        """Whether a field of an object that may be read is readable; looked up once. Formulas run in no circle: the checker saw to that."""
        key = (object_name, field.name)
        if key not in self._may:
            self._may[key] = self._is_readable(object_name, field)
        return self._may[key]

    def _is_readable(self, object_name: str, field: Field) -> bool:
        if field.name in ALWAYS:
            return True
        if field.system and field.name in WRITABLE_SYSTEM and not has_owner(self.model.objects[object_name]):
            return False
        if self.level(object_name, field.name) == "hidden":
            return False
        if field.type == "lines":
            return self.can(field.target, "read")
        return field.value is None or field.reveals or all(self._can_follow(object_name, path) for path in field.value.reads)

    def _can_follow(self, object_name: str, dotted: str) -> bool:
        """Whether each field on a path may be read, and each object that it passes through."""
        for name in dotted.split("."):
            field = self.model.objects[object_name].fields[name]
            if not self.can(object_name, "read") or not self._may_read(object_name, field):
                return False
            object_name = target_of(field)
        return True

    def _collected_masks(self, object_name: str) -> Mapping[str, Expression | None]:
        found = {name: self._masks_of(object_name, name) for name in self.readable(object_name)}
        return {name: None if None in masks else any_of([mask for mask in masks if mask]) for name, masks in found.items() if masks}

    def _masks_of(self, object_name: str, name: str) -> tuple[Expression | None, ...]:
        """When a field is withheld: where any of these holds; None holds always, () never. A formula is withheld with its inputs."""
        field = self.model.objects[object_name].fields[name]
        masks = self._own_masks(object_name, field)
        withheld = (part.withheld(self.names, object_name, name) for part in self.parts)
        masks += tuple(condition for condition in withheld if condition is not None)
        if field.value is not None and not field.reveals:
            for path in sorted(field.value.reads):
                masks += self._masks_along(object_name, path)
        return masks

    def _own_masks(self, object_name: str, field: Field) -> tuple[Expression | None, ...]:
        said = self._levels(object_name, field.name)
        if field.name in ALWAYS or any(LEVELS[level] > LEVELS["masked"] for level, _ in said):
            return ()
        conditions = [
            grant.masked_when for level, grant in said if level == "masked" and grant is not None and grant.masked_when is not None
        ]
        return (all_of(conditions) if conditions else None,)

    def _masks_along(self, object_name: str, dotted: str) -> tuple[Expression | None, ...]:
        """When something on a path is withheld, said of the record that the path starts from."""
        found: list[Expression | None] = []
        names = tuple(dotted.split("."))
        at = object_name
        for depth, name in enumerate(names):
            masks = self._masks_of(at, name)
            found.extend(reached_by(mask, names[:depth], object_name) if mask is not None and depth else mask for mask in masks)
            at = target_of(self.model.objects[at].fields[name])
        return tuple(found)

    def _is_writable(self, object_name: str, field: Field) -> bool:
        if field.read_only or FIELD_TYPES[field.type].computed or (field.system and field.name not in WRITABLE_SYSTEM):
            return False
        return self.level(object_name, field.name) == "edit"


class _Remembered:
    """The profiles of the models that were used last, each with its model: an id() alone may come back for another object."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.models: OrderedDict[int, tuple[Model, OrderedDict[Any, Profile]]] = OrderedDict()

    def profile(self, model: Model, key: Any, make: Callable[[], Profile]) -> Profile:
        """The profile known under `key` for a model, made if there is none."""
        with self.lock:
            _, profiles = self.models.setdefault(id(model), (model, OrderedDict()))
            self.models.move_to_end(id(model))
            if key not in profiles:
                profiles[key] = make()
            profiles.move_to_end(key)
            while len(profiles) > MOST_PROFILES:
                profiles.popitem(last=False)
            while len(self.models) > MOST_MODELS:
                self.models.popitem(last=False)
            return profiles[key]


_remembered = _Remembered()


def profile_of(actor: Actor, model: Model) -> Profile:
    """The profile of an actor's roles. Those used most recently are kept.

    A token's `limits` hold abilities by name and rights to objects as "object:action", with "*" for any ("account:read", "*:read").
    """
    everything = actor.is_system or actor.administrator
    roles = () if everything else tuple(sorted(actor.roles))
    key = (roles, everything, actor.limits)
    return _remembered.profile(model, key, lambda: Profile(model, roles, everything, actor.limits))
