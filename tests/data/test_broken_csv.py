"""Twenty-five and more kinds of broken CSV: each is an error that names row or column, or a documented good reading."""

import codecs
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlrun.config import Config
from dlrun.data.load import load_dataset
from dlrun.errors import DataError, DlrunError

GOOD = "name,size,y\nkim,1.5,0\nlee,2.5,1\npark,3.5,0\nchoi,4.5,1\n"
Configure = Callable[..., Config]

# kind: (bytes, read options, what the message must hold)
ERRORS: dict[str, tuple[bytes, dict[str, Any], str]] = {
    "empty file": (b"", {}, "rows.csv: is empty"),
    "blank lines only": (b"\n\n  \n", {}, "rows.csv: is empty"),
    "header only": (b"name,size,y\n", {}, "rows.csv: has a header but no rows below it"),
    "a row too long": (GOOD.replace("2.5,1", "2.5,1,9").encode(), {}, "rows.csv:3: row 2 has 4 fields, not 3 like"),
    "a row too short": (GOOD.replace("2.5,1", "2.5").encode(), {}, "rows.csv:3: row 2 has 2 fields, not 3 like"),
    "first row too long": (GOOD.replace("1.5,0", "1.5,0,9").encode(), {}, "rows.csv:2: row 1 has 4 fields"),
    "all rows too long": (
        b"size,y\nkim,1.5,0\nlee,2.5,1\n",
        {},
        "rows.csv:2: row 1 has 3 fields, not 2 like the header",
    ),
    "separators at the ends": (b"size,y\n1.5,0,\n2.5,1,\n", {}, "rows.csv:2: row 1 has 3 fields, not 2"),
    "cut off in the last line": (
        GOOD[:-5].encode(),
        {},
        "rows.csv:5: row 4 has 2 fields, not 3 like the header. It is the",
    ),
    "an unquoted comma": (b"name,y\nkim,0\nlee, park,1\n", {}, "must stand in quotes"),
    "an open quote": (
        GOOD.replace("lee", '"lee').encode(),
        {},
        "rows.csv:3: row 2 has 1 field, not 3 like the header. Its",
    ),
    "an open quote in the last field": (b'y,name\n1,kim\n2,"lee\n3,park\n', {}, "rows.csv:3: a quote opens here"),
    "a name twice": (b"size,size,y\n1,2,3\n", {}, "column names appear more than once: 'size' (2 times)"),
    "a name in two forms": (
        f"나이,{unicodedata.normalize('NFD', '나이')},y\n1,2,3\n".encode(),
        {},
        "different Unicode forms",
    ),
    "NUL bytes": (GOOD.replace("lee", "l\0ee").encode(), {}, "rows.csv:3: holds a NUL byte"),
    "utf-16 without a mark": (GOOD.encode("utf-16-le"), {}, "write read: {encoding: utf-16}"),
    "cp949 not told": (
        "이름,y\n김,1\n이,2\n".encode("cp949"),
        {},
        "rows.csv:1: is not utf-8: byte 0xc0 at 0. Write read: {encoding: cp949}",
    ),
    "latin-1 not told": (
        "name,y\nkim,1\nRené,2\n".encode("latin-1"),
        {},
        "rows.csv:3: is not utf-8: byte 0xe9 at 16. Write read: {encoding: latin-1}",
    ),
    "told the wrong encoding": (
        "이름,y\n김,1\n".encode(),
        {"encoding": "ascii"},
        "is not ascii: byte 0xec at 0. Write read: {encoding: utf-8}",
    ),
    "cp949 told as euc-kr": ("이름,y\n펲시,1\n".encode("cp949"), {"encoding": "euc-kr"}, "rows.csv:2: is not euc_kr"),
    "told cp949 with a mark": (
        codecs.BOM_UTF8 + GOOD.encode(),
        {"encoding": "cp949"},
        "begins with the byte order mark of utf-8",
    ),
    "cut off in a letter": ("y,이름\n1,김".encode()[:-1], {}, "rows.csv:2: is not utf-8"),
    "whole numbers beyond 64 bits": (
        b"id,y\n1,2\n99999999999999999999,3\n",
        {},
        "column 'id' holds a whole number beyond 64 bits: 99999999999999999999 in row 2",
    ),
    "whole numbers beyond 63 bits": (
        b"id,y\n1,2\n18446744073709551615,3\n",
        {},
        "column 'id' holds a whole number beyond 64 bits",
    ),
    "infinity in a feature": (b"a,y\n1,2\ninf,3\n", {}, "column 'a' is infinite in row 2 (line 3) of"),
    "a number too large": (b"a,y\n1,2\n1e999,3\n", {}, "column 'a' is infinite in row 2 (line 3) of"),
    "infinity in the target": (b"a,y\n1,2\n\n2,-inf\n", {}, "column 'y' is infinite in row 2 (line 4) of"),
    "another separator": (b"a;y\n1;2\n", {}, 'Write read: {sep: ";"}'),
    "a date that is none": (
        b"d,y\n2019-01-01,2\n31/12/2019,3\n",
        {"parse_dates": ["d"]},
        "column 'd': '31/12/2019' in row 2 is no ISO time",
    ),
    "a date of another form": (
        b"d,y\n2019-01-01,2\n01/02/2019,3\n",
        {"parse_dates": ["d"], "date_format": "%d/%m/%Y"},
        "'2019-01-01' in row 1 is no time of the form %d/%m/%Y",
    ),
    "a dtype that does not fit": (
        b"a,y\n1,2\nx,3\n",
        {"dtype": {"a": "int64"}},
        "column 'a': 'x' in row 2 is no number",
    ),
    "names that do not fit": (b"1,2,3\n4,5,6\n", {"header": None, "names": ["a", "y"]}, "2 names for the 3 columns"),
    "no header told, a row too short": (
        b"1,2,3\n4,5\n",
        {"header": None, "names": ["a", "b", "y"]},
        "rows.csv:2: row 2 has 2 fields",
    ),
    "a column without any value": (b"a,b,y\n,1,2\n,2,3\n", {}, "column 'a' has no value in any training row"),
    "no label at all": (b"a,y\n1,\n2,\n", {}, "no row has a value in 'y'"),
    "names instead of categories": (GOOD.encode(), {}, "text column 'name' has 4 different values in 4 training rows"),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_a_broken_file_is_an_error_that_says_where(kind: str, configure: Configure, tmp_path: Path) -> None:
    content, read, said = ERRORS[kind]
    (tmp_path / "rows.csv").write_bytes(content)
    with pytest.raises(DlrunError) as caught:
        load_dataset(configure({"read": read} if read else {}))
    assert said in str(caught.value)
    assert all("\n" not in str(problem) for problem in caught.value.problems)
    if "names that" not in kind:
        assert isinstance(caught.value, DataError)
        assert caught.value.exit_code == 3


@pytest.mark.parametrize("kind", ERRORS)
def test_training_on_a_broken_file_leaves_nothing(
    kind: str, configure: Configure, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from dlrun.cli import run

    content, read, _ = ERRORS[kind]
    (tmp_path / "rows.csv").write_bytes(content)
    configure({"read": read} if read else {})
    code = run(["train", str(tmp_path / "config.yaml"), "--runs-dir", str(tmp_path / "runs")])
    assert code == (2 if "names that" in kind else 3)
    assert "Traceback" not in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml", "rows.csv"]


# kind: (bytes, read options, the first column read from it)
READINGS: dict[str, tuple[bytes, dict[str, Any], list[object]]] = {
    "a byte order mark": (codecs.BOM_UTF8 + b"a,y\n1,2\n3,4\n", {}, [1, 3]),
    "a byte order mark, utf-8 told": (codecs.BOM_UTF8 + b"a,y\n1,2\n3,4\n", {"encoding": "utf-8"}, [1, 3]),
    "utf-16 with a mark": ("a,y\n1,2\n3,4\n".encode("utf-16"), {}, [1, 3]),
    "Windows line ends": (b"a,y\r\n1,2\r\n3,4\r\n", {}, [1, 3]),
    "old Mac line ends": (b"a,y\r1,2\r3,4\r", {}, [1, 3]),
    "blank lines": (b"\na,y\n\n1,2\n   \n3,4\n\n", {}, [1, 3]),
    "a line end in quotes": (b'a,y\n"x\nz",2\n"x\nz",3\nw,4\nw,5\nw,4\n', {}, ["x\nz", "x\nz", "w", "w", "w"]),
    "a quote in a text": (
        b'a,y\n"5"" pipe",2\n"5"" pipe",3\nx,4\nx,5\nx,5\n',
        {},
        ['5" pipe', '5" pipe', "x", "x", "x"],
    ),
    "a text among numbers": (b"a,y\n1,2\n-,3\n-,4\n1,5\n-,5\n", {}, ["1", "-", "-", "1", "-"]),
    "missing values": (b"a,y\n1,2\n,3\nNA,4\n", {}, [1.0, None, None]),
    "no missing values told": (b"a,y\nNA,2\nNA,3\nNA,3\n", {"keep_default_na": False}, ["NA", "NA", "NA"]),
    "other missing values": (b"a,y\n1,2\n_,3\n", {"na_values": ["_"]}, [1.0, None]),
    "a comma for the point": (b"a;y\n1,5;2\n2,5;3\n", {"sep": ";", "decimal": ","}, [1.5, 2.5]),
    "thousands": (b'a,y\n"1,500",2\n"2,500",3\n', {"thousands": ","}, [1500, 2500]),
    "comments": (b"# made by hand\na,y\n1,2 # first\n3,4\n", {"comment": "#"}, [1, 3]),
    "lines above the header": (b"made by hand\n\na,y\n1,2\n3,4\n", {"skiprows": 1}, [1, 3]),
    "a second header line": (b"x,x\na,y\n1,2\n3,4\n", {"header": 1}, [1, 3]),
    "any number of spaces": (b"a   y\n1  2\n 3 4\n", {"sep": r"\s+"}, [1, 3]),
    "spaces after the separator": (b"a, y\n1, 2\n3, 4\n", {"skipinitialspace": True}, [1, 3]),
    "zeros in front": (
        b"a,y\n007,2\n007,3\n010,4\n010,5\n010,5\n",
        {"dtype": {"a": "str"}},
        ["007", "007", "010", "010", "010"],
    ),
    "booleans": (b"a,y\nTrue,2\nFalse,3\n", {}, [True, False]),
    "booleans in words": (b"a,y\nja,2\nnein,3\n", {"true_values": ["ja"], "false_values": ["nein"]}, [True, False]),
    "booleans with a gap": (b"a,y\nTrue,2\n,3\nTrue,3\n", {}, ["True", None, "True"]),
    "whole numbers of 63 bits": (b"a,y\n9223372036854775807,2\n1,3\n", {}, [2**63 - 1, 1]),
    "names in place of a header": (b"p,q\n1,2\n3,4\n", {"header": 0, "names": ["a", "y"]}, [1, 3]),
}


@pytest.mark.parametrize("kind", READINGS)
def test_an_odd_file_is_read_as_documented(kind: str, configure: Configure, tmp_path: Path) -> None:
    content, read, expected = READINGS[kind]
    (tmp_path / "rows.csv").write_bytes(content)
    frame = load_dataset(configure({"read": read} if read else {})).parts["train"].frame
    assert list(frame.columns) == ["a", "y"]
    assert [None if cell != cell else cell for cell in frame["a"].tolist()] == expected


def test_a_file_cut_off_in_its_last_field_is_noted(configure: Configure, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(b"a,y\n1,25\n2,2")
    notes = load_dataset(configure({})).notes
    assert any("rows.csv does not end with a line end; if it was cut off" in note for note in notes)


def test_valid_utf8_read_as_latin1_is_noted(configure: Configure, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("이름,y\n1,2\n2,3\n", encoding="utf-8")
    notes = load_dataset(configure({"read": {"encoding": "latin-1"}})).notes
    assert any(
        "was read as latin-1 because the config says so; it is valid utf-8" in n or "iso8859" in n for n in notes
    )
