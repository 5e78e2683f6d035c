"""`cv`: its folds are scikit-learn's, its table is arithmetic."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.model_selection import KFold, StratifiedKFold, TimeSeriesSplit

from dlrun.cli import run
from dlrun.data.load import load_dataset
from dlrun.training.folds import with_folds

pytestmark = pytest.mark.usefixtures("without_plots")

SMALL = """
data: {source: rows.csv, target: y, split: {test: 0.25, seed: 3}}
preprocessing: {numeric: standard}
layers: [{Dense: 1}]
compile: {optimizer: sgd, loss: mse}
fit: {epochs: 2}
"""
CLASSES = SMALL.replace("target: y", "target: c").replace("Dense: 1", "Dense: {units: 2, activation: softmax}")
CLASSES = CLASSES.replace("loss: mse", "loss: sparse_categorical_crossentropy")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in: `a.yaml` predicts numbers, `c.yaml` two classes."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"x": random.normal(size=60), "y": random.normal(size=60), "g": np.arange(60) // 6})
    frame["c"] = np.where(np.arange(60) % 3 == 0, "no", "yes")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "a.yaml").write_text(SMALL)
    (tmp_path / "c.yaml").write_text(CLASSES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows_of(config: object) -> dict[str, list[int]]:
    return {part: table.frame.index.tolist() for part, table in load_dataset(config).parts.items()}  # type: ignore[arg-type]


def test_folds_of_numbers_are_those_of_kfold(folder: Path) -> None:
    configs = with_folds("a.yaml", 4, repeats=2)
    assert [(c.name, c.data.split.fold) for c in configs if c.data] == [("a-cv", n) for n in (1, 2, 3, 4)] * 2
    expected = [
        (train.tolist(), test.tolist())
        for seed in (3, 4)
        for train, test in KFold(4, shuffle=True, random_state=seed).split(np.zeros(60))
    ]
    assert [(rows["train"], rows["test"]) for rows in map(rows_of, configs)] == expected


def test_folds_of_classes_are_stratified_unless_it_is_refused(folder: Path) -> None:
    labels = pd.read_csv("rows.csv")["c"]
    expected = StratifiedKFold(5, shuffle=True, random_state=3).split(labels, labels)
    assert [rows_of(c)["test"] for c in with_folds("c.yaml", 5)] == [test.tolist() for _, test in expected]
    plain = KFold(5, shuffle=True, random_state=3).split(labels)
    found = with_folds("c.yaml", 5, ["data.split.stratify=false"])
    assert [rows_of(c)["test"] for c in found] == [test.tolist() for _, test in plain]


def test_folds_in_order_are_those_of_time_series_split(folder: Path) -> None:
    changes = ["data.split.shuffle=false", "data.split.test=8", "data.split.max_train_size=12", "data.split.embargo=2"]
    expected = TimeSeriesSplit(3, test_size=8, max_train_size=12, gap=2).split(np.zeros(60))
    found = [(rows["train"], rows["test"]) for rows in map(rows_of, with_folds("a.yaml", 3, changes))]
    assert found == [(train.tolist(), test.tolist()) for train, test in expected]


def test_validation_rows_are_cut_from_what_is_left(folder: Path) -> None:
    for config in with_folds("a.yaml", 5, ["data.split.validation=0.25"]):
        rows = rows_of(config)
        assert {part: len(own) for part, own in rows.items()} == {"train": 36, "validation": 12, "test": 12}
        assert sorted(row for own in rows.values() for row in own) == list(range(60))


def test_folds_by_group(folder: Path) -> None:
    groups = pd.read_csv("rows.csv")["g"].to_numpy()
    tests = [rows_of(c)["test"] for c in with_folds("a.yaml", 5, ["data.split.group=g"])]
    assert sorted(row for own in tests for row in own) == list(range(60))
    assert all(len(set(groups[own])) == 2 for own in tests)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["a.yaml", "data.split.column=g"], "split.folds has no meaning with split.column"),
        (["a.yaml", "--repeats", "2", "data.split.shuffle=false"], "one way only to cut folds in order of time"),
        (["a.yaml", "data.split.max_train_size=9"], "max_train_size has no meaning where rows are shuffled"),
    ],
)
def test_what_cannot_be(folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str) -> None:
    assert run(["cv", *words]) == 2
    assert told in capsys.readouterr().err
    assert not Path("runs").exists()


def test_a_fold_alone_needs_both_keys(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "a.yaml", "data.split.folds=3"]) == 2
    assert "which of the folds is the test part?" in capsys.readouterr().err
    assert run(["check", "a.yaml", "data.split.fold=3"]) == 2
    assert "no meaning without split.folds" in capsys.readouterr().err
    assert run(["check", "a.yaml", "data.split.folds=3", "data.split.fold=4"]) == 2
    assert "there is no fold 4 of 3" in capsys.readouterr().err


@pytest.mark.slow
def test_the_table_is_arithmetic(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cv", "a.yaml", "--folds", "3", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    runs, (summary,) = document["runs"], document["summary"]
    assert [Path(one["run"]).name[:-3] for one in runs] == ["a-cv-"] * 3
    values = np.array([one["test"]["rmse"] for one in runs])
    found = summary["metrics"]["rmse"]
    assert (found["mean"], found["std"]) == (pytest.approx(values.mean()), pytest.approx(values.std(ddof=1)))
    # Nadeau and Bengio: 20 test rows to 40 training rows.
    half = stats.t.ppf(0.975, 2) * values.std(ddof=1) * (1 / 3 + 20 / 40) ** 0.5
    assert (found["low"], found["high"]) == pytest.approx((values.mean() - half, values.mean() + half))
    scalers = [json.loads(Path(one["run"], "preprocessing.json").read_text("utf-8")) for one in runs]
    assert len({json.dumps(scaler) for scaler in scalers}) == 3  # learned in each fold from its own training rows
    capsys.readouterr()
    assert run(["cv", "c.yaml", "--folds", "2", "--repeats", "2", "--jobs", "1"]) == 0
    out = capsys.readouterr().out
    assert "fold 2 (seed 4)" in out and "4 folds, each judged on rows that it was not trained on" in out
