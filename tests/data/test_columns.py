import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlrun.config import Config, load_config
from dlrun.data.columns import base_column, columns_of
from dlrun.data.load import load_dataset
from dlrun.errors import ConfigError

Configure = Callable[..., Config]
CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_peek_tells_what_reading_gives(path: Path) -> None:
    config = load_config(path)
    table = load_dataset(config).parts["train"]
    assert sorted(columns_of(config) or []) == sorted([*table.frame.columns, *table.tensors])


STEPS: list[dict[str, Any]] = [
    {"drop": "a"},
    {"rename": {"a": "z"}},
    {"derive": {"d": "a + b", "e": "d * 2"}},
    {"datetime": {"t": "day"}},
    {"date_parts": {"column": "day", "parts": ["weekday", "week"]}},
    {"lag": {"a": [1, 2], "b": 1}},
    {"shift": {"n": {"column": "a", "rows": -1}}},
    {"shift": {"a": -1}},
    {"fill": {"a": 0}},
    {"filter": "a > 1"},
    {"sort_by": "b"},
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: next(iter(step)))
def test_the_peek_follows_every_step(step: dict[str, Any], configure: Configure, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [3, 2, 1], "day": ["2019-01-01"] * 3, "y": [1, 2, 3]})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    config = configure({"prepare": [step], "features": ["b"]})
    assert columns_of(config) == list(load_dataset(config).parts["train"].frame.columns)


@pytest.mark.parametrize(
    ("name", "content", "read", "expected"),
    [
        ("r.csv", "a,b\n1,2\n".encode("utf-8-sig"), {}, ["a", "b"]),
        ("r.csv", "이름,나이\n김,1\n".encode("cp949"), {"encoding": "cp949"}, ["이름", "나이"]),
        ("r.csv", "이름,나이\n김,1\n".encode("cp949"), {}, None),
        ("r.tsv", b"a\tb\n1\t2\n", {}, ["a", "b"]),
        ("r.txt", b"# c\n\na b\n1 2\n", {"comment": "#", "sep": r"\s+"}, ["a", "b"]),
        ("r.csv", b"1,2,3\n", {"header": None}, ["0", "1", "2"]),
        ("r.csv", b"1,2\n", {"header": None, "names": ["p", "q"]}, ["p", "q"]),
        ("r.csv", b"1,2\n", {"names": ["p", "q"]}, ["p", "q"]),
        ("r.csv", b"x\na,b\n1,2\n", {"skiprows": 1}, ["a", "b"]),
        ("r.csv", b"a,b,c\n", {"usecols": ["c", "a"]}, ["a", "c"]),
        ("r.csv", b"a,a\n", {}, None),
        ("r.csv", b"", {}, None),
        ("r.jsonl", b'{"a": 1}\n', {}, None),
        ("r.npz", b"nothing", {}, None),
    ],
)
def test_the_peek_at_a_file(
    name: str, content: bytes, read: dict[str, Any], expected: list[str] | None, configure: Configure, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    assert columns_of(configure({"source": name, **({"read": read} if read else {})})) == expected


def test_a_header_longer_than_the_peek_is_not_guessed(configure: Configure, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(",".join(f"column_{n}" for n in range(20000)) + "\n", encoding="utf-8")
    assert columns_of(configure({})) is None


def test_npz_keys(configure: Configure, tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.zeros((2, 2)), y=[1, 2])
    assert columns_of(configure({"source": "d.npz"})) == ["x", "y"]


def test_what_depends_on_rows_is_not_told(configure: Configure, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,y\n1,2\n", encoding="utf-8")
    assert columns_of(configure({"prepare": [{"drop_columns": {"missing": 0.5}}]})) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [("ShelveLoc", "ShelveLoc"), ("ShelveLoc_Good", "ShelveLoc"), ("a_b_c", "a_b"), ("a_x", "a"), ("z", "z")],
)
def test_an_encoded_name_stands_for_its_column(name: str, expected: str) -> None:
    assert base_column(name, ["ShelveLoc", "a", "a_b"]) == expected


def test_the_peek_imports_nothing_heavy() -> None:
    code = (
        "import sys; from dlrun.config import load_config; from dlrun.data.columns import columns_of;"
        f"assert columns_of(load_config({str(CONFIGS / 'titanic.yaml')!r}));"
        "heavy = {'numpy', 'pandas', 'pyarrow', 'sklearn', 'tensorflow', 'keras'} & set(sys.modules);"
        "sys.exit(', '.join(sorted(heavy)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


WRONG_STEPS: list[tuple[dict[str, Any], str]] = [
    ({"drop": ["aa"]}, "data.prepare[1].drop: no column 'aa'. Did you mean 'a'?"),
    ({"rename": {"aa": "z"}}, "data.prepare[1].rename: no column 'aa'"),
    ({"replace": {"aa": {1: 2}}}, "data.prepare[1].replace: no column 'aa'"),
    ({"to_number": {"aa": "missing"}}, "no column 'aa'"),
    ({"derive": {"c": "a +"}}, "data.prepare[1].derive.c: expected a column"),
    ({"derive": {"c": "a + aa"}}, "data.prepare[1].derive.c: no column 'aa'"),
    ({"filter": "aa > 1"}, "data.prepare[1].filter: no column 'aa'"),
    ({"filter": ["a > 1", "aa > 1"]}, "data.prepare[1].filter[1]: no column 'aa'"),
    ({"shift": {"n": {"column": "aa", "rows": 1}}}, "data.prepare[1].shift.n: no column 'aa'"),
    ({"shift": {"aa": 1}}, "data.prepare[1].shift.aa: no column 'aa'"),
    ({"datetime": {"t": ["aa", "a", "a"]}}, "data.prepare[1].datetime.t: no column 'aa'"),
    ({"datetime": {"t": {"column": "aa", "format": "%Y"}}}, "data.prepare[1].datetime.t: no column 'aa'"),
    ({"date_parts": {"column": "aa", "parts": ["day"]}}, "data.prepare[1].date_parts.column: no column 'aa'"),
    ({"sort_by": {"aa": "descending"}}, "data.prepare[1].sort_by: no column 'aa'"),
    ({"drop_missing": ["aa"]}, "data.prepare[1].drop_missing: no column 'aa'"),
]


@pytest.mark.parametrize(("step", "said"), WRONG_STEPS)
def test_a_step_that_cannot_work_is_found_without_reading_rows(
    step: dict[str, Any], said: str, configure: Configure, tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text("a,y\n1,2\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        columns_of(configure({"prepare": [{"derive": {"b": "a * 2"}}, step]}))
    assert said in str(caught.value)
    with pytest.raises(ConfigError) as at_run:
        load_dataset(configure({"prepare": [{"derive": {"b": "a * 2"}}, step]}))
    assert said in str(at_run.value)


def test_what_is_wrong_elsewhere_is_told_with_it(configure: Configure, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,y\n1,2\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        columns_of(configure({"target": "yy", "prepare": [{"drop": ["aa"]}, {"derive": {"b": "bb"}}]}))
    assert len(caught.value.problems) == 3
