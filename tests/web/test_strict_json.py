"""Hostile JSON: each text is refused with a declared code and a place, or read exactly."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from service.web import strict_json
from service.web.strict_json import DuplicateKey, NotJson

LONG = b" " * 3_000  # beyond the size up to which regular expressions do the looking

REFUSED = {
    "nothing": (b"", 400, "not-json"),
    "white space": (b" \n\t ", 400, "not-json"),
    "NaN": (b'{"order": NaN}', 400, "not-json"),
    "Infinity": (b'{"tolerance": Infinity}', 400, "not-json"),
    "minus infinity": (b'{"tolerance": -Infinity}', 400, "not-json"),
    "1e400": (b'{"tolerance": 1e400}', 400, "not-json"),
    "-1e400": (b'{"matrix": [[1, -1e400]]}', 400, "not-json"),
    "just beyond a double": (b'{"tolerance": 1.7976931348623159e308}', 400, "not-json"),
    "400 digits": (b'{"order": ' + b"9" * 400 + b"}", 400, "not-json"),
    "10000 digits": (b'{"order": ' + b"9" * 10_000 + b"}", 400, "not-json"),
    "a key twice": (b'{"order": 1, "order": 2}', 400, "duplicate-key"),
    "a key twice, long": (b'{"order": 1,' + LONG + b'"order": 2}', 400, "duplicate-key"),
    "a key twice, deep": (b'{"at": [{"x": 1, "x": 2}]}', 400, "duplicate-key"),
    "a key twice, escaped": (rb'{"order": 1, "\u006frder": 2}', 400, "duplicate-key"),
    "deep arrays": (b'{"matrix": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 413, "limit-exceeded"),
    "deep objects": (b'{"at": ' * 5_000 + b"1" + b"}" * 5_000, 413, "limit-exceeded"),
    "deep and never closed": (b"[" * 1_000_000, 413, "limit-exceeded"),
    "many arrays": (b'{"matrix": [' + b"[]," * 400_000 + b"[]]}", 413, "limit-exceeded"),
    "many keys, one of them twice": (b"{" + b",".join(b'"k%d":1' % (i % 99_999) for i in range(100_000)) + b"}", 400, "duplicate-key"),
    "many unknown keys": (b"{" + b",".join(b'"k%d":1' % i for i in range(100_000)) + b"}", 400, "invalid-input"),
    "a long unknown key": (b'{"' + b"k" * 1_000_000 + b'": 1}', 400, "invalid-input"),
    "a text that never ends, behind brackets": (b"[" * 100 + b'"' + b'\\"' * 500_000, 413, "limit-exceeded"),
    "a lone surrogate": (rb'{"label": "\ud800"}', 400, "not-json"),
    "surrogates the wrong way round": (rb'{"label": "\udc00\ud800"}', 400, "not-json"),
    "invalid UTF-8": (b'{"label": "\xff\xfe"}', 400, "not-json"),
    "an overlong encoding": (b'{"label": "\xc0\xaf"}', 400, "not-json"),
    "a control character": (b'{"label": "a\x00b"}', 400, "not-json"),
    "UTF-16": ('{"order": 1}'.encode("utf-16"), 400, "not-json"),
    "UTF-32": ('{"order": 1}'.encode("utf-32"), 400, "not-json"),
    "a byte order mark": (b'\xef\xbb\xbf{"order": 1}', 400, "not-json"),
    "a trailing comma": (b'{"order": 1,}', 400, "not-json"),
    "single quotes": (b"{'order': 1}", 400, "not-json"),
    "a comment": (b'{"order": 1 /* one */}', 400, "not-json"),
    "hexadecimal": (b'{"order": 0x10}', 400, "not-json"),
    "a leading zero": (b'{"order": 01}', 400, "not-json"),
    "a leading plus": (b'{"order": +1}', 400, "not-json"),
    "a bare point": (b'{"tolerance": .5}', 400, "not-json"),
    "Python's None": (b'{"order": None}', 400, "not-json"),
    "cut off": (b'{"order": ', 400, "not-json"),
    "two values": (b'{"order": 1} {"order": 2}', 400, "not-json"),
    "a pickle": (b"\x80\x04\x95\x00\x00", 400, "not-json"),
    "an array": (b"[1, 2]", 400, "invalid-input"),
    "a string": (b'"order"', 400, "invalid-input"),
    "a number": (b"12", 400, "invalid-input"),
    "null": (b"null", 400, "invalid-input"),
    "a key that is no field": (b'{"__proto__": {}}', 400, "invalid-input"),
    "an empty key": (b'{"": 1}', 400, "invalid-input"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_json_is_refused(client: FlaskClient, name: str) -> None:
    body, status, code = REFUSED[name]
    answer = client.post("/v1/trial", data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (status, code), answer.text
    assert len(answer.data) <= 4_000


READ = {
    "a large integer": b'{"a": 123456789012345678901234567890}',
    "a large integer, long": b'{"a":' + LONG + b"123456789012345678901234567890}",
    "2^53 + 1": b'{"a": 9007199254740993}',
    "2^64": b'{"a": [18446744073709551616, -18446744073709551617]}',
    "2^64, long": b'{"a":' + LONG + b"[-18446744073709551617]}",
    "many decimals": b'{"a": 0.1234567890123456789012345}',
    "many decimals, long": b'{"a":' + LONG + b"0.1234567890123456789012345}",
    "brackets in a text": b'{"a": "' + b"[" * 100 + b'", "b": "\\"' + b"{" * 100 + b'"}',
    "colons in a text": b'{"a": "x:y:z", "b": ["::"]}',
    "as deep as allowed": b"[" * 64 + b"]" * 64,
}


@pytest.mark.parametrize("name", READ)
def test_unusual_json_is_read_exactly(name: str) -> None:
    assert repr(strict_json.loads(READ[name])) == repr(json.loads(READ[name]))


def test_a_fault_has_its_place_and_what_would_be_right() -> None:
    with pytest.raises(NotJson) as caught:
        strict_json.loads("{\"ö\": 'x'}".encode())
    assert caught.value.span
    assert caught.value.span.start == 6
    assert caught.value.hint
    assert "double quotes" in caught.value.hint


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@settings(max_examples=60)
@given(VALUES, st.booleans())
def test_what_json_wrote_is_read_back(value: object, is_long: bool) -> None:
    text = json.dumps({"value": value}, ensure_ascii=False).encode() + (LONG if is_long else b"")
    assert repr(strict_json.loads(text)) == repr({"value": value})


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:0123456789.eE+-\\untrfalsNI ', max_size=60).map(str.encode))
def test_the_standard_library_agrees_on_what_is_json(text: bytes) -> None:
    """Nothing is read that json refuses, and nothing is read otherwise than json reads it."""
    try:
        value = strict_json.loads(text)
    except (NotJson, DuplicateKey):
        return
    assert repr(value) == repr(json.loads(text))
