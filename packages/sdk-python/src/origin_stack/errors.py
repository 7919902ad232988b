"""Errors with a stable code; the message is for people and holds no secret and no signature."""


class WebhookVerificationError(Exception):
    """A delivery was refused.

    ``code`` is one of missing_headers, invalid_headers, invalid_secret, signature_mismatch,
    timestamp_too_old, timestamp_too_new, invalid_body, event_id_mismatch.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class CertificateError(Exception):
    """A certificate was refused.

    ``code`` is one of malformed, alg_refused, typ_refused, header_refused, unknown_kid, key_refused,
    signature_invalid, payload_not_canonical, payload_refused, unexpected_value.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
