"""Raw columns to the network's inputs and labels, as learned from the training rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.errors import ConfigError, DataError, Problem, nearest
from dlrun.lazy_rows import LazyRows, stays_lazy
from dlrun.preprocessing.block import Block
from dlrun.preprocessing.inputs import (
    InputShape,
    Source,
    columns_needed,
    columns_used,
    connect,
    shape_of,
    without_default,
)
from dlrun.preprocessing.plan import check_names, plan_blocks
from dlrun.preprocessing.saved import blocks_from_json, blocks_to_json, check_inputs, inputs_to_json
from dlrun.preprocessing.state import damaged, read_key, read_mapping, read_texts
from dlrun.preprocessing.step import Array
from dlrun.preprocessing.target import Targets

if TYPE_CHECKING:
    from dlrun.config import Config

VERSION = 1  # of the JSON
TEXTS_AT_ONCE = 2**14  # rows of text on disk
CELLS_AT_ONCE = 2**22  # features that are float64 at one time: 32 MiB, however many rows there are


class Preprocessor:
    """What was learned from the training rows, and its use on any rows.

    Args:
        config: The config.
        kinds: Kind of each column in use.
        features: The raw columns that the inputs draw on.
        blocks: Columns with their adapted steps.
        targets: The labels' part.

    Attributes:
        inputs: The network's inputs, by name.
        unseen: Per column, how many cells of the last `apply` hold a category that was not there in training.
    """

    def __init__(
        self, config: Config, kinds: dict[str, Any], features: list[str], blocks: list[Block], targets: Targets
    ) -> None:
        self.config = config
        self.kinds = kinds
        self.features = features
        self.targets = targets
        self.unseen: dict[str, int] = {}
        self._blocks = blocks
        self._sources = connect(config, blocks, features)
        self.inputs = {name: shape_of(blocks, sources) for name, sources in self._sources.items()}

    @classmethod
    def adapt(
        cls,
        config: Config,
        columns: Mapping[str, Array],
        kinds: Mapping[str, Any],
        features: list[str],
        targets: list[str],
        rows: Array | None = None,
    ) -> Preprocessor:
        """Learn from training rows.

        Args:
            config: The config.
            columns: The training rows, by column: `(num_rows, ...)`.
            kinds: Kind of each column.
            features: The columns to learn from.
            targets: The columns to predict; those of the config.
            rows: The rows' numbers in the file, for messages; default: counted from 0.

        Raises:
            ConfigError: If the config asks for something that these columns cannot give.
            DataError: If steps cannot learn from these values. Either names everything that was found.
        """
        names = columns_needed(config, features)
        problems = check_names(config, features) + without_default(config, dict(kinds), names)
        if not features:
            problems.append(config.problem(("data",), "there is no feature column", "See data: features and drop."))
        if problems:
            raise ConfigError(*problems)
        train = dict(columns)
        blocks = _adapted(config, train, dict(kinds), names, rows)
        used = columns_used(blocks, connect(config, blocks, features), names)
        if used != names:  # columns that an encoded name might have meant
            blocks = _adapted(config, train, dict(kinds), used, rows)
        learned = Targets.adapt(config, train, rows)
        return cls(config, {name: kinds[name] for name in used}, used, blocks, learned)

    def apply(
        self, columns: Mapping[str, Array], rows: Array | None = None, empty: Callable[..., Array] = np.empty
    ) -> dict[str, Array]:
        """Return the network's inputs for any rows.

        Args:
            columns: The rows, by column; further columns are ignored, and their order does not matter.
            rows: The rows' numbers in the file, for messages; default: counted from 0.
            empty: Makes the arrays, of a shape and a dtype; default: in memory.

        Returns:
            Input name to `(num_rows, num_features)` float32, or `(num_rows, ...)` for a column that is an input of
            its own; what stays lazy is lazy here, too, and pixels without a step are uint8.

        Raises:
            DataError: If columns are missing, or hold what their steps cannot do with.
        """
        self.check_columns(columns)
        lazy: dict[str, Any] = self._lazy_inputs(columns)
        used = {n: cells if isinstance(cells := columns[n], LazyRows) else np.asarray(cells) for n in self.features}
        num_rows = len(next(iter(used.values())))
        made = {name: shape.shape for name, shape in self.inputs.items() if name not in lazy}
        out = {name: empty((num_rows, *shape), self._stored_dtype(name, used)) for name, shape in made.items()}
        unseen: Counter[str] = Counter()
        step = self._rows_at_once(used)
        try:
            for first in range(0, num_rows, step):
                self._apply_part(used, slice(first, first + step), out, unseen)
        except DataError as error:
            raise self._whole_error(used, rows) or error from error
        self.unseen = {name: count for name, count in unseen.items() if count}
        return {name: lazy[name] if name in lazy else out[name] for name in self.inputs}

    def _rows_at_once(self, columns: Mapping[str, Any]) -> int:
        """Return how many rows go through the steps together: fewer images, which may be large, and texts."""
        lazy = [cells.dtype for cells in columns.values() if isinstance(cells, LazyRows)]
        cells = max(1, sum(int(np.prod(block.shape)) for block in self._blocks))
        rows = max(16 if lazy else 1024, CELLS_AT_ONCE // cells)
        return min(rows, TEXTS_AT_ONCE) if np.dtype(object) in lazy else rows

    def _stored_dtype(self, name: str, columns: Mapping[str, Any]) -> str:
        """Return the dtype in which an input's rows are kept."""
        block = self._blocks[self._sources[name][0].block]
        return "uint8" if block.keeps_bytes(columns[block.columns[0]]) else self.inputs[name].dtype

    def _lazy_inputs(self, columns: Mapping[str, Any]) -> dict[str, LazyRows]:
        """Return the inputs whose rows are made when they are asked for."""
        found = {}
        for name, sources in self._sources.items():
            block = self._blocks[sources[0].block]
            rows = columns[block.columns[0]]
            if stays_lazy(rows):
                dtype = np.dtype(self._stored_dtype(name, columns))
                found[name] = rows.through(block.apply_rows, block.shape, dtype)
                if len(rows):
                    _check_shape(block, found[name][:1])
        return found

    def _apply_part(self, columns: dict[str, Array], part: slice, out: dict[str, Array], unseen: Counter[str]) -> None:
        for position, block in enumerate(self._blocks):
            if stays_lazy(columns[block.columns[0]]):
                continue
            result = block.apply({name: columns[name][part] for name in block.columns})
            unseen[block.columns[0]] += block.unseen
            for name in out:
                self._place(position, result, out[name][part], self._sources[name])

    def _place(self, position: int, result: Array, out: Array, sources: list[Source]) -> None:
        """Write a block's features where this input has them."""
        block = self._blocks[position]
        to = [i for i, source in enumerate(sources) if source.block == position]
        if not to:
            return
        if block.is_own_input:
            _check_shape(block, result)
            out[:] = result
            return
        features = [sources[i].feature for i in to]
        out[:, _as_slice(to)] = result[:, _as_slice(features)]

    def _whole_error(self, columns: dict[str, Array], rows: Array | None) -> DataError | None:
        """Return the error of all blocks over all rows, so that what it counts is whole."""
        problems: list[Problem] = []
        for block in self._blocks:
            if stays_lazy(columns[block.columns[0]]):
                continue  # tells of itself
            try:
                block.apply({name: columns[name][:] for name in block.columns}, rows)
            except DataError as error:
                problems += error.problems
        return DataError(*problems) if problems else None

    def check_columns(self, columns: Iterable[str]) -> None:
        """Make sure that a table has the columns that the inputs draw on.

        Args:
            columns: All columns of the table, so that the nearest to a missing one is found.

        Raises:
            DataError: With every column that is missing.
        """
        names = dict.fromkeys(columns)
        problems = []
        for name in self.features:
            if name in names:
                continue
            near = nearest(name, [other for other in names if other not in self.features])
            shown = ", ".join(list(names)[:12]) + (", ..." if len(names) > 12 else "")
            fix = f"Did you mean '{near}'?" if near else f"There are: {shown}."
            problems.append(Problem(f"no column '{name}', which the network was trained with", fix))
        if problems:
            raise DataError(*problems)

    def apply_target(self, columns: Mapping[str, Array], rows: Array | None = None) -> dict[str, Array]:
        """Return the labels as the losses want them, by output; see `Targets.apply`."""
        return self.targets.apply(columns, rows)

    def invert_target(self, output: str, y: Array) -> Array:
        """Return predictions of a regression output in the target's own units; see `Targets.invert`."""
        return self.targets.invert(output, y)

    @property
    def classes(self) -> dict[str, list[Any]]:
        """Per class target, the original labels in the order 0 .. n-1."""
        return self.targets.classes

    @property
    def positive(self) -> dict[str, Any]:
        """Per binary target, the label that counts as positive: 1."""
        return self.targets.positive

    def to_json(self) -> dict[str, Any]:
        """Return everything that was learned as JSON values."""
        return {
            "version": VERSION,
            "features": self.features,
            "kinds": self.kinds,
            "columns": blocks_to_json(self._blocks),
            "inputs": inputs_to_json(self.inputs),
            "targets": self.targets.to_json(),
        }

    @classmethod
    def from_json(cls, state: Any, config: Config) -> Preprocessor:
        """Return the preprocessor that `to_json` described.

        Raises:
            RunError: If the state is damaged or does not belong to this config.
        """
        read_mapping(state)
        if read_key(state, "version") != VERSION:
            damaged(f"its version is {state['version']!r}, not {VERSION}")
        features = read_texts(state, "features")
        kinds = read_mapping(state, "kinds")
        blocks = blocks_from_json(state, features)
        targets = Targets.from_json(read_key(state, "targets"), config)
        try:
            preprocessor = cls(config, kinds, features, blocks, targets)
        except ConfigError as error:
            damaged(f"it does not belong to this config: {error.problems[0].what}")
        check_inputs(state, preprocessor.inputs)
        return preprocessor


def _adapted(
    config: Config, columns: dict[str, Array], kinds: dict[str, Any], names: list[str], rows: Array | None
) -> list[Block]:
    blocks = plan_blocks(config, kinds, columns, names)
    in_config: list[Problem] = []
    in_data: list[Problem] = []
    for block in blocks:
        try:
            block.adapt(columns, config, rows)
        except ConfigError as error:
            in_config += error.problems
        except DataError as error:
            in_data += error.problems
    if in_config:
        raise ConfigError(*dict.fromkeys(in_config))
    if in_data:
        raise DataError(*in_data)
    return blocks


def _check_shape(block: Block, result: Array) -> None:
    """Make sure that rows have the shape of those in training."""
    if result.shape[1:] != block.shape:
        what = f"rows of shape {result.shape[1:]}, in training they had {block.shape}"
        raise DataError(Problem(what, "", f"column '{block.columns[0]}'"))


def _as_slice(positions: list[int]) -> slice | list[int]:
    """Return a run of positions as a slice, which copies faster."""
    first, last = positions[0], positions[-1]
    return slice(first, last + 1) if positions == list(range(first, last + 1)) else positions


__all__ = ["InputShape", "Preprocessor"]
