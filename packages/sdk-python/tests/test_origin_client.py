"""OriginClient against the real API."""

import hashlib
import inspect
import json
import re
import urllib.error
import urllib.request
import uuid

import pytest
from conftest import CHECKOUT, Answer

from origin_stack import CallOptions, OriginClient, OriginError

COMPOSED = {"wait_for_evidence_pack", "download_artifact", "ledger_events"}
HOOK = {"url": "https://receiver.example/hooks", "events": ["decision.created"]}


@pytest.fixture
def client(real_api):
    return OriginClient(real_api.url, real_api.key)


@pytest.fixture
def losing(real_api, start_peer):
    """A client whose first call is carried out and whose reply to it is lost; the others pass through."""

    def relay(received, number):
        sent = urllib.request.Request(
            real_api.url + received.path, received.body or None, received.headers, method=received.method
        )
        try:
            with urllib.request.urlopen(sent) as reply:
                answer = Answer(reply.status, reply.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                kind = {"Content-Type": refusal.headers["Content-Type"]}
                answer = Answer(refusal.code, refusal.read(), kind)
        return Answer(cut=True) if number == 1 else answer

    def start():
        return OriginClient(start_peer(relay)[0], real_api.key)

    return start


def ingest_body(**more):
    return {
        "external_id": str(uuid.uuid4()),
        "account": {"external_id": "account-1"},
        "content": {"text": "hello", "media_type": "text/plain"},
        **more,
    }


def refusal(call):
    with pytest.raises(OriginError) as caught:
        call()
    return caught.value


def test_has_a_method_for_every_route_of_a_tenant_and_for_no_other(start_peer):
    """Asked of the document that the reference has of the API, not of the client."""
    url, received = start_peer(lambda _received, _number: Answer(body=b'{"next_cursor": null, "items": []}'))
    client = OriginClient(url, "key")
    names = [name for name, _ in inspect.getmembers(OriginClient, inspect.isfunction) if name[0] != "_"]
    for name in set(names) - COMPOSED:
        method = getattr(client, name)
        parameters = list(inspect.signature(method).parameters.values())
        needed = [one for one in parameters if one.default is inspect.Parameter.empty]
        method(*({} if one.name == "body" else "an-id" for one in needed))
    called = {f"{one.method} {one.path.replace('an-id', '{id}')}" for one in received}
    document = json.loads((CHECKOUT / "docs/reference/openapi.json").read_text())
    routes = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
        if path.startswith("/v1/")
    }
    assert called == routes
    assert len(called) == len(names) - len(COMPOSED)


def test_decides_and_reads_back_what_it_decided(client):
    body = ingest_body(metadata={"campaign": "summer", "size": 1.5, "first": True, "none": None})
    reply = client.ingest(body)
    assert reply["decision"] in ("allow", "review", "quarantine", "reject")
    assert client.ingest(body) == reply
    upload = client.get_upload(reply["upload_id"])
    assert upload["external_id"] == body["external_id"]
    assert upload["content"]["sha256"] == hashlib.sha256(b"hello").hexdigest()
    assert upload["inputs"]["content_sha256"] == upload["content"]["sha256"]
    certificate = client.get_certificate(reply["certificate_id"])
    assert certificate["payload"]["upload_id"] == reply["upload_id"]
    assert certificate["key_id"] in [key["kid"] for key in client.get_jwks()["keys"]]
    conflict = refusal(lambda: client.ingest({**body, "account": {"external_id": "other"}}))
    assert (conflict.code, conflict.status) == ("external_id_conflict", 409)
    assert conflict.request_id == conflict.problem["instance"]


def test_reads_lists_page_by_page_and_the_ledger_to_its_end(client):
    for _ in range(3):
        client.ingest(ingest_body())
    first = client.list_uploads(limit=2)
    second = client.list_uploads(limit=2, cursor=first["next_cursor"])
    ids = [upload["upload_id"] for page in (first, second) for upload in page["items"]]
    assert len(set(ids)) == len(ids) >= 3
    sequences = [event["sequence"] for event in client.ledger_events()]
    assert sequences == list(range(1, len(sequences) + 1))
    assert client.verify_ledger()["valid"] is True
    assert client.list_ledger_events(limit=1)["items"][0]["sequence"] == 1


