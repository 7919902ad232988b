"""Canonical text by RFC 8785, for values without fractions: what certificates are made of."""

from __future__ import annotations

import json
from typing import Any

_LARGEST = 2**53 - 1


def canonical_json(value: Any) -> str:
    """Canonical text of ``value``. Raises ValueError for what it does not write.

    That is a float (certificates hold none), an integer beyond 2^53-1, a lone surrogate, a key that is no
    string, or anything that JSON has not.
    """
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int) and abs(value) <= _LARGEST:
        return str(value)
    if isinstance(value, str):
        value.encode("utf-8")
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ",".join(canonical_json(item) for item in value) + "]"
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        # Big-endian UTF-16 sorts as its code units do (RFC 8785 section 3.2.3).
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{canonical_json(key)}:{canonical_json(value[key])}" for key in keys) + "}"
    raise ValueError(f"{type(value).__name__} is not written")
