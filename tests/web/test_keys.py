"""Keys are random, kept as digests, compared without telling how near a guess was, and read anew when their file changes."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path

import pytest

from service.web import keys
from service.web.keys import Keys

DIGEST = hashlib.sha256(b"secret").hexdigest()


def later(store: Keys) -> None:
    """As if the second had passed in which the file is not looked at again."""
    store._looked = 0.0


def test_a_new_key_is_found_by_its_entry_and_no_other_text_is() -> None:
    key, entry = keys.new("lms", "100/minute, 2000/hour", "2999-12-31")
    assert key not in entry
    store = Keys(entry)
    found = store.find(key)
    assert found is not None
    assert (found.name, [str(rate) for rate in found.rates or ()]) == ("lms", ["100/minute", "2000/hour"])
    assert not found.is_over(0)
    assert found.is_over(40_000_000_000)
    for wrong in (key[:-1], key + " ", key.upper(), entry, found.digest.hex(), "", "x" * 10_000, "\udcff"):
        assert store.find(wrong) is None


def test_keys_have_256_random_bits() -> None:
    made = {keys.new("a")[0] for _ in range(100)}
    assert len(made) == 100
    assert {len(key) for key in made} == {len(keys.PREFIX) + 43}  # 32 bytes in base64 without padding


def test_every_key_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that ended at the first match would tell where it stands."""
    compared: list[bytes] = []
    monkeypatch.setattr(keys.hmac, "compare_digest", lambda one, other: bool(compared.append(one)) or one == other)
    store = Keys("\n".join(f"k{i}:{hashlib.sha256(bytes([i])).hexdigest()}" for i in range(5)))
    for sent in ("\x00", "\x04", "none"):
        compared.clear()
        store.find(sent)
        assert len(compared) == 5


def test_comments_blanks_and_several_on_a_line() -> None:
    assert [key.name for key in keys.parse(f"# ours\n\na:{DIGEST} b:{DIGEST}:off # gone\nc:{DIGEST}::2030-01-01", "keys")] == [
        "a",
        "b",
        "c",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lms", "line 1: an entry is name:sha256"),
        ("ok:" + DIGEST + "\nlms:my-secret-key", "line 2: an entry is name:sha256"),
        (f"bad name!:{DIGEST}", "line 1: an entry is"),
        (f"lms:{DIGEST}:lots", "limits of lms must be off, or for instance 100/minute"),
        (f"lms:{DIGEST}::tomorrow", "last day of lms must be a date"),
        (f"lms:{DIGEST}\nlms:{DIGEST}", "line 2: a second key is called lms"),
    ],
)
def test_a_wrong_entry_is_named_and_not_quoted(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"API_KEYS, line.*{said}|API_KEYS, {said}") as refused:
        Keys(text)
    assert "my-secret-key" not in str(refused.value)
    assert DIGEST not in str(refused.value)


def test_a_file_is_read_anew_and_a_broken_one_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "keys"
    path.write_text(f"first:{DIGEST}\n")
    store = Keys(path=str(path))
    assert store.find("secret")
    path.write_text(f"second:{DIGEST}\n# longer")
    later(store)
    found = store.find("secret")
    assert found is not None
    assert found.name == "second"
    logging.getLogger("nabla").propagate = True
    for break_it in (lambda: path.write_text("oops my-secret-key"), lambda: os.unlink(path)):
        break_it()
        later(store)
        assert store.find("secret") == found
    logging.getLogger("nabla").propagate = False
    assert "my-secret-key" not in caplog.text


def test_a_missing_file_is_an_error_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="API_KEYS_FILE cannot be read"):
        Keys(path=str(tmp_path / "none"))


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert keys.main(["new", "lms", "5/minute", "2030-01-31"]) == 0
    written = capsys.readouterr()
    key = next(word for word in written.err.split() if word.startswith(keys.PREFIX))
    assert Keys(written.out).find(key)
    assert key not in written.out
    for wrong in ([], ["new"], ["old", "lms"], ["new", "bad name"], ["new", "lms", "lots"], ["new", "lms", "", "soon"]):
        assert keys.main(wrong) == 2
        assert capsys.readouterr().out == ""
