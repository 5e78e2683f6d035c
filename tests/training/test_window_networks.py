"""Networks and labels of many forms over windows: each trains an epoch, and its predictions stand at their rows."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlrun.config import load_config
from dlrun.errors import ConfigError
from dlrun.training.check import check_build
from dlrun.training.train import train

pytestmark = pytest.mark.usefixtures("without_plots")

CONFIG = """\
data: {{source: a.csv, target: {target}, time: time, features: [a, b, c], split: {{test: 20, validation: 20}}}}
preprocessing: {{numeric: standard, window: {{length: 5, horizon: {horizon}}}}}
layers: [{layers}]
{outputs}compile: {{optimizer: adam, loss: {loss}}}
fit: {{epochs: 1, batch_size: 16}}
"""
CASES = {
    "several targets and steps": ("[a, b]", 3, "{LSTM: 4}, {Dense: 6}, {Reshape: [3, 2]}", "mse", ""),
    "an output for each step": ("a", 5, "{SimpleRNN: {units: 4, return_sequences: true}}, {Dense: 1}", "mae", ""),
    "convolution": ("a", 1, "{Conv1D: {filters: 4, kernel_size: 2}}, MaxPooling1D, Flatten, {Dense: 1}", "mse", ""),
    "a binary class": ("up", 1, "{LSTM: 4}, {Dense: {units: 1, activation: sigmoid}}", "binary_crossentropy", ""),
    "classes": ("kind", 1, "{LSTM: 4}, {Dense: 3}, Softmax", "sparse_categorical_crossentropy", ""),
    "two outputs": (
        "[a, b]", 2, "{LSTM: 4, name: l}, {Dense: 2, name: x, inputs: l}, {Dense: 2, name: y, inputs: l}",
        "{a: mse, b: mse}", "outputs: {a: x, b: y}\n",
    ),
}  # fmt: skip


def table_of(generator: np.random.Generator) -> pd.DataFrame:
    frame = pd.DataFrame(generator.normal(size=(90, 3)).round(3), columns=["a", "b", "c"])
    frame.insert(0, "time", pd.date_range("2024-01-01", periods=90, freq="D"))
    return frame


MISTAKES = {
    "{LSTM: 4}, {GRU: 4}, {Dense: 1}": ("[0]", "Set `return_sequences: true` here"),
    "{Bidirectional: {layer: {LSTM: 4}}}, {LSTM: 4}, {Dense: 1}": ("[0].Bidirectional.layer", "true` here"),
    "{LSTM: {units: 4, return_sequences: true}}, {Dense: 1}": ("[0].LSTM.return_sequences", "Leave out"),
    "{GRU: {units: 4, return_sequences: true}}, {Conv1D: {filters: 2, kernel_size: 1}}, {Dense: 1}": (
        "[2].Dense.units", "Set `return_sequences: false` in the last recurrent layer",
    ),
    "{GRU: 4}, GlobalMaxPooling1D, {Dense: 1}": ("[0]", "Set `return_sequences: true` here"),
    "{Dense: 4}, {Dense: 1}": ("[1].Dense.units", "put `Flatten` before this layer"),
    "{Conv1D: {filters: 4, kernel_size: 3}}, {Dense: 1}": ("[1].Dense.units", "put `Flatten` before this layer"),
    "{Conv1D: {filters: 4, kernel_size: 7}}, Flatten, {Dense: 1}": ("[0]", "too small for it: write `padding: same`"),
    "{Conv2D: {filters: 4, kernel_size: 3}}, Flatten, {Dense: 1}": ("[0]", "whose name ends in 1D"),
    "Flatten, {LSTM: 4}, {Dense: 1}": ("[1]", "Leave out the Flatten above"),
    "{SimpleRNN: 8}": ("[0].SimpleRNN.units", "Put `Dense: 1` below it"),
    "{Conv1D: {filters: 4, kernel_size: 3}}": ("[0]", "Put `Flatten` and `Dense: 1` below it"),
    "{LSTM: {units: 4, stateful: true}}, {Dense: 1}": ("[0]", "Leave out `stateful`"),
    "{LSTM: 4}, {Dense: 3}": ("[1].Dense.units", "Change it to 1"),
}  # fmt: skip


def test_every_mistake_in_shapes_is_told_at_its_line_with_what_to_change(tmp_path: Path) -> None:
    table_of(np.random.default_rng(0)).to_csv(tmp_path / "a.csv", index=False)
    for layers, (place, fix) in MISTAKES.items():
        text = CONFIG.format(target="a", horizon=1, layers=layers, loss="mse", outputs="")
        (tmp_path / "a.yaml").write_text(text)
        with pytest.raises(ConfigError) as caught:
            check_build(load_config(tmp_path / "a.yaml"))
        told = str(caught.value)
        assert re.match(rf".*a\.yaml:3:\d+: layers{re.escape(place)}: ", told), told
        assert fix in told


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_it_trains_and_predicts_the_rows_after_its_windows(case: str, tmp_path: Path) -> None:
    target, horizon, layers, loss, outputs = CASES[case]
    generator = np.random.default_rng(0)
    frame = table_of(generator)
    frame["up"] = np.where(frame["a"] > 0, "yes", "no")
    frame["kind"] = generator.choice(["x", "y", "z"], 90)
    frame.to_csv(tmp_path / "a.csv", index=False)
    text = CONFIG.format(target=target, horizon=horizon, layers=layers, loss=loss, outputs=outputs)
    (tmp_path / "a.yaml").write_text(text)
    run = train(load_config(tmp_path / "a.yaml"), runs_dir=tmp_path / "runs")
    assert run.metrics["rows"] == {"train": 45 - horizon + 1, "validation": 21 - horizon, "test": 21 - horizon}
    written = pd.read_csv(run.dir.predictions)
    names = [column for column in ("a", "b", "up", "kind") if column in written]
    assert names == target.strip("[]").split(", ")
    for name in names:
        assert written[name].tolist() == frame[name].iloc[written["row"]].tolist()
        assert written[f"{name}_predicted"].notna().all()
    if horizon > 1:
        assert written["step"].tolist() == list(range(1, horizon + 1)) * (len(written) // horizon)
    again = run.predict(frame.drop(columns=["up", "kind"] if target not in ("up", "kind") else []))
    assert len(again) == (90 - 5 - horizon + 1) * horizon
