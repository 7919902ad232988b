"""Verifies what Origin Stack sends and signs. Webhooks need the standard library only."""

from .errors import CertificateError, WebhookVerificationError
from .verify_certificate import verify_certificate
from .verify_webhook import verify_webhook

__all__ = ["CertificateError", "WebhookVerificationError", "verify_certificate", "verify_webhook"]
