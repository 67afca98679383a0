"""A firm whose presses tell of alarms: the source, the rule that opens tickets, and signed requests as a device would send them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient

from looseleaf_platform.identity import tokens
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_ui_builder.compose import create_app
from looseleaf_workflow.automations.sending import signature
from looseleaf_workflow.inbound import secrets
from support.automations import Firm
from support.workspaces import as_user

ASSETS = """
object: asset
label: {zh: 设备, en: Asset}
title: name
owner: none
fields:
  name: {type: text, required: true}
  serial_number: {type: text, label: {zh: 序列号, en: Serial number}}
  heat: {type: decimal, scale: 1}
---
object: ticket
title: subject
owner: optional
fields:
  subject: {type: text, required: true, max_length: 200}
  asset: {type: lookup, to: asset}
  priority: {type: select, options: {high: 高, normal: 中}}
---
role: desk
label: Desk
objects: {asset: {read: all}, ticket: {read: all, create: true}}
---
role: keeper
label: Keeper
objects: {asset: {read: all, update: all}}
"""
SOURCE = """
inbound: device_alarm
label: {zh: 设备告警, en: Device alarm}
event_id: alarm
fields:
  alarm:    {type: text, required: true, max_length: 40}
  serial:   {type: text, required: true, at: /device/serial}
  severity: {type: select, options: {critical: 紧急, warning: 警告}, required: true}
  heat:     {type: decimal, scale: 1}
  seen_at:  {type: datetime}
"""
RULE = """
automation: open_ticket
label: {zh: 告警开工单, en: A ticket for an alarm}
object: asset
trigger: {event: device_alarm, match: {serial_number: event.serial}}
when: event.severity == 'critical' or event.heat > 80
steps:
  - create: open
    object: ticket
    values: {asset: "{{ id }}", subject: "{{ name }}: {{ event.severity }} {{ event.heat }}", priority: "{{ 'high' if event.heat > 90 else 'normal' }}"}
  - {update: note, values: {heat: "{{ event.heat }}"}}
"""


def alarm(**more: Any) -> dict[str, Any]:
    """What a press says when it is too hot."""
    return {"alarm": "A-1", "device": {"serial": "SN-7"}, "severity": "critical", "heat": 91.5, **more}


class Presses(Firm):
    """The firm with a press SN-7, and a source whose secret is known. `send` is what the device does."""

    secret = ""

    def begin(self, *texts: str) -> None:
        """Publish the source with these rules, make a secret and a press."""
        self.publish(ASSETS, *(texts or (SOURCE, RULE)))
        self.ops = as_user(self.workspace, ["ops"], name="运维", locale="en")
        self.admin = as_user(self.workspace, [], name="管理员", administrator=True, locale="en")
        self.secret = secrets.make(self.admin, "device_alarm")
        self.press = self.asset("压力机", "SN-7")
        self.client: FlaskClient = create_app(self.workspace, TESTING=True).test_client()

    def asset(self, name: str, serial: str) -> int:
        """Another device."""
        return self.write(Change("create", "asset", values={"name": name, "serial_number": serial}), by=self.system)[0]

    def desk(self) -> int:
        """Somebody at the service desk."""
        return as_user(self.workspace, ["desk"], name="客服", locale="en").actor.id or 0

    def again(self) -> Any:
        """Have the rules asked about the last event once more."""
        return self.call("POST", f"/inbound/device_alarm/events/{encode(self.rows('inbound_event')[-1]['id'])}/retry")

    def signed(self, body: bytes, secret: str = "", seconds_ago: int = 0) -> dict[str, str]:
        """The header of a request."""
        stamp = int(self.clock().timestamp()) - seconds_ago
        return {"Looseleaf-Signature": signature(secret or self.secret, stamp, body), "Accept-Language": "en"}

    def send(self, said: Any = None, headers: Mapping[str, str] = {}, name: str = "device_alarm", **more: Any) -> Any:
        """A device tells something, signed as it should be."""
        body = said if isinstance(said, bytes) else json.dumps(alarm() if said is None else said).encode()
        sent = {**self.signed(body, **more), **headers}
        return self.client.post(f"/api/v1/inbound/{name}", data=body, headers=sent, content_type="application/json")

    def call(self, method: str, path: str, by: Any = None, **more: Any) -> Any:
        """A person's request, with a token."""
        person = self.workspace.context(self.workspace.actor((by or self.ops).actor.id), "api")
        headers = {"Authorization": f"Bearer {tokens.create(person, 'test')[1]}", "Accept-Language": more.pop("language", "en")}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **more)

    def events(self) -> list[tuple[str, str]]:
        """What came, and what came of it."""
        return [(row["key"], row["state"]) for row in self.rows("inbound_event")]

    def problems(self) -> list[str]:
        """Why rules did not run, in English."""
        return [one["en"] for row in self.rows("inbound_event") for one in row["problems"]]

    def told(self) -> list[tuple[int, str]]:
        """Whom something was told."""
        return [(row["user_id"], row["text"]) for row in self.rows("wf_notification")]
