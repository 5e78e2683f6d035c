"""What pyarrow reads is what pandas reads, to the last bit; what might differ is left to pandas."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dlrun.config import Config
from dlrun.data.read import typed
from dlrun.data.sources import plain_text, text
from dlrun.data.sources.layout import layout_of
from dlrun.data.sources.source import Source
from dlrun.errors import DlrunError

CELLS = [
    "", "0", "1", "-1", "+5", "007", "1.5", ".5", "1.", "1e3", "1E-300", "1e999", "-0.0", "0.1234567890123456789", "1e",
    "9223372036854775807", "9223372036854775808", "9007199254740993", "99999999999999999999", "0x1F", "1_000", "inf",
    "-inf", "+inf", "Infinity", "iNf", "nan", "NaN", "NAN", "+nan", "NA", "N/A", "None", "NULL", "null", "<NA>", "#N/A",
    "True", "true", "TRUE", "False", "FALSE", "kim", "lee", "박", "Réné", " ", " 1", "1 ", " 1.5", " kim", "2019-01-01",
    "10:30", '"kim, x"', '"a ""b"" c"', '"1"', '""', '"NA"', 'a"b', '"x\ny"', "-", "+", ".", "e5", "1,5", "5%", "١",
    "\t", "1\t", "\xa01", "\u30001",
]  # fmt: skip
cell = st.sampled_from(CELLS)
number = st.one_of(
    st.integers(-(2**64), 2**64).map(str),
    st.floats(allow_nan=False).map(repr),
    st.tuples(st.floats(-1e6, 1e6), st.integers(0, 25)).map(lambda pair: f"{pair[0]:.{pair[1]}f}"),
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file whose columns have cells of their own few kinds, and now and then something odd."""
    width, length = draw(st.integers(1, 3)), draw(st.integers(1, 12))
    pools = [st.one_of(st.sampled_from(draw(st.lists(cell, min_size=1, max_size=3))), number) for _ in range(width)]
    odd = draw(st.sampled_from([0, 0, 0, 1]))
    lines = [",".join(f"c{i}" for i in range(width))]
    for _ in range(length):
        cells = [draw(pool) for pool in pools]
        lines.append(
            draw(st.sampled_from(["", " ", "1,2,3,4", '"', ",,"])) if odd and draw(st.booleans()) else ",".join(cells)
        )
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    return (end.join(lines) + draw(st.sampled_from([end, ""]))).encode(draw(st.sampled_from(["utf-8", "utf-8-sig"])))


def read_by_both(content: bytes, config: Config, path: Path) -> tuple[pd.DataFrame | None, pd.DataFrame | DlrunError]:
    assert config.data is not None
    source = Source(path, io.BytesIO(content), config)
    by_arrow = plain_text.read_plain(source, layout_of(path, config), {*config.data.read.dtype})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "read_plain", lambda *_: None)
        try:
            return by_arrow, typed(text.read_text(source).frame, config)
        except DlrunError as error:
            return by_arrow, error


OPTIONS: list[dict[str, Any]] = [
    {}, {}, {"keep_default_na": False}, {"na_values": ["kim"]}, {"dtype": {"c0": "str"}}, {"usecols": ["c0"]},
    {"header": None, "names": ["c0", "y"]}, {"skiprows": 1, "names": ["c0", "y"]},
]  # fmt: skip


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=files(), read=st.sampled_from(OPTIONS), size=st.sampled_from([1, 20, 60, 10_000]))
@example(content=b"c0,c1\n1,1\n+5,2\n1.5,3\n", read={}, size=1)
@example(content=b"c0,c1\nTrue,1\n,2\n", read={}, size=10_000)
def test_both_readers_give_the_same_table(
    configure: Callable[..., Config], tmp_path: Path, content: bytes, read: dict[str, Any], size: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_text, "BYTES", size)
        config = configure({"read": read} if read else {})
        plain, other = read_by_both(content, config, tmp_path / "rows.csv")
    if plain is not None:
        assert isinstance(other, pd.DataFrame), other
        pd.testing.assert_frame_equal(typed(plain, config), other, check_exact=True, check_index_type=False)


PLAIN: dict[str, tuple[str, dict[str, Any]]] = {
    "numbers": ("c0,c1\n1,2.5\n-3,1e-7\n", {}),
    "text in quotes": ('c0,c1\n1,"kim, x"\n2,"a ""b"""\n', {}),
    "a line end in quotes": ('c0,c1\n1,"x\nz"\n2,kim\n', {}),
    "missing values": ("c0,c1,c2\n1,,NA\n,2.5,kim\n", {}),
    "no value at all": ("c0,c1\n1,\n2,NA\n", {}),
    "Korean": ("이름,나이\n김,1\n박,2\n", {}),
    "Windows line ends": ("c0,c1\r\n1,2\r\n3,4\r\n", {}),
    "whole numbers, then others": ("c0,c1\n1,2\n1,2\n1.5,2\n", {}),
    "numbers read as text": ("c0,c1\n007,2\n1,3\n", {"dtype": {"c0": "str"}}),
    "another separator": ("c0;c1\n1;2\n", {"sep": ";"}),
    "no header": ("1,2\n3,4\n", {"header": None, "names": ["c0", "c1"]}),
    "a column alone of several": ("c0,c1\n1,x\n3,4\n", {"usecols": ["c0"]}),
    "blank lines": ("c0,c1\n\n1,2\n\n\n3,4\n", {}),
}


@pytest.mark.parametrize("size", [4, 10_000])
@pytest.mark.parametrize("kind", PLAIN)
def test_common_files_are_read_by_pyarrow(
    kind: str, size: int, configure: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, read = PLAIN[kind]
    monkeypatch.setattr(plain_text, "BYTES", size)
    config = configure({"read": read} if read else {})
    plain, other = read_by_both(content.encode(), config, tmp_path / "rows.csv")
    assert plain is not None
    assert isinstance(other, pd.DataFrame)
    pd.testing.assert_frame_equal(typed(plain, config), other, check_exact=True, check_index_type=False)
