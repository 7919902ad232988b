"""One HTTP request and its reply, by the standard library."""

from __future__ import annotations

import http.client
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import cast

from .api_types import Problem
from .origin_error import OriginError

_PIECE = 65_536


@dataclass(frozen=True)
class Request:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Message
    body: bytes


def open_http(ssl_context: ssl.SSLContext | None) -> urllib.request.OpenerDirector:
    """Speaks HTTP and HTTPS, through the environment's proxies, follows no redirect and reads no file: URL."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=ssl_context),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def exchange(
    opener: urllib.request.OpenerDirector, request: Request, *, timeout: float, size_at_most: int | None = None
) -> Reply:
    """Sends a request and returns the reply to it, which is a success.

    ``timeout`` bounds, in seconds, the connecting, each wait for bytes, and the whole of the body; of more than
    ``size_at_most`` bytes one byte more is read. Raises OriginError.
    """
    deadline = time.monotonic() + timeout
    sent = urllib.request.Request(request.url, request.body, dict(request.headers), method=request.method)
    try:
        try:
            response: http.client.HTTPResponse = opener.open(sent, timeout=timeout)
        except urllib.error.HTTPError as refusal:
            with refusal:
                problem_text = _read(refusal, deadline, None)
                raise _error_of(Reply(refusal.code, refusal.headers, problem_text)) from None
        with response:
            return Reply(response.status, response.headers, _read(response, deadline, size_at_most))
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            raise OriginError("timeout", "no whole reply in time") from error
        raise OriginError("network_error", "the service could not be reached") from error


def _read(
    response: http.client.HTTPResponse | urllib.error.HTTPError, deadline: float, size_at_most: int | None
) -> bytes:
    body = bytearray()
    while size_at_most is None or len(body) <= size_at_most:
        piece = response.read1(_PIECE if size_at_most is None else min(_PIECE, size_at_most + 1 - len(body)))
        if not piece:
            break
        body += piece
        if time.monotonic() > deadline:
            raise TimeoutError
    else:
        return bytes(body)
    length = response.headers.get("Content-Length")
    if length is not None and length.isdecimal() and len(body) < int(length):
        raise http.client.IncompleteRead(bytes(body))
    return bytes(body)


def _error_of(reply: Reply) -> OriginError:
    problem = _problem_of(reply)
    request_id = reply.headers.get("X-Request-Id")
    retry_after = _seconds(reply.headers.get("Retry-After"))
    if problem is None:
        message = f"HTTP status {reply.status} without a problem body"
        return OriginError(
            "unexpected_reply",
            message,
            status=reply.status,
            request_id=request_id,
            retry_after_seconds=retry_after,
        )
    return OriginError(
        problem["error"],
        f"{problem.get('title')}: {problem.get('detail')}",
        status=reply.status,
        request_id=request_id or problem.get("instance"),
        retry_after_seconds=retry_after,
        problem=problem,
    )


def _problem_of(reply: Reply) -> Problem | None:
    if reply.headers.get_content_type() != "application/problem+json":
        return None
    try:
        problem = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    if isinstance(problem, dict) and isinstance(problem.get("error"), str):
        return cast(Problem, problem)
    return None


def _seconds(value: str | None) -> float | None:
    """``Retry-After``: a number of seconds, or a date (RFC 9110 section 10.2.3)."""
    if value is None:
        return None
    if value.isascii() and value.isdecimal() and len(value) < 10:
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=timezone.utc)
    return max(0.0, (until - datetime.now(timezone.utc)).total_seconds())
