from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf

from dlrun.errors import DataError
from dlrun.run_dir import RunDir
from dlrun.training.failures import explained_failures
from dlrun.training.progress import Progress
from dlrun.training.save import save_model


class Undescribable:
    """A network whose layers Keras cannot describe."""

    weights: tuple[()] = ()

    def save(self, path: Path) -> None:
        path.write_bytes(b"half")
        raise NotImplementedError("MyLayer has no get_config")


class Listener(Progress):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_a_network_that_keras_cannot_describe_is_kept_without_a_keras_file(tmp_path: Path) -> None:
    run_dir, progress = RunDir.create(tmp_path, "a"), Listener()
    save_model(run_dir, Undescribable(), progress)
    run_dir.verify(run_dir.arrays)
    assert sorted(entry.name for entry in run_dir.path.iterdir()) == ["checkpoints", "run.json"]
    assert progress.notes == [
        "model.keras was not written, for Keras cannot describe this network: MyLayer has no get_config"
    ]


def test_a_row_that_tensorflow_cannot_compute_is_a_data_error() -> None:
    with pytest.raises(DataError, match=r"TensorFlow cannot compute this: .*5 is not in"), explained_failures():
        tf.gather(tf.constant([1, 2]), 5)


def test_too_little_memory_names_the_batch_size() -> None:
    with pytest.raises(DataError, match=r"not enough memory .*\[9,9\].*batch_size"), explained_failures():
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[9,9] and type float")
