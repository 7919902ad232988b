"""Verifies a delivery with the standard library."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .errors import WebhookVerificationError
from .webhook_headers import SignedHeaders, read_webhook_headers


def verify_webhook(
    secret: str | Sequence[str],
    headers: Mapping[str, str] | Iterable[tuple[str, str]],
    raw_body: bytes | str,
    *,
    tolerance_seconds: float = 300,
    now: float | None = None,
) -> dict[str, Any]:
    """Verifies a delivery and returns its event.

    ``secret`` is ``whsec_`` and base64, or both secrets of a rotation; ``raw_body`` the exact bytes as
    received; ``now`` is Unix seconds. The signature is compared in constant time, then the age is checked
    in both directions, then that the body is an event with the id of the headers. A genuine delivery may
    come more than once: remember ``event["id"]``.

    Raises WebhookVerificationError with a stable ``code``; TypeError or ValueError when the call itself
    is wrong (no secret, a parsed body, a tolerance or time that is no number).
    """
    if isinstance(tolerance_seconds, bool) or not tolerance_seconds >= 0:
        raise ValueError("tolerance_seconds is a number of seconds, 0 or more")
    current = time.time() if now is None else now
    if not math.isfinite(current):
        raise ValueError("now is not a time")
    secrets = [secret] if isinstance(secret, str) else list(secret)
    if not secrets:
        raise TypeError("at least one secret is needed")
    body = _body_bytes(raw_body)
    signed = read_webhook_headers(headers)
    keys = [_key(one) for one in secrets]

    matched = False
    for expected in [_signature(key, signed, body) for key in keys]:
        for given in signed.signatures:
            # Not "any": every pair is compared, however early one matches.
            matched |= hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected)
    if not matched:
        raise WebhookVerificationError("signature_mismatch", "no signature matches this body and secret")

    _check_age(math.floor(current) - int(signed.timestamp), tolerance_seconds)
    event = _parse_event(body)
    # X-Origin-Signature does not cover the id header: without this a replay could pass under a new id.
    if event["id"] != signed.event_id:
        raise WebhookVerificationError("event_id_mismatch", "the headers name another event than the body")
    return event


def _body_bytes(raw_body: bytes | str) -> bytes:
    if isinstance(raw_body, str):
        return raw_body.encode("utf-8")
    if isinstance(raw_body, (bytes, bytearray, memoryview)):
        return bytes(raw_body)
    raise TypeError("raw_body is the exact body as received, bytes or text, not what was parsed from it")


def _key(secret: str) -> bytes:
    encoded = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(encoded, validate=True) if encoded != secret else b""
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32 or base64.b64encode(key).decode() != encoded:
        raise WebhookVerificationError("invalid_secret", "a secret is whsec_ and the base64 of 32 bytes")
    return key


def _signature(key: bytes, signed: SignedHeaders, body: bytes) -> bytes:
    if signed.standard:
        message = f"{signed.event_id}.{signed.timestamp}.".encode() + body
        return b"v1," + base64.b64encode(hmac.digest(key, message, hashlib.sha256))
    message = f"{signed.timestamp}.".encode() + body
    return b"sha256=" + hmac.digest(key, message, hashlib.sha256).hex().encode()


def _check_age(age_seconds: int, tolerance_seconds: float) -> None:
    if age_seconds > tolerance_seconds:
        raise WebhookVerificationError("timestamp_too_old", f"signed {age_seconds} s ago")
    if -age_seconds > tolerance_seconds:
        raise WebhookVerificationError("timestamp_too_new", f"signed {-age_seconds} s in the future")


def _parse_event(body: bytes) -> dict[str, Any]:
    try:
        # Decoded here: json.loads would take UTF-16 and a byte order mark as well.
        event = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        event = None
    texts = ("id", "type", "created_at", "tenant_id")
    if (
        not isinstance(event, dict)
        or not all(isinstance(event.get(name), str) for name in texts)
        or not isinstance(event.get("data"), dict)
    ):
        raise WebhookVerificationError("invalid_body", "the signed body is not an event")
    return event


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
