"""Calls an address outside: a signed POST with a stable key, tried again after transient failures. See sending.py for how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from looseleaf_metadata.kinds.base import NAME, Schema, mapping, text
from looseleaf_metadata.texts import Text
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.automations.draft import HOLE, Draft
from looseleaf_workflow.automations.language import render
from looseleaf_workflow.automations.sending import Receipt, post
from looseleaf_workflow.automations.steps.base import Options, StepType, Work
from looseleaf_workflow.plain_json import plain

RETRY = mapping(
    {
        "max": {"type": "integer", "minimum": 1, "maximum": 20},
        "backoff": {"type": "string", "enum": ["exponential"]},
        "on_unknown": {"type": "string", "enum": ["retry", "park"]},
    },
    minProperties=1,
)
BODY: Schema = {"type": "object"}
KEYS = {"url": text(maxLength=2000), "url_secret": NAME, "signed_with": NAME, "body": BODY, "retry": RETRY}


def check(draft: Draft, pointer: str, options: Options) -> None:
    """One address, and a body whose expressions are right."""
    if ("url" in options) == ("url_secret" in options):
        draft.fault(pointer, "missing-key", Text("give the address as 'url', or as 'url_secret' the name of a secret that holds it"))
    url = options.get("url", "https://")
    if HOLE.search(url) or not url.startswith(("https://", "http://")):
        draft.fault(f"{pointer}/url", "bad-value", Text("an address begins with https:// and holds no expression"))
    _templates(draft, f"{pointer}/body", options.get("body", {}))


def _templates(draft: Draft, pointer: str, body: Any) -> None:
    if isinstance(body, Mapping):
        for key, value in body.items():
            _templates(draft, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}", value)
    elif isinstance(body, list | tuple):
        for index, value in enumerate(body):
            _templates(draft, f"{pointer}/{index}", value)
    else:
        draft.template(pointer, body)


def plan(work: Work, options: Options) -> dict[str, Any]:
    """What will be sent. The address and the signature stay names of secrets where they are."""
    body = plain(render(work.context.runtime, work.scope, options.get("body", {"object": work.object, "id": encode(work.record_id)})))
    named = {key: options[key] for key in ("url", "url_secret", "signed_with") if key in options}
    return {**named, "body": body, "chain": work.operation.chain}


def send(planned: Mapping[str, Any], key: str) -> Receipt:
    """One attempt."""
    return post(planned, key)


WEBHOOK = StepType("webhook", KEYS, check, plan, send=send)
