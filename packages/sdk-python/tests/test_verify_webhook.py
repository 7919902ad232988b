"""verify_webhook against vectors computed elsewhere and against the standardwebhooks package."""

import base64
import json
import pathlib
import time
from datetime import datetime, timezone

import pytest
from standardwebhooks import Webhook

from origin_stack import WebhookVerificationError, verify_webhook

VECTORS = json.loads((pathlib.Path(__file__).parents[2] / "sdk/vectors/webhook.json").read_text())
SECRET, OTHER = VECTORS[1]["secrets"]
EVENT = {"id": "e-1", "type": "webhook.test", "created_at": "x", "tenant_id": "t", "data": {}}
BODY = json.dumps(EVENT).encode()
NOW = 1_700_000_000


def standard(vector):
    return {
        "Webhook-Id": vector["event_id"],
        "Webhook-Timestamp": str(vector["timestamp_seconds"]),
        "Webhook-Signature": vector["webhook_signature"],
    }


def origin(vector):
    return {
        "X-Origin-Event-Id": vector["event_id"],
        "X-Origin-Timestamp": str(vector["timestamp_seconds"]),
        "X-Origin-Signature": vector["x_origin_signature"],
    }


def sign(body=BODY, at=NOW, event_id="e-1", secret=SECRET):
    """Signed by the standardwebhooks package."""
    moment = datetime.fromtimestamp(at, tz=timezone.utc)
    signature = Webhook(secret).sign(event_id, moment, body.decode())
    return {"webhook-id": event_id, "webhook-timestamp": str(at), "webhook-signature": signature}


def code(*args, **kwargs):
    try:
        verify_webhook(*args, **kwargs)
    except WebhookVerificationError as error:
        return error.code
    return "accepted"


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_accepts_every_vector_with_every_secret_in_both_schemes(vector):
    body, now = base64.b64decode(vector["raw_body_base64"]), vector["timestamp_seconds"]
    event = json.loads(body)
    for secret in vector["secrets"]:
        assert verify_webhook(secret, standard(vector), body, now=now) == event
    assert verify_webhook(vector["secrets"], origin(vector), body, now=now) == event
    assert verify_webhook(vector["secrets"][0], origin(vector), body, now=now) == event


def test_x_origin_signature_of_a_rotation_is_by_the_older_secret_only():
    vector = VECTORS[1]
    body, now = base64.b64decode(vector["raw_body_base64"]), vector["timestamp_seconds"]
    assert code(vector["secrets"][1], origin(vector), body, now=now) == "signature_mismatch"


def test_accepts_what_standardwebhooks_signs_now():
    assert verify_webhook(SECRET, sign(at=int(time.time())), BODY) == EVENT


def test_passes_over_signatures_of_unknown_versions():
    headers = sign()
    headers["webhook-signature"] = f"v1a,AAAA {headers['webhook-signature']} v2,BBBB"
    assert code(SECRET, headers, BODY, now=NOW) == "accepted"


@pytest.mark.parametrize(
    ("age", "expected"),
    [(300, "accepted"), (301, "timestamp_too_old"), (-300, "accepted"), (-301, "timestamp_too_new")],
)
def test_accepts_up_to_the_tolerance_and_not_one_second_more(age, expected):
    assert code(SECRET, sign(at=NOW - age), BODY, now=NOW + 0.999) == expected


def test_refuses_one_changed_byte_at_every_place_in_both_schemes():
    vector = VECTORS[0]
    body, now = base64.b64decode(vector["raw_body_base64"]), vector["timestamp_seconds"]
    for at in range(len(body)):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        for headers in (standard(vector), origin(vector)):
            assert code(SECRET, headers, changed, now=now) == "signature_mismatch"


def test_refuses_another_secret_time_id_and_a_cut_signature():
    headers = sign()
    assert code(OTHER, headers, BODY, now=NOW) == "signature_mismatch"
    assert code(SECRET, {**headers, "webhook-timestamp": str(NOW + 1)}, BODY, now=NOW) == "signature_mismatch"
    assert code(SECRET, {**headers, "webhook-id": "e-2"}, BODY, now=NOW) == "signature_mismatch"
    for signature in (headers["webhook-signature"][:-1], "v1,", "é", "\udc80"):
        assert code(SECRET, {**headers, "webhook-signature": signature}, BODY, now=NOW) == "signature_mismatch"


def test_never_falls_back_to_x_origin_when_a_part_of_the_standard_headers_is_there():
    vector = VECTORS[0]
    body, now = base64.b64decode(vector["raw_body_base64"]), vector["timestamp_seconds"]
    assert code(SECRET, origin(vector), body, now=now) == "accepted"
    for name, value, expected in (
        ("webhook-id", vector["event_id"], "missing_headers"),
        ("webhook-signature", "v1,AAAA", "missing_headers"),
    ):
        assert code(SECRET, {**origin(vector), name: value}, body, now=now) == expected


def test_refuses_an_x_origin_delivery_replayed_under_a_new_event_id():
    vector = VECTORS[0]
    body, now = base64.b64decode(vector["raw_body_base64"]), vector["timestamp_seconds"]
    headers = {**origin(vector), "X-Origin-Event-Id": "fresh"}
    assert code(SECRET, headers, body, now=now) == "event_id_mismatch"


def test_refuses_missing_doubled_and_malformed_headers():
    headers = sign()
    assert code(SECRET, {}, BODY) == "missing_headers"
    assert code(SECRET, [*headers.items(), ("Webhook-Id", "e-1")], BODY, now=NOW) == "invalid_headers"
    assert code(SECRET, {**headers, "webhook-id": "a.b"}, BODY, now=NOW) == "invalid_headers"
    for timestamp in ("1e3", " 1", "-1", "1.5", "NaN", "01", "9" * 20, "1\n", "\u0661"):
        assert code(SECRET, {**headers, "webhook-timestamp": timestamp}, BODY, now=NOW) == "invalid_headers"


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"id":1}', BODY[:-3] + b"[]}", b"[" * 100_000])
def test_refuses_a_signed_body_that_is_not_an_event(body):
    assert code(SECRET, sign(body), body, now=NOW) == "invalid_body"


@pytest.mark.parametrize("body", [b"\xef\xbb\xbf" + BODY, BODY.replace(b"{}", b'{"n":NaN}')])
def test_refuses_a_signed_body_that_only_python_would_parse(body):
    assert code(SECRET, sign(body), body, now=NOW) == "invalid_body"


def test_says_that_the_call_is_wrong():
    headers = sign()
    with pytest.raises(TypeError, match="secret"):
        verify_webhook([], headers, BODY, now=NOW)
    with pytest.raises(TypeError, match="exact body"):
        verify_webhook(SECRET, headers, EVENT, now=NOW)
    for tolerance in (float("nan"), -1):
        with pytest.raises(ValueError, match="tolerance"):
            verify_webhook(SECRET, headers, BODY, tolerance_seconds=tolerance, now=NOW)
    with pytest.raises(ValueError, match="now"):
        verify_webhook(SECRET, headers, BODY, now=float("nan"))


@pytest.mark.parametrize("secret", ["", "whsec_", SECRET[6:], SECRET + "AAAA", SECRET[:-2] + "9=", "whsec_é" * 9])
def test_refuses_a_malformed_secret_without_repeating_it(secret):
    with pytest.raises(WebhookVerificationError) as caught:
        verify_webhook(secret, sign(), BODY, now=NOW)
    assert caught.value.code == "invalid_secret"
    assert caught.value.__context__ is None
    assert len(secret) < 10 or secret[6:] not in str(caught.value)
