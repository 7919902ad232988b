"""What the files of an evidence pack must say of each other. Every check raises ValueError with what is wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from .canonical_json import canonical_json, parse_canonical_object
from .decide_again import decide_again
from .jws import ps256_keys, thumbprint, verify_jws

_FILES = ("certificate.jws", "decision.json", "inputs.json", "jwks.json", "ledger.json", "report.pdf")
_EVENT = {
    *("v", "tenant_id", "sequence", "event_id", "event_type", "event_timestamp"),
    *("actor", "correlation_id", "body", "prev_hash"),
}


def read_manifest(files: Mapping[str, bytes]) -> dict[str, Any]:
    manifest = parse_canonical_object(_bytes(files, "manifest.json"))
    if manifest is None or set(manifest) != {"v", "pack_id", "upload_id", "certificate_id", "files"}:
        raise ValueError("manifest.json is not a manifest in canonical text")
    listed = manifest["files"]
    if manifest["v"] != 1 or not isinstance(listed, list):
        raise ValueError("manifest.json is not of version 1")
    if any(not isinstance(one, dict) or set(one) != {"name", "sha256", "size_bytes"} for one in listed):
        raise ValueError("manifest.json lists something that is not a file")
    return manifest


def keys(
    files: Mapping[str, bytes], jwks: Mapping[str, Any] | None, kids: Sequence[str] | None
) -> dict[str, Any]:
    keys = ps256_keys(_object(files, "jwks.json") if jwks is None else jwks)
    if kids is None:
        return {"keys": keys}
    return {"keys": [key for key in keys if thumbprint(key) in kids and key["kid"] == thumbprint(key)]}


def check_manifest_signature(files: Mapping[str, bytes], keys: Mapping[str, Any]) -> str:
    kid, payload = verify_jws(text(files, "manifest.jws"), keys, "origin-manifest+jws")
    if payload != _bytes(files, "manifest.json"):
        raise ValueError("manifest.jws signs other bytes than manifest.json")
    return f"by key {kid}"


def check_listing(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> str:
    listed = [one["name"] for one in manifest["files"]]
    present = [name for name in files if name not in ("manifest.json", "manifest.jws")]
    if listed != present:
        raise ValueError(f"the manifest lists {listed}, and in the pack are {present}")
    missing = [name for name in _FILES if name not in files]
    if missing:
        raise ValueError(f"missing: {missing}")
    return f"{len(listed)} files"


def check_hashes(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> str:
    wrong = [
        one["name"]
        for one in manifest["files"]
        if _sha256(files.get(one["name"], b"")) != one["sha256"]
        or len(files.get(one["name"], b"")) != one["size_bytes"]
    ]
    if wrong:
        raise ValueError(f"changed: {wrong}")
    return f"{len(manifest['files'])} hashes and sizes"


def check_decision(files: Mapping[str, bytes], manifest: Mapping[str, Any], certificate: Mapping[str, Any]) -> str:
    decision = _object(files, "decision.json")
    for name in ("certificate_id", "upload_id", "external_id", "decision"):
        _demand(f"{name} of decision.json", decision.get(name), certificate[name])
    for name in ("upload_id", "certificate_id"):
        _demand(f"{name} of manifest.json", manifest[name], certificate[name])
    return f"{certificate['decision']} for upload {certificate['upload_id']}"


def check_inputs(files: Mapping[str, bytes], certificate: Mapping[str, Any]) -> str:
    inputs = parse_canonical_object(_bytes(files, "inputs.json"))
    if inputs is None:
        raise ValueError("inputs.json is not canonical text")
    _demand("the hash of inputs.json", _sha256(_bytes(files, "inputs.json")), certificate["inputs_sha256"])
    policy, models = certificate["policy"], certificate["models"]
    named = {kind: model if isinstance(model, str) else model["version"] for kind, model in models.items()}
    _demand("content_sha256 of inputs.json", inputs.get("content_sha256"), certificate["content_sha256"])
    _demand("policy of inputs.json", inputs.get("policy"), {"id": policy["id"], "version": policy["version"]})
    _demand("models of inputs.json", inputs.get("models"), named)
    return str(certificate["inputs_sha256"])


def check_events(files: Mapping[str, bytes], certificate: Mapping[str, Any]) -> str:
    events = _events(files)
    before = 0
    for event in events:
        if event["tenant_id"] != certificate["tenant_id"]:
            raise ValueError(f"event {event['sequence']} is of another tenant")
        if event["sequence"] == 1:
            genesis = _sha256(f"origin-ledger:v1:{event['tenant_id']}".encode())
            _demand("prev_hash of event 1", event["prev_hash"], genesis)
        if event["sequence"] <= before:
            raise ValueError(f"event {event['sequence']} is out of order")
        before = event["sequence"]
    return f"{len(events)} event(s)"


def check_ledger_link(files: Mapping[str, bytes], certificate: Mapping[str, Any]) -> str:
    created = [event for event in _events(files) if event["event_type"] == "decision.created"]
    if len(created) != 1:
        raise ValueError("not exactly one decision.created event")
    event, reply = created[0], _object(files, "decision.json")
    body = event["body"]
    digest = _sha256(_bytes(files, "certificate.jws"))
    _demand("certificate_sha256 of the event", body.get("certificate_sha256"), digest)
    for name in sorted(set(certificate) - {"v", "tenant_id", "issued_at"}):
        _demand(f"{name} of the event", body.get(name), certificate[name])
    reference = {"sequence": event["sequence"], "event_hash": event["hash"]}
    _demand("ledger of decision.json", reply.get("ledger"), reference)
    if certificate["v"] == 2:
        _demand("received_at of decision.json", reply.get("received_at"), certificate["issued_at"])
        _demand("correlation_id of decision.json", reply.get("correlation_id"), event["correlation_id"])
    return f"sequence {event['sequence']}"


def check_outcome(files: Mapping[str, bytes], certificate: Mapping[str, Any]) -> str:
    reply = _object(files, "decision.json")
    outcome = {name: reply.get(name) for name in ("decision", "reasons", "risk_score", "anomaly_score")}
    if _sha256(canonical_json(outcome).encode()) != certificate["outcome_sha256"]:
        raise ValueError("reasons or scores of decision.json are not the certified ones")
    return str(certificate["outcome_sha256"])


def check_decider(files: Mapping[str, bytes], certificate: Mapping[str, Any]) -> str:
    policy, models = certificate["policy"], certificate["models"]
    certified = {"policy.json": policy["sha256"]}
    certified.update({f"models/{kind}.json": model["sha256"] for kind, model in models.items()})
    for name, digest in certified.items():
        if _sha256(_bytes(files, name)) != digest:
            raise ValueError(f"{name} is not the certified one")
    document = _object(files, "policy.json")
    for kind, model in models.items():
        artifact = _object(files, f"models/{kind}.json")
        _demand(f"version of models/{kind}.json", artifact.get("version"), model["version"])
        _demand(f"{kind}_model_version of policy.json", document.get(f"{kind}_model_version"), model["version"])
    return ", ".join(["policy", *(model["version"] for model in models.values())])


def check_decided_again(files: Mapping[str, bytes]) -> str:
    stated = _object(files, "decision.json")
    models = {kind: _bytes(files, f"models/{kind}.json") for kind in ("risk", "anomaly")}
    differences = decide_again(_object(files, "inputs.json"), _bytes(files, "policy.json"), models, stated)
    if differences:
        raise ValueError("; ".join(differences))
    return f"{stated['decision']}, scores {stated['risk_score']} and {stated['anomaly_score']}"


def _events(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """What the texts of the events say, each with its hash."""
    listed = _object(files, "ledger.json").get("events")
    if not isinstance(listed, list) or not listed:
        raise ValueError("ledger.json holds no list of events")
    events = []
    for stored in listed:
        if not isinstance(stored, dict) or set(stored) != {"canonical_event_json", "event_hash"}:
            raise ValueError("ledger.json holds something that is not an event")
        text = stored["canonical_event_json"].encode("utf-8")
        content = parse_canonical_object(text)
        if content is None or set(content) != _EVENT or content["v"] != 1:
            raise ValueError("ledger.json holds a text that is not an event")
        if type(content["sequence"]) is not int or not isinstance(content["body"], dict):
            raise ValueError("ledger.json holds a text that is not an event")
        _demand("event_hash", stored["event_hash"], _sha256(text))
        events.append({**content, "hash": stored["event_hash"]})
    return events


def _object(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    value = json.loads(text(files, name))
    if not isinstance(value, dict):
        raise ValueError(f"{name} is not a JSON object")
    return value


def text(files: Mapping[str, bytes], name: str) -> str:
    """A file of the pack as UTF-8. Raises ValueError where it is missing or something else."""
    return _bytes(files, name).decode("utf-8")


def _bytes(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise ValueError(f"{name} is missing")
    return files[name]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _demand(what: str, found: Any, wanted: Any) -> None:
    if canonical_json(found) != canonical_json(wanted):
        raise ValueError(f"{what} is {canonical_json(found)}, not {canonical_json(wanted)}")
