"""Sending out: one POST to an address outside, signed, bounded, never into a private network. Opens no database.

Secrets come from the environment: LOOSELEAF_SECRET_<NAME>. LOOSELEAF_WEBHOOK_NETWORKS names private networks that may be called all the
same ("10.1.2.0/24, 127.0.0.1/32"): a firm's own systems. The name of the host is resolved once, and the address that was checked is called.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import os
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

SECONDS = 10.0
LARGEST_BODY = 256 * 1024
LARGEST_ANSWER = 16 * 1024
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
SIGNATURE, KEY, CHAIN = "Looseleaf-Signature", "Idempotency-Key", "Looseleaf-Chain"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of an effect outside. `state`: "done", "retry", "unknown" or "failed"."""

    state: str
    output: Mapping[str, Any]
    error: str = ""


class Forbidden(Exception):
    """An address that is not called."""


def secret(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """The secret of a name. Raises Forbidden where there is none."""
    value = environment.get(f"LOOSELEAF_SECRET_{name.upper()}", "")
    if not value:
        raise Forbidden(f"there is no secret called {name}")
    return value


def signature(key: str, stamp: int, body: bytes) -> str:
    """What proves to the receiver who sent a body, and when: "t=<seconds>,v1=<HMAC-SHA256 of stamp.body>"."""
    mac = hmac.new(key.encode(), str(stamp).encode() + b"." + body, hashlib.sha256)
    return f"t={stamp},v1={mac.hexdigest()}"


def allowed_networks(environment: Mapping[str, str] = os.environ) -> tuple[Any, ...]:
    """Private networks that may be called."""
    listed = environment.get("LOOSELEAF_WEBHOOK_NETWORKS", "")
    return tuple(ipaddress.ip_network(part.strip()) for part in listed.split(",") if part.strip())


def resolve(host: str, port: int, environment: Mapping[str, str] = os.environ) -> tuple[str, bool]:
    """An address of a host that may be called, and whether it is in one of the firm's own networks. Raises Forbidden, OSError.

    Every address that the name has must be allowed: a name with one public and one private address is refused.
    """
    networks = allowed_networks(environment)
    found = [ipaddress.ip_address(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    own = False
    for address in found:
        mapped = getattr(address, "ipv4_mapped", None) or address
        inside = any(mapped in network for network in networks if network.version == mapped.version)
        if not inside and (not mapped.is_global or mapped.is_multicast):
            raise Forbidden(f"{host} is an address of a private network")
        own = own or inside
    if not found:
        raise Forbidden(f"{host} has no address")
    return str(found[0]), own


class _Pinned(http.client.HTTPConnection):
    """Calls the address that was checked, whatever the name resolves to by now."""

    def __init__(self, host: str, port: int, address: str, encrypted: bool) -> None:
        super().__init__(host, port, timeout=SECONDS)
        self.address, self.encrypted, self.sent = address, encrypted, False

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), self.timeout)
        if self.encrypted:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def post(planned: Mapping[str, Any], key: str, environment: Mapping[str, str] = os.environ) -> Receipt:
    """Send what was planned: {"url" or "url_secret", "signed_with", "body", "chain"}. Never raises: the receipt says what came of it."""
    try:
        url = secret(planned["url_secret"], environment) if "url_secret" in planned else planned["url"]
        body = json.dumps(planned["body"], ensure_ascii=False, sort_keys=True).encode()
        headers = {"Content-Type": "application/json", KEY: key, CHAIN: planned.get("chain", ""), "User-Agent": "Looseleaf"}
        if "signed_with" in planned:
            headers[SIGNATURE] = signature(secret(planned["signed_with"], environment), int(time.time()), body)
        connection, path = _connection(url, len(body), environment)
    except (Forbidden, ValueError) as error:
        return Receipt("failed", {}, str(error))
    except OSError as error:
        return Receipt("retry", {}, f"the host was not found: {error.strerror or error}")
    return _exchange(connection, path, body, headers)


def _connection(url: str, size: int, environment: Mapping[str, str]) -> tuple[_Pinned, str]:
    """Where to send to. Raises Forbidden, ValueError, OSError."""
    if size > LARGEST_BODY:
        raise Forbidden(f"the body has {size} bytes, at most {LARGEST_BODY} are sent")
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username is not None:
        raise Forbidden("this is no address that can be called")
    encrypted = parts.scheme == "https"
    port = parts.port or (443 if encrypted else 80)
    address, own = resolve(parts.hostname, port, environment)
    if not encrypted and not own:
        raise Forbidden("only encrypted addresses are called outside of the firm's own networks")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Pinned(parts.hostname, port, address, encrypted), path


def _exchange(connection: _Pinned, path: str, body: bytes, headers: Mapping[str, str]) -> Receipt:
    """One request. What fails before it was sent may be tried again; what fails afterwards may have been done."""
    began, sent = time.monotonic(), False
    try:
        connection.connect()
        sent = True
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        said = answer.read(LARGEST_ANSWER)
    except (OSError, http.client.HTTPException) as error:
        text = f"{type(error).__name__}: {error}"[:500]
        return Receipt("unknown" if sent else "retry", {"sha256": hashlib.sha256(body).hexdigest()}, text)
    finally:
        connection.close()
    output = {
        "status": answer.status,
        "answer": said[:500].decode("utf-8", "replace"),
        "sha256": hashlib.sha256(body).hexdigest(),
        "milliseconds": int((time.monotonic() - began) * 1000),
        "provider_id": answer.headers.get("X-Request-Id", "")[:200],
    }
    if 200 <= answer.status < 300:
        return Receipt("done", output)
    state = "retry" if answer.status in TRANSIENT else "failed"
    return Receipt(state, output, f"the answer was {answer.status}")
