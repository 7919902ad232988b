"""Starts moto's server: moto_server.py PORT [--as-aws].

As it comes, moto signs PSS with the maximum salt, ignores MessageType and takes messages of any length. With
--as-aws it does what AWS documents for Sign: the digest's length as salt, DIGEST is not hashed again, and a RAW
message has at most 4,096 bytes.
"""

import sys
import threading

from cryptography.hazmat.primitives.asymmetric import padding, utils
from moto.kms import responses
from moto.kms.exceptions import ValidationException
from moto.kms.utils import RSAPrivateKey
from moto.server import main

MAX_RAW_BYTES = 4096


def sign_as_aws() -> None:
    padding.PSS.MAX_LENGTH = padding.PSS.DIGEST_LENGTH
    request = threading.local()
    sign_request = responses.KmsResponse.sign
    padding_and_hash = RSAPrivateKey._RSAPrivateKey__padding_and_hash_algorithm

    def sign(self):
        request.is_digest = self._get_param("MessageType") == "DIGEST"
        if not request.is_digest and len(self._get_param("Message")) > MAX_RAW_BYTES:
            raise ValidationException("Value at 'message' failed to satisfy constraint")
        return sign_request(self)

    def sign_bytes(self, message, signing_algorithm):
        pad, algorithm = padding_and_hash(self, signing_algorithm)
        if request.is_digest:
            algorithm = utils.Prehashed(algorithm)
        return self.private_key.sign(message, pad, algorithm)

    responses.KmsResponse.sign = sign
    RSAPrivateKey.sign = sign_bytes


if "--as-aws" in sys.argv[2:]:
    sign_as_aws()
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
