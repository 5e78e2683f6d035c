"""Strict JSON."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.files import json_text, parse_json


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
