#!/usr/bin/env python3
"""Makes decision.json: decisions whose scores are computed to 50 digits and whose reasons are written by hand.

Knows nothing of either SDK. Run it in this folder: python3 make_decision_vectors.py
"""

import hashlib
import json
from decimal import ROUND_HALF_UP, Decimal, getcontext

getcontext().prec = 50
FEATURES = [
    "account_age_days",
    "upload_velocity_24h",
    "device_velocity_24h",
    "account_prior_quarantine_count",
    "account_prior_reject_count",
    "pvid_prior_quarantine_count",
    "pvid_prior_reject_count",
]
ABOUT = {
    "v": 1,
    "trained_at": "2026-11-01T00:00:00.000000Z",
    "seed": 1,
    "metrics": {},
    "data": {"generator": "by-hand", "rows": 2, "training_rows": 1, "evaluation_rows": 1, "bad_rows": 1},
}
RISK = {
    **ABOUT,
    "kind": "risk",
    "algorithm": "logistic-regression-1",
    "version": "risk-2026.1.7",
    "features": FEATURES,
    "parameters": {
        "low": [0, 0, 0, 0, 0, 0, 0],
        "high": [7.5, 4, 4, 2, 2, 2, 2],
        "mean": [4.25, 0.7, 0.9, 0.05, 0.02, 0.03, 0.01],
        "scale": [1.75, 0.8, 1.1, 0.2, 0.12, 0.17, 0.1],
        "weights": [-0.9, 0.45, 0.3, 0.4, 0.5, 0.55, 0.6],
        "intercept": -2.125,
    },
}
ANOMALY = {
    **ABOUT,
    "kind": "anomaly",
    "algorithm": "mahalanobis-distance-1",
    "version": "anomaly-2026.1.7",
    "features": ["account_age_days", "upload_velocity_24h", "pvid_prior_reject_count"],
    "parameters": {
        "mean": [4, 0.75, 0],
        "scale": [2, 0.5, 0.25],
        "whitening": [[1], [0.25, 1.125], [-0.125, 0.5, 1.0625]],
        "levels": [0, 0.5, 0.9, 0.99, 1],
        "distances": [0.25, 1.5, 2.75, 4.5, 9],
    },
}
THRESHOLDS = {
    "risk": {"review": 0.5, "quarantine": 0.8, "reject": 0.95},
    "anomaly": {"review": 0.9, "quarantine": 0.995},
}


def text_of(value):
    # RFC 8785 for what is written here: the one number that Python spells otherwise is 1e-7.
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).replace("1e-07", "1e-7")


def exact(number):
    return Decimal(repr(number))


def vector(features, names):
    return [(1 + exact(features[name])).ln() for name in names]


def six_decimals(value):
    return float(value.quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP))


def risk_score(features):
    p = {name: [exact(v) for v in value] for name, value in RISK["parameters"].items() if isinstance(value, list)}
    total = exact(RISK["parameters"]["intercept"])
    for i, x in enumerate(vector(features, RISK["features"])):
        total += p["weights"][i] * (min(max(x, p["low"][i]), p["high"][i]) - p["mean"][i]) / p["scale"][i]
    return six_decimals(1 / (1 + (-total).exp()))


def anomaly_score(features):
    p = ANOMALY["parameters"]
    xs = vector(features, ANOMALY["features"])
    standard = [(x - exact(m)) / exact(s) for x, m, s in zip(xs, p["mean"], p["scale"])]
    squares = [sum(exact(f) * z for f, z in zip(row, standard)) ** 2 for row in p["whitening"]]
    distance = sum(squares).sqrt()
    known = [exact(d) for d in p["distances"]]
    levels = [exact(level) for level in p["levels"]]
    if distance >= known[-1]:
        return 1
    if distance < known[0]:
        return 0
    i = max(index for index, d in enumerate(known) if d <= distance)
    share = levels[i] + (levels[i + 1] - levels[i]) * (distance - known[i]) / (known[i + 1] - known[i])
    return six_decimals(share)


def rule(name, when, then, detail=None):
    return {"name": name, "when": when, "then": then, **({} if detail is None else {"detail": detail})}


def when(name, op, value):
    return {"input": name, "op": op, "value": value}


def reason(name, given, detail):
    return {"rule": name, "input": given, "detail": detail}


def case(name, features, decision, reasons, rules=(), media_type="text/plain", size_bytes=10, thresholds=THRESHOLDS):
    values = {**{one: 0 for one in FEATURES}, **features}
    scores = {"risk_score": risk_score(values), "anomaly_score": anomaly_score(values)}
    # Scores come before the reasons that quote them.
    told = [reason(rule_name, given, detail.format(**scores)) for rule_name, given, detail in reasons]
    outcome = {"decision": decision, "reasons": told, **scores}
    policy = {
        "rules": list(rules),
        "thresholds": thresholds,
        "risk_model_version": RISK["version"],
        "anomaly_model_version": ANOMALY["version"],
    }
    return {
        "name": name,
        "policy": text_of(policy),
        "inputs": {"features": values, "media_type": media_type, "size_bytes": size_bytes},
        "outcome": outcome,
        "outcome_sha256": hashlib.sha256(text_of(outcome).encode()).hexdigest(),
    }


