"""A network's answers with dropout on, as in training: what it is unsure of (Gal and Ghahramani 2016)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlrun.training.forward import Forward

if TYPE_CHECKING:
    from dlrun.training.examples import DeviceRows
    from dlrun.training.windows import DeviceWindows


class DropoutForward(Forward):
    """Runs a network forward with dropout, another one for each row and call; the same ones after every start.

    Batch normalization keeps to what it learned: only what is random in training is random here.

    Args:
        model: A built model with dropout, see `has_dropout`.
        batch_size: The training's.
        seed: What the dropout begins with.
    """

    def __init__(self, model: Any, batch_size: int, seed: int) -> None:
        super().__init__(model, batch_size)
        generators = {id(g): g for layer in layers_in(model) for g in vars(layer).values() if _is_generator(g)}
        for number, generator in enumerate(generators.values()):
            generator.state.assign([seed, number])

    def _trace(self, rows: DeviceRows | DeviceWindows) -> Any:
        import keras
        import tensorflow as tf

        if self._call is not None:
            return self._call
        fixed = [n for n in layers_in(self._model) if isinstance(n, keras.layers.BatchNormalization) and n.trainable]

        @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
        def call(data: Any, start: Any, end: Any) -> Any:
            return self._model(rows.take(data, tf.range(start, end))[0], training=True)

        number = tf.TensorSpec([], tf.int32)
        for layer in fixed:
            layer.trainable = False  # in Keras this is how it says: as in inference, even while training
        try:
            self._call = tf.function(call).get_concrete_function(rows.spec, number, number)
        finally:
            for layer in fixed:
                layer.trainable = True
        return self._call


def has_dropout(model: Any) -> bool:
    """Tell whether a network has dropout: a layer of its own, or that of a recurrent one."""
    import keras

    of_rate = (
        keras.layers.Dropout, keras.layers.AlphaDropout, keras.layers.GaussianDropout, keras.layers.SpatialDropout1D,
        keras.layers.SpatialDropout2D, keras.layers.SpatialDropout3D,
    )  # fmt: skip
    return any(
        (isinstance(layer, of_rate) and layer.rate > 0)
        or (isinstance(layer, keras.layers.RNN) and _recurrent_rate(layer) > 0)
        for layer in layers_in(model)
    )


def _recurrent_rate(layer: Any) -> float:
    return float(max(getattr(layer, "dropout", 0), getattr(layer, "recurrent_dropout", 0)))


def layers_in(model: Any) -> list[Any]:
    """Return a model's layers, and those inside them."""
    return list(model._flatten_layers(include_self=False, recursive=True))


def _is_generator(value: Any) -> bool:
    import keras

    return isinstance(value, keras.random.SeedGenerator)
