"""Reads model artifacts and scores by them, apart from the service's own code."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from .canonical_json import parse_canonical_object

FEATURES = (
    "account_age_days",
    "upload_velocity_24h",
    "device_velocity_24h",
    "account_prior_quarantine_count",
    "account_prior_reject_count",
    "pvid_prior_quarantine_count",
    "pvid_prior_reject_count",
)
_VERSION = re.compile(r"(risk|anomaly)-[0-9]{4}\.[0-9]{1,2}\.[0-9]{1,4}")

Score = Callable[[Mapping[str, Any]], float]


def read_model(data: bytes, kind: str) -> tuple[str, Score]:
    """The version of a model artifact and its scoring function, from 0 to 1 with six decimals.

    Raises ValueError for what is not the canonical text of a model of that kind.
    """
    artifact = parse_canonical_object(data)
    if artifact is None or artifact.get("v") != 1:
        raise ValueError("the model is not canonical text of version 1")
    version, names = artifact.get("version"), artifact.get("features")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise ValueError("the model has no version")
    if artifact.get("kind") != kind or not version.startswith(f"{kind}-"):
        raise ValueError(f"{version} is no model of kind {kind}")
    if not isinstance(names, list) or not names or len(set(map(str, names))) != len(names):
        raise ValueError("the features of the model are not a list of names")
    if any(name not in FEATURES for name in names):
        raise ValueError("the model names an unknown feature")
    makers = {"logistic-regression-1": ("risk", _logistic), "mahalanobis-distance-1": ("anomaly", _mahalanobis)}
    of_kind, make = makers.get(str(artifact.get("algorithm")), ("", None))
    if make is None or of_kind != kind:
        raise ValueError(f"algorithm {artifact.get('algorithm')} is not known for a model of kind {kind}")
    score = make(artifact.get("parameters"), len(names))
    return version, lambda features: _six_decimals(score([_logged(features, name) for name in names]))


def number(value: Any, name: str, low: float = -math.inf, high: float = math.inf) -> float:
    """``value`` where it is a finite number within bounds. Raises ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{name} is not a number")
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}: from {low} to {high} is needed")
    return value


def _logged(features: Mapping[str, Any], name: str) -> float:
    return math.log1p(number(features.get(name), name, 0))


def _six_decimals(value: float) -> float:
    return math.floor(value * 1e6 + 0.5) / 1e6


def _numbers(parameters: Any, name: str, count: int | None = None, **bounds: float) -> list[float]:
    values = parameters.get(name) if isinstance(parameters, dict) else None
    if not isinstance(values, list) or (count is not None and len(values) != count):
        raise ValueError(f"parameter {name} is not a list of {count} numbers")
    return [number(value, name, **bounds) for value in values]


def _logistic(parameters: Any, count: int) -> Callable[[list[float]], float]:
    low, high, mean, scale, weights = (
        _numbers(parameters, name, count) for name in ("low", "high", "mean", "scale", "weights")
    )
    intercept = number(parameters.get("intercept"), "intercept")
    if any(value <= 0 for value in scale):
        raise ValueError("a scale is not above 0")

    def score(vector: list[float]) -> float:
        # In this order and without sum(), which rounds otherwise from Python 3.12 on.
        total = intercept
        for i, value in enumerate(vector):
            total += weights[i] * (min(max(value, low[i]), high[i]) - mean[i]) / scale[i]
        try:
            return 1 / (1 + math.exp(-total))
        except OverflowError:
            return 0.0

    return score


def _mahalanobis(parameters: Any, count: int) -> Callable[[list[float]], float]:
    mean, scale = _numbers(parameters, "mean", count), _numbers(parameters, "scale", count)
    levels, distances = _numbers(parameters, "levels", low=0, high=1), _numbers(parameters, "distances", low=0)
    rows = parameters.get("whitening")
    if not isinstance(rows, list) or len(rows) != count:
        raise ValueError("whitening is not a triangle")
    whitening = [_numbers({"whitening": row}, "whitening", i + 1) for i, row in enumerate(rows)]
    if any(value <= 0 for value in scale):
        raise ValueError("a scale is not above 0")
    if len(levels) < 2 or len(levels) != len(distances) or levels[0] != 0 or levels[-1] != 1:
        raise ValueError("levels do not run from 0 to 1, each with its distance")
    if levels != sorted(levels) or distances != sorted(distances):
        raise ValueError("levels or distances do not rise")

    def score(vector: list[float]) -> float:
        standard = [(value - mean[i]) / scale[i] for i, value in enumerate(vector)]
        squares = 0.0
        for row in whitening:
            projected = 0.0
            for i, factor in enumerate(row):
                projected += factor * standard[i]
            squares += projected * projected
        return _share_within(levels, distances, math.sqrt(squares))

    return score


def _share_within(levels: list[float], distances: list[float], distance: float) -> float:
    following = next((i for i, known in enumerate(distances) if known > distance), None)
    if following is None:
        return 1.0
    if following == 0:
        return 0.0
    low, high = distances[following - 1 : following + 1]
    start, end = levels[following - 1 : following + 1]
    return start + ((end - start) * (distance - low)) / (high - low)
