"""Converting in scenarios: `{as: lin, convert: fair, skip: [opportunity], with: {opportunity: {amount: 100 CNY}}, became: {account: firm}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotThere
from looseleaf_workflow.conversions.deciding import Choice, Wish
from looseleaf_workflow.conversions.definition import conversions_of
from looseleaf_workflow.conversions.doing import convert


def convert_in_scenario(context: Context, object_name: str, id: int, step: Mapping[str, Any]) -> Mapping[str, tuple[str, int]]:
    """What became of a record, by target: the step may give it names with `became`. `by`: which of several conversions; `make`, `skip`: targets."""
    known = [one.name for one in conversions_of(context.model, object_name)]
    name = step.get("by", known[0] if known else "")
    if name not in known:
        raise NotThere
    values = step.get("with", {})
    choices = {target: Choice("make", values=values.get(target, {})) for target in (*step.get("make", ()), *values)}
    choices |= {target: Choice("skip") for target in step.get("skip", ())}
    [done] = convert(context, name, [Wish(id, choices)])
    return {one.target: (one.object, one.id) for one in done.outcomes}
