"""Networks on folders of images: the same bits from memory and from the files, after a break, and augmented or not."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dlrun
from dlrun.errors import ConfigError, DataError
from dlrun.run_dir import RunDir
from dlrun.training import streamed
from dlrun.training.evaluate import evaluate
from dlrun.training.progress import Progress
from dlrun.training.resume import resume
from tests.data.test_images import write_image

pytestmark = pytest.mark.usefixtures("without_plots")

CONFIG = """
seed: 3
data:
  source: pictures
  stream: {stream}
  split: {{test: 0.2, validation: 0.2, stratify: true}}
{preprocessing}
layers:
  - Rescaling: 1/255
  - RandomFlip: horizontal
  - RandomRotation: 0.1
  - RandomContrast: 0.2
  - Conv2D: {{filters: 4, kernel_size: 3, activation: relu}}
  - MaxPooling2D: 2
  - Flatten
  - Dense: {{units: 2, activation: softmax}}
compile: {{optimizer: adam, loss: sparse_categorical_crossentropy, metrics: [accuracy]}}
fit: {{epochs: 4, batch_size: 8, checkpoint: {{epochs: 1}}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for n in range(60):
        write_image(tmp_path / "pictures" / ("cat" if n % 2 else "dog") / f"{n:02d}.png", (8, 8), seed=n)
    return tmp_path


def config_in(folder: Path, stream: bool, preprocessing: str = "", **fit: Any) -> Any:
    path = folder / f"{'files' if stream else 'memory'}.yaml"
    path.write_text(CONFIG.format(stream=str(stream).lower(), preprocessing=preprocessing), encoding="utf-8")
    return dlrun.load_config(path, [f"fit.{key}={value}" for key, value in fit.items()])


class Killed(BaseException):
    """Stands for a kill."""


class Killer(Progress):
    """Kills after some batches."""

    def __init__(self, batches: int) -> None:
        self._left = batches

    def batch_end(self, epoch: int, batch: int, logs: Mapping[str, float]) -> None:
        self._left -= 1
        if not self._left:
            raise Killed


def test_memory_files_and_resumed_give_the_same_bits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed, "BYTES_AT_ONCE", 20_000)  # 25 images of 768 bytes as float32: three batches
    memory = dlrun.train(config_in(folder, stream=False), runs_dir=folder / "memory")
    files = dlrun.train(config_in(folder, stream=True), runs_dir=folder / "files")
    with pytest.raises(Killed):
        dlrun.train(config_in(folder, stream=True), runs_dir=folder / "killed", progress=Killer(5))
    resumed = resume(RunDir.find(None, folder / "killed").path)
    for run in (files, resumed):
        for one, other in zip(memory.model.get_weights(), run.model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
        for name in ("history.csv", "predictions.csv", "metrics.json", "preprocessing.json"):
            assert (run.dir.path / name).read_bytes() == (memory.dir.path / name).read_bytes(), name
    assert any("batch by batch" in note for note in files.dir.read_json(files.dir.data)["notes"])
    assert evaluate(files).scores["test"] == files.metrics["test"]


def test_random_layers_act_in_training_only(folder: Path) -> None:
    run = dlrun.train(config_in(folder, stream=False, epochs=1), runs_dir=folder / "runs")
    new = run.predict(folder / "pictures")
    assert run.predict(folder / "pictures").equals(new)
    assert [*new["file"]][:2] == ["pictures/cat/01.png", "pictures/cat/03.png"]
    assert [*new["label"]] == ["cat"] * 30 + ["dog"] * 30
    with run.dir.predictions.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    by_file = {row["file"]: float(row["label_probability_cat"]) for row in rows}
    expected = [by_file[name] for name in new["file"]]
    np.testing.assert_allclose(new["label_probability_cat"], expected, rtol=1e-6)
    one = run.predict([folder / "pictures/dog/04.png"])
    assert one["file"][0] == str(folder / "pictures/dog/04.png")
    assert "label" not in one
    np.testing.assert_allclose(one["label_probability_cat"][0], by_file["pictures/dog/04.png"], rtol=1e-5)


@pytest.mark.parametrize("preprocessing", ["", "preprocessing: {columns: {image: {Rescaling: 1/255}}}"])
def test_all_broken_images_are_named_before_there_is_a_run(preprocessing: str, folder: Path) -> None:
    broken = [folder / f"pictures/{name}.png" for name in ("cat/01", "cat/31", "dog/08")]
    for file in broken:
        file.write_bytes(file.read_bytes()[:-40])  # the header is as it should be
    with pytest.raises(DataError) as caught:
        dlrun.train(config_in(folder, stream=False, preprocessing=preprocessing), runs_dir=folder / "runs")
    named = [problem.location.file for problem in caught.value.problems if problem.location]
    assert {Path(name).stem for name in named} == {"01", "31", "08"}
    assert not (folder / "runs").exists()


def test_images_of_another_size_are_refused(folder: Path) -> None:
    run = dlrun.train(config_in(folder, stream=False, epochs=1), runs_dir=folder / "runs")
    write_image(folder / "other/large.png", (9, 9))
    with pytest.raises(DataError, match=r"rows of shape \(9, 9, 3\), in training they had \(8, 8, 3\)"):
        run.predict([folder / "other/large.png"])


def test_steps_on_images_that_stay_in_their_files(folder: Path) -> None:
    fixed = "preprocessing: {columns: {image: [{Resizing: {height: 6, width: 6}}, {Rescaling: 1/128}]}}"
    monitored = [
        dlrun.train(config_in(folder, stream, fixed, epochs=1), runs_dir=folder / "runs") for stream in (False, True)
    ]
    weights = [run.model.get_weights() for run in monitored]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
    learned = "preprocessing: {columns: {image: min_max}}"
    with pytest.raises(ConfigError, match=r"min_max may learn from all images, .* Rescaling: 1/255"):
        dlrun.train(config_in(folder, True, learned, epochs=1), runs_dir=folder / "runs")


def test_an_image_that_breaks_while_training_is_named(folder: Path) -> None:
    path = folder / "pictures/cat/31.png"
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(DataError, match=r"pictures/cat/31\.png: is no whole image"):
        dlrun.train(config_in(folder, stream=True), runs_dir=folder / "runs")
    with pytest.raises(DataError, match=r"pictures/cat/31\.png: is no whole image"):
        dlrun.train(config_in(folder, stream=False), runs_dir=folder / "none")
    assert not (folder / "none").exists()
