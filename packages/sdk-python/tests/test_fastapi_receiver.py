"""The sample receiver, run as a process and sent real deliveries."""

import base64
import json
import os
import pathlib
import queue
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

import pytest
from standardwebhooks import Webhook

ROOT = pathlib.Path(__file__).parents[1]
OLDER, NEWER = (
    "whsec_" + base64.b64encode(bytes(range(start, start + 32))).decode() for start in (0, 100)
)
DEADLINE_SECONDS = 20


class Receiver:
    """The process and the lines that it printed."""

    def __init__(self, process):
        self.process = process
        self.lines = queue.Queue()
        self.seen = []
        threading.Thread(target=self._read, daemon=True).start()
        self.url = self.wait_for("listening on ").removeprefix("listening on ")

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def wait_for(self, text):
        """The first line that holds the text."""
        for line in self.seen:
            if text in line:
                return line
        while True:
            line = self.lines.get(timeout=DEADLINE_SECONDS)
            self.seen.append(line)
            if text in line:
                return line


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    secret = tmp_path_factory.mktemp("receiver") / "secret"
    # As an editor on Windows leaves it.
    secret.write_bytes(f"\ufeff{OLDER}\r\n{NEWER}\r\n".encode())
    process = subprocess.Popen(
        [sys.executable, "-B", str(ROOT / "examples/fastapi_receiver.py")],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "PORT": "0", "WEBHOOK_SECRET_FILE": str(secret)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Receiver(process)
    finally:
        process.terminate()
        process.wait(DEADLINE_SECONDS)
        process.stdout.close()


def event(event_id):
    return f'{{ "id": "{event_id}", "type": "webhook.test", "created_at": "x", "tenant_id": "t", "data": {{}} }}\n'.encode()


def deliver(receiver, event_id, *, age=0, secret=NEWER, body=None, headers=None):
    signed_at = int(time.time()) - age
    signature = Webhook(secret).sign(event_id, datetime.fromtimestamp(signed_at, tz=timezone.utc), event(event_id).decode())
    if headers is None:
        headers = {"webhook-id": event_id, "webhook-timestamp": str(signed_at), "webhook-signature": signature}
    request = urllib.request.Request(
        receiver.url,
        data=event(event_id) if body is None else body,
        headers={"content-type": "application/json", **headers},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_accepts_a_good_delivery_and_works_on_its_event(receiver):
    assert deliver(receiver, "good") == (200, {"received": "good", "duplicate": False})
    assert "webhook.test" in receiver.wait_for('"worked": "good"')


def test_accepts_either_secret_of_a_rotation(receiver):
    assert deliver(receiver, "by-older", secret=OLDER)[0] == 200
    assert deliver(receiver, "by-newer", secret=NEWER)[0] == 200


def test_answers_a_replayed_delivery_with_success_and_works_on_it_once(receiver):
    assert deliver(receiver, "twice")[1]["duplicate"] is False
    assert deliver(receiver, "twice") == (200, {"received": "twice", "duplicate": True})
    deliver(receiver, "after-twice")
    receiver.wait_for('"worked": "after-twice"')
    assert sum('"worked": "twice"' in line for line in receiver.seen) == 1


def test_refuses_a_stale_delivery(receiver):
    assert deliver(receiver, "stale", age=302) == (400, {"error": "timestamp_too_old"})


def test_refuses_a_tampered_body_one_that_was_parsed_and_written_again_and_none(receiver):
    for body in (event("bad").replace(b"{}", b'{"x":1}'), json.dumps(json.loads(event("bad"))).encode(), b""):
        assert deliver(receiver, "bad", body=body) == (400, {"error": "signature_mismatch"})


def test_refuses_a_delivery_signed_by_another_secret_or_by_none(receiver):
    foreign = "whsec_" + base64.b64encode(b"\7" * 32).decode()
    assert deliver(receiver, "foreign", secret=foreign) == (400, {"error": "signature_mismatch"})
    assert deliver(receiver, "bare", headers={}) == (400, {"error": "missing_headers"})


def test_refuses_a_body_over_one_mebibyte(receiver):
    assert deliver(receiver, "large", body=b" " * (1024 * 1024 + 1))[0] == 413


def test_accepts_an_event_that_it_refused_before_as_soon_as_it_comes_well_signed(receiver):
    assert deliver(receiver, "later", age=1000)[0] == 400
    assert deliver(receiver, "later") == (200, {"received": "later", "duplicate": False})
