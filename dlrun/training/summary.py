"""A network's layers, shapes and parameters, without training it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlrun.training.network import network_of

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.model.describe import LayerRow


@dataclass(frozen=True)
class Summary:
    """A network as a table.

    Args:
        name: The config's name.
        rows: A row for each input and layer.
        parameters: How many numbers the network holds.
        trainable_parameters: How many of them training changes.
    """

    name: str
    rows: list[LayerRow]
    parameters: int
    trainable_parameters: int

    @property
    def non_trainable_parameters(self) -> int:
        """How many numbers stay, or are moving averages."""
        return self.parameters - self.trainable_parameters


def summarize(config: Config, *, trust: bool = False) -> Summary:
    """Build the network of a config and describe it.

    Args:
        config: The config; its inputs have shapes, or it has data.
        trust: Whether the config's own code may run.

    Raises:
        ConfigError: If the network cannot be built.
        DataError: If the data, from which the shapes come, cannot be used.
    """
    network = network_of(config, trust)
    from dlrun.model.describe import layer_rows  # imports Keras, which was started just now

    model = network.model
    return Summary(config.name, layer_rows(network), model.count_params(), _count(model.trainable_weights))


def _count(weights: Any) -> int:
    return sum(int(weight.value.shape.num_elements()) for weight in weights)
