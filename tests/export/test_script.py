"""What scripts say, told by running their parts on small tables, and what cannot be said."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlrun.config import Config, load_config
from dlrun.data.load import load_dataset
from dlrun.errors import ConfigError
from dlrun.export.facts import facts_of_config
from dlrun.export.script import script
from dlrun.training.prepare import adapt
from dlrun.training.rows import inputs_of, labels_of, row_numbers

HEAD = """\
seed: 5
data:
  source: rows.csv
"""
TAIL = """
layers:
  - Dense: {units: 4, activation: relu}
  - Dense: %s
compile: {loss: %s}
fit: {epochs: 2%s}
"""


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """A table rows.csv with numbers, gaps, categories, a clock and labels; the working folder is its own."""
    generator = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "a": generator.normal(size=80),
            "b": generator.integers(0, 4, 80).astype(float),
            "무게": generator.exponential(size=80),
            "kind": generator.choice(["x", "y", "z"], 80),
            "part": generator.choice(["train", "validation", "test"], 80),
            "group": np.arange(80) // 5,
            "day": pd.date_range("2020-01-01", periods=80).astype(str),
            "label": generator.choice(["no", "yes"], 80, p=[0.7, 0.3]),
            "y": generator.normal(size=80) + 3,
            "mixed": pd.date_range("2021-01-01", periods=80)[generator.permutation(80)].astype(str),
        }
    )
    frame.loc[::9, "a"] = np.nan
    frame.loc[5::11, "kind"] = None
    frame.to_csv(tmp_path / "rows.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return frame


def config_of(data: str, preprocessing: str, target: str = "y", fit: str = "") -> Config:
    last = "1" if target == "y" else "{units: 1, activation: sigmoid}"
    loss = "mse" if target == "y" else "binary_crossentropy"
    text = f"{HEAD}  target: {target}\n{data}{preprocessing}{TAIL % (last, loss, fit)}"
    Path("c.yaml").write_text(text, encoding="utf-8")
    return load_config(Path("c.yaml"))


def run_rows(config: Config) -> dict[str, Any]:
    """Run a script up to where the network begins, and return its variables."""
    source = script(config, facts_of_config(config), Path.cwd())
    tree = ast.parse(source)
    end = next(
        place
        for place, node in enumerate(tree.body)
        if isinstance(node, ast.Expr) and ast.unparse(node).startswith("keras.utils.set_random_seed")
    )
    kept = [n for n in tree.body[:end] if "tf.config" not in ast.unparse(n) and not _is_heavy(n)]
    found: dict[str, Any] = {}
    exec(compile(ast.Module(kept, []), "script.py", "exec"), found)
    return found


def _is_heavy(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom) and ast.unparse(node).split()[1] in ("keras", "tensorflow")


SPLITS = [
    "split: {test: 0.2, validation: 0.2}",
    "split: {test: 10}",
    "split: {validation: 0.25, seed: 9}",
    "split: {test: 0.2, validation: 7, shuffle: false}",
    "split: {test: 0.2, validation: 0.2, stratify: kind}",
    "split: {test: 0.2, validation: 0.2, group: group}",
    "split: {column: part}",
    "split: {time: day, validation: 2020-02-01, test: 2020-03-01}",
    "split: {time: day, test: 0.2, validation: 0.1}",
    "split: {time: day, test: 0.2, validation: 0.1, embargo: 3}",
    "split: {time: day, validation: 2020-02-01, test: 2020-03-01, embargo: 2}",
    "split: {shuffle: false, test: 0.2, validation: 0.1, embargo: 4}",
    "split: {folds: 4, fold: 2}",
    "split: {folds: 4, fold: 4, validation: 0.25, seed: 7}",
    "split: {folds: 3, fold: 3, validation: 0.2, stratify: kind}",
    "split: {folds: 4, fold: 1, validation: 0.2, group: group}",
    "split: {folds: 4, fold: 2, shuffle: false}",
    "split: {folds: 4, fold: 3, time: mixed, embargo: 2}",
    "split: {folds: 4, fold: 3, time: mixed, test: 5, validation: 0.2, embargo: 3, max_train_size: 30}",
]


@pytest.mark.parametrize("split", SPLITS)
def test_the_parts_have_the_same_rows(rows: pd.DataFrame, split: str) -> None:
    config = config_of(f"  features: [b]\n  prepare: [{{fill: {{kind: none}}}}]\n  {split}\n", "")
    dataset = load_dataset(config)
    found = run_rows(config)
    for part, table in dataset.parts.items():
        assert found[part].index.tolist() == row_numbers(table).tolist(), part


STEPS = [
    ("numeric: [{impute: mean}, standard]", "features: [a, kind, b]"),
    ("numeric: [{impute: {constant: 2}}, {min_max: {feature_range: [-1, 1]}}]", "features: [a, b]"),
    ("columns: {a: [missing_indicator, {impute: median}, robust], 무게: [log1p, standard]}", "features: [a, b, 무게]"),
    ("numeric: [{impute: median}, {power: {standardize: false}}]", "features: [a, 무게]"),
    ("numeric: [{quantile: {n_quantiles: 20}}]", "features: [무게, b]"),
    ("numeric: [{bucketize: {num_bins: 4}}]", "features: [무게]"),
    ("numeric: [{bucketize: {boundaries: [0.5, 1.0]}}, one_hot]", "features: [무게]"),
    ("numeric: [{clip: {min: 0.5, max: 2}}]", "features: [무게, b]"),
    ("categorical: [{impute: most_frequent}, {one_hot: {drop: first}}]", "features: [b, kind]\n  categorical: [b]"),
    ("categorical: [{impute: most_frequent}, ordinal]", "features: [kind, 무게]"),
    ("categorical: [{impute: {constant: 빈}}, {hash: 5}]", "features: [무게, kind]"),
    ("categorical: [{hash: 3}, one_hot]", "features: [b, 무게]\n  categorical: [b]"),
    ("numeric: [standard]", "features: [b, day]\n  time: day"),
]


@pytest.mark.parametrize(("steps", "features"), STEPS)
def test_the_inputs_are_the_same(rows: pd.DataFrame, steps: str, features: str) -> None:
    default = "" if "categorical:" in steps else "  categorical: [{impute: most_frequent}, one_hot]\n"
    config = config_of(f"  {features}\n  split: {{test: 0.3}}\n", f"preprocessing:\n  {steps}\n{default}")
    dataset = load_dataset(config)
    preprocessor = adapt(config, dataset)
    found = run_rows(config)
    for part, table in dataset.parts.items():
        wanted = inputs_of(preprocessor, table)["features"]
        np.testing.assert_allclose(found[f"x_{part}"], wanted, rtol=1e-6, atol=1e-7)
        assert found[f"x_{part}"].dtype == wanted.dtype
        np.testing.assert_array_equal(found[f"y_{part}"], labels_of(preprocessor, table)[""])


def test_encoded_features_may_go_into_an_input_alone(rows: pd.DataFrame) -> None:
    text = f"{HEAD}  target: y\n  prepare: [{{fill: {{kind: none}}}}]\n  split: {{test: 0.3}}\n"
    text += f"inputs:\n  one: [b, kind_y]\n  two: [무게]\n{TAIL % (1, 'mse', '')}"
    text = text.replace("layers:\n", "layers:\n  - Concatenate:\n    inputs: [one, two]\n")
    Path("c.yaml").write_text(text, encoding="utf-8")
    config = load_config(Path("c.yaml"))
    wanted = inputs_of(adapt(config, dataset := load_dataset(config)), dataset.parts["test"])
    found = run_rows(config)["x_test"]
    assert list(found) == ["one", "two"]
    for name, array in wanted.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-6)


PREPARES = [
    "{replace: {b: {0: null, 3: 7}, kind: {x: 왼쪽}}}",
    "{derive: {c: b / (b - 1) + 무게 ** 2, d: log(b) - -b * (1 + b)}}",
    "{filter: 'b > 1 and not kind == \"x\" or 무게 in [1, 2] or b < 무게 <= 2'}",
    "{date_parts: {column: day, parts: [year, month, week, weekday, weekend, dayofyear]}}",
    "{datetime: {t: [day, b]}}",
    "{datetime: {t: {column: day, format: '%Y-%m-%d'}}}",
    "{lag: {b: [1, 2]}}",
    "{shift: {next: {column: b, rows: -1}}}",
    "{sort_by: {b: descending, 무게: ascending}}",
    "{sort_by: {무게: descending}}",
    "{rename: {b: c, a: b}}",
    "{map: {kind: {x: 1, y: 2, z: 3}}}",
    "{drop_missing: [a, kind]}",
    "{drop_duplicates: [b, kind]}",
    "reverse_rows",
    "{fill: {a: 0, kind: none}}",
    "{drop: [a]}",
    "{interpolate: [a]}",
    "{interpolate: a}, {drop_missing: [a]}, {derive: {c: a * 2}}",
    "{sort_by: {무게: descending}}, {interpolate: [a]}",
    "{sort_by: kind}, {interpolate: [a]}",
    "{fill: {a: ffill, kind: bfill}}, {filter: 무게 > 0.2}",
    "{to_number: {kind: missing}}, {fill: {a: bfill}}",
]


@pytest.mark.parametrize("split", ["", "  split: {test: 0.3, validation: 0.2}\n"])
@pytest.mark.parametrize("step", PREPARES)
def test_prepare_steps_do_the_same(rows: pd.DataFrame, step: str, split: str) -> None:
    check_parts(config_of(f"  features: [무게]\n  prepare: [{step}]\n{split}", ""))


def check_parts(config: Config) -> None:
    found = run_rows(config)
    for part, table in load_dataset(config).parts.items():
        wanted = table.frame
        assert found[part].index.tolist() == wanted.index.tolist()
        assert list(found[part].columns) == list(wanted.columns)
        for name in wanted:
            ours, theirs = found[part][name], wanted[name]
            if theirs.dtype.kind in "iufb":
                np.testing.assert_allclose(ours.astype(float), theirs.astype(float), rtol=1e-12)
            else:
                assert ours.isna().tolist() == theirs.isna().tolist()
                assert ours.dropna().astype(str).tolist() == theirs.dropna().astype(str).tolist()


@pytest.mark.parametrize("keep", ["", "evaluate: {imputed_labels: true}\n"])
def test_a_label_that_was_filled_in_is_none(rows: pd.DataFrame, keep: str) -> None:
    rows.loc[::7, "y"] = np.nan
    rows.to_csv("rows.csv", index=False)
    split = "  split: {time: day, test: 0.3, validation: 0.2}\n"
    check_parts(config_of(f"  features: [b]\n  prepare: [{{interpolate: [a, y]}}]\n{split}", keep))


def test_labels_and_weights_of_two_classes(rows: pd.DataFrame) -> None:
    config = config_of(
        "  features: [b]\n  split: {test: 0.3}\n", "evaluate: {positive: 'no'}\n", "label", ", class_weight: balanced"
    )
    found = run_rows(config)
    train = found["train"]["label"]
    np.testing.assert_array_equal(found["y_train"][:, 0], (train == "no").astype("float32"))
    counts = train.value_counts()
    np.testing.assert_allclose(found["weights"], [len(train) / (2 * counts[label]) for label in train], rtol=1e-6)


@pytest.mark.parametrize("how", ["oversample", "undersample"])
def test_resampled_rows_are_dlruns(rows: pd.DataFrame, how: str) -> None:
    from dlrun.preprocessing.resample import resample_rows

    config = config_of("  features: [b]\n  split: {test: 0.3}\n", f"preprocessing: {{resample: {how}}}\n", "label")
    labels = load_dataset(config).parts["train"].frame["label"].to_numpy()
    assert run_rows(config)["chosen"].tolist() == resample_rows(config, labels, config.seed).tolist()


def test_everything_that_cannot_be_written_is_told_at_once(rows: pd.DataFrame) -> None:
    config = config_of(
        "  features: [b, sure]\n  prepare: [{replace: {y: {3: null}}}, {interpolate: [y]}, {derive: {sure: b > 1}}]\n",
        "preprocessing: {columns: {sure: [{hash: 3}]}}\ncallbacks: [{BackupAndRestore: {backup_dir: backup}}]\n",
    )
    with pytest.raises(ConfigError) as raised:
        script(config, facts_of_config(config), Path.cwd())
    told = [str(problem) for problem in raised.value.problems]
    assert len(told) == 3 and "fill gaps of the target y" in told[0] and "hash" in told[1]
    assert "BackupAndRestore" in told[2]
    assert all("a script cannot do this" in line for line in told)


HOSTILE = ["'); print('x'); ('", '"""', "\\", "{0}", "#\n'", "a\u2028b", "__import__('os').system('x')", "${x}"]


def test_hostile_names_stay_text(rows: pd.DataFrame) -> None:
    frame = pd.DataFrame({name.replace("\n", " "): range(40) for name in HOSTILE}).assign(y=np.arange(40) / 7)
    frame["c"] = [HOSTILE[place % 5] for place in range(40)]
    frame.to_csv("rows.csv", index=False)
    config = config_of("  split: {test: 0.3}\n", "preprocessing: {numeric: standard}\n")
    source = script(config, facts_of_config(config), Path.cwd())
    tree = ast.parse(source)
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert {name.replace("\n", " ") for name in HOSTILE} <= strings
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not calls & {"__import__", "__import__('os').system"}
    assert sum(name == "print" for name in calls) == 1
    dataset = load_dataset(config)
    wanted = inputs_of(adapt(config, dataset), dataset.parts["test"])["features"]
    np.testing.assert_allclose(run_rows(config)["x_test"], wanted, rtol=1e-6)
