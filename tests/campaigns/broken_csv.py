"""Kinds of broken CSV, on ten files, at training and at prediction: an error that says where, or a documented reading.

Single broken files with their exact messages are in `tests/data/test_broken_csv.py`; here every kind meets every file.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.campaigns.frame import Campaign, share
from tests.campaigns.sample import ROOT, make_project

ERROR, SAME, EITHER = "an error", "the same table", "either"
SAYS_WHERE = re.compile(
    r"row \d|line \d|\.csv:\d|column|target '|no row has|the same '|\d rows|is empty|no rows|has a header but",
    re.IGNORECASE,
)
NUMBER = re.compile(r"-?\d+(\.\d+)?")


class Case(NamedTuple):
    """A file, the config that reads it, and how the file is written."""

    config: str
    overrides: tuple[str, ...] = ()
    sep: str = ","
    encoding: str = "utf-8"


CASES = {
    "boston": Case("configs/boston_8_1.yaml"),
    "boston, two inputs": Case("configs/boston_two_inputs.yaml"),
    "boston with semicolons": Case("configs/boston_linear.yaml", ('data.read.sep=";"',), ";"),
    "heart attack": Case("configs/heart_attack.yaml"),
    "heart, two outputs": Case("configs/heart_two_outputs.yaml"),
    "iris": Case("configs/iris_8_3.yaml"),
    "iris with tabs": Case("configs/iris_8_8_3.yaml", ('data.read.sep="\\t"',), "\t"),
    "titanic": Case("configs/titanic.yaml"),
    "fruit": Case("fruit.yaml"),
    "fruit in cp949": Case("fruit.yaml", ("data.read.encoding=cp949",), ",", "cp949"),
}


class Rows:
    """A file's records, and which columns are in use: `number` is a numeric feature, `target` a target."""

    def __init__(self, case: Case, text: str, features: Sequence[str], targets: Sequence[str]) -> None:
        self.case = case
        self.header, *self.rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
        self.target = self.header.index(targets[0])
        used = [self.header.index(name) for name in features if name in self.header]
        self.number = next(at for at in used if all(NUMBER.fullmatch(row[at]) or not row[at] for row in self.rows))
        self.middle = len(self.rows) // 2

    @property
    def is_utf8(self) -> bool:
        """Whether no encoding is told."""
        return self.case.encoding == "utf-8"

    def bytes(
        self, header: Sequence[str] | None = None, rows: Sequence[Sequence[str]] | None = None, **how: Any
    ) -> bytes:
        """Return header and rows, others if given, as a file of this case."""
        text = io.StringIO(newline="")
        options: dict[str, Any] = {"delimiter": self.case.sep, "lineterminator": "\n"} | how
        csv.writer(text, **options).writerows([header or self.header, *(self.rows if rows is None else rows)])
        return text.getvalue().encode(self.case.encoding)

    def with_row(self, change: Callable[[list[str]], list[str]]) -> bytes:
        """Return the file with the row in the middle changed."""
        rows = [*self.rows]
        rows[self.middle] = change([*rows[self.middle]])
        return self.bytes(rows=rows)

    def with_cell(self, column: int, cell: str) -> bytes:
        """Return the file with one cell changed."""
        return self.with_row(lambda row: [*row[:column], cell, *row[column + 1 :]])

    def with_column(self, column: int, cell: str) -> bytes:
        """Return the file with one value all over a column."""
        return self.bytes(rows=[[*row[:column], cell, *row[column + 1 :]] for row in self.rows])


