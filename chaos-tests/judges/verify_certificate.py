"""Verifies a certificate with PyJWT: stdin {"jws", "jwks"}; prints its payload."""

import json
import sys

import jwt

given = json.load(sys.stdin)
kid = jwt.get_unverified_header(given["jws"])["kid"]
key = jwt.PyJWKSet.from_dict(given["jwks"])[kid]
verified = jwt.PyJWS().decode_complete(given["jws"], key, algorithms=["PS256"])
print(verified["payload"].decode())
