"""Content encodings (RFC 9110, 8.4): bodies that come compressed, answers that leave so. gzip (RFC 1952) and zstd (RFC 8878).

What is decompressed is bounded by `decompressed-bytes`, and once it is large by `compression-ratio`, as it grows: a bomb is stopped
when it has shown itself, and nothing is allocated on its word. zstd's window is bounded by what its RFC asks every reader to bear.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterator

import zstandard

from service import limits
from service.web.problems import HttpError, UnsupportedMediaType

STEP = 1_000_000  # bytes that are decompressed at a time
LARGE = 4_000_000  # bytes from which on a high ratio is taken for a bomb
LARGEST_WINDOW = 2**23  # bytes
MOST_MEMBERS = 16  # files put together, as `cat a.gz b.gz` does
SMALLEST = 1_000  # bytes of an answer that is worth compressing
WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


# --- in ---------------------------------------------------------------------------------------------------------------


def _gunzipped(data: bytes) -> Iterator[bytes]:
    """Piece by piece; raises zlib.error, EOFError."""
    for _ in range(MOST_MEMBERS):
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            piece = member.decompress(data, STEP)
            data = member.unconsumed_tail
            if not piece and not data and not member.eof:
                raise EOFError
            yield piece
        data = member.unused_data
        if not data:
            return
    raise zlib.error(f"more than {MOST_MEMBERS} members")


def _unzstd(data: bytes) -> Iterator[bytes]:
    """Piece by piece; raises ZstdError, EOFError. The first reading measures, the second one knows where a frame ends."""
    reader = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW).stream_reader(data, read_across_frames=True)
    while piece := reader.read(STEP):
        yield piece
    for _ in range(MOST_MEMBERS):
        frame = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW).decompressobj()
        frame.decompress(data)
        if not frame.eof:
            raise EOFError
        data = frame.unused_data
        if not data:
            return
    raise zstandard.ZstdError(f"more than {MOST_MEMBERS} frames")


DECODERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {"gzip": _gunzipped, "zstd": _unzstd}


def decoded(data: bytes, encoding: str) -> bytes:
    """The body as it was before its encoding. Raises UnsupportedMediaType, HttpError for what is broken, LimitExceeded."""
    name = encoding.strip().lower().removeprefix("x-")
    if name in ("identity", ""):
        return data
    if name not in DECODERS:
        accepted = ", ".join([*DECODERS, "identity"])
        why = "one encoding is read, not several" if "," in name else "gzip and zstd are read"
        detail = f"the content encoding {encoding[:40]} is not read"
        raise UnsupportedMediaType(detail, hint=f"{why}; or send the body as it is", headers={"Accept-Encoding": accepted})
    pieces: list[bytes] = []
    total = 0
    try:
        for piece in DECODERS[name](data):
            total += len(piece)
            limits.check("decompressed-bytes", total)
            if total > LARGE:
                limits.check("compression-ratio", total // len(data))
            pieces.append(piece)
    except EOFError:
        raise HttpError(f"the body broke off: its {name} data have no end") from None
    except (zlib.error, zstandard.ZstdError) as error:
        raise HttpError(f"the body is not {name}, as Content-Encoding says: {str(error)[:80]}") from None
    return b"".join(pieces)


# --- out --------------------------------------------------------------------------------------------------------------

ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdCompressor(level=3).compress(body),
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}
"""The one that the service likes better first. The same bytes for the same answer: no time, no name."""


def wanted(accept_encoding: str | None) -> str | None:
    """The encoding that the header Accept-Encoding likes best; None for none."""
    if not accept_encoding:
        return None
    qualities = _qualities(accept_encoding)
    liking = {name: qualities.get(name, qualities.get("*", 0.0)) for name in ENCODERS}
    best = max(ENCODERS, key=lambda name: liking[name])
    return best if liking[best] > 0 and liking[best] >= qualities.get("identity", 0.0) else None


def accepts(accept_encoding: str | None, encoding: str) -> bool:
    qualities = _qualities(accept_encoding or "")
    return qualities.get(encoding, qualities.get("*", 0.0)) > 0


def _qualities(accept_encoding: str) -> dict[str, float]:
    qualities = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameter = (piece.strip() for piece in part.partition(";"))
        weight = WEIGHT.fullmatch(parameter.replace(" ", ""))
        qualities[name.removeprefix("x-")] = 1.0 if not parameter else float(weight[1]) if weight else 0.0
    return qualities


def encoded(body: bytes, accept_encoding: str | None) -> tuple[bytes, str | None]:
    """The answer as the client likes it, and the encoding that it then has: none for what is short, or would not get shorter."""
    encoding = wanted(accept_encoding) if len(body) >= SMALLEST else None
    if encoding is None:
        return body, None
    smaller = ENCODERS[encoding](body)
    return (smaller, encoding) if len(smaller) < len(body) else (body, None)
