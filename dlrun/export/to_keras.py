"""`--to keras`: the trained network as Keras's own file."""

from __future__ import annotations

from dlrun.errors import ConfigError, Problem
from dlrun.export.origin import Exported, Origin


def to_keras(origin: Origin) -> Exported:
    """Return the run's model.keras, which `keras.saving.load_model` reads.

    Raises:
        ConfigError: If it is a config that has not been trained.
        RunError: If the run did not finish, or the file was damaged.
    """
    if origin.run is None:
        raise ConfigError(Problem("a config has no trained network yet", "Train it, and name the run."))
    origin.run.verify(origin.run.model)
    with origin.run.open(origin.run.model) as file:
        return Exported(f"{origin.name}.keras", file.read())