def test_makes_policies_and_packs_and_asks_who_it_is(client):
    assert re.fullmatch(r"ok_live_\w+", client.who_am_i()["key_prefix"])
    assert {model["kind"] for model in client.get_models_status()["models"]} == {"risk", "anomaly"}
    standing = client.list_policies()["items"][0]
    made = client.create_policy({"name": "strict", "document": standing["document"]})
    assert client.get_policy(made["id"]) == made
    upload = client.ingest(ingest_body(policy_id=made["id"]))
    accepted = client.create_evidence_pack({"upload_id": upload["upload_id"]})
    assert client.get_evidence_pack(accepted["id"])["status"] == "pending"
    assert refusal(lambda: client.get_evidence_download(accepted["id"])).code == "pack_not_ready"
    waiting = refusal(lambda: client.wait_for_evidence_pack(accepted["id"], wait=0.05, poll=0.01))
    assert waiting.code == "timeout"


def test_manages_webhooks_and_their_deliveries(client):
    made = client.create_webhook({**HOOK, "description": "first"})
    webhook_id = made["id"]
    assert made["secret"].startswith("whsec_")
    assert client.get_webhook(webhook_id)["description"] == "first"
    assert client.update_webhook(webhook_id, {"is_active": False})["is_active"] is False
    client.update_webhook(webhook_id, {"is_active": True})
    rotated = client.rotate_webhook_secret(webhook_id, {"overlap_seconds": 60})
    assert rotated["secret"] not in (None, made["secret"])
    accepted = client.test_webhook(webhook_id)
    [delivery] = client.list_deliveries(webhook_id)["items"]
    assert (delivery["id"], delivery["event_type"]) == (accepted["delivery_id"], "webhook.test")
    assert refusal(lambda: client.replay_delivery(delivery["id"])).code == "delivery_in_flight"
    assert webhook_id in [webhook["id"] for webhook in client.list_webhooks(limit=200)["items"]]
    assert client.delete_webhook(webhook_id) is None
    assert refusal(lambda: client.delete_webhook(webhook_id)).code == "not_found"


def test_repeats_what_got_no_reply_without_a_second_effect(client, losing):
    once = CallOptions(idempotency_key=str(uuid.uuid4()))
    made = losing().create_webhook(HOOK, once)
    assert made["secret"] is None
    assert client.create_webhook(HOOK, once)["id"] == made["id"]
    rotated = losing().rotate_webhook_secret(made["id"], None, CallOptions(idempotency_key=str(uuid.uuid4())))
    assert (rotated["id"], rotated["secret"]) == (made["id"], None)
    losing().test_webhook(made["id"], CallOptions(idempotency_key=str(uuid.uuid4())))
    assert len(client.list_deliveries(made["id"])["items"]) == 1
    assert losing().delete_webhook(made["id"]) is None
    assert refusal(lambda: client.get_webhook(made["id"])).code == "not_found"
    body = ingest_body()
    assert losing().ingest(body) == client.ingest(body)


def test_says_that_a_reply_was_lost_where_repeating_might_do_more(client, losing):
    before = len(client.list_webhooks(limit=200)["items"])
    assert refusal(lambda: losing().create_webhook(HOOK)).code == "network_error"
    assert len(client.list_webhooks(limit=200)["items"]) == before + 1


def test_tells_the_refusals_of_the_service_apart(client, real_api):
    assert refusal(lambda: client.get_upload(str(uuid.uuid4()))).code in ("not_found", "validation_failed")
    invalid = refusal(lambda: client.ingest({**ingest_body(), "content": {}}))
    assert (invalid.code, invalid.status) == ("validation_failed", 400)
    assert all(one["pointer"].startswith("/content") for one in invalid.problem["errors"])
    stranger = OriginClient(real_api.url, "ok_live_unknown")
    assert refusal(stranger.verify_ledger).code == "unauthenticated"
