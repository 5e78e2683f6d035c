"""The settings of a run, key by key: `fit.epochs`, `layers.0.Dense.units`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dlrun.errors import DlrunError
from dlrun.run_dir import RunDir
from dlrun.run_facts import Facts


def settings_of(facts: Facts) -> dict[str, Any]:
    """Return the settings of a run that is known by its facts; nothing of one that is damaged."""
    kept = facts.get("config")
    if kept is not None:
        return dict(kept)
    try:
        return read_settings(RunDir(Path(facts["path"])))
    except DlrunError:
        return {}


def read_settings(run: RunDir) -> dict[str, Any]:
    """Return the settings in a run's resolved config, read as data: nothing is validated.

    Raises:
        RunError: If the run is damaged.
    """
    from dlrun.config.files import ConfigFiles  # most runs tell their settings, and `ls` is to be quick
    from dlrun.config.flat import flat
    from dlrun.config.nodes import plain
    from dlrun.config.resolved import as_run_errors

    run.verify(run.resolved)
    with as_run_errors():
        return flat(plain(ConfigFiles(closed=True).load(run.resolved)))
