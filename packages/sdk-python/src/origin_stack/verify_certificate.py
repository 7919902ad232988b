"""Verifies a decision's certificate. Needs PyJWT: pip install origin-stack[certificates]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .canonical_json import canonical_json, parse_canonical_object
from .errors import CertificateError
from .jws import verify_jws

_TYP = "origin-certificate+jws"
_TEXTS = ("certificate_id", "tenant_id", "upload_id", "external_id", "decision", "issued_at")
_HASHES = ("content_sha256", "inputs_sha256")
_UNCOVERED_BY_1 = ("reasons", "risk_score", "anomaly_score", "policy_document", "model_artifacts")
_HEX = re.compile(r"[0-9a-f]{64}")


def verify_certificate(
    jws: str, jwks: Mapping[str, Any], *, expected: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Verifies a compact PS256 certificate under the caller's keys and returns its payload.

    The header holds alg, kid, typ and nothing else, so ``none``, ``crit`` and an embedded ``jwk`` are
    refused; the payload is canonical text of version 1 or 2 with every member and no other, and equal to
    every member of ``expected``. ``not_covered`` says what a payload leaves open. Raises CertificateError;
    on unknown_kid fetch the JWKS once more.
    ImportError without PyJWT.
    """
    _, body = verify_jws(jws, jwks, _TYP)
    payload = _read_payload(body)
    for name, value in (expected or {}).items():
        if name not in payload or canonical_json(payload[name]) != canonical_json(value):
            raise CertificateError("unexpected_value", f"{name} is not what was expected")
    return payload


def not_covered(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """What stands in a reply or a pack and is not proven by its certificate: nothing from version 2 on."""
    return _UNCOVERED_BY_1 if payload["v"] == 1 else ()


def _read_payload(data: bytes) -> dict[str, Any]:
    payload = parse_canonical_object(data)
    if payload is None:
        raise CertificateError("payload_not_canonical", "the payload is not canonical text")
    if not _is_certificate(payload):
        raise CertificateError("payload_refused", "the payload is not a certificate of version 1 or 2")
    return payload


def _is_certificate(payload: dict[str, Any]) -> bool:
    version = payload.get("v")
    if type(version) is not int or version not in (1, 2):
        return False
    hashes = _HASHES if version == 1 else (*_HASHES, "outcome_sha256")
    return (
        set(payload) == {"v", *_TEXTS, *hashes, "policy", "models"}
        and all(isinstance(payload[name], str) and payload[name] for name in _TEXTS)
        and all(_is_hash(payload[name]) for name in hashes)
        and _is_policy(payload["policy"], version)
        and isinstance(payload["models"], dict)
        and set(payload["models"]) == {"risk", "anomaly"}
        and all(_is_model(model, version) for model in payload["models"].values())
    )


def _is_policy(policy: Any, version: int) -> bool:
    return (
        isinstance(policy, dict)
        and set(policy) == ({"id", "version"} if version == 1 else {"id", "version", "sha256"})
        and isinstance(policy["id"], str)
        and type(policy["version"]) is int
        and (version == 1 or _is_hash(policy["sha256"]))
    )


def _is_model(model: Any, version: int) -> bool:
    if version == 1:
        return isinstance(model, str)
    return (
        isinstance(model, dict)
        and set(model) == {"version", "sha256"}
        and isinstance(model["version"], str)
        and _is_hash(model["sha256"])
    )


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and _HEX.fullmatch(value) is not None
