"""Steps that tell people: notify (inside the product), email (through the table of mail, sent afterwards)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from looseleaf_metadata.kinds.base import text
from looseleaf_metadata.texts import Text
from looseleaf_platform.identity.mail import post
from looseleaf_platform.records.ids import decode, encode
from looseleaf_workflow.automations.draft import Draft
from looseleaf_workflow.automations.language import text as templated
from looseleaf_workflow.automations.language import worded
from looseleaf_workflow.automations.steps.base import Options, StepType, Work, words
from looseleaf_workflow.automations.steps.people import addresses, people_of, said_to
from looseleaf_workflow.frozen_json import sha256
from looseleaf_workflow.notifications.telling import About, tell
from looseleaf_workflow.who_checks import WHO

TEXTS = ("subject", "body")
"""What a mail says."""
LONGEST = 20_000


def check_notify(draft: Draft, pointer: str, options: Options) -> None:
    """People, and a text."""
    draft.who(f"{pointer}/who")
    draft.template(f"{pointer}/text", options["text"])


def plan_notify(work: Work, options: Options) -> dict[str, Any]:
    """Whom, and what; nobody twice."""
    people = people_of(work, options["who"])
    said, others = said_to(work, people, options["text"], 1000)
    return {"people": [encode(id) for id in people], "text": said, **({"texts": others} if others else {})}


def notify(work: Work, options: Options, planned: Mapping[str, Any]) -> dict[str, Any]:
    """Into the inbox of each reader; the same sentence of one rule about many records is folded into a digest."""
    about = About(work.context.model.object(work.object).id, work.record_id, work.run_id)
    texts = {decode(person): str(planned.get("texts", {}).get(person, planned["text"])) for person in planned["people"]}
    topic = f"automation:{work.operation.reason}:{sha256(options['text'])[:8]}"
    return {"told": tell(work.connection, work.now, texts, about, topic)}


NOTIFY = StepType("notify", {"who": WHO, "text": words(1000)}, check_notify, plan_notify, notify, required=("who", "text"))


def check_email(draft: Draft, pointer: str, options: Options) -> None:
    """Users or an address, and what it says."""
    if ("who" in options) == ("to" in options):
        draft.fault(pointer, "missing-key", Text("say to whom: 'who' for users, or 'to' for an address"))
    if "who" in options:
        draft.who(f"{pointer}/who")
    for key in ("to", "subject", "body"):
        draft.template(f"{pointer}/{key}", options.get(key))


def plan_email(work: Work, options: Options) -> dict[str, Any]:
    """Addresses and texts. `others`: subject and body of those who read another language, by address."""
    runtime, scope = work.context.runtime, work.scope
    usual = {key: worded(runtime, scope, options[key], work.context.model.defaults.locale) for key in TEXTS}
    if "who" not in options:
        to = templated(runtime, scope, options["to"])
        return {"to": [to] if "@" in to else [], **usual}
    people = people_of(work, options["who"])
    differing = {key: said_to(work, people, options[key], LONGEST)[1] for key in TEXTS}
    found = {id: address for id in people for address in addresses(work, [id]) if "@" in address}
    others = {
        address: {key: differing[key].get(encode(id), usual[key]) for key in TEXTS}
        for id, address in found.items()
        if any(encode(id) in differing[key] for key in TEXTS)
    }
    return {"to": list(found.values()), **usual, **({"others": others} if others else {})}


def email(work: Work, options: Options, planned: Mapping[str, Any]) -> dict[str, Any]:
    """Put into the table of mail, once; the sender tries it at least once."""
    ids = []
    for address in planned["to"]:
        words = planned.get("others", {}).get(address, planned)
        subject, body = Text("{text}", text=" ".join(words["subject"].split())), Text("{text}", text=words["body"])
        ids.append(post(work.connection, work.context.workspace, address, work.context.locale, subject, body))
    return {"mail": [encode(id) for id in ids]}


EMAIL = StepType(
    "email",
    {"who": WHO, "to": text(maxLength=300), "subject": words(300), "body": words(LONGEST)},
    check_email,
    plan_email,
    email,
    required=("subject", "body"),
)
