"""Verifies a decision's certificate. Needs PyJWT: pip install origin-stack[certificates]."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from .canonical_json import canonical_json
from .errors import CertificateError

_TYP = "origin-certificate+jws"
_TEXTS = ("certificate_id", "tenant_id", "upload_id", "external_id", "decision", "issued_at")
_HASHES = ("content_sha256", "inputs_sha256")
_UNCOVERED_BY_1 = ("reasons", "risk_score", "anomaly_score", "policy_document", "model_artifacts")
_MODULUS = re.compile(r"[A-Za-z0-9_-]{342,683}")
_HEX = re.compile(r"[0-9a-f]{64}")
_PARTS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


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
    if not isinstance(jws, str) or not _PARTS.fullmatch(jws):
        raise CertificateError("malformed", "not three base64url parts")
    head, body, tail = jws.split(".")
    key = _find_key(jwks, _read_header(_decode(head)))
    # PyJWT verifies PS256 with a salt of the digest's length, 32 bytes (RFC 7518 section 3.5).
    if not _ps256().verify(f"{head}.{body}".encode(), key, _decode(tail)):
        raise CertificateError("signature_invalid", "the signature is not by that key")
    payload = _read_payload(_decode(body))
    for name, value in (expected or {}).items():
        if name not in payload or canonical_json(payload[name]) != canonical_json(value):
            raise CertificateError("unexpected_value", f"{name} is not what was expected")
    return payload


def not_covered(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """What stands in a reply or a pack and is not proven by its certificate: nothing from version 2 on."""
    return _UNCOVERED_BY_1 if payload["v"] == 1 else ()


def _decode(part: str) -> bytes:
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) if len(part) % 4 != 1 else b""
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != part:
        raise CertificateError("malformed", "not strict base64url")
    return data


def _read_header(data: bytes) -> str:
    try:
        header = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise CertificateError("malformed", "the header is not a JSON object")
    if header.get("alg") != "PS256":
        raise CertificateError("alg_refused", "alg must be PS256")
    if set(header) - {"alg", "kid", "typ"}:
        raise CertificateError("header_refused", "the header holds more than alg, kid and typ")
    if header.get("typ") != _TYP:
        raise CertificateError("typ_refused", f"typ must be {_TYP}")
    if not isinstance(header.get("kid"), str):
        raise CertificateError("header_refused", "kid is not a string")
    return header["kid"]


def _ps256() -> Any:
    from jwt.algorithms import get_default_algorithms

    return get_default_algorithms()["PS256"]


def _find_key(jwks: Mapping[str, Any], kid: str) -> Any:
    """The key of that name. What else a set holds is ignored (RFC 7517 sections 4 and 5)."""
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(keys, (list, tuple)):
        raise CertificateError("key_refused", "the JWKS has no list of keys")
    named = [key for key in keys if isinstance(key, Mapping) and key.get("kid") == kid]
    if not named:
        raise CertificateError("unknown_kid", f"no key with kid {kid!r} in the JWKS")
    usable = [key for key in named if _is_ps256(key)]
    if not usable:
        message = "the key is not RSA of 2048 to 4096 bits, e = 65537, for PS256 signatures"
        raise CertificateError("key_refused", message)
    if len({key["n"] for key in usable}) > 1:
        raise CertificateError("key_refused", "two different keys with one kid")
    return _ps256().from_jwk({"kty": "RSA", "n": usable[0]["n"], "e": usable[0]["e"]})


def _is_ps256(jwk: Mapping[str, Any]) -> bool:
    if jwk.get("kty") != "RSA" or jwk.get("alg", "PS256") != "PS256" or jwk.get("use", "sig") != "sig":
        return False
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, (list, tuple)) or "verify" not in operations:
        return False
    modulus = jwk.get("n")
    # 342 to 683 characters are 256 to 512 bytes; a first byte of 0 is a modulus that is too short.
    if jwk.get("e") != "AQAB" or not isinstance(modulus, str) or not _MODULUS.fullmatch(modulus):
        return False
    try:
        return _decode(modulus)[0] != 0
    except CertificateError:
        return False


def _read_payload(data: bytes) -> dict[str, Any]:
    try:
        text = data.decode("utf-8")
        payload = json.loads(text)
        canonical = isinstance(payload, dict) and canonical_json(payload) == text
    except (ValueError, RecursionError):
        canonical = False
    if not canonical:
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
