"""Makes a decision again from its inputs, policy and models, apart from the service's own code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .canonical_json import canonical_json, canonical_number, parse_canonical_object
from .models import FEATURES, number, read_model

_LARGEST = 2**53 - 1
_SEVERITY = {"allow": 0, "review": 1, "quarantine": 2, "reject": 3}
_WORDS = {
    "lt": "below",
    "lte": "at most",
    "gt": "above",
    "gte": "at least",
    "eq": "equal to",
    "ne": "other than",
}


def decide_again(
    inputs: Mapping[str, Any],
    policy: bytes,
    models: Mapping[str, bytes],
    stated: Mapping[str, Any],
) -> list[str]:
    """Says in words what comes out otherwise than ``stated`` has it; nothing where all is as stated.

    ``inputs`` is inputs.json, ``policy`` and ``models`` (risk, anomaly) are the bytes of the files that a pack
    holds, ``stated`` is decision.json. Scores are compared to one in the sixth decimal, the last that they have,
    since exp and log1p differ between platforms in their last bit; decision and reasons follow from the stated
    scores and must be exactly the stated ones. Raises ValueError for what cannot be read.
    """
    features = inputs.get("features")
    if not isinstance(features, dict):
        raise ValueError("the inputs have no features")
    document = _read_policy(policy)
    differences = []
    scores = {}
    for kind in ("risk", "anomaly"):
        version, score = read_model(models[kind], kind)
        if document[f"{kind}_model_version"] != version:
            raise ValueError(f"the policy names another {kind} model than {version}")
        name = f"{kind}_score"
        scores[name] = number(stated.get(name), name, 0, 1)
        again = score(features)
        if not _is_same_score(again, scores[name]):
            differences.append(f"{name} comes out as {again}, not {scores[name]}")
    decision, reasons = evaluate_policy(document, inputs, scores)
    if decision != stated.get("decision"):
        differences.append(f"decision comes out as {decision}, not {stated.get('decision')}")
    if canonical_json(reasons) != canonical_json(stated.get("reasons")):
        differences.append(f"reasons come out as {_told(reasons)}, not {_told(stated.get('reasons'))}")
    return differences


def evaluate_policy(
    document: Mapping[str, Any], inputs: Mapping[str, Any], scores: Mapping[str, float]
) -> tuple[str, list[dict[str, str]]]:
    """Decision and reasons of a policy: the most severe outcome wins, and all that fired is a reason, in that order."""
    numbers: dict[str, float | None] = {
        name: number(inputs["features"].get(name), name, 0, _LARGEST) for name in FEATURES
    }
    numbers.update(scores)
    size = inputs.get("size_bytes")
    numbers["size_bytes"] = None if size is None else number(size, "size_bytes", 0, _LARGEST)
    media_type = _essence(_text(inputs.get("media_type"), "media_type"))
    fired = [_rule_outcome(rule, numbers, media_type) for rule in document["rules"]]
    for kind in ("risk", "anomaly"):
        fired += _threshold_outcomes(kind, document["thresholds"][kind], scores[f"{kind}_score"])
    found = sorted((one for one in fired if one), key=lambda one: -_SEVERITY[one[0]])
    if not found:
        detail = "no rule and no threshold fired: allow"
        return "allow", [{"rule": "default", "input": "none", "detail": detail}]
    return found[0][0], [reason for _, reason in found]


_Fired = tuple[str, dict[str, str]]


def _rule_outcome(rule: Any, numbers: Mapping[str, float | None], media_type: str) -> _Fired | None:
    when, then = rule["when"], rule["then"]
    name, given, op, value = _text(rule["name"], "name"), when["input"], when["op"], when["value"]
    if then not in ("review", "quarantine", "reject"):
        raise ValueError(f"rule {name} has an unknown outcome")
    if given == "media_type":
        if not _media_type_matches(op, value, media_type):
            return None
        words = f"one of {', '.join(value)}" if op == "in" else f"{_WORDS[op]} {value}"
        facts = f"media_type is {media_type}, {words}"
    else:
        if given not in numbers:
            raise ValueError(f"rule {name} names an unknown input")
        actual = numbers[given]
        if actual is None:
            detail = f"{given} is not known, so this rule cannot be answered: review"
            return "review", {"rule": name, "input": given, "detail": detail}
        limit = number(value, "value")
        if not _compares(actual, op, limit):
            return None
        facts = f"{given} is {canonical_number(actual)}, {_WORDS[op]} {canonical_number(limit)}"
    detail = _text(rule["detail"], "detail") if "detail" in rule else f"{facts}: {then}"
    return then, {"rule": name, "input": given, "detail": detail}


def _compares(actual: float, op: str, limit: float) -> bool:
    answers = {
        "lt": actual < limit,
        "lte": actual <= limit,
        "gt": actual > limit,
        "gte": actual >= limit,
        "eq": actual == limit,
        "ne": actual != limit,
    }
    if op not in answers:
        raise ValueError(f"{op} is an unknown comparison")
    return answers[op]


def _media_type_matches(op: str, value: Any, actual: str) -> bool:
    if op == "in":
        if not isinstance(value, list):
            raise ValueError("in needs a list")
        return any(_essence(_text(one, "value")) == actual for one in value)
    if op not in ("eq", "ne"):
        raise ValueError(f"{op} is an unknown comparison of media types")
    return (_essence(_text(value, "value")) == actual) == (op == "eq")


def _threshold_outcomes(kind: str, thresholds: Any, score: float) -> list[_Fired]:
    fired: list[_Fired] = []
    for outcome in ("reject", "quarantine", "review"):
        if outcome not in thresholds:
            continue
        limit = number(thresholds[outcome], f"{kind}.{outcome}", 0, 1)
        if score >= limit:
            facts = f"{kind}_score is {canonical_number(score)}, at least {canonical_number(limit)}: {outcome}"
            fired.append((outcome, {"rule": f"{kind}.{outcome}", "input": f"{kind}_score", "detail": facts}))
    return fired


def _read_policy(data: bytes) -> dict[str, Any]:
    document = parse_canonical_object(data)
    if document is None:
        raise ValueError("the policy is not canonical text")
    members = {"rules", "thresholds", "risk_model_version", "anomaly_model_version"}
    thresholds = document.get("thresholds")
    if set(document) != members or not isinstance(document["rules"], list) or not isinstance(thresholds, dict):
        raise ValueError("the policy is not a policy document")
    if set(thresholds) != {"risk", "anomaly"} or not all(isinstance(one, dict) for one in thresholds.values()):
        raise ValueError("the policy has other thresholds than risk and anomaly")
    for rule in document["rules"]:
        when = rule.get("when") if isinstance(rule, dict) else None
        if not isinstance(when, dict) or set(when) != {"input", "op", "value"}:
            raise ValueError("the policy has a rule without a condition")
        if set(rule) - {"detail"} != {"name", "when", "then"}:
            raise ValueError("the policy has a rule with other members")
    return document


def _essence(media_type: str) -> str:
    return media_type.split(";", 1)[0].strip().lower()


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a text")
    return value


def _is_same_score(again: float, said: float) -> bool:
    millionths = [math.floor(one * 1e6 + 0.5) for one in (again, said)]
    return millionths[1] / 1e6 == said and abs(millionths[0] - millionths[1]) <= 1


def _told(reasons: Any) -> str:
    if not isinstance(reasons, list):
        return "no list"
    return ", ".join(f"{one.get('rule')} ({one.get('detail')})" for one in reasons if isinstance(one, dict))
