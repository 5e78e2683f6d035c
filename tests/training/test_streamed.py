"""Rows on disk train the very network that rows in memory train."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlrun.config import load_config
from dlrun.data import load
from dlrun.data.load import load_dataset
from dlrun.data.sources import pieces
from dlrun.errors import DataError
from dlrun.preprocessing import keras_layer
from dlrun.training import streamed
from dlrun.training.chunks import Chunks, Pace, measure
from dlrun.training.engine import Engine
from dlrun.training.examples import Examples, device_rows
from dlrun.training.forward import Forward
from dlrun.training.train import train
from tests.training.conftest import weights_hash

pytestmark = pytest.mark.usefixtures("without_plots")

CONFIG = """\
name: streamed
seed: 3
data:
  source: {source}
  target: y
  prepare: [{{derive: {{z: x0 * x1}}}}, {{filter: x2 < 2.5}}]
  split: {{test: 0.25, validation: 0.2, stratify: true}}
  stream: {stream}
preprocessing:
  numeric: [{{impute: mean}}, standard]
  categorical: [{{impute: most_frequent}}, one_hot]
  columns: {{x1: [{{impute: median}}, robust]}}
layers:
  - Dense: {{units: 6, activation: relu}}
  - Dropout: 0.2
  - Dense: {{units: 1, activation: sigmoid}}
