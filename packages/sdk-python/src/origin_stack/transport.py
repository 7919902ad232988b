"""Sends the client's requests, and repeats those that may be repeated."""

from __future__ import annotations

import json
import random
import re
import ssl
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .exchange import Reply, Request, exchange, open_http
from .origin_error import OriginError

_RETRIED_STATUSES = (429, 502, 503, 504)
_LONGEST_DELAY_SECONDS = 30.0


@dataclass(frozen=True)
class CallOptions:
    """What a caller may say for one call.

    ``idempotency_key`` is 1-255 visible ASCII: with it a repetition has no second effect, so the call is retried.
    ``correlation_id`` is 1-128 of ``A-Za-z0-9._-``, carried through queue, worker and webhooks. ``timeout`` is in
    seconds, for each attempt.
    """

    idempotency_key: str | None = None
    correlation_id: str | None = None
    timeout: float | None = None


class Transport:
    """Where the service is, who calls, how long and how often."""

    def __init__(
        self, base_url: str, api_key: str, *, timeout: float, max_retries: int, ssl_context: ssl.SSLContext | None
    ) -> None:
        parts = urllib.parse.urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise ValueError("base_url is an http or https URL of a host")
        if not re.fullmatch(r"[\x21-\x7e]+", api_key):
            raise ValueError("api_key is visible ASCII")
        self.base_url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self.timeout = timeout
        self._max_retries = max_retries
        self._opener = open_http(ssl_context)

        def authorization() -> str:
            return f"Bearer {api_key}"

        # A function: no dump of the client's attributes shows the key.
        self._authorization: Callable[[], str] = authorization

    def send(
        self,
        method: str,
        path: str,
        options: CallOptions,
        *,
        query: Mapping[str, str | int | None] | None = None,
        body: object = None,
        repeatable: bool = False,
    ) -> Any:
        """Sends a request and returns the parsed reply, ``None`` for 204.

        A repeatable one (GET, DELETE, with an idempotency key, or said so) is tried again after a network failure,
        a timeout, 429, 502, 503, 504 or idempotency_in_flight, after Retry-After or a growing random pause; a
        Retry-After over 30 s is left to the caller. A DELETE that finds nothing after an attempt whose reply was
        lost is done. Raises OriginError.
        """
        request = self._build(method, path, options, query, body)
        repeatable = repeatable or method in ("GET", "DELETE") or options.idempotency_key is not None
        timeout = self.timeout if options.timeout is None else options.timeout
        may_be_done = False
        attempt = 0
        while True:
            try:
                return _parse(exchange(self._opener, request, timeout=timeout))
            except OriginError as error:
                if may_be_done and method == "DELETE" and error.code == "not_found":
                    return None
                delay = _delay_seconds(error, attempt)
                if not repeatable or attempt >= self._max_retries or delay is None:
                    raise
                # Only 429 says for sure that nothing was done.
                may_be_done = may_be_done or error.status != 429
            attempt += 1
            time.sleep(delay)

    def fetch(self, url: str, options: CallOptions, *, size_at_most: int) -> bytes:
        """The body at a URL that may lead to another host: the API key stays here."""
        timeout = self.timeout if options.timeout is None else options.timeout
        request = Request("GET", urllib.parse.urljoin(f"{self.base_url}/", url), {})
        return exchange(self._opener, request, timeout=timeout, size_at_most=size_at_most).body

    def _build(
        self,
        method: str,
        path: str,
        options: CallOptions,
        query: Mapping[str, str | int | None] | None,
        body: object,
    ) -> Request:
        headers = {"Accept": "application/json", "Authorization": self._authorization()}
        if options.idempotency_key is not None:
            headers["Idempotency-Key"] = options.idempotency_key
        if options.correlation_id is not None:
            headers["X-Correlation-Id"] = options.correlation_id
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        url = f"{self.base_url}{path}" + (f"?{urllib.parse.urlencode(asked)}" if asked else "")
        if body is None:
            return Request(method, url, headers)
        headers["Content-Type"] = "application/json"
        return Request(method, url, headers, json.dumps(body, allow_nan=False).encode())


def _parse(reply: Reply) -> Any:
    if reply.status == 204:
        return None
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        raise OriginError(
            "unexpected_reply",
            "the reply is not JSON",
            status=reply.status,
            request_id=reply.headers.get("X-Request-Id"),
        ) from error


def _delay_seconds(error: OriginError, attempt: int) -> float | None:
    lost = error.code in ("network_error", "timeout")
    if not lost and error.code != "idempotency_in_flight" and error.status not in _RETRIED_STATUSES:
        return None
    if error.retry_after_seconds is not None:
        return error.retry_after_seconds if error.retry_after_seconds <= _LONGEST_DELAY_SECONDS else None
    return float(0.25 * 2**attempt * random.uniform(0.5, 1.0))
