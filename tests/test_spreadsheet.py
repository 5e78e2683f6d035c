"""Formulas in text, there and back."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun import spreadsheet
from dlrun.spreadsheet import csv_of, escape, unescape


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+SUM(1)", "'+SUM(1)"),
        ("-2+3", "'-2+3"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("-1.5", "-1.5"),
        ("+1e-3", "+1e-3"),
        ("-", "'-"),
        ("'tis", "'tis"),
        ("a=b", "a=b"),
        ("", ""),
        ("예", "예"),
    ],
)
def test_cells(text: str, cell: str) -> None:
    assert escape(text) == cell
    assert unescape(cell) == text


@settings(deadline=None, max_examples=500)
@given(st.text(alphabet="'=+-@\t\r\n\0＝a1.e", max_size=6) | st.text(max_size=20))
def test_every_text_comes_back(text: str) -> None:
    assert unescape(escape(text)) == text
    assert unescape(text) == text or escape(unescape(text)) == text


def test_numbers_are_never_touched() -> None:
    frame = pd.DataFrame({"=a": [-1, 2], "b": [-0.5, None], "c": ["=x", None], "d": [True, False], "e": [-1, "-x"]})
    assert csv_of(frame) == "'=a,b,c,d,e\n-1,-0.5,'=x,True,-1\n2,,,False,'-x\n"
    assert csv_of(frame, raw=True) == "=a,b,c,d,e\n-1,-0.5,=x,True,-1\n2,,,False,-x\n"
    assert next(iter(frame.columns)) == "=a" and frame["c"][0] == "=x"


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text(max_size=8).filter(lambda text: "\0" not in text), min_size=1, max_size=5))
def test_a_column_comes_back(texts: list[str]) -> None:
    header, *rows = csv.reader(io.StringIO(csv_of(pd.DataFrame({"x": texts, "y": 1})), newline=""))
    assert header == ["x", "y"]
    assert [unescape(row[0]) for row in rows] == texts


@pytest.mark.parametrize("num_rows", [0, 1, 3, 4, 10])
def test_pieces_make_the_whole(num_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "ROWS_AT_ONCE", 3)
    frame = pd.DataFrame({"row": range(num_rows), "y": [0.1 * i for i in range(num_rows)], "z": ["=a"] * num_rows})
    pieces = list(spreadsheet.csv_pieces(frame))
    assert len(pieces) == max(1, -(-num_rows // 3))
    assert b"".join(pieces).decode() == csv_of(frame)
    assert b"".join(spreadsheet.csv_pieces(frame, raw=True)).decode() == csv_of(frame, raw=True)


@pytest.mark.parametrize(
    "odd", ["2020-01-02", "2020-01-02T03", "2020-01-02T03:04:05.5", "2020-01-02T03:04:05.000006", "NaT"]
)
@pytest.mark.parametrize("place", [0, 5])
def test_pieces_write_times_as_the_whole(odd: str, place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "ROWS_AT_ONCE", 3)
    times = pd.Series(pd.date_range("2020-01-01", periods=7))
    times[place] = pd.Timestamp(odd)
    frame = pd.DataFrame({"time": times, "y": 1})
    assert b"".join(spreadsheet.csv_pieces(frame)).decode() == csv_of(frame)