compile: {{optimizer: adam, loss: binary_crossentropy, metrics: [accuracy]}}
fit: {{epochs: 3, batch_size: 16, class_weight: balanced}}
"""


def table(num_rows: int = 700) -> pd.DataFrame:
    """Numbers with gaps, whole numbers that become fractions, a category with gaps, a text label with gaps."""
    random = np.random.default_rng(8)
    frame = pd.DataFrame({f"x{i}": random.standard_normal(num_rows).round(3) for i in range(3)})
    frame["whole"] = [str(i) if i < num_rows - 50 else f"{i}.5" for i in range(num_rows)]
    frame["kind"] = random.choice(["a", "b", 'c, "d"', None], num_rows)
    frame["y"] = np.where(frame["x0"] + random.standard_normal(num_rows) > 0, "yes", "no")
    frame.loc[::31, "x1"] = np.nan
    frame.loc[::97, "y"] = None
    return frame


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "BYTES", 2000)
    monkeypatch.setattr(pieces, "CELLS", 300)
    monkeypatch.setattr(streamed, "BYTES_AT_ONCE", 3000)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_same_weights_scores_and_predictions(ending: str, tmp_path: Path) -> None:
    frame = table()
    if ending == "csv":
        frame.to_csv(tmp_path / "rows.csv", index=False)
    else:
        frame.astype({"whole": float}).to_parquet(tmp_path / "rows.parquet")
    runs = {}
    for stream in ("false", "true"):
        path = tmp_path / f"{stream}.yaml"
        path.write_text(CONFIG.format(source=f"rows.{ending}", stream=stream), encoding="utf-8")
        runs[stream] = train(path, runs_dir=tmp_path / stream)
    whole, pieced = runs["false"], runs["true"]
    for one, other in zip(whole.model.get_weights(), pieced.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert whole.dir.read_text(whole.dir.predictions) == pieced.dir.read_text(pieced.dir.predictions)
    assert whole.metrics == pieced.metrics
    assert whole.dir.read_text(whole.dir.preprocessing) == pieced.dir.read_text(pieced.dir.preprocessing)
    before, after = (run.dir.read_json(run.dir.data) for run in (whole, pieced))
    assert before["split"] == after["split"]
    assert before["columns"] == after["columns"]
    assert any("stay on disk" in note for note in after["notes"])
    assert [note for note in after["notes"] if "stay on disk" not in note] == before["notes"]


@pytest.mark.usefixtures("small_pieces")
def test_new_rows_are_read_a_piece_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table().to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "c.yaml").write_text(CONFIG.format(source="rows.csv", stream="true"), encoding="utf-8")
    run = train(tmp_path / "c.yaml", runs_dir=tmp_path / "runs")
    new = table(900).assign(further=["1"] * 450 + ["many"] * 450)  # numbers, then text: of no interest
    new["kind"] = new["kind"].where(new.index % 50 != 7, "never seen")
    gaps, known = tmp_path / "gaps.csv", tmp_path / "known.parquet"
    new.to_csv(gaps, index=False)
    new.astype({"whole": float}).dropna(subset="y").to_parquet(known)
    bare = tmp_path / "bare.csv"
    new.drop(columns=["y", "further"]).to_csv(bare, index=False)
    files = (gaps, bare, known, [bare, bare])

    def predicted() -> list[tuple[pd.DataFrame, dict[str, int]]]:
        return [(run.predict(file), run.preprocessor.unseen) for file in files]

    with monkeypatch.context() as patch:
        patch.setattr(load, "must_stream_new", lambda *_: False)
        whole = predicted()
    with monkeypatch.context() as patch:
        patch.setattr(load, "read_table", None)
        pieced = predicted()
    for (one, its_unseen), (other, unseen) in zip(whole, pieced, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True, check_index_type=False)
        assert its_unseen == unseen and unseen["kind"] > 10
    assert ["y" in frame for frame, _ in pieced] == [False, False, True, False]
    new.head(9).to_csv(bare, index=False, encoding="utf-16")  # which cannot be read in pieces; it fits into one
    assert len(run.predict(bare)) == len(run.predict(gaps).query("row < 9"))
    new.drop(columns="x1").to_csv(bare, index=False)
    with pytest.raises(DataError, match="no column 'x1'"):
        run.predict(bare)
    new.assign(x2=3.0).to_csv(bare, index=False)
    with pytest.raises(DataError, match="no row is left"):
        run.predict(bare)


@pytest.mark.usefixtures("small_pieces")
def test_new_rows_of_mixed_kinds_are_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table().to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "c.yaml").write_text(CONFIG.format(source="rows.csv", stream="true"), encoding="utf-8")
    run = train(tmp_path / "c.yaml", runs_dir=tmp_path / "runs")
    new = table(900)
    new["kind"] = new["kind"].where(new.index > 450, "7")  # numbers in the first pieces, text in the others
    new.to_csv(tmp_path / "new.csv", index=False)
    pieced = run.predict(tmp_path / "new.csv")
    monkeypatch.setattr(load, "must_stream_new", lambda *_: False)
    pd.testing.assert_frame_equal(pieced, run.predict(tmp_path / "new.csv"), check_exact=True)


TEXT = """\
seed: 3
data: {{source: rows.csv, target: y, split: {{test: 0.25, validation: 0.2}}, stream: {stream}}}
preprocessing:
  columns: {{text: [{steps}], note: {{TextVectorization: {{output_mode: multi_hot}}}}}}
inputs: {{words: text, rest: [note, x]}}
layers:
  - {{Embedding: {{input_dim: 60, output_dim: 3}}, inputs: words}}
  - GlobalAveragePooling1D
  - {{Concatenate: , name: all, inputs: [global_average_pooling1d, rest]}}
  - Dense: {{units: 1, activation: sigmoid}}
