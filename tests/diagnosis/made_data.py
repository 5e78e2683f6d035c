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
    _write_second(folder)
    _write_third(folder)


def _write_second(folder: Path) -> None:
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


def _write_third(folder: Path) -> None:
    """Write the American election of 1996, schools of California, and marriages, as they come with statsmodels."""
    from statsmodels.datasets import anes96, fair, star98

    votes = anes96.load_pandas().data.drop(columns=["logpopul"])
    marriages = fair.load_pandas().data.sample(1500, random_state=6)
    marriages["affair"] = (marriages.pop("affairs") > 0).astype(int)
    schools = star98.load_pandas().data
    above, below = schools.pop("NABOVE"), schools.pop("NBELOW")
    schools["share"] = 100 * above / (above + below)
    targets = {"votes": "vote", "marriages": "affair", "schools": "share"}
    for name, whole in (("votes", votes), ("marriages", marriages), ("schools", schools)):
        frame = whole.drop_duplicates().sample(frac=1, random_state=7)
        if targets[name] != "share":
            frame[targets[name]] = frame[targets[name]].astype(int)
        _write(folder, name, name, frame)
        _write(folder, f"{name}-third", name, frame.iloc[::3])
        shuffled = frame[targets[name]].sample(frac=1, random_state=8).to_numpy()
        _write(folder, f"{name}-shuffled", name, frame.assign(**{targets[name]: shuffled}))
        if targets[name] == "share":
            _write(folder, f"{name}-sorted", name, frame.sort_values("share"))
        else:
            rare = frame[targets[name]] == 1
            _write(folder, f"{name}-rare", name, frame[~rare | (rare.cumsum() <= 14)])


def _frame(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / FILES[name], header=None if name == "pima" else 0)


def _write(folder: Path, file: str, name: str, frame: pd.DataFrame) -> None:
    frame.to_csv(folder / f"{file}.csv", index=False, header=name != "pima")
