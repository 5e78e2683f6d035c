"""Data files that recipes need: shuffled targets, sorted rows, rare classes; made from the project's own files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

DATA = Path(__file__).parents[2] / "configs/data"
FILES = {
    "boston": "boston.csv",
    "iris": "iris.csv",
    "titanic": "titanic.0.csv",
    "heart": "heart_attack.csv",
    "pima": "pima-indians-diabetes.csv",
    "bike": "bike_sharing.csv",
}
TARGETS = {"boston": "medv", "iris": "Species", "titanic": "Survived", "heart": "target", "pima": 8, "bike": "cnt"}


def write_made_data(folder: Path) -> None:
    """Write all files into a folder, by the names that recipes use."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        _write(folder, name, name, _frame(name))
        shuffled = _frame(name)
        target = TARGETS[name]
        shuffled[target] = shuffled[target].sample(frac=1, random_state=1).to_numpy()
        _write(folder, f"{name}-shuffled", name, shuffled)
    _write(folder, "boston-sorted", "boston", _frame("boston").sort_values("medv"))
    _write(folder, "heart-sorted", "heart", _frame("heart").sort_values("target"))
    _write(folder, "pima-by-age", "pima", _frame("pima").sort_values(7, ascending=False))
    _write(folder, "heart-half", "heart", _frame("heart").iloc[::2])
    for name, file, rows in (("pima", "pima-rare", 25), ("pima", "pima-rarer", 15), ("titanic", "titanic-rare", 30),
                             ("heart", "heart-rare", 12)):  # fmt: skip
        frame = _frame(name)
        rare = frame[frame[TARGETS[name]] == 1].sample(rows, random_state=2)
        _write(folder, file, name, pd.concat([frame[frame[TARGETS[name]] == 0], rare]).sample(frac=1, random_state=3))
    iris = _frame("iris")
    last = iris["Species"].unique()[-1]
    few = pd.concat([iris[iris["Species"] != last], iris[iris["Species"] == last].head(8)])
    _write(folder, "iris-rare", "iris", few)
    _write_fresh(folder)


def _write_fresh(folder: Path) -> None:
    """Write wine, breast cancer and diabetes as they come with scikit-learn."""
    from sklearn import datasets

    loaders = {"wine": datasets.load_wine, "cancer": datasets.load_breast_cancer, "diabetes": datasets.load_diabetes}
    targets = {"wine": "kind", "cancer": "benign", "diabetes": "progress"}
    for name, load in loaders.items():
        frame = load(as_frame=True).frame.rename(columns={"target": targets[name]})
        frame.columns = [str(column).replace(" ", "_").replace("/", "_") for column in frame]
        frame = frame.sample(frac=1, random_state=4)
        _write(folder, name, name, frame)
        target = frame[targets[name]].sample(frac=1, random_state=5).to_numpy()
        _write(folder, f"{name}-shuffled", name, frame.assign(**{targets[name]: target}))
        if name != "diabetes":
            rare = frame[targets[name]] == 0
            _write(folder, f"{name}-rare", name, frame[~rare | (rare.cumsum() <= 9)])


def _frame(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / FILES[name], header=None if name == "pima" else 0)


def _write(folder: Path, file: str, name: str, frame: pd.DataFrame) -> None:
    frame.to_csv(folder / f"{file}.csv", index=False, header=name != "pima")
