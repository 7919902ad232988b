"""How the client sends, retries and gives up, against peers that answer as they are told."""

import hashlib
import json
import socket
import ssl
import subprocess
import threading
import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from conftest import Answer

from origin_stack import CallOptions, OriginClient, OriginError

KEY = "ok_live_0aZ9bY8c_0123456789ABCDEFabcdefGHIJKLMNOP_43pCaI"


def problem(status, code, **headers):
    body = {"type": "x", "title": "T", "status": status, "detail": "D", "instance": "req-1", "error": code}
    kind = {"Content-Type": "application/problem+json; charset=utf-8", "X-Request-Id": "req-1"}
    return Answer(status, json.dumps(body).encode(), {**kind, **headers})


def busy(status):
    return problem(status, "dependency_unavailable", **{"Retry-After": "0"})


@pytest.fixture
def peer(start_peer):
    def start(*answers, **options):
        """Answers in turn, the last again and again."""
        url, received = start_peer(lambda _, number: answers[min(number, len(answers)) - 1])
        return OriginClient(url, KEY, **options), received

    return start


def code_of(call):
    with pytest.raises(OriginError) as caught:
        call()
    return caught.value.code


def test_sends_key_body_idempotency_key_and_correlation_id_below_a_base_path(start_peer):
    url, received = start_peer(lambda _received, _number: Answer())
    client = OriginClient(f"{url.replace('http', 'HTTP')}/origin/", KEY)
    client.create_evidence_pack({"upload_id": "ü"}, CallOptions("k-1", "c.1"))
    [sent] = received
    assert (sent.path, json.loads(sent.body)) == ("/origin/v1/evidence-packs", {"upload_id": "ü"})
    wanted = {
        "authorization": f"Bearer {KEY}",
        "content-type": "application/json",
        "idempotency-key": "k-1",
        "x-correlation-id": "c.1",
    }
    assert wanted.items() <= sent.headers.items()


def test_keeps_an_id_inside_its_part_of_the_path(peer):
    client, received = peer(Answer())
    client.get_upload("../webhooks?x#y")
    assert received[0].path == "/v1/uploads/..%2Fwebhooks%3Fx%23y"
    for wrong in ("", ".", ".."):
        with pytest.raises(ValueError, match="id"):
            client.get_upload(wrong)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_repeats_a_read_and_honours_retry_after(peer, status):
    client, received = peer(problem(status, "dependency_unavailable", **{"Retry-After": "1"}), Answer())
    begin = time.monotonic()
    assert client.get_models_status() == {}
    assert time.monotonic() - begin >= 1
    assert len(received) == 2


def test_reads_a_retry_after_that_is_a_date_and_leaves_a_long_one_to_the_caller(peer):
    later = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=600), usegmt=True)
    for value in ("31", later):
        client, received = peer(problem(503, "dependency_unavailable", **{"Retry-After": value}))
        with pytest.raises(OriginError) as caught:
            client.verify_ledger()
        assert 30 < caught.value.retry_after_seconds <= 600
        assert len(received) == 1


def test_repeats_after_a_cut_connection_at_most_max_retries_times(peer):
    client, received = peer(Answer(cut=True), max_retries=1)
    assert code_of(client.verify_ledger) == "network_error"
    assert len(received) == 2


def test_repeats_a_post_only_with_an_idempotency_key_and_a_patch_never(peer):
    bare, received = peer(Answer(cut=True), Answer())
    assert code_of(lambda: bare.test_webhook("w")) == "network_error"
    assert len(received) == 1
    keyed, received = peer(Answer(cut=True), Answer())
    keyed.test_webhook("w", CallOptions(idempotency_key="k"))
    assert [one.headers["idempotency-key"] for one in received] == ["k", "k"]
    patch, received = peer(Answer(cut=True), Answer())
    assert code_of(lambda: patch.update_webhook("w", {})) == "network_error"
    assert len(received) == 1


def test_waits_out_the_same_request_in_flight_and_gives_up_on_a_conflict(peer):
    waiting = problem(409, "idempotency_in_flight", **{"Retry-After": "0"})
    client, received = peer(waiting, problem(409, "idempotency_conflict"))
    assert code_of(lambda: client.test_webhook("w", CallOptions("k"))) == "idempotency_conflict"
    assert len(received) == 2


@pytest.mark.parametrize("lost", [Answer(cut=True), busy(502), busy(503), busy(504)])
def test_has_deleted_what_a_repeated_delete_does_not_find(peer, lost):
    client, received = peer(lost, problem(404, "not_found"))
    assert client.delete_webhook("w") is None
    assert len(received) == 2


