"""Windows on the device: a batch is gathered from the rows by index, so that no row is kept more than once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.windows import WindowShape
from dlrun.errors import ConfigError
from dlrun.training.device import as_tensor, taken
from dlrun.training.examples import Array, Tensors

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.config.objects import ObjectSpec
    from dlrun.data.series import SeriesPart
    from dlrun.preprocessing.preprocessor import Preprocessor

_RECURRENT = {"SimpleRNN", "LSTM", "GRU", "RNN", "Bidirectional"}


@dataclass(frozen=True)
class WindowExamples:
    """The examples of one part: rows, and the row at which each example ends.

    Args:
        x: Input name to the rows `(num_rows, num_features)`.
        ends: The rows at which the examples' inputs end `(num_examples,)`.
        shape: The form of the windows.
        y: The rows' labels `(num_rows, ...)`, by target where the model has named outputs; None where there are none.
        sample_weight: A weight for each example, likewise; None where all weigh the same.
    """

    x: dict[str, Array]
    ends: Array
    shape: WindowShape
    y: Array | dict[str, Array] | None = None
    sample_weight: Array | dict[str, Array] | None = None

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def floats(self) -> int:
        """How many numbers go into the network for one example."""
        return sum(int(np.prod(rows.shape[1:])) for rows in self.x.values()) * self.shape.length


class DeviceWindows:
    """Examples that the device makes of rows, batch by batch; see `DeviceRows`, whose place it takes.

    Args:
        examples: The rows, and where their examples end.
        model: The model that takes them; labels get the shape of its outputs.
    """

    def __init__(self, examples: WindowExamples, model: Any) -> None:
        import keras

        self.num_rows = len(examples)
        self._shape = examples.shape
        x = keras.tree.map_structure(lambda tensor: examples.x[tensor.name], model.input)
        kind = np.int32 if len(next(iter(examples.x.values()))) < 2**31 else np.int64
        data = {"x": x, "ends": examples.ends.astype(kind)}
        data |= {} if examples.y is None else {"y": examples.y}
        data |= {} if examples.sample_weight is None else {"sample_weight": examples.sample_weight}
        self.tensors: Tensors = keras.tree.map_structure(as_tensor, data)
        self._outputs = keras.tree.map_structure(lambda tensor: tuple(tensor.shape[1:]), model.output)

    @property
    def spec(self) -> Tensors:
        """Shapes and dtypes of `tensors` for any number of rows."""
        import keras
        import tensorflow as tf

        return keras.tree.map_structure(lambda t: tf.TensorSpec([None, *t.shape[1:]], t.dtype), self.tensors)

    def take(self, tensors: Tensors, positions: Any) -> Tensors:
        """Return one batch of examples, as `model.train_step` takes it."""
        import keras
        import tensorflow as tf

        ends = tf.gather(tensors["ends"], positions)[:, None]
        inputs = ends + tf.range(1 - self._shape.length, 1, dtype=ends.dtype)
        batch = [keras.tree.map_structure(lambda rows: taken(rows, inputs), tensors["x"])]
        if "y" in tensors:
            labels = ends + tf.range(1, self._shape.horizon + 1, dtype=ends.dtype) + self._shape.gap
            batch.append(self._labels(tensors["y"], labels))
        if "sample_weight" in tensors:
            batch.append(keras.tree.map_structure(lambda w: tf.gather(w, positions), tensors["sample_weight"]))
        return tuple(batch)

    def _labels(self, y: Tensors, rows: Any) -> Tensors:
        """Return the labels in the shape of the network's output, which differs in axes of one at most."""
        import tensorflow as tf

        def gathered(values: Any, output: Any) -> Any:
            label = tf.gather(values, rows)
            if label.shape[1:].num_elements() != int(np.prod(output)):
                return label[:, 0]  # classes: one label for an example
            batch = -1 if label.shape[0] is None else label.shape[0]
            return tf.reshape(label, [batch, *output])

        if isinstance(y, dict):
            return {name: gathered(values, self._outputs[name]) for name, values in y.items()}
        return gathered(y, self._outputs)


