"""verify_pack against packs that zipfile writes and the cryptography package signs."""

import base64
import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from origin_stack import verify_pack

VECTORS = json.loads((Path(__file__).parents[2] / "sdk" / "vectors" / "decision.json").read_text("utf-8"))
CASE = VECTORS["cases"][2]
ID = "0190f5a0-0000-7000-8000-00000000000"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sha256(data):
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()


def canonical(value):
    # RFC 8785 for what stands here: ASCII keys, no number that Python spells otherwise.
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def make_key():
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    n = b64(private.public_key().public_numbers().n.to_bytes(256, "big"))
    kid = b64(hashlib.sha256(f'{{"e":"AQAB","kty":"RSA","n":"{n}"}}'.encode()).digest())
    return private, {"kty": "RSA", "n": n, "e": "AQAB", "alg": "PS256", "use": "sig", "kid": kid}


KEY, FORGER = make_key(), make_key()
JWKS = {"keys": [KEY[1]]}


def sign(text, typ, key=KEY):
    private, jwk = key
    header = json.dumps({"alg": "PS256", "kid": jwk["kid"], "typ": typ})
    signed = f"{b64(header.encode())}.{b64(text.encode())}"
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    return f"{signed}.{b64(private.sign(signed.encode(), pss, hashes.SHA256()))}"


def versions():
    return {kind: json.loads(text)["version"] for kind, text in VECTORS["models"].items()}


INPUTS = {
    "v": 1,
    "account_commitment": "0" * 64,
    "device_commitment": None,
    "content_sha256": sha256("content"),
    "pvid": "p",
    **CASE["inputs"],
    "policy": {"id": f"{ID}3", "version": 1},
    "models": versions(),
}


def certificate(version, **change):
    payload = {
        "v": version,
        "certificate_id": f"{ID}2",
        "tenant_id": f"{ID}a",
        "upload_id": f"{ID}1",
        "external_id": "invoice-é-7",
        "decision": CASE["outcome"]["decision"],
        "policy": INPUTS["policy"],
        "models": INPUTS["models"],
        "content_sha256": INPUTS["content_sha256"],
        "inputs_sha256": sha256(canonical(INPUTS)),
        "issued_at": "2026-01-02T03:04:05.678901Z",
    }
    if version == 2:
        payload["policy"] = {**INPUTS["policy"], "sha256": sha256(CASE["policy"])}
        payload["models"] = {
            kind: {"version": name, "sha256": sha256(VECTORS["models"][kind])} for kind, name in versions().items()
        }
        payload["outcome_sha256"] = CASE["outcome_sha256"]
    return {**payload, **change}


def build(version=2, key=KEY, certified=None, reply=None, body=None, event=None, files=None, after=None, listed=None):
    """A pack, with what a forger may do: ``certified`` changes certificate and event alike; hashes follow."""
    payload = certificate(version, **(certified or {}))
    jws = sign(canonical(payload), "origin-certificate+jws", key)
    proven = {name: value for name, value in payload.items() if name not in ("v", "tenant_id", "issued_at")}
    text = canonical(
        {
            "v": 1,
            "tenant_id": payload["tenant_id"],
            "sequence": 7,
            "event_id": f"{ID}4",
            "event_type": "decision.created",
            "event_timestamp": payload["issued_at"],
            "actor": {"type": "api_key", "id": f"{ID}5"},
            "correlation_id": "c",
            "body": {**proven, "certificate_sha256": sha256(jws), **(body or {})},
            "prev_hash": "0" * 64,
            **(event or {}),
        }
    )
    decision = {
        **CASE["outcome"],
        "upload_id": payload["upload_id"],
        "external_id": payload["external_id"],
        "certificate_id": payload["certificate_id"],
        "ledger": {"sequence": 7, "event_hash": sha256(text)},
        "correlation_id": "c",
        "received_at": payload["issued_at"],
        **(reply or {}),
    }
    contents = {
        "certificate.jws": jws,
        "decision.json": canonical(decision),
        "inputs.json": canonical(INPUTS),
        "jwks.json": canonical({"keys": listed or [key[1]]}),
        "ledger.json": canonical({"events": [{"canonical_event_json": text, "event_hash": sha256(text)}]}),
        "report.pdf": "%PDF-1.7",
    }
    if version == 2:
        contents["policy.json"] = CASE["policy"]
        contents.update({f"models/{kind}.json": model for kind, model in VECTORS["models"].items()})
    contents.update(files or {})
    contents = {name: content for name, content in contents.items() if content is not None}
    manifest = canonical(
        {
            "v": 1,
            "pack_id": f"{ID}6",
            "upload_id": payload["upload_id"],
            "certificate_id": payload["certificate_id"],
            "files": [
                {"name": name, "sha256": sha256(contents[name]), "size_bytes": len(contents[name].encode())}
                for name in sorted(contents)
            ],
        }
    )
    contents["manifest.json"] = manifest
    contents["manifest.jws"] = sign(manifest, "origin-manifest+jws", key)
    contents.update(after or {})
    return zipped({name: content for name, content in contents.items() if content is not None})


