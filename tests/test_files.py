"""Strict JSON, and files that the user named."""

from __future__ import annotations

import json
import os
import stat
import threading
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun import files
from dlrun.errors import DiskError
from dlrun.files import json_text, parse_json, write_output


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_json_holds_every_text_and_steers_no_terminal(text: str) -> None:
    written = json_text({"text": text, text: 1})
    assert parse_json(written)["text"] == text
    assert parse_json(written.encode("utf-8").decode("utf-8")) == json.loads(json.dumps({"text": text, text: 1}))


def test_what_is_hidden_is_escaped_and_what_is_seen_is_not() -> None:
    hidden = "\x1b[31m \x7f \x9b2J \u202e \u200b \u2028 \ufeff \ud800"
    written = json_text([hidden, "한글 é 👍"])
    assert parse_json(written) == [hidden, "한글 é 👍"]
    assert "한글 é 👍" in written
    assert {c for c in written if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} == {"\n"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes")
def test_a_pipe_or_a_device_is_written_into_and_stays_what_it_is(tmp_path: Path) -> None:
    pipe, heard = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()))
    reader.start()
    write_output(pipe, b"one")
    reader.join()
    write_output(Path("/dev/null"), [b"one", b"two"])
    with pytest.raises(DiskError, match="cannot write /dev/full: No space left on device"):
        write_output(Path("/dev/full"), b"one")
    assert heard == [b"one"]
    assert pipe.is_fifo()
    assert all(Path("/dev", name).is_char_device() for name in ("null", "full"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes")
def test_a_link_of_the_systems_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """/dev/stdout is such a one, to whatever the shell has put there: a pipe, a file."""
    monkeypatch.setattr(files, "_OF_THE_SYSTEM", (tmp_path,))
    pipe, held, link = tmp_path / "pipe", tmp_path / "held", tmp_path / "link"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    held.touch()
    for target in (pipe, held):
        link.symlink_to(target)
        write_output(link, b"one")
        assert link.readlink() == target
        link.unlink()
    assert [os.read(reader, 9), held.read_bytes()] == [b"one", b"one"]
    os.close(reader)


def test_a_link_is_replaced_and_what_it_names_is_left_alone(tmp_path: Path) -> None:
    held, link = tmp_path / "held", tmp_path / "link"
    held.write_bytes(b"held")
    for target in (held, tmp_path / "nothing", Path("/dev/null")):
        link.symlink_to(target)
        write_output(link, b"new")
        assert stat.S_ISREG(link.lstat().st_mode)
        link.unlink()
    assert [held.read_bytes(), (tmp_path / "nothing").exists()] == [b"held", False]
