"""Origin Stack's API, and verifiers of what it sends and signs. Certificates need PyJWT, nothing else needs a package."""

from .errors import CertificateError, WebhookVerificationError
from .origin_client import OriginClient
from .origin_error import OriginError
from .transport import CallOptions
from .verify_certificate import not_covered, verify_certificate
from .verify_webhook import verify_webhook

__all__ = [
    "CallOptions",
    "CertificateError",
    "OriginClient",
    "OriginError",
    "WebhookVerificationError",
    "not_covered",
    "verify_certificate",
    "verify_webhook",
]
