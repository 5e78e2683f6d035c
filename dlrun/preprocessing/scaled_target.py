"""A target that is a number, with the steps that scale it and are undone again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.config.heads import Head
from dlrun.config.objects import ObjectSpec
from dlrun.errors import ConfigError, DataError, Problem
from dlrun.preprocessing.block import is_finite
from dlrun.preprocessing.columns import read_numbers, row_text
from dlrun.preprocessing.labels import refuse_missing
from dlrun.preprocessing.plan import build_steps
from dlrun.preprocessing.saved import steps_from_json, steps_to_json
from dlrun.preprocessing.state import damaged, read_text
from dlrun.preprocessing.step import Array, Step

if TYPE_CHECKING:
    from dlrun.config import Config


@dataclass(frozen=True)
class ScaledTarget:
    """A regression target and its steps.

    Args:
        target: The column.
        specs: The steps as the config has them.
        steps: The adapted steps.
    """

    target: str
    specs: tuple[ObjectSpec, ...]
    steps: list[Step]

    @classmethod
    def adapt(cls, config: Config, head: Head, name: str, column: Array, rows: Array | None = None) -> ScaledTarget:
        """Learn from the training rows of the column.

        Raises:
            ConfigError: If the column holds text, or a step cannot be undone.
            DataError: If values are missing, infinite, or unfit for a step.
        """
        refuse_missing(name, column, rows)
        y = _numbers(config, head, name, column, rows)
        written = config.preprocessing.target
        specs = written[name] if name in written else written.get("", ())
        steps = build_steps(specs, config)
        for spec, step in zip(specs, steps, strict=True):
            if not can_invert(step):
                raise ConfigError(config.problem(spec.path, f"{spec.type} cannot be undone, so it is no target step"))
            y = _adapt_step(config, spec, step, y, name)
        return cls(name, specs, steps)

    def apply(self, column: Array, rows: Array | None = None) -> Array:
        """Return the scaled target, float64 `(num_rows,)`.

        Raises:
            DataError: If a cell has no finite number as a result.
        """
        refuse_missing(self.target, column, rows)
        raw = read_numbers(self.target, column, rows)
        y = raw[:, None]
        with np.errstate(all="ignore"):
            for step in self.steps:
                y = step.apply(y)
            bad = np.flatnonzero(~np.isfinite(y.astype(np.float32)[:, 0]))
        if len(bad):
            by = f" by {', '.join(spec.type for spec in self.specs)}" if self.specs else " in float32"
            what = f"no finite number comes of {raw[bad[0]]:g} in {row_text(int(bad[0]), rows)}{by}"
            raise DataError(Problem(what, "", f"target '{self.target}'"))
        return y[:, 0]

    def invert(self, y: Array) -> Array:
        """Undo the steps: `(num_values,)` in the target's own units, float64."""
        x = y[:, None]
        with np.errstate(all="ignore"):
            for step in reversed(self.steps):
                x = step.invert(x)
        return x[:, 0]

    def to_json(self) -> dict[str, Any]:
        """Return the target and its steps as JSON values."""
        return {"target": self.target, "steps": steps_to_json(self.specs, self.steps)}

    @classmethod
    def from_json(cls, state: Any) -> ScaledTarget:
        """Return the target that `to_json` described.

        Raises:
            RunError: If it is damaged.
        """
        specs, steps = steps_from_json(state, "steps")
        for spec, step in zip(specs, steps, strict=True):
            if not can_invert(step) or getattr(step, "num_columns", None) not in (None, 1):
                damaged(f"'{spec.type}' is no step for one target")
        return cls(read_text(state, "target"), specs, steps)


def can_invert(step: Step) -> bool:
    """Tell whether a step can be undone."""
    return getattr(type(step), "invert", Step.invert) is not Step.invert


def _numbers(config: Config, head: Head, name: str, column: Array, rows: Array | None) -> Array:
    if column.ndim > 1 or column.dtype.kind in "Mm":
        kind = "times" if column.ndim == 1 else "arrays"
        what = f"{head.loss.type} predicts numbers, but target '{name}' holds {kind}"
        raise ConfigError(config.problem(head.loss.path, what))
    try:
        y = read_numbers(name, column)
    except DataError as error:
        cells = sorted({str(cell) for cell in column.tolist()})
        what = f"{head.loss.type} predicts numbers, but target '{name}' holds text, '{cells[0][:40]}' for one"
        fix = (
            "Write loss: binary_crossentropy for two labels, sparse_categorical_crossentropy for more; "
            "or make it a number with prepare: to_number."
        )
        raise ConfigError(config.problem(head.loss.path, what, fix)) from error
    infinite = np.flatnonzero(np.isinf(y))
    if len(infinite):
        raise DataError(Problem(f"an infinite value in {row_text(int(infinite[0]), rows)}", "", f"target '{name}'"))
    return y[:, None]


def _adapt_step(config: Config, spec: ObjectSpec, step: Step, y: Array, name: str) -> Array:
    try:
        with np.errstate(all="ignore"):
            step.adapt(y)
            result = step.apply(y)
    except ValueError as error:
        raise ConfigError(config.problem(spec.path, f"{spec.type}: {error} (target '{name}')")) from error
    except DataError as error:
        raise DataError(*(Problem(p.what, p.fix, f"target '{name}'") for p in error.problems)) from error
    if not is_finite(step.get_state()) or not np.isfinite(result).all():
        bad = f"{float(y[~np.isfinite(result)][0]):g}" if not np.isfinite(result).all() else "values so large"
        raise DataError(Problem(f"{spec.type} makes no finite number of {bad}", "", f"target '{name}'"))
    return result
