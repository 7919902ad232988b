"""Makes webhook.json, the vectors that both SDKs' tests read.

Independent of both: HMAC is written out here by RFC 2104 on hashlib's SHA-256, and every
digest is computed a second time by the openssl program; a difference stops the run.
Run: python3 make_webhook_vectors.py
"""

import base64
import hashlib
import json
import pathlib
import subprocess

TENANT = "0190f5a0-0000-7000-8000-00000000000a"


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    block = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in block) + message).digest()
    digest = hashlib.sha256(bytes(b ^ 0x5C for b in block) + inner).digest()
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:" + key.hex(), "-binary"]
    if subprocess.run(command, input=message, stdout=subprocess.PIPE, check=True).stdout != digest:
        raise SystemExit("openssl computes another HMAC")
    return digest


def event(event_id: str, data: str) -> bytes:
    return (
        f'{{"id":"{event_id}","type":"webhook.test","created_at":"2026-01-02T03:04:05.678901Z",'
        f'"tenant_id":"{TENANT}","data":{data}}}'
    ).encode()


def vector(name: str, keys: list[bytes], event_id: str, timestamp: int, body: bytes) -> dict:
    standard = f"{event_id}.{timestamp}.".encode() + body
    origin = f"{timestamp}.".encode() + body
    return {
        "name": name,
        "secrets": ["whsec_" + base64.b64encode(key).decode() for key in keys],
        "event_id": event_id,
        "timestamp_seconds": timestamp,
        "raw_body_base64": base64.b64encode(body).decode(),
        "webhook_signature": " ".join("v1," + base64.b64encode(hmac_sha256(k, standard)).decode() for k in keys),
        "x_origin_signature": "sha256=" + hmac_sha256(keys[0], origin).hex(),
    }


def main() -> None:
    older, newer = bytes(range(32)), bytes(range(255, 223, -1))
    first, second = "0190f5a0-0000-7000-8000-000000000001", "0190f5a0-0000-7000-8000-000000000002"
    vectors = [
        vector("one secret", [older], first, 1767323045, event(first, "{}")),
        vector("two secrets during a rotation", [older, newer], second, 1767323046, event(second, '{"n":1}')),
        vector("text beyond ASCII", [newer], first, 1767323047, event(first, '{"t":"\u00e9\u20ac\U0001f600"}')),
        vector("white space that parsing would lose", [older], second, 1767323048, event(second, '{ "a" : 1.0 }') + b"\n"),
    ]
    path = pathlib.Path(__file__).with_name("webhook.json")
    path.write_text(json.dumps(vectors, indent=2, ensure_ascii=True) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
