"""`--to keras`: the trained network as Keras's own file."""

from __future__ import annotations

import tempfile
from pathlib import Path

from dlrun.errors import ConfigError, Problem
from dlrun.export.origin import Exported, Origin
from dlrun.files import writing


def to_keras(origin: Origin) -> Exported:
    """Return the trained network as a file that `keras.saving.load_model` reads.

    It is written anew, from the network that the run's config and arrays make. The run's own model.keras is not
    passed on: the folder may be a stranger's, and such a file can hold more than a network.

    Raises:
        ConfigError: If it is a config that has not been trained, or Keras cannot describe its network.
        RunError: If the run did not finish, or was damaged.
        DiskError: If there is no room for it.
    """
    if origin.run is None:
        raise ConfigError(Problem("a config has no trained network yet", "Train it, and name the run."))
    from dlrun.training.run import load_run

    model = load_run(origin.run.path, trust=origin.trust).model
    model.optimizer.build(model.trainable_variables)  # Keras builds it when it loads, and wants all its numbers then
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        try:
            with writing(path):
                model.save(path)
        except (NotImplementedError, TypeError, ValueError) as error:
            raise ConfigError(Problem(f"Keras cannot describe this network: {error}")) from error
        return Exported(f"{origin.name}.keras", path.read_bytes())