ORDINARY = {"account_age_days": 400.125, "upload_velocity_24h": 2, "device_velocity_24h": 1}
RING = {
    "account_age_days": 0.004,
    "upload_velocity_24h": 9999,
    "device_velocity_24h": 10000,
    "pvid_prior_reject_count": 3,
}
NOTHING = [("default", "none", "no rule and no threshold fired: allow")]
CASES = [
    case("nothing fires", ORDINARY, "allow", NOTHING),
    case(
        "every threshold fires, the most severe first",
        RING,
        "reject",
        [
            ("risk.reject", "risk_score", "risk_score is {risk_score}, at least 0.95: reject"),
            ("risk.quarantine", "risk_score", "risk_score is {risk_score}, at least 0.8: quarantine"),
            ("anomaly.quarantine", "anomaly_score", "anomaly_score is {anomaly_score}, at least 0.995: quarantine"),
            ("risk.review", "risk_score", "risk_score is {risk_score}, at least 0.5: review"),
            ("anomaly.review", "anomaly_score", "anomaly_score is {anomaly_score}, at least 0.9: review"),
        ],
    ),
    case(
        "every comparison, in the document's order within one severity",
        ORDINARY,
        "quarantine",
        [
            ("gte", "size_bytes", "size_bytes is 10, at least 10: quarantine"),
            ("eq", "device_velocity_24h", "a detail of the policy's own"),
            ("lt", "account_age_days", "account_age_days is 400.125, below 400.25: review"),
            ("lte", "upload_velocity_24h", "upload_velocity_24h is 2, at most 2: review"),
            ("gt", "upload_velocity_24h", "upload_velocity_24h is 2, above -1.5: review"),
            ("ne", "account_prior_reject_count", "account_prior_reject_count is 0, other than 1e-7: review"),
        ],
        rules=[
            rule("lt", when("account_age_days", "lt", 400.25), "review"),
            rule("not-lt", when("account_age_days", "lt", 400.125), "reject"),
            rule("lte", when("upload_velocity_24h", "lte", 2), "review"),
            rule("gt", when("upload_velocity_24h", "gt", -1.5), "review"),
            rule("gte", when("size_bytes", "gte", 10), "quarantine"),
            rule("eq", when("device_velocity_24h", "eq", 1), "quarantine", "a detail of the policy's own"),
            rule("ne", when("account_prior_reject_count", "ne", 1e-7), "review"),
            rule("not-ne", when("account_prior_reject_count", "ne", 0), "reject"),
        ],
    ),
    case(
        "media types by essence, and a size that is not known",
        ORDINARY,
        "reject",
        [
            ("in", "media_type", "media_type is text/html, one of image/png, text/html: reject"),
            ("size", "size_bytes", "size_bytes is not known, so this rule cannot be answered: review"),
            ("eq", "media_type", "media_type is text/html, equal to text/html: review"),
            ("ne", "media_type", "media_type is text/html, other than text/plain: review"),
        ],
        rules=[
            rule("size", when("size_bytes", "gt", 100), "reject"),
            rule("in", when("media_type", "in", ["image/png", "text/html"]), "reject"),
            rule("eq", when("media_type", "eq", "text/html"), "review"),
            rule("ne", when("media_type", "ne", "text/plain"), "review"),
            rule("not-in", when("media_type", "in", ["image/png"]), "reject"),
        ],
        media_type="Text/HTML; charset=utf-8",
        size_bytes=None,
    ),
    case(
        "a rule on a score, and a score that lies between two levels",
        {"account_age_days": 30.5, "upload_velocity_24h": 6, "account_prior_quarantine_count": 1},
        "review",
        [("score", "anomaly_score", "anomaly_score is {anomaly_score}, above 0.5: review")],
        rules=[rule("score", when("anomaly_score", "gt", 0.5), "review")],
        thresholds={"risk": {"review": 1, "quarantine": 1, "reject": 1}, "anomaly": {"review": 1, "quarantine": 1}},
    ),
    case(
        "an age beyond every training row",
        {"account_age_days": 20000, "upload_velocity_24h": 1},
        "review",
        [("anomaly.review", "anomaly_score", "anomaly_score is {anomaly_score}, at least 0.9: review")],
    ),
    case(
        "a detail that is empty, and text beyond ASCII",
        ORDINARY,
        "review",
        [("empty", "size_bytes", ""), ("größe", "size_bytes", "zu groß: 日 \U0001f600")],
        rules=[
            rule("empty", when("size_bytes", "gt", 0), "review", ""),
            rule("größe", when("size_bytes", "gt", 1), "review", "zu groß: 日 \U0001f600"),
        ],
        size_bytes=9007199254740991,
    ),
]

with open("decision.json", "w", encoding="utf-8") as file:
    models = {"risk": text_of(RISK), "anomaly": text_of(ANOMALY)}
    json.dump({"models": models, "cases": CASES}, file, ensure_ascii=False, indent=2)
    file.write("\n")
