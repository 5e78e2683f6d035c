"""Rows as the network takes them, in memory and on the device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.training.device import as_tensor, taken

if TYPE_CHECKING:
    from dlrun.training.windows import DeviceWindows, WindowExamples

Array = np.ndarray[Any, Any]
Tensors = Any  # a tensor, or tensors nested in tuples and dictionaries


@dataclass(frozen=True)
class Examples:
    """Inputs, labels and weights of the rows of one part.

    Args:
        x: Input name to array `(num_rows, ...)`.
        y: Labels `(num_rows, ...)`; by target where the model has named outputs; None where there are none.
        sample_weight: A weight for each row, likewise; None where all rows weigh the same.
        on_disk: Whether `x` lies on disk, and is too large to be copied to the device.
    """

    x: dict[str, Array]
    y: Array | dict[str, Array] | None = None
    sample_weight: Array | dict[str, Array] | None = None
    on_disk: bool = False

    def __len__(self) -> int:
        return len(next(iter(self.x.values())))

    @property
    def floats(self) -> int:
        """How many numbers go into the network for one row."""
        return sum(int(np.prod(array.shape[1:])) for array in self.x.values())


class DeviceRows:
    """Rows that were copied to the device once; batches are gathered there, without Python between them.

    Whatever else can hand out a batch by its positions (rows streamed from a file) may stand in its place.

    Args:
        examples: The rows.
        model: The model that takes them; its inputs' names say which array goes where.

    Attributes:
        num_rows: How many rows there are.
        tensors: The rows as `model.train_step` takes a batch: `(x, y)` or `(x, y, sample_weight)`.
    """

    def __init__(self, examples: Examples, model: Any) -> None:
        import keras

        self.num_rows = len(examples)
        self.tensors: Tensors = keras.tree.map_structure(as_tensor, self.arrays(examples, model))

    @staticmethod
    def arrays(examples: Examples, model: Any) -> Tensors:
        """Return all rows as `model.train_step` takes a batch."""
        import keras

        x = keras.tree.map_structure(lambda tensor: examples.x[tensor.name], model.input)
        return tuple(part for part in (x, examples.y, examples.sample_weight) if part is not None)

    @property
    def spec(self) -> Tensors:
        """Shapes and dtypes of `tensors` for any number of rows."""
        import keras
        import tensorflow as tf

        return keras.tree.map_structure(lambda t: tf.TensorSpec([None, *t.shape[1:]], t.dtype), self.tensors)

    @staticmethod
    def take(tensors: Tensors, positions: Any) -> Tensors:
        """Return one batch of `tensors`."""
        import keras

        return keras.tree.map_structure(lambda tensor: taken(tensor, positions), tensors)


def device_rows(examples: Examples | WindowExamples, model: Any) -> DeviceRows | DeviceWindows:
    """Return examples on the device, in whichever way they are made of rows."""
    if isinstance(examples, Examples):
        if not examples.on_disk:
            return DeviceRows(examples, model)
        from dlrun.training.streamed import StreamedRows

        return StreamedRows(examples, model)
    from dlrun.training.windows import DeviceWindows

    return DeviceWindows(examples, model)
