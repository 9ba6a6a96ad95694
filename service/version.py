"""The version of the service, in one place, and the name of the engine that cached values are filed under."""

from __future__ import annotations

import hashlib
from pathlib import Path

VERSION = "0.1.0"


def _fingerprint(package: Path) -> str:
    """A short digest of the package's source."""
    digest = hashlib.blake2b(digest_size=5)
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


# Two builds that share a version but not a source must never read each other's answers from a shared Redis.
ENGINE = f"{VERSION}-{_fingerprint(Path(__file__).parent)}"
