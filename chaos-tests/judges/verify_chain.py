"""Verifies a ledger from the events as the API gives them: stdin {"tenant_id", "events"}; exit 1 at the first fault."""

import json
import sys
from hashlib import sha256

import rfc8785


def digest(text):
    return sha256(text.encode()).hexdigest()


given = json.load(sys.stdin)
previous = digest("origin-ledger:v1:" + given["tenant_id"])
for number, event in enumerate(given["events"], start=1):
    text = event["canonical_event_json"]
    body = json.loads(text)
    facts = {
        "is canonical": rfc8785.dumps(body).decode() == text,
        "has its hash": digest(text) == event["event_hash"],
        "follows the one before": body["prev_hash"] == event["prev_hash"] == previous,
        "has its place": body["sequence"] == event["sequence"] == number,
        "is the tenant's": body["tenant_id"] == given["tenant_id"],
    }
    for fact, holds in facts.items():
        if not holds:
            sys.exit(f"event {number}: it does not hold that it {fact}")
    previous = event["event_hash"]
print(f"{len(given['events'])} events, head {previous}")