compile: {{optimizer: adam, loss: binary_crossentropy}}
fit: {{epochs: 2, batch_size: 16}}
"""


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    "steps", ["TextVectorization", '{impute: {constant: "w1"}}, {TextVectorization: {output_sequence_length: 4}}']
)
def test_text_on_disk_gives_the_same_network(steps: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_layer, "ROWS_AT_ONCE", 50)
    random = np.random.default_rng(5)
    frame = pd.DataFrame({"text": [" ".join(f"w{i}" for i in random.integers(0, 50, n % 7 + 1)) for n in range(300)]})
    frame["note"] = random.choice(["one", "two three", "four"], 300)
    frame["x"] = random.standard_normal(300)
    frame["y"] = np.where(frame["text"].str.contains("w1"), "yes", "no")
    if "impute" in steps:
        frame.loc[::23, "text"] = None
    frame.to_csv(tmp_path / "rows.csv", index=False)
    runs = {}
    for stream in ("false", "true"):
        (tmp_path / f"{stream}.yaml").write_text(TEXT.format(stream=stream, steps=steps), encoding="utf-8")
        runs[stream] = train(tmp_path / f"{stream}.yaml", runs_dir=tmp_path / stream)
    whole, pieced = runs["false"], runs["true"]
    assert weights_hash(whole.model) == weights_hash(pieced.model)
    for name in ("history.csv", "predictions.csv", "metrics.json", "preprocessing.json"):
        assert (whole.dir.path / name).read_bytes() == (pieced.dir.path / name).read_bytes(), name
    one, other = (run.predict(tmp_path / "rows.csv") for run in (whole, pieced))
    pd.testing.assert_frame_equal(one, other, check_exact=True, check_index_type=False)


@pytest.mark.usefixtures("small_pieces")
def test_missing_text_on_disk_is_told(tmp_path: Path) -> None:
    lines = [f"{'' if i in (40, 41) else 'words here'},a,{i},{i % 2}" for i in range(100)]
    (tmp_path / "rows.csv").write_text("\n".join(["text,note,x,y", *lines]), encoding="utf-8")
    (tmp_path / "c.yaml").write_text(TEXT.format(stream="true", steps="TextVectorization"), encoding="utf-8")
    with pytest.raises(DataError, match=r"2 missing values in .* rows .*no step fills them"):
        train(tmp_path / "c.yaml", runs_dir=tmp_path / "runs")


@pytest.mark.usefixtures("small_pieces")
def test_batches_loaded_in_between_change_nothing(rows: Examples, build: Callable[..., Any]) -> None:
    on_disk = Examples(rows.x, rows.y, on_disk=True)
    models = {}
    for name, examples in (("memory", rows), ("disk", on_disk)):
        models[name] = build()
        settings = _settings(epochs=3, batch_size=16)
        Engine(models[name], examples, examples, settings=settings, seed=4).fit()
    assert weights_hash(models["memory"]) == weights_hash(models["disk"])
    outputs = [Forward(models["disk"], 16).outputs(examples)[""] for examples in (rows, on_disk)]
    np.testing.assert_array_equal(*outputs)
    tests = Chunks(models["disk"], models["disk"].test_step, 16, Pace())
    assert measure(tests, device_rows(on_disk, models["disk"])) == measure(tests, device_rows(rows, models["disk"]))


def test_no_more_rows_than_fit_are_loaded(
    rows: Examples, build: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streamed, "BYTES_AT_ONCE", 1000)
    found = device_rows(Examples(rows.x, rows.y, on_disk=True), build())
    assert isinstance(found, streamed.StreamedRows)
    order = np.arange(len(rows))[::-1].copy()
    data, positions, base, end = streamed.load_batches(found, _tensor(order), 2, 9, 16)
    assert (base, end) == (2, 5)  # 20 bytes a row: 50 rows, three batches
    np.testing.assert_array_equal(data[0].numpy(), rows.x["features"][order[32:80]])
    np.testing.assert_array_equal(positions.numpy(), np.arange(48))


def test_whole_columns_are_mapped_not_read(tmp_path: Path) -> None:
    table().to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "c.yaml").write_text(CONFIG.format(source="rows.csv", stream="true"), encoding="utf-8")
    dataset = load_dataset(load_config(tmp_path / "c.yaml"))
    for part in dataset.parts.values():
        assert part.disk is not None
        base: Any = part.frame["x0"].to_numpy()
        while isinstance(base, np.ndarray):
            base = base.base
        assert base is not None  # a mapped file, not memory of NumPy's own


def _settings(**changes: Any) -> Any:
    from dlrun.config.schema import FitConfig

    return FitConfig(**changes)


def _tensor(array: Any) -> Any:
    import tensorflow as tf

    return tf.constant(array)
