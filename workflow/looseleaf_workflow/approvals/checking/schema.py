"""The JSON Schema of an approval: header, policies, and one schema for each kind of node. Shapes only; meaning is checked beside."""

from __future__ import annotations

from typing import Any

from looseleaf_metadata.kinds.base import BOOLEAN, EXPRESSION, LABEL, NAME, NAMES, PATH, Schema, either, listing, mapping, text
from looseleaf_workflow.calendars.durations import DURATION
from looseleaf_workflow.who_checks import WHO, WHO_DEFINITION

FLOW: Schema = {"$ref": "#/$defs/flow"}
TIMEOUT_WORDS = ("remind", "auto_agree", "auto_reject", "notify_admin")
PERMISSIONS = ("transfer", "add_before", "add_after", "add_together", "ask", "take_back")
ON_REJECT: Schema = text(pattern="^(end|to_submitter|previous|choose|step:[a-z][a-z0-9_]*)$", **{"x-expects": "rejection"})
PERSON_POLICY: Schema = text(pattern=r"^(approve|reject|admin|hold|user:\S.*)$", **{"x-expects": "if_empty"})
LEAVE_POLICY: Schema = text(pattern=r"^(manager|delegate|admin|user:\S.*)$", **{"x-expects": "on_leave"})


def words(*names: str) -> Schema:
    """One of some words."""
    return {"type": "string", "enum": list(names)}


PEOPLE = mapping(
    {
        "self": words("skip", "allow", "manager"),
        "dedup": words("none", "first", "adjacent"),
        "if_empty": PERSON_POLICY,
        "on_leave": LEAVE_POLICY,
    },
    minProperties=1,
)
TIMEOUT = mapping({"escalate_to": WHO, "transfer": WHO, "after": DURATION, "do": words(*TIMEOUT_WORDS)}, minProperties=1)
THEN = either(string=words(*TIMEOUT_WORDS), object=TIMEOUT, array=listing(either(string=words(*TIMEOUT_WORDS), object=TIMEOUT), minItems=1))
DUE = either(
    string=DURATION,
    object=mapping(
        {
            "in": DURATION,
            "remind": listing(DURATION, uniqueItems=True),
            "misfire": words("once", "skip"),
            "on_transfer": words("keep", "restart"),
            "then": THEN,
        },
        ("in",),
    ),
)
QUANTITY: Schema = {"type": "number", "exclusiveMinimum": 0}
MODE = either(
    string=words("all", "any", "sequence"),
    object=mapping(
        {
            "at_least": QUANTITY,
            "percent": {"type": "number", "exclusiveMinimum": 0, "maximum": 100},
            "weights": listing(QUANTITY, minItems=1),
            "wait_for_all": BOOLEAN,
            "any_reject": words("waits_for_others", "fails"),
        },
        minProperties=1,
    ),
)
FIELDS = mapping({"edit": NAMES, "hide": NAMES, "require": NAMES}, minProperties=1)
CLAIM = either(boolean=BOOLEAN, object=mapping({"lease": DURATION}, ("lease",)))
LANE_KEYS: dict[str, Any] = {"id": NAME, "label": LABEL}
STEP_KEYS: dict[str, Any] = {
    "label": LABEL,
    "who": WHO,
    "mode": MODE,
    "due": DUE,
    "fields": FIELDS,
    "claim": CLAIM,
    "people": PEOPLE,
    "allow": listing(words(*PERMISSIONS), uniqueItems=True),
}


def node(kind: str, properties: dict[str, Any], *required: str) -> Schema:
    """The schema of one kind of node: its kind is the first key, the value its id."""
    return mapping({kind: NAME, **properties}, (kind, *required))


NODES: dict[str, Schema] = {
    "approve": node("approve", {**STEP_KEYS, "on_reject": ON_REJECT, "human_required": BOOLEAN}, "who"),
    "handle": node("handle", STEP_KEYS, "who"),
    "cc": node("cc", {"label": LABEL, "who": WHO, "hide": NAMES}, "who"),
    "branch": node(
        "branch",
        {
            "label": LABEL,
            "pick": words("first_true", "all_true"),
            "cases": listing(mapping({**LANE_KEYS, "when": EXPRESSION, "flow": FLOW}, ("when", "flow")), minItems=1),
            "else": FLOW,
        },
        "cases",
        "else",
    ),
    "parallel": node(
        "parallel",
        {
            "label": LABEL,
            "join": either(string=words("all", "any"), object=mapping({"at_least": {"type": "integer", "minimum": 1}}, ("at_least",))),
            "on_branch_reject": words("cancel_others", "wait_others"),
            "branches": listing(mapping({**LANE_KEYS, "flow": {**FLOW, "minItems": 1}}, ("flow",)), minItems=2),
        },
        "branches",
    ),
    "call": node(
        "call",
        {"label": LABEL, "approval": NAME, "of": PATH, "on_reject": ON_REJECT, "on_cancel": words("end", "pass")},
        "approval",
    ),
    "end": node("end", {"label": LABEL, "outcome": words("approved", "rejected")}),
}
"""By kind. The words for kinds and the words for properties are disjoint: a node has one kind."""
DEFINITIONS: dict[str, Schema] = {"who": WHO_DEFINITION, "flow": listing({"x-by-first-key": NODES})}
EFFECT_KEYS = ("on_approved", "on_rejected", "on_withdrawn", "on_terminated", "on_reversed")
"""Their actions are steps of automations in short, which the kind adds."""
HEADER: dict[str, Schema] = {
    "id": NAME,
    "object": NAME,
    "label": LABEL,
    "help": LABEL,
    "start_when": EXPRESSION,
    "order": {"type": "integer", "minimum": 0, "maximum": 100000},
    "no_match": words("approve", "refuse"),
    "require": NAMES,
    "lock": mapping({"fields": NAMES, "include": NAMES}, minProperties=1),
    "material": mapping({"fields": {**NAMES, "minItems": 1}, "on_change": words("restart", "reask_voted", "continue")}, ("fields",)),
    "people": PEOPLE,
    "withdraw": words("before_first_vote", "any_time", "never", "needs_consent"),
    "resubmit": words("from_start", "at_rejecting_step"),
    "max_rounds": {"type": "integer", "minimum": 1, "maximum": 100},
    "max_transfers": {"type": "integer", "minimum": 1, "maximum": 50},
    "max_added": {"type": "integer", "minimum": 1, "maximum": 10},
    "comment_after_end": BOOLEAN,
    "on_delete": words("refuse", "terminate"),
    "mail": words("decide", "tell", "none"),
    "calendar": NAME,
    "deadline": mapping({"in": DURATION, "do": words("remind", "auto_agree", "auto_reject", "notify_admin")}, ("in",)),
    "change": mapping({"flow": NAME, "fields": {**NAMES, "minItems": 1}}, ("flow", "fields")),
    "reverse": mapping({"who": WHO, "unless": EXPRESSION}, ("who",)),
    "readers": listing(mapping({"who": WHO, "at": words("start", "pass", "reject", "end"), "hide": NAMES}, ("who",))),
    "flow": {**FLOW, "minItems": 1},
}
