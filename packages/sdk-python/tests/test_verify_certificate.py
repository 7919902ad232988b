"""verify_certificate against certificates that the cryptography package signs."""

import base64
import hashlib
import json

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from origin_stack import CertificateError, not_covered, verify_certificate
from origin_stack.canonical_json import canonical_json


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_key():
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    n = b64(private.public_key().public_numbers().n.to_bytes(256, "big"))
    kid = b64(hashlib.sha256(f'{{"e":"AQAB","kty":"RSA","n":"{n}"}}'.encode()).digest())
    return private, {"kty": "RSA", "n": n, "e": "AQAB", "alg": "PS256", "use": "sig", "kid": kid}


PRIVATE, JWK = make_key()
_, OTHER_JWK = make_key()
JWKS = {"keys": [JWK]}
HEADER = {"alg": "PS256", "kid": JWK["kid"], "typ": "origin-certificate+jws"}
# Canonical text written by hand, not by the code under test.
TEXT = (
    '{"certificate_id":"c","content_sha256":"' + "0" * 64 + '","decision":"allow","external_id":"é\\n/",'
    '"inputs_sha256":"' + "1" * 64 + '","issued_at":"2026-01-02T03:04:05.678901Z",'
    '"models":{"anomaly":"a-1","risk":"r-1"},"policy":{"id":"p","version":1},'
    '"tenant_id":"t","upload_id":"u","v":1}'
)
PAYLOAD = json.loads(TEXT)
TEXT_2 = (
    '{"certificate_id":"c","content_sha256":"' + "0" * 64 + '","decision":"allow","external_id":"é\\n/",'
    '"inputs_sha256":"' + "1" * 64 + '","issued_at":"2026-01-02T03:04:05.678901Z",'
    '"models":{"anomaly":{"sha256":"' + "2" * 64 + '","version":"a-1"},'
    '"risk":{"sha256":"' + "3" * 64 + '","version":"r-1"}},"outcome_sha256":"' + "4" * 64 + '",'
    '"policy":{"id":"p","sha256":"' + "5" * 64 + '","version":1},"tenant_id":"t","upload_id":"u","v":2}'
)
PAYLOAD_2 = json.loads(TEXT_2)


def sign(text=TEXT, header=HEADER, salt=32):
    signed = f"{b64(json.dumps(header).encode())}.{b64(text.encode())}"
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=salt)
    return f"{signed}.{b64(PRIVATE.sign(signed.encode(), pss, hashes.SHA256()))}"


def code(jws, jwks=JWKS, expected=None):
    try:
        verify_certificate(jws, jwks, expected=expected)
    except CertificateError as error:
        return error.code
    return "accepted"


def test_accepts_a_good_certificate_as_pyjwt_does():
    assert verify_certificate(sign(), JWKS, expected={"decision": "allow"}) == PAYLOAD
    jwt.PyJWS().decode(sign(), jwt.PyJWK(JWK).key, algorithms=["PS256"])


def test_takes_both_versions_and_says_what_version_1_does_not_cover():
    assert verify_certificate(sign(TEXT_2), JWKS, expected={"outcome_sha256": "4" * 64}) == PAYLOAD_2
    assert not_covered(PAYLOAD_2) == ()
    uncovered = ("reasons", "risk_score", "anomaly_score", "policy_document", "model_artifacts")
    assert not_covered(verify_certificate(sign(), JWKS)) == uncovered


@pytest.mark.parametrize(
    "change",
    [
        {"v": 1},
        {"v": 3},
        {"outcome_sha256": "ABC"},
        {"policy": PAYLOAD["policy"]},
        {"models": PAYLOAD["models"]},
        {"models": {**PAYLOAD_2["models"], "risk": {"version": "r-1"}}},
    ],
)
def test_refuses_what_mixes_the_versions(change):
    assert code(sign(canonical_json({**PAYLOAD_2, **change}))) == "payload_refused"


def test_finds_the_key_among_retired_ones():
    assert code(sign(), {"keys": [OTHER_JWK, JWK]}) == "accepted"


@pytest.mark.parametrize("salt", [0, 20, 222])
def test_takes_only_a_salt_of_32_bytes(salt):
    assert code(sign(salt=salt)) == "signature_invalid"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"alg": "none"}, "alg_refused"),
        ({"alg": "RS256"}, "alg_refused"),
        ({"alg": "HS256"}, "alg_refused"),
        ({"alg": None}, "alg_refused"),
        ({"crit": ["b64"], "b64": False}, "header_refused"),
        ({"jwk": OTHER_JWK}, "header_refused"),
        ({"jku": "https://x.test"}, "header_refused"),
        ({"kid": 1}, "header_refused"),
        ({"typ": "origin-manifest+jws"}, "typ_refused"),
        ({"typ": None}, "typ_refused"),
    ],
)
def test_refuses_headers_that_are_not_exactly_a_certificates(change, expected):
    assert code(sign(header={**HEADER, **change})) == expected


