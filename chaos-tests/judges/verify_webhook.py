"""Verifies a delivery with the standardwebhooks library: stdin {"secret", "headers", "body"}; prints the event's id."""

import json
import sys

from standardwebhooks.webhooks import Webhook

given = json.load(sys.stdin)
print(Webhook(given["secret"]).verify(given["body"], given["headers"])["id"])
