from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.console.text import clean, count, digits_for, duration, metrics_line, number, safe_lines


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("plain", "plain"),
        ("가격 [/x] [bold]", "가격 [/x] [bold]"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("bell\x07 del\x7f c1\x9b", "bell del c1"),
        ("right\u202eto left", "rightto left"),
        ("zero\u200bwidth", "zerowidth"),
        (12, "12"),
    ],
)
def test_clean(given_text: object, shown: str) -> None:
    assert clean(given_text) == shown


@given(st.text(max_size=40))
@settings(deadline=None, max_examples=200)
def test_clean_leaves_nothing_that_steers_a_terminal(text: str) -> None:
    shown = clean(text)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in shown)
    assert clean(shown) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0.0000"),
        (0.79104, "0.7910"),
        (1.0, "1.0000"),
        (3.9731, "3.973"),
        (21.884, "21.88"),
        (123.456, "123.5"),
        (12345.6, "12,346"),
        (-3.9731, "-3.973"),
        (0.00012345, "0.000123"),
        (2.5e-9, "2.5e-09"),
        (None, "–"),
        (float("nan"), "–"),
        (float("inf"), "–"),
    ],
)
def test_number(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_numbers_beside_each_other_have_the_same_digits() -> None:
    assert digits_for([0.5, None, 12.0]) == 2
    assert digits_for([]) == 4
    assert number(0.5, 2) == "0.50"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.7, "1:00 min"), (185, "3:05 min"), (7800, "2:10 h")],
)
def test_duration(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_count() -> None:
    assert [count(1, "row"), count(1024, "row"), count(2, "class", "classes")] == ["1 row", "1,024 rows", "2 classes"]


def test_metrics_line() -> None:
    assert metrics_line({"loss": 0.25, "val_loss": 31.5}) == "loss 0.2500  val_loss 31.50"


def test_lines_are_cleaned_for_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "row,가격\n1,\x1b]0;title\x07[bold]\u202e\n"
    assert safe_lines(text) == text
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert safe_lines(text) == "row,가격\n1,]0;title[bold]\n"
