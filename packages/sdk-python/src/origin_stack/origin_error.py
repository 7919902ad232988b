"""What every method of OriginClient raises."""

from __future__ import annotations

from .api_types import Problem


class OriginError(Exception):
    """A call failed.

    ``code`` is stable: one of the service's (``ErrorCode``; later releases may answer with further ones), or
    network_error, timeout, unexpected_reply, pack_failed, artifact_changed. ``status`` is the HTTP status and
    ``request_id`` what the operator's log explains, where there was a reply; ``problem`` is its body (RFC 9457),
    with a JSON Pointer for each refused field. Nothing here holds the API key.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        request_id: str | None = None,
        retry_after_seconds: float | None = None,
        problem: Problem | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds
        self.problem = problem
