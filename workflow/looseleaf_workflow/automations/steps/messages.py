"""Steps that tell people: notify (inside the product), email (through the table of mail, sent afterwards)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zlib import crc32

from looseleaf_metadata.kinds.base import text
from looseleaf_metadata.texts import Text
from looseleaf_platform.identity.mail import post
from looseleaf_platform.records.ids import decode, encode
from looseleaf_workflow.automations.draft import Draft
from looseleaf_workflow.automations.language import text as templated
from looseleaf_workflow.automations.steps.base import Options, StepType, Work
from looseleaf_workflow.automations.steps.people import addresses, people_of
from looseleaf_workflow.notifications.telling import About, tell
from looseleaf_workflow.who_checks import WHO


def check_notify(draft: Draft, pointer: str, options: Options) -> None:
    """People, and a text."""
    draft.who(f"{pointer}/who")
    draft.template(f"{pointer}/text", options["text"])


def plan_notify(work: Work, options: Options) -> dict[str, Any]:
    """Whom, and what; nobody twice."""
    people = [encode(id) for id in people_of(work, options["who"])]
    return {"people": people, "text": templated(work.context.runtime, work.scope, options["text"])[:1000]}


def notify(work: Work, options: Options, planned: Mapping[str, Any]) -> dict[str, Any]:
    """Into the inbox of each reader; the same sentence of one rule about many records is folded into a digest."""
    about = About(work.context.model.object(work.object).id, work.record_id, work.run_id)
    texts = {decode(person): str(planned["text"]) for person in planned["people"]}
    topic = f"automation:{work.operation.reason}:{crc32(str(options['text']).encode()):08x}"
    return {"told": tell(work.connection, work.now, texts, about, topic)}


NOTIFY = StepType("notify", {"who": WHO, "text": text(maxLength=1000)}, check_notify, plan_notify, notify, required=("who", "text"))


def check_email(draft: Draft, pointer: str, options: Options) -> None:
    """Users or an address, and what it says."""
    if ("who" in options) == ("to" in options):
        draft.fault(pointer, "missing-key", Text("say to whom: 'who' for users, or 'to' for an address"))
    if "who" in options:
        draft.who(f"{pointer}/who")
    for key in ("to", "subject", "body"):
        draft.template(f"{pointer}/{key}", options.get(key))


def plan_email(work: Work, options: Options) -> dict[str, Any]:
    """Addresses and texts."""
    runtime, scope = work.context.runtime, work.scope
    to = addresses(work, people_of(work, options["who"])) if "who" in options else [templated(runtime, scope, options["to"])]
    words = {key: templated(runtime, scope, options[key]) for key in ("subject", "body")}
    return {"to": [address for address in to if "@" in address], **words}


def email(work: Work, options: Options, planned: Mapping[str, Any]) -> dict[str, Any]:
    """Put into the table of mail, once; the sender tries it at least once."""
    subject, body = " ".join(planned["subject"].split()), planned["body"]
    ids = [
        post(work.connection, work.context.workspace, address, work.context.locale, Text("{text}", text=subject), Text("{text}", text=body))
        for address in planned["to"]
    ]
    return {"mail": [encode(id) for id in ids]}


EMAIL = StepType(
    "email",
    {"who": WHO, "to": text(maxLength=300), "subject": text(maxLength=300), "body": text(maxLength=20_000)},
    check_email,
    plan_email,
    email,
    required=("subject", "body"),
)
