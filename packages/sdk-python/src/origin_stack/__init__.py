"""Origin Stack's API, and verifiers of what it sends and signs. Certificates and packs need PyJWT, nothing else a package."""

from .decide_again import decide_again
from .errors import CertificateError, WebhookVerificationError
from .origin_client import OriginClient
from .origin_error import OriginError
from .transport import CallOptions
from .verify_certificate import not_covered, verify_certificate
from .verify_pack import PackCheck, PackVerdict, verify_pack
from .verify_webhook import verify_webhook

__all__ = [
    "CallOptions",
    "CertificateError",
    "OriginClient",
    "OriginError",
    "PackCheck",
    "PackVerdict",
    "WebhookVerificationError",
    "decide_again",
    "not_covered",
    "verify_certificate",
    "verify_pack",
    "verify_webhook",
]