def test_says_not_found_where_nothing_can_have_been_done_before(peer):
    assert code_of(lambda: peer(problem(404, "not_found"))[0].delete_webhook("w")) == "not_found"
    refused, _ = peer(busy(429), problem(404, "not_found"))
    assert code_of(lambda: refused.delete_webhook("w")) == "not_found"
    read, _ = peer(Answer(cut=True), problem(404, "not_found"))
    assert code_of(lambda: read.get_webhook("w")) == "not_found"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, b"<html>", {"Content-Type": "text/html"}),
        Answer(500, b"{", {"Content-Type": "application/problem+json"}),
        Answer(200, b"not json"),
        Answer(307, b"", {"Location": "/v1/elsewhere"}),
    ],
)
def test_calls_a_reply_unexpected_that_is_no_problem_no_json_or_a_redirect(peer, answer):
    client, received = peer(answer)
    with pytest.raises(OriginError) as caught:
        client.verify_ledger()
    assert (caught.value.code, caught.value.status) == ("unexpected_reply", answer.status)
    assert len(received) == 1


def test_ends_a_call_that_gets_no_reply_in_time(peer):
    client, _ = peer(Answer(hang=True), timeout=0.1, max_retries=0)
    assert code_of(client.verify_ledger) == "timeout"
    client, _ = peer(Answer(hang=True), max_retries=0)
    assert code_of(lambda: client.verify_ledger(CallOptions(timeout=0.1))) == "timeout"


def test_ends_a_reply_that_trickles_and_one_that_is_cut_short(peer):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = OriginClient(f"http://127.0.0.1:{listener.getsockname()[1]}", KEY, max_retries=0, timeout=0.3)

        def trickle():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n")
                try:
                    while True:
                        connection.sendall(b" ")
                        time.sleep(0.05)
                except OSError:
                    pass

        thread = threading.Thread(target=trickle)
        thread.start()
        assert code_of(client.verify_ledger) == "timeout"
        thread.join()
    short, _ = peer(Answer(200, b"{}", {"Content-Length": "3", "Connection": "close"}), max_retries=0)
    assert code_of(short.verify_ledger) == "network_error"


def test_downloads_an_artifact_without_the_key_and_refuses_other_bytes(start_peer):
    pdf = b"%PDF-1.7"

    def download(served, url="/presigned?x=1", name="report.pdf"):
        listed = {"name": name, "url": url, "sha256": hashlib.sha256(pdf).hexdigest(), "size_bytes": len(pdf)}

        def answer(one, _):
            if one.path.endswith("/download"):
                return Answer(body=json.dumps({"artifacts": [listed], "expires_at": "x"}).encode())
            return Answer(body=served)

        base_url, received = start_peer(answer)
        return OriginClient(base_url, KEY, max_retries=0), received

    client, received = download(pdf)
    assert client.download_artifact("e", "report.pdf") == pdf
    assert received[1].path == "/presigned?x=1"
    assert "authorization" not in received[1].headers
    for served in (b"%PDF-1.8", b"%PDF", bytes(10**6)):
        client, _ = download(served)
        assert code_of(lambda: client.download_artifact("e", "report.pdf")) == "artifact_changed"  # noqa: B023
    assert code_of(lambda: client.download_artifact("e", "pack.zip")) == "unexpected_reply"
    local, _ = download(pdf, url="file:///etc/hostname")
    assert code_of(lambda: local.download_artifact("e", "report.pdf")) == "network_error"


def test_waits_for_a_pack_until_it_is_ready_and_says_why_it_failed(peer):
    def at(status, **more):
        return Answer(body=json.dumps({"id": "e", "status": status, "artifacts": [], **more}).encode())

    slow, received = peer(at("pending"), at("pending"), at("ready"))
    assert slow.wait_for_evidence_pack("e", poll=0.001)["status"] == "ready"
    assert len(received) == 3
    broken, _ = peer(at("failed", error="no space"))
    with pytest.raises(OriginError, match="no space") as caught:
        broken.wait_for_evidence_pack("e")
    assert caught.value.code == "pack_failed"


def test_trusts_whom_its_context_trusts_and_nobody_else(start_peer, tmp_path):
    key_file, certificate_file = tmp_path / "tls.key", tmp_path / "tls.crt"
    make = ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "2", "-subj", "/CN=peer"]
    files = ["-keyout", str(key_file), "-out", str(certificate_file), "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*make, *files], check=True, capture_output=True)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate_file, key_file)
    url, received = start_peer(lambda _received, _number: Answer(), served)
    assert code_of(OriginClient(url, KEY, max_retries=0).verify_ledger) == "network_error"
    assert received == []
    trusting = ssl.create_default_context(cafile=certificate_file)
    assert OriginClient(url, KEY, ssl_context=trusting).verify_ledger() == {}


def test_shows_its_key_nowhere(peer):
    client, _ = peer(problem(401, "unauthenticated"))
    with pytest.raises(OriginError) as caught:
        client.verify_ledger()
    shown = [repr(client), vars(client), vars(client._transport), caught.value, vars(caught.value)]
    assert KEY not in "".join(str(one) for one in shown)
    with pytest.raises(ValueError, match="ASCII") as refused:
        OriginClient("https://x.test", f"{KEY}\n")
    assert KEY not in str(refused.value)
    for wrong in ("file:///x", "https://", "https://user:secret@x.test", "x.test"):
        with pytest.raises(ValueError, match="base_url"):
            OriginClient(wrong, KEY)
