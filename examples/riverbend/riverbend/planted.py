"""Secrets that open nothing, in the shape of real ones.

They are made at build time, so that no string of that shape lies in the repository, where it would
set off the scanners of everybody who hosts a copy.
"""

import base64
import hashlib

_WORD = b"riverbend planted secret, opens nothing"


def access_key_id() -> str:
    """The shape of an AWS access key id: four fixed letters and sixteen of base 32."""
    return "AK" + "IA" + base64.b32encode(hashlib.sha256(_WORD).digest()).decode()[:16]


def secret_access_key() -> str:
    """The shape of an AWS secret access key: forty characters of base 64."""
    return base64.b64encode(hashlib.sha512(_WORD).digest()).decode()[:40]
