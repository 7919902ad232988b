"""Canonical text by RFC 8785: what every hash and signature covers."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

_LARGEST = 2**53 - 1


def canonical_json(value: Any) -> str:
    """Canonical text of ``value``. Raises ValueError for what it does not write.

    That is a number that is not finite, an integer beyond 2^53-1, a lone surrogate, a key that is no string,
    or anything that JSON has not.
    """
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return canonical_number(value)
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


def canonical_number(value: int | float) -> str:
    """A number as ECMAScript prints it (RFC 8785 section 3.2.2.3)."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is not JSON")
    if value == int(value):
        if abs(value) > _LARGEST:
            raise ValueError("an integer beyond 2^53-1 is not written")
        return str(int(value))
    # The shortest digits that give the same number back are the same in both languages; where the point goes is not.
    sign, digit_list, exponent = Decimal(repr(value)).as_tuple()
    digits = "".join(map(str, digit_list)).rstrip("0")
    point = len(digit_list) + int(exponent)
    minus = "-" if sign else ""
    if point > 0:
        return f"{minus}{digits[:point]}.{digits[point:]}"
    if point > -6:
        return f"{minus}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{minus}{digits[0]}{fraction}e{point - 1}"


def parse_canonical_object(data: bytes) -> dict[str, Any] | None:
    """Reads bytes that are the canonical text of one object. None for anything else, duplicate members too."""
    try:
        text = data.decode("utf-8")
        value = json.loads(text)
        return value if isinstance(value, dict) and canonical_json(value) == text else None
    except (ValueError, RecursionError):
        return None
