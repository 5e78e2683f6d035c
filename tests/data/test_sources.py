import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.csv as pa_csv
import pytest

from dlrun.config import Config
from dlrun.data.read import read_table
from dlrun.data.table import Table
from dlrun.errors import ConfigError, DataError, DlrunError

Configure = Callable[..., Config]
FRAME = pd.DataFrame(
    {
        "a": [1, 2, 3],
        "b": [0.5, None, 1.5],
        "name": ["kim", None, "lee"],
        "day": pd.to_datetime(["2019-01-01", "2019-01-02", "2019-01-03"]),
        "ok": [True, False, True],
    }
)


@pytest.fixture
def read(configure: Configure, tmp_path: Path) -> Callable[..., Table]:
    def run(*names: str, **options: Any) -> Table:
        config = configure({"source": "x.csv", **({"read": options} if options else {})})
        return read_table([tmp_path / name for name in names], config)[0]

    return run


def cells(table: Table, column: str) -> list[object]:
    return [None if cell != cell else cell for cell in table.frame[column].tolist()]


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet", ".xlsx", ".jsonl", ".CSV", ".Parquet"])
def test_every_format_gives_the_same_table(ending: str, read: Callable[..., Table], tmp_path: Path) -> None:
    path = tmp_path / f"rows{ending}"
    {
        ".csv": lambda: FRAME.to_csv(path, index=False),
        ".tsv": lambda: FRAME.to_csv(path, index=False, sep="\t"),
        ".parquet": lambda: FRAME.to_parquet(path, index=False),
        ".xlsx": lambda: FRAME.to_excel(path, index=False),
        ".jsonl": lambda: FRAME.to_json(path, orient="records", lines=True, date_format="iso"),
    }[ending.lower()]()
    table = read(f"rows{ending}", parse_dates=["day"])
    assert list(table.frame.columns) == ["a", "b", "name", "day", "ok"]
    assert cells(table, "a") == [1, 2, 3]
    assert cells(table, "b") == [0.5, None, 1.5]
    assert cells(table, "name") == ["kim", None, "lee"]
    assert cells(table, "ok") == [True, False, True]
    assert cells(table, "day") == list(FRAME["day"])
    kinds = [column.dtype.kind for _, column in table.frame.items()]
    assert kinds == ["i", "f", "O", "M", "b"]


def test_npz_keys_are_columns_and_several_axes_a_tensor(read: Callable[..., Table], tmp_path: Path) -> None:
    images = np.arange(24, dtype=np.uint8).reshape(3, 2, 4)
    np.savez(tmp_path / "d.npz", x=images, y=np.array([0, 1, 2]), who=np.array(["a", "b", "c"]))
    table = read("d.npz")
    assert list(table.frame.columns) == ["y", "who"]
    assert cells(table, "who") == ["a", "b", "c"]
    assert (table.columns(["x"])["x"] == images).all()


def test_tensors_of_several_files_follow_their_rows(read: Callable[..., Table], tmp_path: Path) -> None:
    np.savez(tmp_path / "1.npz", x=np.zeros((2, 3)), y=[0, 1])
    np.savez(tmp_path / "2.npz", x=np.ones((1, 3)), y=[2])
    table = read("*.npz")
    assert table.columns(["x"])["x"].tolist() == [[0.0] * 3, [0.0] * 3, [1.0] * 3]


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("a pickle was opened",))


def test_a_pickle_inside_npz_is_refused_unopened(read: Callable[..., Table], tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.array([Evil()], dtype=object))
    with pytest.raises(DataError, match="key 'x' holds Python objects"):
        read("d.npz")


