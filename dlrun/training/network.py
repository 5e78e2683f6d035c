"""The network of a config, untrained, with or without data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.errors import ConfigError
from dlrun.training.runtime import start_keras_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dlrun.config import Config
    from dlrun.model.build import Network
    from dlrun.preprocessing.preprocessor import InputShape, Preprocessor


@dataclass(frozen=True)
class DeclaredInput:
    """An input whose shape the config gives."""

    shape: tuple[int | None, ...]
    dtype: str | None


def build_model(config: Config | str | Path, *, trust: bool = False) -> Any:
    """Return the Keras model of a config, untrained; compiled where the config has `compile`.

    The shapes of its inputs come from `inputs: {x: {shape: [...]}}`, else from the data, which is read for it.

    Args:
        config: The config, or its file.
        trust: Whether the config's own code may run.

    Raises:
        ConfigError: If the network cannot be built.
        DataError: If the data cannot be used.
    """
    if isinstance(config, (str, Path)):
        from dlrun.config import load_config

        config = load_config(config, trust=trust)
    model = network_of(config, trust).model
    if config.compile is not None:
        from dlrun.model.compile import compile_model

        compile_model(model, config)
    return model


def network_of(config: Config, trust: bool) -> Network:
    """Return the network of a config, untrained and not compiled."""
    start_keras_for(config)
    from dlrun.model.build import build_network  # imports Keras, which was started just now
    from dlrun.model.user_code import load_user_code

    load_user_code(config, trust)
    return build_network(config, _inputs(config))


def _inputs(config: Config) -> Mapping[str, Any]:
    declared = {name: given for name, given in config.inputs.items() if given.shape is not None}
    if declared and len(declared) == len(config.inputs):
        return {name: DeclaredInput(given.shape or (), given.dtype) for name, given in declared.items()}
    if config.data is None:
        what = "the shapes of the network's inputs are not known"
        raise ConfigError(config.problem(("inputs",), what, "Write inputs: {x: {shape: [4]}}, or data: {source: ...}."))
    from dlrun.data.load import load_dataset
    from dlrun.training.prepare import adapt

    return network_inputs(adapt(config, load_dataset(config)))


def network_inputs(preprocessor: Preprocessor) -> dict[str, InputShape]:
    """Return the inputs of the network: those of a row, with a window as many of them as it is long."""
    from dataclasses import replace

    window = preprocessor.config.preprocessing.window
    if window is None:
        return preprocessor.inputs
    return {name: replace(found, shape=(window.length, *found.shape)) for name, found in preprocessor.inputs.items()}
