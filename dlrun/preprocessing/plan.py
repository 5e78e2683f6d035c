"""Which steps each column goes through, as the config says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dlrun.catalog import PREPROCESSING_STEPS
from dlrun.config.objects import ObjectSpec
from dlrun.errors import ConfigError, Problem, did_you_mean
from dlrun.preprocessing.block import Block
from dlrun.preprocessing.columns import Reading, reading_of
from dlrun.preprocessing.keras_layer import KerasLayer
from dlrun.preprocessing.step import Array, Step

if TYPE_CHECKING:
    from dlrun.config import Config

CELLS_AT_ONCE = 2**20  # that are learned from as one matrix, of which a step makes a few
GATHERED = 128  # columns in one matrix: wide enough that NumPy does the work, narrow enough to stay in its cache


def build_step(spec: ObjectSpec) -> Step:
    """Return the step that `spec` names: one of dlrun's (or the user's own), or a Keras layer.

    Raises:
        ValueError, TypeError: If an argument is wrong.
    """
    if spec.type in PREPROCESSING_STEPS:
        step: Step = PREPROCESSING_STEPS[spec.type](**spec.args)
        return step
    return KerasLayer(spec.type, dict(spec.args))


def build_steps(specs: tuple[ObjectSpec, ...], config: Config) -> list[Step]:
    """Return the steps of `specs`.

    Raises:
        ConfigError: If an argument is wrong, at its place in the config.
    """
    steps: list[Step] = []
    problems: list[Problem] = []
    for spec in specs:
        try:
            steps.append(build_step(spec))
        except (TypeError, ValueError) as error:
            what = str(error) if str(error).startswith(spec.type) else f"{spec.type}: {error}"
            problems.append(config.problem(spec.path, what))
    if problems:
        raise ConfigError(*problems)
    return steps


def specs_of(config: Config, name: str, kind: str) -> tuple[ObjectSpec, ...]:
    """Return the steps of a column: its own, else the default of its kind.

    A time column counts as numeric: seconds since 1970. A tensor column has no default.
    """
    preprocessing = config.preprocessing
    if name in preprocessing.columns:
        return preprocessing.columns[name]
    if kind in ("numeric", "time"):
        return preprocessing.numeric
    return preprocessing.categorical if kind == "categorical" else ()


def check_names(config: Config, names: list[str]) -> list[Problem]:
    """Return a problem for each column under `preprocessing.columns` that is no feature."""
    return [
        config.problem(("preprocessing", "columns", name), f"no feature column '{name}'", did_you_mean(name, names))
        for name in config.preprocessing.columns
        if name not in names
    ]


def plan_blocks(config: Config, kinds: dict[str, Any], columns: dict[str, Array], names: list[str]) -> list[Block]:
    """Return blocks for the columns `names`; numeric columns with the same steps are gathered in one.

    Raises:
        ConfigError: If steps' arguments are wrong.
    """
    blocks: list[Block] = []
    problems: list[Problem] = []
    for members, reading, specs in _groups(config, kinds, columns, names):
        try:
            is_category = kinds[members[0]] == "categorical"
            blocks.append(Block(members, reading, is_category, specs, build_steps(specs, config)))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(*dict.fromkeys(problems))
    return blocks


def _groups(
    config: Config, kinds: dict[str, Any], columns: dict[str, Array], names: list[str]
) -> Iterator[tuple[list[str], Reading, tuple[ObjectSpec, ...]]]:
    gathered: dict[str, tuple[list[str], tuple[ObjectSpec, ...]]] = {}
    for name in names:
        specs = specs_of(config, name, kinds[name])
        reading = reading_of(columns[name], kinds[name])
        if reading == "number" and kinds[name] == "numeric" and _gatherable(specs, config):
            same = json.dumps([[spec.type, dict(spec.args)] for spec in specs], sort_keys=True, default=repr)
            gathered.setdefault(same, ([], specs))[0].append(name)
        else:
            yield [name], reading, specs
    for members, specs in gathered.values():
        most = max(1, min(GATHERED, CELLS_AT_ONCE // max(1, len(columns[members[0]]))))
        for first in range(0, len(members), most):
            yield members[first : first + most], "number", specs


def _gatherable(specs: tuple[ObjectSpec, ...], config: Config) -> bool:
    try:
        return not any(getattr(step, "expands", True) for step in map(build_step, specs))
    except (TypeError, ValueError):
        return False  # the error is reported where the column's own steps are built
