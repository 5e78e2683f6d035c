"""What a callback needs beside its own arguments: a package, an optimizer that keeps averages."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from dlrun.config.config import Config
from dlrun.errors import Problem

# Keras imports these only when the callback works, and dlrun does without them.
PACKAGES = {"TensorBoard": "tensorboard", "OrbaxCheckpoint": "orbax-checkpoint"}
_MODULES = {"tensorboard": "tensorboard", "orbax-checkpoint": "orbax"}


def check_callbacks(config: Config) -> Iterator[Problem]:
    """Find callbacks that could not work."""
    for spec in config.callbacks:
        package = PACKAGES.get(spec.type)
        if package is not None and find_spec(_MODULES[package]) is None:
            what = f"{spec.type} needs the package {package}, which is not installed"
            yield config.problem(spec.path, what, f"pip install {package}")
        if spec.type == "SwapEMAWeights" and config.compile is not None:
            optimizer = config.compile.optimizer
            if not optimizer.args.get("use_ema"):
                what = f"SwapEMAWeights swaps in averages of the weights, and {optimizer.type} keeps none"
                yield config.problem(spec.path, what, f"Write optimizer: {{{optimizer.type}: {{use_ema: true}}}}.")