def zipped(contents, method=zipfile.ZIP_STORED, comment=b""):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as file:
        file.comment = comment
        for name in sorted(contents):
            file.writestr(zipfile.ZipInfo(name), contents[name], method)
    return archive.getvalue()


def failed(pack, **pin):
    verdict = verify_pack(pack, **(pin or {"jwks": JWKS}))
    assert verdict.ok == (not [check for check in verdict.checks if not check.ok])
    return [check.name for check in verdict.checks if not check.ok]


GOOD = build()


def test_verifies_and_decides_again_a_pack_of_version_2():
    verdict = verify_pack(GOOD, jwks=JWKS)
    assert (verdict.ok, verdict.signer_checked, verdict.not_covered) == (True, True, ())
    assert verdict.certificate == certificate(2)
    assert [check.name for check in verdict.checks] == [
        "archive",
        "manifest",
        "keys",
        "manifest_signature",
        "files_listed",
        "files_unchanged",
        "certificate_signature",
        "certificate_decision",
        "certificate_inputs",
        "ledger_events",
        "ledger_certificate",
        "certificate_outcome",
        "certificate_policy_and_models",
        "decided_again",
    ]


def test_verifies_a_pack_of_version_1_and_says_what_is_not_covered():
    verdict = verify_pack(build(1), jwks=JWKS)
    assert (verdict.ok, verdict.signer_checked) == (True, True)
    assert "reasons" in verdict.not_covered
    assert verdict.checks[-1].name == "ledger_certificate"


def test_trusts_no_key_because_the_pack_brought_it():
    forged = build(key=FORGER)
    verdict = verify_pack(forged)
    assert (verdict.ok, verdict.signer_checked) == (True, False)
    for pin in ({"jwks": JWKS}, {"kid": KEY[1]["kid"]}, {"jwks": {"keys": []}}, {"kid": []}, {"kid": ""}):
        assert "manifest_signature" in failed(forged, **pin)
    # Named by the pinned thumbprint, and another key.
    impostor = {**FORGER[1], "kid": KEY[1]["kid"]}
    assert "manifest_signature" in failed(build(key=(FORGER[0], impostor)), kid=KEY[1]["kid"])


def test_holds_to_both_pins_where_both_are_given():
    both = {"keys": [KEY[1], FORGER[1], {"kty": "EC", "kid": "other"}]}
    assert failed(GOOD, jwks=both, kid=KEY[1]["kid"]) == []
    assert failed(GOOD, jwks=both, kid=[FORGER[1]["kid"], KEY[1]["kid"]]) == []
    assert failed(GOOD, jwks=both, kid=FORGER[1]["kid"]) != []
    assert failed(GOOD, jwks={"keys": [FORGER[1]]}, kid=KEY[1]["kid"]) != []


def test_reads_keys_of_other_types_past():
    listed = [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}, KEY[1]]
    assert failed(build(listed=listed), kid=KEY[1]["kid"]) == []
    assert failed(GOOD, jwks={}) == ["keys"]


