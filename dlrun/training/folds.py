"""The configs of a cross-validation: one file, and each of its folds as the test part in turn."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.config import load_config
from dlrun.config.checks.split import is_walk_forward
from dlrun.config.heads import heads_of
from dlrun.errors import ConfigError

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.config.loader import ColumnsOf

_SPLIT = ("data", "split")


def with_folds(
    path: str | Path,
    folds: int,
    overrides: Iterable[str] = (),
    *,
    repeats: int = 1,
    trust: bool = False,
    columns_of: ColumnsOf | None = None,
) -> list[Config]:
    """Return a config for each fold, named `<name>-cv`; nothing else differs.

    What kind of folds they are follows from `data.split`: `group`, order of time (`time`, `shuffle: false`, a window),
    `stratify`, or shuffled rows. Classes are stratified unless the config says otherwise, as scikit-learn's
    `cross_val_score` does.

    Args:
        path: The config's file.
        folds: How many folds.
        overrides: As on the command line.
        repeats: How often the rows are shuffled anew, with the split's seed, the next one, and so on.
        trust: Whether the config's own code may run.
        columns_of: As for `load_config`.

    Raises:
        ConfigError, DataError: If the config is wrong, or rows in order of time are to be shuffled anew.
    """
    changes = [*overrides, f"data.split.folds={folds}", "data.split.fold=1"]
    config = load_config(path, changes, trust=trust, columns_of=columns_of)
    data, _, _ = config.required()
    changes.append(f"name={json.dumps(f'{config.name}-cv')}")
    if repeats > 1 and (is_walk_forward(config) or data.split.group is not None):
        what = "there is one way only to cut folds in order of time, or by group"
        raise ConfigError(config.problem(_SPLIT, what, "Leave out --repeats; --seeds of `dlrun train` varies weights."))
    if _is_stratified_by_default(config):
        changes.append("data.split.stratify=true")
    seed = config.seed if data.split.seed is None else data.split.seed
    return [
        load_config(path, [*changes, f"data.split.fold={fold}", *_seed(seed + repeat, repeats)], trust=trust)
        for repeat in range(repeats)
        for fold in range(1, folds + 1)
    ]


def _seed(seed: int, repeats: int) -> list[str]:
    return [f"data.split.seed={seed}"] if repeats > 1 else []


def _is_stratified_by_default(config: Config) -> bool:
    assert config.data is not None
    if config.is_given((*_SPLIT, "stratify")) or config.data.split.group is not None or is_walk_forward(config):
        return False
    heads = heads_of(config)
    return bool(heads) and all(head.task != "regression" for head in heads)
