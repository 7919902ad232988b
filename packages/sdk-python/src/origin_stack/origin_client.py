"""The service's API, one method a route."""

from __future__ import annotations

import hashlib
import ssl
import time
import urllib.parse
from collections.abc import Iterator
from typing import cast

from . import api_types as api
from .origin_error import OriginError
from .transport import CallOptions, Transport

_NO_OPTIONS = CallOptions()


class OriginClient:
    """The service's API, typed. Every method raises OriginError.

    Calls that may be repeated are; a POST only with an ``idempotency_key``, and ``ingest``, whose external id is
    its key. One client may serve several threads.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout: float = 30.0,
        max_retries: int = 2,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """``timeout`` is in seconds, for each attempt; ``ssl_context`` says whom to trust, where the system does not.

        Raises ValueError for a base URL that is not http(s), or a key that is not visible ASCII.
        """
        self._transport = Transport(
            base_url, api_key, timeout=timeout, max_retries=max_retries, ssl_context=ssl_context
        )

    def __repr__(self) -> str:
        return f"OriginClient({self._transport.base_url!r})"

    def who_am_i(self, options: CallOptions = _NO_OPTIONS) -> api.WhoAmI:
        """Which key calls: its tenant, scopes and expiry."""
        return cast(api.WhoAmI, self._transport.send("GET", "/v1/whoami", options))

    def ingest(self, body: api.IngestRequest, options: CallOptions = _NO_OPTIONS) -> api.IngestReply:
        """Has content decided on. The same body again gives the first reply; another body is 409."""
        reply = self._transport.send("POST", "/v1/ingest", options, body=body, repeatable=True)
        return cast(api.IngestReply, reply)

    def list_uploads(
        self, *, limit: int | None = None, cursor: str | None = None, options: CallOptions = _NO_OPTIONS
    ) -> api.UploadPage:
        """One page: 1 to 200 items (50), after a cursor; ``next_cursor`` is ``None`` on the last."""
        query = {"limit": limit, "cursor": cursor}
        return cast(api.UploadPage, self._transport.send("GET", "/v1/uploads", options, query=query))

    def get_upload(self, upload_id: str, options: CallOptions = _NO_OPTIONS) -> api.Upload:
        return cast(api.Upload, self._transport.send("GET", f"/v1/uploads/{_part(upload_id)}", options))

    def list_policies(
        self, *, limit: int | None = None, cursor: str | None = None, options: CallOptions = _NO_OPTIONS
    ) -> api.PolicyPage:
        query = {"limit": limit, "cursor": cursor}
        return cast(api.PolicyPage, self._transport.send("GET", "/v1/policies", options, query=query))

    def get_policy(self, policy_id: str, options: CallOptions = _NO_OPTIONS) -> api.Policy:
        return cast(api.Policy, self._transport.send("GET", f"/v1/policies/{_part(policy_id)}", options))

    def create_policy(self, body: api.PolicyCreate, options: CallOptions = _NO_OPTIONS) -> api.Policy:
        """Makes a new version of the policy of that name."""
        return cast(api.Policy, self._transport.send("POST", "/v1/policies", options, body=body))

    def create_evidence_pack(
        self, body: api.EvidencePackCreate, options: CallOptions = _NO_OPTIONS
    ) -> api.EvidencePackAccepted:
        """Asks for an evidence pack; ``wait_for_evidence_pack`` says when it is there."""
        reply = self._transport.send("POST", "/v1/evidence-packs", options, body=body)
        return cast(api.EvidencePackAccepted, reply)

    def get_evidence_pack(self, pack_id: str, options: CallOptions = _NO_OPTIONS) -> api.EvidencePack:
        reply = self._transport.send("GET", f"/v1/evidence-packs/{_part(pack_id)}", options)
        return cast(api.EvidencePack, reply)

    def wait_for_evidence_pack(
        self, pack_id: str, *, wait: float = 60.0, poll: float = 0.5, options: CallOptions = _NO_OPTIONS
    ) -> api.EvidencePack:
        """The pack as soon as it is ready, asked for every ``poll`` seconds.

        Raises OriginError pack_failed with its reason, timeout after ``wait`` seconds.
        """
        deadline = time.monotonic() + wait
        while True:
            pack = self.get_evidence_pack(pack_id, options)
            if pack["status"] == "ready":
                return pack
            if pack["status"] == "failed":
                raise OriginError("pack_failed", pack.get("error", "no reason given"))
            left = deadline - time.monotonic()
            if left <= 0:
                raise OriginError("timeout", f"pack {pack_id} is not ready after {wait} s")
            time.sleep(min(poll, left))

    def get_evidence_download(self, pack_id: str, options: CallOptions = _NO_OPTIONS) -> api.EvidenceDownload:
        """Presigned URLs of a ready pack's artifacts, with hashes and sizes."""
        reply = self._transport.send("GET", f"/v1/evidence-packs/{_part(pack_id)}/download", options)
        return cast(api.EvidenceDownload, reply)

    def download_artifact(
        self, pack_id: str, name: api.ArtifactName, options: CallOptions = _NO_OPTIONS
    ) -> bytes:
        """An artifact's bytes, with the size and the SHA-256 that the service recorded, else artifact_changed."""
        listed = self.get_evidence_download(pack_id, options)["artifacts"]
        artifact = next((one for one in listed if one["name"] == name), None)
        if artifact is None:
            raise OriginError("unexpected_reply", f"the pack lists no {name}")
        size = artifact["size_bytes"]
        data = self._transport.fetch(artifact["url"], options, size_at_most=size)
        if len(data) != size or hashlib.sha256(data).hexdigest() != artifact["sha256"]:
            raise OriginError("artifact_changed", f"{name} is not what was recorded")
        return data

    def create_webhook(self, body: api.WebhookCreate, options: CallOptions = _NO_OPTIONS) -> api.WebhookCreated:
        """The reply holds the secret, once.

        It is ``None`` where the first reply was lost and the call repeated under its ``idempotency_key``:
        ``rotate_webhook_secret`` then gives another.
        """
        return cast(api.WebhookCreated, self._transport.send("POST", "/v1/webhooks", options, body=body))

    def list_webhooks(
        self, *, limit: int | None = None, cursor: str | None = None, options: CallOptions = _NO_OPTIONS
    ) -> api.WebhookPage:
        query = {"limit": limit, "cursor": cursor}
        return cast(api.WebhookPage, self._transport.send("GET", "/v1/webhooks", options, query=query))

    def get_webhook(self, webhook_id: str, options: CallOptions = _NO_OPTIONS) -> api.Webhook:
        return cast(api.Webhook, self._transport.send("GET", f"/v1/webhooks/{_part(webhook_id)}", options))

    def update_webhook(
        self, webhook_id: str, body: api.WebhookUpdate, options: CallOptions = _NO_OPTIONS
    ) -> api.Webhook:
        reply = self._transport.send("PATCH", f"/v1/webhooks/{_part(webhook_id)}", options, body=body)
        return cast(api.Webhook, reply)

    def delete_webhook(self, webhook_id: str, options: CallOptions = _NO_OPTIONS) -> None:
        """Succeeds too when a repetition finds nothing, since the first attempt may have deleted it."""
        self._transport.send("DELETE", f"/v1/webhooks/{_part(webhook_id)}", options)

    def rotate_webhook_secret(
        self, webhook_id: str, body: api.WebhookRotateSecret | None = None, options: CallOptions = _NO_OPTIONS
    ) -> api.WebhookSecretRotated:
        """A new secret, shown once; the old one signs beside it for ``overlap_seconds`` (86,400).

        It is ``None`` where the first reply was lost and the call repeated under its ``idempotency_key``. At most
        two sign: rotate again after ``old_secret_retires_at``, or before and give the new one to the receiver at
        once.
        """
        path = f"/v1/webhooks/{_part(webhook_id)}/rotate-secret"
        return cast(api.WebhookSecretRotated, self._transport.send("POST", path, options, body=body or {}))

    def test_webhook(self, webhook_id: str, options: CallOptions = _NO_OPTIONS) -> api.DeliveryAccepted:
        """Sends a ``webhook.test`` event to this webhook alone."""
        path = f"/v1/webhooks/{_part(webhook_id)}/test"
        return cast(api.DeliveryAccepted, self._transport.send("POST", path, options, body={}))

    def list_deliveries(
        self,
        webhook_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        options: CallOptions = _NO_OPTIONS,
    ) -> api.DeliveryPage:
        path, query = f"/v1/webhooks/{_part(webhook_id)}/deliveries", {"limit": limit, "cursor": cursor}
        return cast(api.DeliveryPage, self._transport.send("GET", path, options, query=query))

    def replay_delivery(self, delivery_id: str, options: CallOptions = _NO_OPTIONS) -> api.DeliveryAccepted:
        """Sends an ended delivery again, with the same event id."""
        path = f"/v1/webhooks/deliveries/{_part(delivery_id)}/replay"
        return cast(api.DeliveryAccepted, self._transport.send("POST", path, options, body={}))

    def get_certificate(self, certificate_id: str, options: CallOptions = _NO_OPTIONS) -> api.Certificate:
        reply = self._transport.send("GET", f"/v1/certificates/{_part(certificate_id)}", options)
        return cast(api.Certificate, reply)

    def get_jwks(self, options: CallOptions = _NO_OPTIONS) -> api.Jwks:
        """The signing keys, retired ones among them."""
        return cast(api.Jwks, self._transport.send("GET", "/v1/keys/jwks.json", options))

    def list_ledger_events(
        self, *, limit: int | None = None, cursor: str | None = None, options: CallOptions = _NO_OPTIONS
    ) -> api.LedgerEventPage:
        query = {"limit": limit, "cursor": cursor}
        return cast(api.LedgerEventPage, self._transport.send("GET", "/v1/ledger/events", options, query=query))

    def ledger_events(self, options: CallOptions = _NO_OPTIONS) -> Iterator[api.LedgerEvent]:
        """Every event from the beginning, page by page."""
        cursor: str | None = None
        while True:
            page = self.list_ledger_events(limit=200, cursor=cursor, options=options)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def verify_ledger(self, options: CallOptions = _NO_OPTIONS) -> api.LedgerVerification:
        """The service's own verdict on the chain."""
        return cast(api.LedgerVerification, self._transport.send("GET", "/v1/ledger/verify", options))

    def get_models_status(self, options: CallOptions = _NO_OPTIONS) -> api.ModelsStatus:
        return cast(api.ModelsStatus, self._transport.send("GET", "/v1/models/status", options))


def _part(value: str) -> str:
    """An id as one part of a path. Raises ValueError for what would lead to another path."""
    if value in ("", ".", ".."):
        raise ValueError("an id is needed")
    return urllib.parse.quote(value, safe="")
