"""A webhook receiver to copy from.

Run: PORT=8090 WEBHOOK_SECRET_FILE=secret python examples/fastapi_receiver.py
The file holds the secret, one a line: two while a rotation lasts. A free port is taken for PORT=0.
"""

import json
import os
import pathlib
import socket
from collections import OrderedDict
from typing import Any

import uvicorn
from fastapi import BackgroundTasks, FastAPI, Request
from fastapi.responses import JSONResponse

from origin_stack import WebhookVerificationError, verify_webhook

BODY_AT_MOST = 1024 * 1024
SEEN_AT_MOST = 10_000

secrets = pathlib.Path(os.environ.get("WEBHOOK_SECRET_FILE", "webhook-secret")).read_text("utf-8-sig").split()
# With several processes, or across restarts, let a unique column of a database remember.
seen: OrderedDict[str, None] = OrderedDict()
app = FastAPI(openapi_url=None)


@app.post("/webhooks")
async def receive(request: Request, tasks: BackgroundTasks) -> JSONResponse:
    """Verifies the raw body first, answers at once, works afterwards: 5 s without an answer is a failed attempt."""
    raw_body = bytearray()
    async for chunk in request.stream():
        raw_body += chunk
        if len(raw_body) > BODY_AT_MOST:
            return JSONResponse({"error": "body_too_large"}, status_code=413)
    try:
        event = verify_webhook(secrets, request.headers.items(), bytes(raw_body))
    except WebhookVerificationError as error:
        return JSONResponse({"error": error.code}, status_code=400)
    is_new = remember(event["id"])
    if is_new:
        tasks.add_task(work, event)
    return JSONResponse({"received": event["id"], "duplicate": not is_new}, background=tasks)


def remember(event_id: str) -> bool:
    if event_id in seen:
        return False
    seen[event_id] = None
    if len(seen) > SEEN_AT_MOST:
        seen.popitem(last=False)
    return True


def work(event: dict[str, Any]) -> None:
    print(json.dumps({"worked": event["id"], "type": event["type"]}), flush=True)


def main() -> None:
    listener = socket.create_server(("127.0.0.1", int(os.environ.get("PORT", "8090"))))
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}/webhooks", flush=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", server_header=False))
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
