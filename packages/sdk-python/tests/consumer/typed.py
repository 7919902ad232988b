"""What a strict consumer may write, and what its type checker must refuse."""

from origin_stack import CallOptions, OriginClient, OriginError, verify_certificate, verify_webhook
from origin_stack.api_types import IngestReply, IngestRequest, Upload

client = OriginClient("https://origin.example", "key", timeout=5)


def typed(raw_body: bytes, secret: str) -> str:
    body: IngestRequest = {
        "external_id": "invoice-7",
        "account": {"external_id": "account-1"},
        "content": {"text": "hello", "media_type": "text/plain"},
    }
    reply: IngestReply = client.ingest(body, CallOptions(correlation_id="c.1"))
    upload: Upload = client.get_upload(reply["upload_id"])
    for event in client.ledger_events():
        print(event["sequence"] + 1)
    try:
        data: bytes = client.download_artifact("e", "pack.zip")
    except OriginError as error:
        return error.code + (error.problem["title"] if error.problem else "")
    certificate = client.get_certificate(upload["certificate_id"])
    verify_certificate(certificate["jws"], client.get_jwks())
    verify_webhook(secret, {"webhook-id": "x"}, raw_body)
    return reply["decision"] + str(len(data))


def refused() -> None:
    client.ingest({"external_id": "x"})  # type: ignore[typeddict-item]
    client.download_artifact("e", "report.doc")  # type: ignore[arg-type]
    client.create_webhook({"url": "https://a.example", "events": ["nonsense"]})  # type: ignore[list-item]
    client.get_upload("u")["verdict"]  # type: ignore[typeddict-item]
    client.get_upload(7)  # type: ignore[arg-type]
