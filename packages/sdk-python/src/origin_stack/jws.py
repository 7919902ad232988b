"""Compact PS256 signatures (RFC 7515) and the keys that verify them. Needs PyJWT."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from .errors import CertificateError

_MODULUS = re.compile(r"[A-Za-z0-9_-]{342,683}")
_PARTS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


def verify_jws(jws: str, jwks: Mapping[str, Any], typ: str) -> tuple[str, bytes]:
    """The kid and the payload of a compact JWS that a key of ``jwks`` signed by PS256.

    The header holds alg, kid, typ and nothing else, so ``none``, ``crit`` and an embedded ``jwk`` are refused
    before any key is looked at. Raises CertificateError; ImportError without PyJWT.
    """
    if not isinstance(jws, str) or not _PARTS.fullmatch(jws):
        raise CertificateError("malformed", "not three base64url parts")
    head, body, tail = jws.split(".")
    kid = _read_header(_decode(head), typ)
    # PyJWT verifies PS256 with a salt of the digest's length, 32 bytes (RFC 7518 section 3.5).
    if not _ps256().verify(f"{head}.{body}".encode(), _find_key(jwks, kid), _decode(tail)):
        raise CertificateError("signature_invalid", "the signature is not by that key")
    return kid, _decode(body)


def ps256_keys(jwks: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The keys of a set that can verify PS256; what else it holds is ignored (RFC 7517 sections 4 and 5)."""
    return [key for key in _list_of(jwks) if isinstance(key, Mapping) and _is_ps256(key)]


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """An RSA key's RFC 7638 thumbprint, computed from the key and never read from it."""
    members = f'{{"e":"{jwk["e"]}","kty":"RSA","n":"{jwk["n"]}"}}'
    return base64.urlsafe_b64encode(hashlib.sha256(members.encode()).digest()).rstrip(b"=").decode()


def _list_of(jwks: Mapping[str, Any]) -> Any:
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(keys, (list, tuple)):
        raise CertificateError("key_refused", "the JWKS has no list of keys")
    return keys


def _decode(part: str) -> bytes:
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) if len(part) % 4 != 1 else b""
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != part:
        raise CertificateError("malformed", "not strict base64url")
    return data


def _read_header(data: bytes, typ: str) -> str:
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
    if header.get("typ") != typ:
        raise CertificateError("typ_refused", f"typ must be {typ}")
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise CertificateError("header_refused", "kid is not a string")
    return kid


def _ps256() -> Any:
    from jwt.algorithms import get_default_algorithms

    return get_default_algorithms()["PS256"]


def _find_key(jwks: Mapping[str, Any], kid: str) -> Any:
    usable = [key for key in ps256_keys(jwks) if key["kid"] == kid]
    if not usable:
        if any(isinstance(key, Mapping) and key.get("kid") == kid for key in _list_of(jwks)):
            message = "the key is not RSA of 2048 to 4096 bits, e = 65537, for PS256 signatures"
            raise CertificateError("key_refused", message)
        raise CertificateError("unknown_kid", f"no key with kid {kid!r} in the JWKS")
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
        return isinstance(jwk.get("kid"), str) and _decode(modulus)[0] != 0
    except CertificateError:
        return False