FORGED = ["certificate_outcome", "decided_again"]
OTHER = sha256("other")
OUTCOME = {**CASE["outcome"], "reasons": []}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"reply": {"decision": "reject"}}, ["certificate_decision", *FORGED]),
        ({"reply": {"reasons": []}}, FORGED),
        ({"reply": {"reasons": None}}, FORGED),
        ({"reply": {"risk_score": 0.2}}, FORGED),
        ({"reply": {"anomaly_score": 0.2}}, FORGED),
        ({"reply": {"received_at": "2026-01-02T03:04:05.678902Z"}}, ["ledger_certificate"]),
        ({"reply": {"correlation_id": "d"}}, ["ledger_certificate"]),
        ({"reply": {"ledger": {"sequence": 8, "event_hash": OTHER}}}, ["ledger_certificate"]),
        ({"body": {"outcome_sha256": OTHER}}, ["ledger_certificate"]),
        ({"body": {"certificate_sha256": OTHER}}, ["ledger_certificate"]),
        ({"event": {"tenant_id": f"{ID}b"}}, ["ledger_events"]),
        ({"event": {"sequence": 1}}, ["ledger_events", "ledger_certificate"]),
        ({"files": {"policy.json": CASE["policy"].replace("0.95", "0.96")}}, ["certificate_policy_and_models"]),
        ({"files": {"policy.json": None}}, ["certificate_policy_and_models"]),
        ({"files": {"models/risk.json": VECTORS["models"]["anomaly"]}}, ["certificate_policy_and_models"]),
        ({"files": {"models/anomaly.json": None}}, ["certificate_policy_and_models"]),
        ({"files": {"inputs.json": canonical({**INPUTS, "size_bytes": 9})}}, ["certificate_inputs", "decided_again"]),
        ({"files": {"report.pdf": None}}, ["files_listed"]),
        ({"after": {"report.pdf": "%PDF-1.8"}}, ["files_unchanged"]),
        ({"after": {"zz.txt": "x"}}, ["files_listed"]),
        ({"after": {"manifest.json": "{}"}}, ["manifest"]),
        ({"certified": {"outcome_sha256": sha256(canonical(OUTCOME))}, "reply": OUTCOME}, ["decided_again"]),
        ({"certified": {"decision": "maybe"}}, ["certificate_decision"]),
    ],
)
def test_names_what_was_forged(change, expected):
    assert failed(build(**change)) == expected


def test_says_what_comes_out_otherwise():
    verdict = verify_pack(build(reply={"risk_score": 0.2}), jwks=JWKS)
    assert verdict.checks[-1].detail.startswith("risk_score comes out as 0.039368, not 0.2")


def test_ends_at_the_archive_where_that_is_no_plain_stored_zip():
    names = {"a.json": "{}", "b/c.json": "{}"}
    bad = [
        b"",
        b"no zip",
        GOOD + b"x",
        b"x" + GOOD,
        GOOD[:-1],
        zipped(names, zipfile.ZIP_DEFLATED),
        zipped(names, comment=b"hi"),
        zipped({"../a": "x"}),
        zipped({"a/b/c": "x"}),
        zipped({"/a": "x"}),
        zipped({"né": "x"}),
    ]
    for pack in bad:
        assert failed(pack) == ["archive"]
    assert failed(zipped(names)) == ["manifest"]


def test_ends_at_the_archive_where_entries_are_out_of_order_or_have_another_crc():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("b.json", "a.json"):
            file.writestr(zipfile.ZipInfo(name), "{}")
    assert failed(archive.getvalue()) == ["archive"]
    at = GOOD.index(b"%PDF-1.7")
    assert failed(GOOD[:at] + b"%PDF-1.8" + GOOD[at + 8 :]) == ["archive"]


def test_refuses_a_pack_in_which_one_byte_is_another():
    for at in range(0, len(GOOD), 97):
        changed = bytearray(GOOD)
        changed[at] ^= 1
        verdict = verify_pack(bytes(changed), jwks=JWKS)
        # Times and versions of the ZIP prove nothing.
        assert not verdict.ok or _is_beside_the_point(at), at


def _is_beside_the_point(at):
    with zipfile.ZipFile(io.BytesIO(GOOD)) as file:
        starts = [info.header_offset for info in file.infolist()]
        directory = file.start_dir
    return at >= directory or any(start + 4 <= at < start + 14 for start in starts)
