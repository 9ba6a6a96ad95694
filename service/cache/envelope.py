"""How a value travels to a shared cache and back: JSON that names the key it belongs to, with a digest over both.

The key names the engine's version and the kind of the value, so that a value of another version, another kind or another
request is not taken for this one. With a secret the digest is a MAC, and a value that somebody else wrote is not taken at
all. What does not open is as if it were not there.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac

import orjson

LARGEST = 4_000_000  # bytes: neither longer values are sent, nor longer ones read


def seal(key: str, value: bytes, secret: bytes = b"") -> bytes | None:
    """The envelope around `value`, a JSON object as it stands, other bytes as base64; None when it is too long."""
    written = value if value.startswith(b"{") else b'"%s"' % binascii.b2a_base64(value, newline=False)
    sealed = _head(key, written, secret) + written + b"}"
    return sealed if len(sealed) <= LARGEST else None


def unseal(key: str, sealed: object, secret: bytes = b"") -> bytes | None:
    """The value that `seal` put in under this key, byte for byte; None for anything else."""
    if not isinstance(sealed, bytes) or len(sealed) > LARGEST:
        return None
    length = len(_head(key, b"", secret))
    value = sealed[length:-1]
    if not sealed.endswith(b"}") or not hmac.compare_digest(sealed[:length], _head(key, value, secret)):
        return None
    try:
        if value.startswith(b'"'):
            return binascii.a2b_base64(value[1:-1], strict_mode=True)
        return value if isinstance(orjson.loads(value), dict) else None
    except ValueError:  # of JSON, and of base64
        return None


def _head(key: str, value: bytes, secret: bytes) -> bytes:
    digest = hashlib.blake2b(key.encode() + b"\n" + value, digest_size=16, key=secret[:64]).hexdigest()
    return b'{"key":"%s","digest":"%s","value":' % (key.encode(), digest.encode())
