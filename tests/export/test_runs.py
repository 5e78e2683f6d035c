"""Small configs of what the examples do not use, trained by dlrun and by their scripts: the same weights and scores."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlrun.config import load_config

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("without_plots")]
LEARN = "fit: {epochs: 2, batch_size: 16}\n"
DENSE = "layers: [{Dense: 4}, {Dense: {units: 1, activation: sigmoid}}]\n"
NUMBERS = f"compile: {{optimizer: adam, loss: mse}}\n{LEARN}"
CLASSES = f"compile: {{optimizer: adam, loss: binary_crossentropy}}\n{LEARN}"
WINDOW = """
layers: [{LSTM: 4}, {Dense: 1}]
preprocessing: {numeric: [{impute: mean}, standard], target: standard, window: {length: 5, horizon: 1%s}}
"""
CONFIGS = {
    "series with gaps": (
        "data: {source: rows.csv, target: y, features: [a, y], time: day, "
        "prepare: [{interpolate: [a]}, {drop_missing: [a]}], split: {validation: 0.2, test: 0.2}}"
        + WINDOW % ""
        + NUMBERS
    ),
    "a label that is filled in": (
        "data: {source: rows.csv, target: holes, features: [b, holes], time: day, "
        "prepare: [{fill: {holes: ffill}}], split: {validation: 0.2, test: 0.2}}" + WINDOW % "" + NUMBERS
    ),
    "rows without a label": (
        "data: {source: rows.csv, target: holes, features: [b, y], time: day, split: {validation: 0.2, test: 0.2}}"
        + WINDOW % ""
        + NUMBERS
    ),
    "rows without a label, prepared twice": (
        "data: {source: rows.csv, target: holes, features: [a, b], time: day, prepare: [{interpolate: [a]}, "
        "{fill: {a: bfill}}], split: {validation: 0.2, test: 0.2, embargo: 1}}" + WINDOW % "" + NUMBERS
    ),
    "rows without a label that are looked back at": (
        "data: {source: rows.csv, target: [holes, y], features: [b, holes], time: day, split: {test: 0.2}}"
        + (WINDOW % "").replace("{Dense: 1}", "{Dense: 2}")
        + NUMBERS
    ),
    "rows without a class": (
        "data: {source: rows.csv, target: gaps_kind, features: [b, y], time: day, split: {test: 0.2}}\n"
        "layers: [{LSTM: 4}, {Dense: {units: 3, activation: softmax}}]\n"
        "preprocessing: {window: {length: 5}}\n"
        "compile: {optimizer: adam, loss: sparse_categorical_crossentropy}\n" + LEARN
    ),
    "a fold of a series": (
        "data: {source: rows.csv, target: y, features: [b, y], time: day, "
        "split: {folds: 3, fold: 2, validation: 0.2, embargo: 2, max_train_size: 60}}" + WINDOW % "" + NUMBERS
    ),
    "rows that lack": (
        "data: {source: rows.csv, target: y, features: [b, y], time: day, frequency: {every: D, fill: interpolate}, "
        "split: {validation: 0.2, test: 0.2, embargo: 2}}" + WINDOW % "" + NUMBERS
    ),
    "rows that lack in several series": (
        "data: {source: stores.csv, target: y, features: [b, y], time: day, frequency: {every: D}, "
        "prepare: [{fill: {b: bfill}}], split: {validation: 2020-03-10, test: 2020-03-25, time: day, embargo: 2}}"
        + WINDOW % ", series: store"
        + NUMBERS
    ),
    "layers of Keras among other steps": (
        "data: {source: rows.csv, target: label, features: [b, y, words, kind], split: {test: 0.3}}\n"
        "preprocessing:\n  columns:\n"
        "    words: {TextVectorization: {output_mode: multi_hot, max_tokens: 12}}\n"
        "    b: [standard, {Discretization: {num_bins: 3}}, one_hot]\n"
        "    kind: {StringLookup: {output_mode: one_hot}}\n"
        "    y: Normalization\n"
        "layers: [{Dense: 4}, {Dense: {units: 1, activation: sigmoid}}]\n" + CLASSES
    ),
    "a layer of its own for every column": (
        "data: {source: rows.csv, target: label, features: [b, y], split: {test: 0.3}}\n"
        "preprocessing: {numeric: {Normalization: {axis: null}}}\n" + DENSE + CLASSES
    ),
    "a layer of its own for every column, among steps": (
        "data: {source: rows.csv, target: label, features: [b, y, kind], split: {test: 0.3}}\n"
        "preprocessing: {numeric: [standard, {Normalization: {axis: null}}]}\n" + DENSE + CLASSES
    ),
    "numbers as words": (
        "data: {source: rows.csv, target: label, features: [b, c, y, words], split: {test: 0.3}}\n"
        "preprocessing:\n  columns:\n"
        "    b: {StringLookup: {vocabulary: null, output_mode: one_hot}}\n"
        "    c: {Hashing: 5}\n"
        "    words: {TextVectorization: {ngrams: [1, 2], output_mode: multi_hot, max_tokens: 20}}\n" + DENSE + CLASSES
    ),
    "numbers as words alone": (
        "data: {source: rows.csv, target: label, features: [b], split: {test: 0.3}}\n"
        "preprocessing: {numeric: {StringLookup: {output_mode: multi_hot}}}\n" + DENSE + CLASSES
    ),
    "hashes of numbers alone": (
        "data: {source: rows.csv, target: label, features: [c], split: {test: 0.3}}\n"
        "preprocessing: {numeric: {Hashing: 4}}\n" + DENSE + CLASSES
    ),
    "words alone": (
        "data: {source: rows.csv, target: label, features: [kind], split: {test: 0.3}}\n"
        "preprocessing: {categorical: {StringLookup: {output_mode: multi_hot}}}\n" + DENSE + CLASSES
    ),
    "pairs of words alone": (
        "data: {source: rows.csv, target: label, features: [words], split: {test: 0.3}}\n"
        "preprocessing: {columns: {words: {TextVectorization: {ngrams: [1, 2]}}}}\n"
        "layers: [{Embedding: {input_dim: 400, output_dim: 3}}, Flatten, {Dense: {units: 1, activation: sigmoid}}]\n"
        + CLASSES
    ),
    "words with gaps beside numbers": (
        "data: {source: rows.csv, target: label, features: [b, gaps], split: {test: 0.3}}\n"
        "preprocessing: {columns: {gaps: [{impute: {constant: nothing}}, TextVectorization], b: {hash: 7}}}\n"
        "inputs: {text: gaps, number: b}\n"
        "layers:\n  - {Embedding: {input_dim: 60, output_dim: 3}, inputs: text}\n  - GlobalAveragePooling1D\n"
        "  - {Concatenate: , inputs: [above, number]}\n  - Dense: {units: 1, activation: sigmoid}\n" + CLASSES
    ),
    "pixels through steps": (
        "data: {source: pixels.npz, target: label, split: {test: 0.3}}\n"
        "preprocessing: {columns: {image: min_max}}\n"
        "layers: [Flatten, {Dense: {units: 1, activation: sigmoid}}]\n" + CLASSES
    ),
    "pixels through a layer": (
        "data: {source: pixels.npz, target: label, split: {test: 0.3}}\n"
        "preprocessing: {columns: {image: {Rescaling: 1/255}}}\n"
        "layers: [Flatten, {Dense: {units: 1, activation: sigmoid}}]\n" + CLASSES
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a table that has gaps in time and in its columns, several series, and images."""
    generator = np.random.default_rng(6)
    days = pd.date_range("2020-01-01", periods=120)
    frame = pd.DataFrame({"day": days.astype(str), "a": generator.normal(size=120)})
    frame["b"] = generator.integers(0, 9, 120).astype(float)
    frame["c"] = np.arange(120) % 17
    frame["y"] = np.sin(np.arange(120) / 4) + generator.normal(size=120) / 5
    frame["holes"] = frame["y"].where(generator.random(120) > 0.1)
    frame["kind"] = generator.choice(["x", "y", "z"], 120)
    frame["words"] = [" ".join(generator.choice(["red", "green", "blue", "black"], 3)) for _ in range(120)]
    frame["gaps"] = frame["words"].where(np.arange(120) % 11 != 0)
    frame["gaps_kind"] = frame["kind"].where(np.arange(120) % 13 != 4)
    frame["label"] = np.where(frame["words"].str.contains("red"), "yes", "no")
    frame.loc[::9, "a"] = np.nan
    frame = frame.drop([20, 21, 77])
    frame.to_csv(tmp_path / "rows.csv", index=False)
    stores = pd.concat([frame.assign(store=f"store {n}", y=frame["y"] + n) for n in range(2)])
    stores.loc[stores.index % 13 == 5, "b"] = np.nan
    stores.sort_values("day", kind="stable").iloc[5:].to_csv(tmp_path / "stores.csv", index=False)
    images = generator.integers(0, 256, (60, 6, 5), dtype=np.uint8)
    np.savez(tmp_path / "pixels.npz", image=images, label=(images.mean(axis=(1, 2)) > 127).astype(int))
    return tmp_path


@pytest.mark.parametrize("name", CONFIGS)
def test_the_script_gives_the_run_again(name: str, folder: Path, same: Callable[..., str]) -> None:
    (folder / "c.yaml").write_text(f"seed: 4\n{CONFIGS[name]}", encoding="utf-8")
    assert "dlrun" not in same(load_config(folder / "c.yaml"), folder).split('"""', 2)[2]
