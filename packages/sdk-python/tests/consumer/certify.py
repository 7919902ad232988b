"""Verifies what an API signed for this program; prints the answer of each step."""

import json
import sys
import uuid

from origin_stack import CertificateError, OriginClient, verify_certificate

given = json.load(sys.stdin)
client = OriginClient(given["base_url"], given["key"])
reply = client.ingest(
    {
        "external_id": str(uuid.uuid4()),
        "account": {"external_id": "account-1"},
        "content": {"text": "hello", "media_type": "text/plain"},
    }
)
jws, jwks = client.get_certificate(reply["certificate_id"])["jws"], client.get_jwks()
payload = verify_certificate(jws, jwks, expected={"upload_id": reply["upload_id"]})
head, body, signature = jws.split(".")


def forged():
    try:
        return verify_certificate(f"{head}.e30.{signature}", jwks)
    except CertificateError as error:
        return error.code


print(json.dumps({"decision": reply["decision"], "certified": payload["decision"], "forged": forged()}))
