"""Files that are broken at random: what comes out is a table, or one of our own errors."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlrun.config import Config
from dlrun.data.load import load_dataset
from dlrun.data.read import read_table
from dlrun.errors import DataError, DlrunError

DATA = Path(__file__).parents[2] / "configs" / "data"
FILES = sorted(DATA.glob("*.csv"))
SPICE = [
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"inf",
    b"nan",
    b"\xb0\xa1",
    b";",
    b" ",
    b"1e999",
    b"99999999999999999999",
]


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """A file of the project with some bytes put in, left out, or doubled, or its end cut off."""
    content = bytearray(draw(st.sampled_from(FILES)).read_bytes()[:3000])
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        kind = draw(st.sampled_from(["put", "leave", "double", "cut"]))
        if kind == "put":
            content[at:at] = draw(st.sampled_from(SPICE))
        elif kind == "leave":
            del content[at : at + draw(st.integers(1, 30))]
        elif kind == "double":
            content[at:at] = content[at : at + draw(st.integers(1, 60))]
        else:
            del content[max(at, 1) :]
    return bytes(content)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(mutants(), st.binary(max_size=80)), target=st.sampled_from(["0", "3", "4"]))
def test_a_mutant_is_read_or_refused(
    configure: Callable[..., Config], tmp_path: Path, content: bytes, target: str
) -> None:
    (tmp_path / "rows.csv").write_bytes(content)
    config = configure({"read": {"header": None}, "target": target, "split": {"test": 0.2}})
    try:
        dataset = load_dataset(config)
    except DlrunError as error:
        assert error.exit_code in (2, 3)
        assert all(str(problem) for problem in error.problems)
    else:
        widths = {len(table.frame.columns) for table in dataset.parts.values()}
        assert len(widths) == 1


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=mutants())
def test_no_row_is_lost_or_shifted_in_silence(configure: Callable[..., Config], tmp_path: Path, content: bytes) -> None:
    """A file that is read has as many rows as it has records, by the csv module."""
    import csv
    import io

    (tmp_path / "rows.csv").write_bytes(content)
    try:
        table, _ = read_table([tmp_path / "rows.csv"], configure({}))
    except DlrunError:
        return
    text = content.decode("utf-8-sig")
    records = [row for row in csv.reader(io.StringIO(text, newline="")) if len(row) > 1 or "".join(row).strip()]
    assert len(table) == len(records) - 1
    assert {len(row) for row in records} == {len(table.frame.columns)}


@pytest.mark.parametrize(("name", "make"), [
    ("d.npz", lambda path: np.savez(path, x=np.zeros((4, 2)), y=np.arange(4))),
    ("d.parquet", lambda path: pd.DataFrame({"a": [1, 2], "y": [1, 2]}).to_parquet(path)),
    ("d.xlsx", lambda path: pd.DataFrame({"a": [1, 2], "y": [1, 2]}).to_excel(path, index=False)),
])  # fmt: skip
def test_a_binary_file_cut_off_anywhere_is_refused(
    name: str, make: Callable[[Path], Any], configure: Callable[..., Config], tmp_path: Path
) -> None:
    path = tmp_path / name
    make(path)
    whole = path.read_bytes()
    for end in np.linspace(0, len(whole) - 1, 25).astype(int):
        path.write_bytes(whole[:end])
        with pytest.raises(DataError):
            read_table([path], configure({}))
