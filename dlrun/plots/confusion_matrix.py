"""True against predicted classes, counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.plots.results import Classes, class_targets, classes_of, judged_part, part_title
from dlrun.plots.style import INK, MUTED, finish, new_figure, number, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dlrun.run_dir import RunDir

_PERCENT_UP_TO, _COUNTS_UP_TO = 12, 30  # classes; with more the cells would not be readable


def applies(run: RunDir) -> bool:
    """Tell whether the run predicts classes."""
    return bool(class_targets(run))


def draw(runs: Sequence[RunDir]) -> dict[str, Figure]:
    """Draw one figure for each class target: counts and, for up to 12 classes, percentages of each true class."""
    targets = dict.fromkeys(target for run in runs for target in class_targets(run))
    return {target: _draw_target([run for run in runs if target in class_targets(run)], target) for target in targets}


def _draw_target(runs: Sequence[RunDir], target: str) -> Figure:
    found = [(run, judged_part(run), classes_of(run, target, judged_part(run))) for run in runs]
    num_classes = max(len(classes.labels) for _, _, classes in found)
    longest = max(len(shorten(label, 16)) for _, _, classes in found for label in classes.labels)
    side = max(2.6, num_classes * _cell_size(num_classes)) + 0.5
    columns = min(len(found), 3)
    rows = -(-len(found) // columns)
    wide, tall = side + 0.1 + 0.08 * longest, side + 0.25 * (len(found) > 1) + 0.05 * longest * (num_classes > 3)
    figure = new_figure(max(5.2, wide * columns), tall * rows + 0.6)
    for index, (run, _, classes) in enumerate(found):
        panel = figure.add_subplot(rows, columns, index + 1)
        _draw_matrix(panel, classes)
        if len(found) > 1:
            panel.set_title(f"{shorten(run.name)}   accuracy {number(_accuracy(classes))}")
    _, part, classes = found[0]
    accuracy = "" if len(found) > 1 else f", accuracy {number(_accuracy(classes))}"
    share = "; percentages are of each true class" if num_classes <= _PERCENT_UP_TO else ""
    return finish(
        figure, f"Confusion matrix of {shorten(target)}", f"{len(classes.actual):,} {part_title(part)}{accuracy}{share}"
    )


def _cell_size(num_classes: int) -> float:
    """Return a cell's side in inches: large with few classes, and never a figure of more than a foot."""
    return float(np.clip(7.0 / num_classes, 0.2, 0.85)) if num_classes <= _COUNTS_UP_TO else 7.0 / num_classes


def _accuracy(classes: Classes) -> float:
    return float(np.mean(classes.actual == classes.predicted)) if len(classes.actual) else 0.0


def _counts(classes: Classes) -> np.ndarray[Any, Any]:
    n = len(classes.labels)
    return np.bincount(classes.actual * n + classes.predicted, minlength=n * n).reshape(n, n)


def _draw_matrix(axes: Axes, classes: Classes) -> None:
    counts = _counts(classes)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    n = len(classes.labels)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.15, aspect="equal")
    axes.grid(False)
    axes.spines[:].set_visible(False)
    ticks = range(0, n, -(-n // 40))
    names = [shorten(classes.labels[index], 16) for index in ticks]
    tilted = n > 3 and max(map(len, names)) > 4
    size = 8.5 if n <= _PERCENT_UP_TO else 7
    axes.set_xticks(ticks, names, fontsize=size, rotation=45 if tilted else 0, ha="right" if tilted else "center",
                    rotation_mode="anchor" if tilted else "default")  # fmt: skip
    axes.set_yticks(ticks, names, fontsize=size)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.set_xticks(np.arange(n + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(n + 1) - 0.5, minor=True)
    axes.grid(True, which="minor", color="white", linewidth=1.5 if n <= _COUNTS_UP_TO else 0.3)
    if n <= _COUNTS_UP_TO:
        _write_cells(axes, counts, shares)


def _write_cells(axes: Axes, counts: np.ndarray[Any, Any], shares: np.ndarray[Any, Any]) -> None:
    n = len(counts)
    percent = n <= _PERCENT_UP_TO
    size = 11 if n <= 5 else 8.5 if percent else 6.5
    for (row, column), count in np.ndenumerate(counts):
        if not count and not percent:
            continue
        share = shares[row, column]
        colour = "white" if share > 0.7 else INK if count else MUTED
        down = 0.75 * size / (72 * max(2.6 / n, _cell_size(n))) if percent and count else 0.0  # in cells
        style: dict[str, Any] = {"ha": "center", "va": "center_baseline", "color": colour, "in_layout": False}
        axes.text(column, row - 0.7 * down, f"{count:,}", fontsize=size, **style)
        if down:
            axes.text(column, row + 0.9 * down, f"{100 * share:.0f} %", fontsize=0.75 * size, **style)
