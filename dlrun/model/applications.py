"""A network of `keras.applications` as a layer: `MobileNetV2: {weights: null, include_top: false}`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from dlrun.config.objects import ObjectSpec
from dlrun.errors import ConfigError, DlrunError, did_you_mean
from dlrun.model.names import keras_name
from dlrun.model.objects import construction_problem
from dlrun.model.settings import BuildSettings
from dlrun.model.weights_file import read_weights

_OWN = ("weights", "freeze", "trainable", "input_shape")


class Application:
    """A network that is made by its first call: then the shape of what comes in is known.

    Args:
        name: What it is called.
        spec: What the config says of it.
        settings: How the whole network is built.
    """

    def __init__(self, name: str, spec: ObjectSpec, settings: BuildSettings) -> None:
        self.name = name
        self.model: keras.Model | None = None
        self._spec = spec
        self._settings = settings

    def __call__(self, tensor: Any, **named: Any) -> Any:
        """Call the model on images `(rows, height, width, channels)`."""
        if self.model is None:
            shape = self._spec.args.get("input_shape") or tuple(tensor.shape)[1:]
            self.model = build_application(self.name, self._spec, tuple(shape), self._settings)
        return self.model(tensor, **named)


def build_application(
    name: str, spec: ObjectSpec, input_shape: tuple[int | None, ...] | None, settings: BuildSettings
) -> keras.Model:
    """Return a network of `keras.applications`.

    Args:
        name: What it is called.
        spec: What the config says of it.
        input_shape: The shape of what comes in, without rows; None for Keras's default.
        settings: How the whole network is built.

    Raises:
        ConfigError: If Keras refuses the arguments or the shape, or the file with its weights does not fit.
    """
    config = settings.config
    arguments = {key: value for key, value in spec.args.items() if key not in _OWN}
    make = getattr(keras.applications, spec.type)
    try:
        model: keras.Model = make(weights=None, input_shape=input_shape, name=keras_name(name), **arguments)
    except DlrunError:
        raise
    except Exception as error:  # Keras raises whatever a wrong value leads to
        raise ConfigError(construction_problem(spec, error, config)) from error
    file = spec.args.get("weights")
    if file is not None and settings.read_weights:
        read_weights(model, Path(file), lambda what, fix: config.problem(spec.path_of("weights"), what, fix))
    freeze = spec.args.get("freeze")
    if freeze is not None:
        names = [layer.name for layer in model.layers]
        if freeze not in names:
            what = f"{spec.type} has no layer '{freeze}' to freeze up to"
            fix = did_you_mean(str(freeze), names) or f"Its last one is '{names[-1]}'."
            raise ConfigError(config.problem(spec.path_of("freeze"), what, fix))
        for layer in model.layers[: names.index(freeze) + 1]:
            layer.trainable = False
    if spec.args.get("trainable") is False:
        model.trainable = False
    return model
