"""decide_again against the vectors that both SDKs share; scores by decimals of 50 digits, reasons by hand."""

import hashlib
import json
from pathlib import Path

import pytest

from origin_stack import decide_again
from origin_stack.canonical_json import canonical_json, canonical_number
from origin_stack.models import read_model

VECTORS = json.loads((Path(__file__).parents[2] / "sdk" / "vectors" / "decision.json").read_text("utf-8"))
MODELS = {kind: text.encode() for kind, text in VECTORS["models"].items()}
FIRST = VECTORS["cases"][0]


def differences(case=FIRST, inputs=None, **stated):
    given = {**case["inputs"], **(inputs or {})}
    found = decide_again(given, case["policy"].encode(), MODELS, {**case["outcome"], **stated})
    return [one.split(" ")[0] for one in found]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_comes_to_what_was_computed_apart_from_it(case):
    assert differences(case) == []
    for kind in ("risk", "anomaly"):
        _, score = read_model(MODELS[kind], kind)
        assert score(case["inputs"]["features"]) == case["outcome"][f"{kind}_score"]
    assert hashlib.sha256(canonical_json(case["outcome"]).encode()).hexdigest() == case["outcome_sha256"]


def test_names_each_thing_that_comes_out_otherwise():
    reason = FIRST["outcome"]["reasons"][0]
    assert differences(decision="review") == ["decision"]
    assert differences(reasons=[]) == ["reasons"]
    assert differences(reasons=[{**reason, "detail": "forged"}]) == ["reasons"]
    assert differences(risk_score=0.1) == ["risk_score"]
    assert differences(anomaly_score=0.1) == ["anomaly_score"]
    assert differences(risk_score=0.9) == ["risk_score", "decision", "reasons"]
    features = {**FIRST["inputs"]["features"], "account_age_days": 0}
    assert differences(inputs={"features": features}) == ["risk_score", "anomaly_score"]


def test_takes_a_score_that_is_rounded_to_the_neighbouring_sixth_decimal_and_none_further_off_or_finer():
    score = FIRST["outcome"]["risk_score"]
    assert differences(risk_score=round(score + 1e-6, 6)) == []
    assert differences(risk_score=round(score - 1e-6, 6)) == []
    assert differences(risk_score=round(score + 2e-6, 6)) == ["risk_score"]
    assert differences(risk_score=score + 1e-7) == ["risk_score"]


RULE = '"rules":[{"name":"r","then":"review","when":{"input":"size_bytes","op":"gt","value":1}}]'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{", " {"),
        ('"rules":[]', '"rules":{}'),
        ('"rules":[]', '"rules":[1]'),
        ('"rules":[]', RULE.replace("review", "allow")),
        ('"rules":[]', RULE.replace("size_bytes", "nothing")),
        ('"rules":[]', RULE.replace('"gt"', '"about"')),
        ('"rules":[]', RULE.replace('"value":1', '"value":true')),
        ('"rules":[]', RULE.replace("size_bytes", "media_type")),
        ('"review":0.9', '"review":2'),
        ("risk-2026.1.7", "risk-2026.1.8"),
    ],
)
def test_refuses_a_policy_that_cannot_be_evaluated(old, new):
    policy = FIRST["policy"].replace(old, new, 1).encode()
    assert policy.decode() != FIRST["policy"]
    with pytest.raises(ValueError):
        decide_again(FIRST["inputs"], policy, MODELS, FIRST["outcome"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{", " {"),
        ('"v":1', '"v":2'),
        ('"kind":"risk"', '"kind":"anomaly"'),
        ("logistic-regression-1", "magic-1"),
        ('"account_age_days"', '"age"'),
        ('"upload_velocity_24h"', '"device_velocity_24h"'),
        ('"intercept":-2.125', '"intercept":null'),
        ('"scale":[1.75', '"scale":[0'),
        ('"weights":[-0.9,', '"weights":['),
    ],
)
def test_refuses_a_model_that_cannot_score(old, new):
    text = VECTORS["models"]["risk"]
    assert old in text
    with pytest.raises(ValueError):
        read_model(text.replace(old, new, 1).encode(), "risk")


@pytest.mark.parametrize("value", [None, -1, True, "1", float("nan"), float("inf")])
def test_refuses_a_feature_that_is_no_number_from_0_on(value):
    with pytest.raises(ValueError):
        differences(inputs={"features": {**FIRST["inputs"]["features"], "upload_velocity_24h": value}})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        # RFC 8785, appendix B, and the borders where ECMAScript and Python write numbers otherwise.
        (5e-324, "5e-324"),
        (-5e-324, "-5e-324"),
        (-0.0, "0"),
        (1.0, "1"),
        (9007199254740991.0, "9007199254740991"),
        (333333333.3333333, "333333333.3333333"),
        (0.000001, "0.000001"),
        (0.00001, "0.00001"),
        (0.0000001, "1e-7"),
        (0.00000015, "1.5e-7"),
        (-0.0000033333333333333333, "-0.0000033333333333333333"),
        (0.1, "0.1"),
        (123.456, "123.456"),
    ],
)
def test_writes_numbers_as_ecmascript_does(value, text):
    assert canonical_number(value) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2.0**53, 2**53, 1e300])
def test_writes_no_number_that_is_not_exact_or_not_finite(value):
    with pytest.raises(ValueError):
        canonical_number(value)
