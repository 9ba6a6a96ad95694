"""Whether a whole HTTP/1 request has arrived, told from its bytes alone, so that nothing has to wait for the rest of it.

This decides nothing about validity: what is not plainly a request still under way is called whole, and gunicorn's parser
(which reads it next) refuses it. RFC 9112 is the source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LONGEST_LINE = 8_190  # bytes of the request line, as in deploy/gunicorn.conf.py; also of the line of a chunk's size
LONGEST_HEAD = 600_000  # bytes; gunicorn's own limits on fields lie below
LARGEST_SIZE = 1 << 40  # of a chunk; no client means more
BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")
REQUEST_LINE = re.compile(rb"[^\r\n]* HTTP/1\.[0-9]\r\n")
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
CODED = re.compile(rb"\r\ntransfer-encoding:([^\r]*)", re.IGNORECASE)
NOT_TEXT = re.compile(rb"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\xff]")
CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]+)[ \t]*(?:;[^\r\n]*)?")
BEGUN_SIZE = re.compile(rb"[0-9A-Fa-f]*[ \t]*(?:;[^\r\n]*)?\r?")  # of a chunk, whose line is not all here
EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


@dataclass
class Arrival:
    """The bytes of one request as they come in. `largest_body` bounds what is waited for."""

    largest_body: int
    data: bytearray = field(default_factory=bytearray)
    head: int | None = None  # where the head ends, once it does
    expects: bool = False  # whether the client waits for "100 Continue" before it sends the body
    _searched: int = 0
    _end: int | None = None  # where the request ends, of a body with a stated length
    _chunk: int = 0  # where the next chunk begins, of a body in chunks
    _body: int = 0  # bytes in the chunks before it

    def add(self, data: bytes) -> None:
        self.data += data

    def is_whole(self) -> bool:
        """Whether nothing more has to be waited for: all of it is here, or what is here will be refused."""
        if self.head is None and not self._find_head():
            return False
        if self.head is None:  # broken: no head will come of it
            return True
        if self._end is not None:
            return len(self.data) >= self._end
        return self._is_last_chunk_here()

    def _find_head(self) -> bool:
        """Looks for the end of the head. True when it is found, or can no longer come."""
        data = self.data
        place = data.find(b"\r\n\r\n", max(0, self._searched - 3))
        if place < 0:
            begin = 2 if data[:2] == b"\r\n" else 0  # one empty line may stand before the request
            line = data.find(b"\r\n", begin)
            self._searched, searched = len(data), max(0, self._searched - 1)
            if line < 0:  # within the first line
                return len(data) > LONGEST_LINE + 2 or NOT_TEXT.search(data, searched) is not None or data.find(b"\n", begin) >= 0
            return not REQUEST_LINE.match(data, begin) or len(data) > LONGEST_HEAD or BARE_LINE_FEED.search(data, searched) is not None
        self.head = place + 4
        head = bytes(data[: self.head])
        coded = CODED.search(head)
        length = CONTENT_LENGTH.search(head)
        if coded and (length or coded[1].strip(b" \t").lower() != b"chunked"):
            self._end = self.head  # two lengths, or no coding that is known here
        elif coded:
            self._chunk = self.head
        else:
            size = int(length[1]) if length else 0
            self._end = self.head + (size if size <= self.largest_body else 0)  # too large a body is refused unread
        self.expects = EXPECTS.search(head) is not None
        return True

    def _is_last_chunk_here(self) -> bool:
        data = self.data
        while len(data) <= 2 * self.largest_body + LONGEST_HEAD:  # chunks of a byte or two are mostly framing
            line = data.find(b"\r\n", self._chunk)
            if line < 0:
                return len(data) - self._chunk > LONGEST_LINE + 2 or BEGUN_SIZE.fullmatch(data, self._chunk) is None
            told = CHUNK_SIZE.fullmatch(data, self._chunk, line)
            size = int(told[1], 16) if told else LARGEST_SIZE + 1
            if size > LARGEST_SIZE:
                return True
            begin = line + 2
            if size == 0:  # the last one; trailers may follow
                ended = data.startswith(b"\r\n", begin) or data.find(b"\r\n\r\n", begin) >= 0
                return ended or len(data) - begin > LONGEST_HEAD
            if self._body + min(size, len(data) - begin) > self.largest_body:
                return True
            if len(data) < begin + size + 2:
                return False
            if data[begin + size : begin + size + 2] != b"\r\n":
                return True
            self._body += size
            self._chunk = begin + size + 2
        return True