@pytest.mark.parametrize("name", ["x.pkl", "x.PICKLE", "x.joblib"])
def test_pickles_are_refused_with_the_formats(name: str, read: Callable[..., Table], tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(pickle.dumps(1))
    with pytest.raises(
        DataError, match=r"dlrun reads csv, tsv, txt, data, parquet, xlsx, jsonl, npz, and images .*\. Pickles run code"
    ):
        read(name)


def test_lists_of_numbers_in_jsonl_and_parquet_are_tensors(read: Callable[..., Table], tmp_path: Path) -> None:
    rows = [{"v": [1, 2], "y": 0}, {"v": [3, 4], "y": 1}]
    (tmp_path / "r.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    pd.DataFrame(rows).to_parquet(tmp_path / "r.parquet")
    for name in ("r.jsonl", "r.parquet"):
        assert read(name).columns(["v"])["v"].tolist() == [[1, 2], [3, 4]]


BROKEN: dict[str, tuple[str, bytes, str]] = {
    "a parquet that is none": ("r.parquet", b"PAR1 no", "is no whole parquet file"),
    "an xlsx that is none": ("r.xlsx", b"a,b\n1,2\n", "is no xlsx file. Save it as .xlsx"),
    "an npz that is none": ("r.npz", b"PK\x03\x04 no", "is no whole npz file"),
    "an empty npz": ("r.npz", b"", "is no whole npz file"),
    "a line that is no JSON": ("r.jsonl", b'{"a": 1}\n{"a": \n', "r.jsonl:2: is no JSON"),
    "a line that is no object": ("r.jsonl", b'{"a": 1}\n[1]\n', "r.jsonl:2: holds no JSON object"),
    "NaN in JSON": ("r.jsonl", b'{"a": NaN}\n', "NaN is no JSON; write null"),
    "a key twice": ("r.jsonl", b'{"a": 1, "a": 2}\n', "a key appears twice"),
    "lists of different lengths": ("r.jsonl", b'{"a": [1]}\n{"a": [1, 2]}\n', "lists of different lengths"),
    "a mapping in a cell": ("r.jsonl", b'{"a": {"b": 1}}\n', "column 'a' holds a dict in row 1"),
    "an empty jsonl": ("r.jsonl", b"\n", "is empty"),
    "a format that is unknown": ("r.xls", b"", "cannot read"),
    "a compressed file": ("r.csv.gz", b"", "cannot read"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_of_another_format_is_an_error(kind: str, read: Callable[..., Table], tmp_path: Path) -> None:
    name, content, said = BROKEN[kind]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        read(name)
    assert said in str(caught.value)


def test_npz_arrays_of_different_lengths_are_an_error(read: Callable[..., Table], tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=[1, 2], y=[1])
    with pytest.raises(DataError, match=r"different numbers of rows: 'x' 2, 'y' 1"):
        read("d.npz")


def test_a_sheet_by_name_and_an_unknown_one(read: Callable[..., Table], tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "r.xlsx") as book:
        FRAME[["a"]].to_excel(book, sheet_name="first", index=False)
        FRAME[["b"]].to_excel(book, sheet_name="second", index=False)
    assert list(read("r.xlsx", sheet_name="second").frame.columns) == ["b"]
    assert list(read("r.xlsx", sheet_name=1).frame.columns) == ["b"]
    with pytest.raises(ConfigError, match=r"read\.sheet_name: no sheet 'secnd'\. Did you mean 'second'"):
        read("r.xlsx", sheet_name="secnd")


def test_text_and_numbers_in_one_column_of_a_sheet_are_text(read: Callable[..., Table], tmp_path: Path) -> None:
    pd.DataFrame({"a": [1, "x", 2.5]}).to_excel(tmp_path / "r.xlsx", index=False)
    assert cells(read("r.xlsx"), "a") == ["1", "x", "2.5"]


def test_files_are_stacked_in_order_and_rows_numbered(read: Callable[..., Table], tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("y,a\n3,c\n", encoding="utf-8")
    (tmp_path / "a.csv").write_text("a,y\na,1\nb,2.5\n", encoding="utf-8")
    table = read("*.csv")
    assert list(table.frame.columns) == ["a", "y"]
    assert table.frame.index.tolist() == [0, 1, 2]
    assert cells(table, "y") == [1.0, 2.5, 3.0]
    assert table.origins is not None
    assert [(record.path.name, record.rows) for record in table.origins.records] == [("a.csv", 2), ("b.csv", 1)]
    assert table.origins.row(2).endswith("b.csv")
    assert table.origins.row(2).startswith("row 1 (line 2) of ")


def test_a_column_empty_in_one_file_is_that_of_the_other(read: Callable[..., Table], tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("a,y\n,1\n", encoding="utf-8")
    (tmp_path / "2.csv").write_text("a,y\nx,1\n", encoding="utf-8")
    assert cells(read("1.csv", "2.csv"), "a") == [None, "x"]


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("a,z\n1,2\n", "it lacks y and has z besides"),
        ("a,y\nx,2\n", "column 'a' is not the same in all files: numbers and text"),
    ],
)
def test_files_that_differ_are_an_error(second: str, said: str, read: Callable[..., Table], tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("a,y\n1,2\n", encoding="utf-8")
    (tmp_path / "2.csv").write_text(second, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read("1.csv", "2.csv")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rws.csv", "Did you mean"),
        ("nothing*.csv", "no file matches"),
        ("folder.csv", "is a folder"),
        ("no/rows.csv", "There is no folder"),
    ],
)
def test_a_file_that_is_not_there(name: str, said: str, read: Callable[..., Table], tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a\n1\n", encoding="utf-8")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError) as caught:
        read(name)
    assert said in str(caught.value)


def test_a_url_is_refused(configure: Configure) -> None:
    with pytest.raises(DataError, match="no URLs"):
        read_table(["http://localhost/rows.csv"], configure({}))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"encoding": "utf-9"}, "data.read.encoding: unknown encoding 'utf-9'"),
        ({"encoding": "base64"}, "data.read.encoding: unknown encoding 'base64'"),
        ({"sep": "ab"}, "data.read.sep: a separator is one character"),
        ({"usecols": ["a", "yy"]}, "data.read.usecols: no column 'yy' in"),
        ({"parse_dates": ["d"]}, "data.read.parse_dates: no column 'd' in"),
        ({"dtype": {"q": "str"}}, "data.read.dtype: no column 'q' in"),
        ({"dtype": {"a": "flaot"}}, "data.read.dtype.a: unknown dtype 'flaot'. Did you mean 'float'?"),
        ({"names": ["a", "a"]}, "data.read.names: a name appears more than once"),
    ],
)
def test_a_read_option_that_does_not_fit(
    options: dict[str, Any], said: str, read: Callable[..., Table], tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text("a,y\n1,2\n", encoding="utf-8")
    with pytest.raises(DlrunError) as caught:
        read("rows.csv", **options)
    assert said in str(caught.value)


def test_usecols_keeps_the_files_order(read: Callable[..., Table], tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b,c\n1,2,3\n", encoding="utf-8")
    assert list(read("rows.csv", usecols=["c", "a"]).frame.columns) == ["a", "c"]


@pytest.mark.parametrize("options", [{}, {"comment": "#"}])
def test_a_file_is_opened_once_and_parsed_once(
    options: dict[str, Any], read: Callable[..., Table], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, parsed = [], []
    open_path = Path.open

    def counting_open(path: Path, *args: Any, **options: Any) -> Any:
        opened.append(path.name)
        return open_path(path, *args, **options)

    def counting(read_csv: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            parsed.append(args)
            return read_csv(*args, **options)

        return call

    (tmp_path / "rows.csv").write_text("a,b\n" + "1.5,2\n" * 200, encoding="utf-8")
    monkeypatch.setattr(pd, "read_csv", counting(pd.read_csv))
    monkeypatch.setattr(pa_csv, "read_csv", counting(pa_csv.read_csv))
    monkeypatch.setattr(Path, "open", counting_open)
    assert len(read("rows.csv", **options).frame) == 200
    assert opened.count("rows.csv") == 1
    assert len(parsed) == 1