def window_examples(preprocessor: Preprocessor, part: SeriesPart, *, labels: bool = True) -> WindowExamples:
    """Return the examples of a part; only the rows that they use are preprocessed.

    Raises:
        DataError: If columns are missing or hold what their steps cannot do with.
    """
    from dlrun.training.rows import inputs_of

    table, first = part.rows(labels=labels)
    ends = part.ends - first
    x = inputs_of(preprocessor, table)
    y = row_labels(preprocessor, part, len(table), first) if labels else None
    return WindowExamples(x, ends, part.shape, y if y is None else y.get("", y))


def row_labels(preprocessor: Preprocessor, part: SeriesPart, num_rows: int, first: int) -> dict[str, Array]:
    """Return the labels of a stretch of rows `(num_rows, ...)`, by output; 0 in rows that are no example's label."""
    from dlrun.data.prepare.context import with_frame
    from dlrun.training.rows import labels_of

    used = np.zeros(num_rows, dtype=bool)
    used[part.label_rows.ravel() - first] = True
    rows = np.flatnonzero(used)
    frame = part.series.table.frame
    found = labels_of(preprocessor, with_frame(part.series.table, frame.iloc[rows + first]))
    out = {}
    for name, values in found.items():
        out[name] = np.zeros((num_rows, *values.shape[1:]), values.dtype)
        out[name][rows] = values
    return out


def training_windows(config: Config, preprocessor: Preprocessor, part: SeriesPart) -> WindowExamples:
    """Return the training examples, weighted as the config asks; an example's weight is that of its first label."""
    from dataclasses import replace

    from dlrun.preprocessing.weights import class_weights

    assert config.fit is not None
    examples = window_examples(preprocessor, part)
    rows = part.ends + part.shape.gap + 1
    column = config.fit.sample_weight
    weight = part.series.table.frame[column].to_numpy()[rows] if column is not None else None
    first = int(part.ends.min()) - part.shape.length + 1
    y = examples.y if isinstance(examples.y, dict) else {"": np.asarray(examples.y)}
    weights = class_weights(config, preprocessor, {name: values[rows - first] for name, values in y.items()}, weight)
    return replace(examples, sample_weight=None if weights is None else weights.get("", weights))


def check_windows(config: Config, outputs: dict[str, tuple[int | None, ...]], preprocessor: Preprocessor) -> None:
    """Make sure that the network's outputs have the shape of the labels.

    Raises:
        ConfigError: If not; it says which shape there is and which is wanted.
    """
    from dlrun.config.layer_names import given_name

    window = config.preprocessing.window
    assert window is not None
    problems = []
    for head in preprocessor.targets.heads:
        if head.task == "multiclass":
            continue
        given = tuple(size for size in outputs[head.output][1:] if size != 1)
        wanted = tuple(size for size in (window.horizon, len(head.targets)) if size != 1)
        if given == wanted:
            continue
        named = [spec for spec in config.layers if head.layer is not None and given_name(spec) == head.layer]
        layer = named[0] if named else config.layers[-1]
        path = layer.path_of("units") if "units" in layer.args else layer.path
        shape = ", ".join(map(str, outputs[head.output][1:]))
        what = f"the output has shape ({shape}) for each example, and its label {_label_words(window.horizon, head)}"
        problems.append(config.problem(path, what, _label_fix(config, head, layer, outputs[head.output])))
    if problems:
        raise ConfigError(*problems)


def _label_words(horizon: int, head: Any) -> str:
    count = len(head.targets)
    steps = f"{horizon} steps" if horizon > 1 else "1 step"
    return f"is {steps} of {count} targets" if count > 1 else f"is {steps}"


def _label_fix(config: Config, head: Any, layer: ObjectSpec, shape: tuple[int | None, ...]) -> str:
    window, count = config.preprocessing.window, len(head.targets)
    assert window is not None
    units = window.horizon * count
    if len(shape) == 3 and {spec.type for spec in config.layers} & _RECURRENT and shape[1] == window.length:
        return "Set `return_sequences: false` in the last recurrent layer, or put `Flatten` before the last Dense."
    if len(shape) > 2 and layer.type == "Dense":
        return "The steps are still apart: put `Flatten` before this layer."
    if window.horizon > 1 and count > 1:
        return f"End in `Dense: {units}` and `Reshape: {{target_shape: [{window.horizon}, {count}]}}`."
    if layer.type != "Dense":
        flat = "`Flatten` and " if len(shape) > 2 else ""
        return f"Put {flat}`Dense: {units}` below it."
    return f"Set `units: {units}`."
