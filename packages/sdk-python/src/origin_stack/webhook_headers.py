"""Reads the signed headers of a delivery."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from .errors import WebhookVerificationError

_STANDARD = ("webhook-id", "webhook-timestamp", "webhook-signature")
_ORIGIN = ("x-origin-event-id", "x-origin-timestamp", "x-origin-signature")
# A dot in an id would let id.timestamp.body be split in two ways.
_EVENT_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")
_SECONDS = re.compile(r"0|[1-9][0-9]{0,11}")


@dataclass(frozen=True)
class SignedHeaders:
    """``timestamp`` is the text that was signed; ``standard`` tells the two schemes apart."""

    standard: bool
    event_id: str
    timestamp: str
    signatures: list[str]


def read_webhook_headers(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> SignedHeaders:
    """The Standard Webhooks headers, or the X-Origin ones when none of those is there.

    A part of the first set never falls back to the second.
    Raises WebhookVerificationError missing_headers or invalid_headers.
    """
    pairs = _pairs(headers)
    standard = any(name in _STANDARD for name, _ in pairs)
    event_id, timestamp, signature = (_value(pairs, name) for name in (_STANDARD if standard else _ORIGIN))
    if not event_id or not timestamp or not signature:
        raise WebhookVerificationError("missing_headers", "id, timestamp and signature are needed")
    if not _EVENT_ID.fullmatch(event_id):
        raise WebhookVerificationError("invalid_headers", "the event id is not 1-255 of A-Za-z0-9_-")
    if not _SECONDS.fullmatch(timestamp):
        raise WebhookVerificationError("invalid_headers", "the timestamp is not whole Unix seconds")
    return SignedHeaders(standard, event_id, timestamp, signature.split(" ") if standard else [signature])


def _pairs(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    # Starlette's and requests' mappings list a doubled header in items() or multi_items().
    items = getattr(headers, "multi_items", None) or getattr(headers, "items", None)
    pairs = cast("Iterable[tuple[str, str]]", items() if items else headers)
    return [(str(name).lower(), value) for name, value in pairs]


def _value(pairs: list[tuple[str, str]], name: str) -> str | None:
    found = [value for key, value in pairs if key == name]
    if len(found) > 1:
        raise WebhookVerificationError("invalid_headers", f"{name} came more than once")
    return found[0] if found and isinstance(found[0], str) else None
