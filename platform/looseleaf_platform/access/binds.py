"""Bind parameters that stand for the actor and the moment, so that one prepared statement serves everybody with the same rights.

A parameter carries its value when the condition is used as it is; a prepared statement is given `values(context)` instead.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, BindParameter, Date, Text, bindparam

from looseleaf_platform.context import Context
from looseleaf_platform.database.types import UtcDateTime

SEPARATE_TEAMS = 8
"""Up to so many teams each have a condition of their own, which an index can answer in order; more share one list."""


class ActorBinds:
    """The parameters of one context. Their names are the same for everybody; values are looked up when a parameter is made."""

    def __init__(self, context: Context) -> None:
        self.context = context

    @property
    def me(self) -> BindParameter[Any]:
        """The actor's user id."""
        return bindparam("@me", self.context.actor.id, BigInteger)

    @property
    def team(self) -> BindParameter[Any]:
        """The actor's team; NULL for none."""
        return bindparam("actor_team", self.context.actor.team, BigInteger)

    @property
    def teams(self) -> tuple[BindParameter[Any], ...]:
        """The actor's team and those below it, one parameter each. () if they are too many: then see `team_list`."""
        teams = self.context.actor.team_tree
        if len(teams) > SEPARATE_TEAMS:
            return ()
        return tuple(bindparam(f"actor_team_{number}", team, BigInteger) for number, team in enumerate(teams))

    @property
    def team_list(self) -> BindParameter[Any]:
        """The actor's team and those below it as one list, for `in`."""
        return bindparam("actor_teams", list(self.context.actor.team_tree), BigInteger, expanding=True)

    @property
    def now(self) -> BindParameter[Any]:
        """The business time."""
        return bindparam("@now", self.context.now, UtcDateTime)

    @property
    def today(self) -> BindParameter[Any]:
        """The actor's date."""
        return bindparam("@today", self.context.today, Date)

    @property
    def timezone(self) -> BindParameter[Any]:
        """The actor's time zone, an IANA name."""
        return bindparam("@timezone", self.context.actor.timezone, Text)


def shape(context: Context) -> tuple[Any, ...]:
    """What, beside the profile, decides the form of the actor's conditions: part of the key of every prepared statement."""
    actor = context.actor
    return (context.profile, actor.id is None, actor.team is None, min(len(actor.team_tree), SEPARATE_TEAMS + 1))


def values(context: Context) -> dict[str, Any]:
    """The value of every parameter of the actor's conditions. A statement ignores those that it doesn't have."""
    actor = context.actor
    found: dict[str, Any] = {
        "@me": actor.id,
        "@now": context.now,
        "@today": context.today,
        "@timezone": actor.timezone,
        "actor_team": actor.team,
    }
    if len(actor.team_tree) > SEPARATE_TEAMS:
        return found | {"actor_teams": list(actor.team_tree)}
    return found | {f"actor_team_{number}": team for number, team in enumerate(actor.team_tree)}
