"""`callbacks: [TensorBoard]` is all that TensorBoard needs."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from dlrun.cli import run

CONFIG = Path(__file__).parents[2] / "configs" / "iris_8_3.yaml"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # TensorBoard's own
def test_its_logs_hold_the_history(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
    from tensorboard.util import tensor_util

    changes = ["fit.epochs=6", "fit.validation_split=0.2", "callbacks=[TensorBoard]"]
    assert run(["train", str(CONFIG), *changes, "--runs-dir", str(tmp_path), "--quiet"]) == 0
    with (tmp_path / "iris_8_3-001" / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    for part, column in (("train", "loss"), ("validation", "val_loss")):
        (events,) = (tmp_path / "iris_8_3-001" / "checkpoints" / "logs" / part).glob("events*")
        told = {
            event.step: float(tensor_util.make_ndarray(value.tensor))
            for event in EventFileLoader(str(events)).Load()
            for value in event.summary.value
            if value.tag == "epoch_loss"
        }
        assert told == {step: pytest.approx(float(row[column]), rel=1e-6) for step, row in enumerate(rows)}