def test_refuses_an_unsigned_certificate():
    header = b64(json.dumps({**HEADER, "alg": "none"}).encode())
    assert code(f"{header}.{b64(TEXT.encode())}.") == "alg_refused"
    assert code(sign().rsplit(".", 1)[0] + ".") == "signature_invalid"


def test_tells_a_key_it_does_not_know_from_a_signature_that_is_wrong():
    assert code(sign(), {"keys": [OTHER_JWK]}) == "unknown_kid"
    assert code(sign(), {"keys": [{**OTHER_JWK, "kid": JWK["kid"]}]}) == "signature_invalid"


@pytest.mark.parametrize("change", [{"alg": "RS256"}, {"use": "enc"}, {"kty": "oct"}, {"e": "AQ"}, {"n": JWK["n"][:172]}])
def test_refuses_keys_that_are_not_plain_rsa_keys_for_ps256(change):
    assert code(sign(), {"keys": [{**JWK, **change}]}) == "key_refused"


def test_refuses_two_different_keys_with_one_kid():
    assert code(sign(), {"keys": [{**OTHER_JWK, "kid": JWK["kid"]}, JWK]}) == "key_refused"


@pytest.mark.parametrize("jwks", [None, [JWK], {}, {"keys": "x"}])
def test_refuses_what_is_no_key_set(jwks):
    assert code(sign(), jwks) == "key_refused"


PLAIN = {name: JWK[name] for name in ("kty", "n", "e", "kid")}
FOREIGN = [
    {"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "kid": JWK["kid"]},
    {"kty": "OKP", "crv": "Ed25519", "x": "x"},
    {**PLAIN, "use": "enc"},
    {**PLAIN, "alg": "RSA-OAEP-256"},
    {**PLAIN, "key_ops": ["wrapKey"]},
    {"kty": "RSA", "kid": JWK["kid"]},
    {**PLAIN, "n": 7},
    {},
    None,
    "key",
]


@pytest.mark.parametrize("mine", [JWK, PLAIN, {**PLAIN, "x5t": "x", "owner": {"name": "us"}, "key_ops": ["verify"]}])
def test_ignores_what_else_a_key_set_holds(mine):
    assert code(sign(), {"keys": [*FOREIGN, mine, *FOREIGN]}) == "accepted"
    assert code(sign(), {"keys": [JWK, mine]}) == "accepted"
    assert code(sign(), {"keys": FOREIGN}) == "key_refused"


def test_refuses_one_changed_character_of_payload_and_signature():
    head, body, tail = sign().split(".")
    for at in range(0, len(body), 13):
        changed = body[:at] + ("B" if body[at] == "A" else "A") + body[at + 1 :]
        assert code(f"{head}.{changed}.{tail}") in ("signature_invalid", "malformed")
    for at in range(0, len(tail), 13):
        changed = tail[:at] + ("B" if tail[at] == "A" else "A") + tail[at + 1 :]
        assert code(f"{head}.{body}.{changed}") in ("signature_invalid", "malformed")


@pytest.mark.parametrize("jws", ["", "a", "..", None, sign() + "=", sign() + "\n", " " + sign(), sign() + ".x"])
def test_refuses_what_is_not_three_strict_base64url_parts(jws):
    assert code(jws) == "malformed"


@pytest.mark.parametrize(
    "text",
    [json.dumps(PAYLOAD), TEXT + " ", "\ufeff" + TEXT, TEXT.replace("{", '{"v":1,', 1), "[]", TEXT.replace('"v":1', '"v":1.0')],
)
def test_refuses_a_signed_payload_that_is_not_canonical_text(text):
    assert code(sign(text)) == "payload_not_canonical"


@pytest.mark.parametrize("change", [{"more": 1}, {"v": 2}, {"v": True}, {"policy": None}, {"content_sha256": "ABC"}])
def test_refuses_a_signed_payload_that_is_not_a_certificate(change):
    assert code(sign(canonical_json({**PAYLOAD, **change}))) == "payload_refused"


def test_refuses_a_good_certificate_of_another_decision():
    assert code(sign(), expected={"policy": {"version": 1, "id": "p"}}) == "accepted"
    assert code(sign(), expected={"policy": {"version": 2, "id": "p"}}) == "unexpected_value"
    assert code(sign(), expected={"nonsense": 1}) == "unexpected_value"


def test_sorts_keys_by_utf_16_code_units():
    # RFC 8785 section 3.2.3: the emoji's surrogate comes before U+FB33.
    assert list(json.loads(canonical_json({"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "1": 4, "\r": 5}))) == [
        "\r",
        "1",
        "\u20ac",
        "\U0001f600",
        "\ufb33",
    ]