def _put(rows: Rows, piece: bytes) -> bytes:
    whole = rows.bytes()
    at = whole.index(b"\n", len(whole) // 2) - 1
    return whole[:at] + piece + whole[at:]


def _columns(rows: Rows, order: Sequence[int]) -> bytes:
    return rows.bytes([rows.header[i] for i in order], [[row[i] for i in order] for row in rows.rows])


def _renamed(rows: Rows, column: int, name: str) -> bytes:
    return rows.bytes([*rows.header[:column], name, *rows.header[column + 1 :]])


def _with_forms(rows: Rows) -> bytes:
    names = [unicodedata.normalize(form, "가나") for form in ("NFC", "NFD")]
    content = rows.bytes([*rows.header, *names], [[*row, "1", "2"] for row in rows.rows]) if rows.is_utf8 else b""
    return content or rows.bytes([*rows.header, "x", "x"], [[*row, "1", "2"] for row in rows.rows])


def _numbers_of(rows: Rows) -> list[int]:
    return [i for i in range(len(rows.header)) if i != rows.number]


# kind: (the file, what comes of it at training, what at prediction)
KINDS: dict[str, tuple[Callable[[Rows], bytes], str, str]] = {
    "a row too long": (lambda r: r.with_row(lambda row: [*row, "1"]), ERROR, ERROR),
    "a row too short": (lambda r: r.with_row(lambda row: row[:-1]), ERROR, ERROR),
    "all rows too long": (lambda r: r.bytes(rows=[[*row, "1"] for row in r.rows]), ERROR, ERROR),
    "all rows too short": (lambda r: r.bytes(rows=[row[:-1] for row in r.rows]), ERROR, ERROR),
    "cut off in the last row": (lambda r: r.bytes(rows=[*r.rows[:-1], r.rows[-1][:1]]).rstrip(b"\n"), ERROR, ERROR),
    "cut off in the last cell": (lambda r: r.bytes()[:-2], EITHER, EITHER),
    "a name twice": (lambda r: _renamed(r, r.target, r.header[r.number]), ERROR, ERROR),
    "a name in two forms": (_with_forms, ERROR, ERROR),
    "a name is empty": (lambda r: _renamed(r, r.number, ""), EITHER, ERROR),
    "a name is another": (lambda r: _renamed(r, r.number, "other"), EITHER, ERROR),
    "a column is missing": (lambda r: _columns(r, _numbers_of(r)), EITHER, ERROR),
    "a byte that is no text": (lambda r: _put(r, b"\xff"), ERROR, ERROR),
    "a NUL byte": (lambda r: _put(r, b"\0"), ERROR, ERROR),
    "an open quote": (lambda r: r.bytes().replace(b"\n", b'\n"', 5), ERROR, ERROR),
    "another separator": (lambda r: r.bytes(delimiter="|"), ERROR, ERROR),
    "empty": (lambda r: b"", ERROR, ERROR),
    "a header only": (lambda r: r.bytes(rows=[]), ERROR, ERROR),
    "infinity": (lambda r: r.with_cell(r.number, "inf"), ERROR, ERROR),
    "a number too large": (lambda r: r.with_cell(r.number, "1e999"), ERROR, ERROR),
    "a whole number beyond 64 bits": (lambda r: r.with_cell(r.number, "9" * 25), EITHER, EITHER),
    "text among numbers": (lambda r: r.with_cell(r.number, "many"), EITHER, ERROR),
    "an empty cell": (lambda r: r.with_cell(r.number, ""), EITHER, EITHER),
    "no value in a column": (lambda r: r.with_column(r.number, ""), ERROR, EITHER),
    "a constant column": (lambda r: r.with_column(r.number, "1"), EITHER, EITHER),
    "no label": (lambda r: r.with_column(r.target, ""), ERROR, EITHER),
    "a label is missing": (lambda r: r.with_cell(r.target, ""), EITHER, EITHER),
    "one label only": (lambda r: r.with_column(r.target, r.rows[0][r.target]), EITHER, EITHER),
    "a label of its own": (lambda r: r.with_cell(r.target, "99"), EITHER, EITHER),
    "a row twice": (lambda r: r.bytes(rows=[*r.rows, r.rows[0]]), EITHER, EITHER),
    "one row": (lambda r: r.bytes(rows=r.rows[:1]), ERROR, EITHER),
    "columns in another order": (lambda r: _columns(r, range(len(r.header))[::-1]), EITHER, SAME),
    "a column more": (
        lambda r: r.bytes([*r.header, "more"], [[*row, str(n)] for n, row in enumerate(r.rows)]), EITHER, SAME
    ),
    "all in quotes": (lambda r: r.bytes(quoting=csv.QUOTE_ALL), SAME, SAME),
    "Windows line ends": (lambda r: r.bytes(lineterminator="\r\n"), SAME, SAME),
    "blank lines": (lambda r: r.bytes().replace(b"\n", b"\n\n", 20), SAME, SAME),
    "a byte order mark": (lambda r: codecs.BOM_UTF8 + r.bytes() if r.is_utf8 else r.bytes(), SAME, SAME),
    "utf-16": (lambda r: r.bytes().decode().encode("utf-16") if r.is_utf8 else r.bytes(), SAME, SAME),
}  # fmt: skip


class Known(NamedTuple):
    """What a case gives with its whole file."""

    rows: Rows
    features: Any
    preprocessor: Any
    inputs: Any


def attempt(trial: tuple[str, str, str], place: Path) -> str:
    """Read one broken file, for training or for prediction."""
    from dlrun.errors import DlrunError

    kind, name, when = trial
    known = _known(name, place)
    make, at_training, at_prediction = KINDS[kind]
    expected = at_training if when == "train" else at_prediction
    file = place / "rows.csv"
    file.write_bytes(make(known.rows))
    try:
        result = _train(name, place)[0] if when == "train" else _predict(known, name, place)
    except DlrunError as error:
        unclear = [str(problem) for problem in error.problems if not SAYS_WHERE.search(str(problem))]
        if error.exit_code not in (2, 3) or (error.exit_code == 2 and when == "predict"):
            return f"exit {error.exit_code}: {error}"
        if unclear:
            return f"says neither row nor column: {unclear[0]}"
        return f"expected {SAME}, got: {error}" if expected == SAME else ""
    if expected == ERROR:
        return "read without a word"
    if expected == SAME:
        return "" if _same(result, known.features if when == "train" else known.inputs) else "another table"
    return ""


def _same(found: Any, wanted: Any) -> bool:
    import numpy as np

    if not isinstance(found, dict):
        return bool(found.equals(wanted))
    return found.keys() == wanted.keys() and all(np.array_equal(found[k], wanted[k], equal_nan=True) for k in found)


def _config(name: str, place: Path) -> Any:
    from dlrun.config import load_config

    case = CASES[name]
    root = place.parent / "prepared" if case.config == "fruit.yaml" else ROOT
    return load_config(root / case.config, [*case.overrides, f'data.source="{place / "rows.csv"}"'])


def _train(name: str, place: Path) -> tuple[Any, Any, Any]:
    """Return the training rows' table, the preprocessor and the config."""
    from dlrun.data.load import load_dataset
    from dlrun.preprocessing.preprocessor import Preprocessor

    config = _config(name, place)
    dataset = load_dataset(config)
    train = dataset.parts["train"]
    columns = train.columns([*dataset.features, *dataset.targets])
    preprocessor = Preprocessor.adapt(config, columns, dataset.kinds, dataset.features, dataset.targets)
    for table in dataset.parts.values():
        preprocessor.apply(table.columns(preprocessor.features))
    return train.frame, preprocessor, config


def _predict(known: Known, name: str, place: Path) -> Any:
    from dlrun.data.load import load_new_table

    table = load_new_table([place / "rows.csv"], known.preprocessor.config, need_target=False)
    known.preprocessor.check_columns([*table.frame.columns, *table.tensors])
    return known.preprocessor.apply(table.columns(known.preprocessor.features), table.frame.index.to_numpy())


@cache
def _known(name: str, place: Path) -> Known:
    from dlrun.config import load_config

    case = CASES[name]
    root = place.parent / "prepared" if case.config == "fruit.yaml" else ROOT
    config = load_config(root / case.config)
    text = Path(config.data.source[0]).read_text("utf-8-sig")
    header = next(csv.reader(io.StringIO(text)))
    other = (*config.data.drop, *config.data.categorical, *config.data.target)
    features = [name for name in config.data.features or header if name not in other]
    rows = Rows(case, text, features, config.data.target)
    (place / "rows.csv").write_bytes(rows.bytes())
    frame, preprocessor, _ = _train(name, place)
    known = Known(rows, frame, preprocessor, None)
    return known._replace(inputs=_predict(known, name, place))


def trials(seed: int, fast: bool) -> list[tuple[str, str, str]]:
    """Return every kind with every file, at training and at prediction."""
    every = [(kind, name, when) for kind in KINDS for name in CASES for when in ("train", "predict")]
    return share(every, fast, 61)


CAMPAIGN = Campaign(
    "broken_csv", "A broken file is an error that says where, or read as documented.", trials, attempt, make_project
)
