"""What a consumer does with the installed package; prints the answer of each step."""

import base64
import json
import sys

from origin_stack import OriginClient, WebhookVerificationError, verify_webhook

given = json.load(sys.stdin)
vector = given["vector"]
body, secret = base64.b64decode(vector["raw_body_base64"]), vector["secrets"][0]
headers = {
    "webhook-id": vector["event_id"],
    "webhook-timestamp": str(vector["timestamp_seconds"]),
    "webhook-signature": vector["webhook_signature"],
}


def tampered():
    try:
        return verify_webhook(secret, headers, body + b" ", now=vector["timestamp_seconds"])
    except WebhookVerificationError as error:
        return error.code


answers = {
    "python": "%d.%d" % sys.version_info[:2],
    "event": verify_webhook(secret, headers, body, now=vector["timestamp_seconds"])["id"],
    "tampered": tampered(),
    "tenant": OriginClient(given["base_url"], "ok_live_x").who_am_i()["tenant_id"],
}
print(json.dumps(answers))
