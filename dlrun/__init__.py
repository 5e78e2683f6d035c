"""Deep learning experiments from one YAML file.

For notebooks and tests; everything else is the command `dlrun`:

    run = dlrun.train("configs/iris_8_3.yaml")
    run.history, run.metrics, run.model
    dlrun.load_run("iris_8_3-001").predict(frame)
"""

from __future__ import annotations

from typing import Any

# Each is imported at its first use, so that `import dlrun` costs nothing.
_EXPORTS = {
    "build_model": "dlrun.training.network",
    "load_config": "dlrun.config",
    "load_run": "dlrun.training.run",
    "register": "dlrun.catalog",
    "train": "dlrun.training.train",
}

__all__ = ["__version__", "build_model", "load_config", "load_run", "register", "train"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("dlrun")
    if name in _EXPORTS:
        from importlib import import_module

        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
