"""Learning curves drawn with letters: braille patterns, whose dots are eight times as fine as letters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise

from rich.text import Text

from dlrun.console.sparkline import scale_of
from dlrun.console.text import number

STYLES = ("cyan", "yellow")  # of the curves, in their order
_BRAILLE = 0x2800  # the pattern without a dot
# The bits of the dots in a pattern, by row from the top and column from the left (Unicode, block Braille Patterns).
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_DOWN, _ACROSS = len(_DOTS), len(_DOTS[0])
_FEWEST_COLUMNS = 12
_MARK = "▲"

Cell = tuple[int, int]


def curve_chart(
    curves: Mapping[str, Sequence[float]], width: int, height: int, best: int | None = None, before: int = 0
) -> list[Text]:
    """Return the curves, an axis with the best epoch marked, and a legend; nothing where there is no value or no room.

    Args:
        curves: Name to its values, one an epoch; one that is not finite is left out.
        width: Columns of the terminal.
        height: Lines of the curves themselves.
        best: The best of these epochs, counted from 1.
        before: Epochs before the first of these; the axis counts them.
    """
    scale = scale_of([value for values in curves.values() for value in values])
    epochs = max(map(len, curves.values()), default=0)
    if scale is None or epochs < 2:
        return []
    low, high = scale
    labels = [number(high), number(low)]
    margin = max(map(len, labels))
    columns = width - margin - 3
    if columns < _FEWEST_COLUMNS or height < 2:
        return []
    drawn = {name: _cells(values, epochs, columns, height, low, high) for name, values in curves.items()}
    lines = [_line(drawn, row, columns, labels, margin, height) for row in range(height)]
    return [*lines, *_axis(epochs, columns, margin, best, before), _legend(curves, margin)]


def _cells(
    values: Sequence[float], epochs: int, columns: int, height: int, low: float, high: float
) -> Mapping[Cell, int]:
    """Return the pattern in each cell, by row and column, of a line through the values.

    Where there are more values than dots, each dot is the mean of those that fall on it.
    """
    wide, tall = columns * _ACROSS - 1, height * _DOWN - 1
    places: dict[int, list[float]] = {}
    for epoch, value in enumerate(values):
        if math.isfinite(value):
            places.setdefault(round(epoch * wide / (epochs - 1)), []).append(value)
    means = {x: sum(own) / len(own) for x, own in places.items()}
    shares = {x: min(max((mean - low) / (high - low or 1.0), 0.0), 1.0) for x, mean in means.items()}
    dots = [(x, round((1 - share) * tall)) for x, share in shares.items()]
    cells: dict[Cell, int] = {}
    for x, y in _joined(dots):
        cell = (y // _DOWN, x // _ACROSS)
        cells[cell] = cells.get(cell, 0) | _DOTS[y % _DOWN][x % _ACROSS]
    return cells


def _joined(dots: Sequence[Cell]) -> Iterator[Cell]:
    """Give every dot of the straight lines from each to the next."""
    yield from dots[:1]
    for (x0, y0), (x1, y1) in pairwise(dots):
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in range(1, steps + 1):
            yield x0 + round((x1 - x0) * step / steps), y0 + round((y1 - y0) * step / steps)


def _line(
    drawn: Mapping[str, Mapping[Cell, int]], row: int, columns: int, labels: Sequence[str], margin: int, height: int
) -> Text:
    label = labels[0] if row == 0 else labels[1] if row == height - 1 else ""
    line = Text(f"{label:>{margin}} {'┤' if label else '│'}", "dim", no_wrap=True)
    cells = [_cell(drawn, row, column) for column in range(columns)]
    for style, some in groupby(cells, key=lambda cell: cell[1]):  # few pieces, for they are drawn ten times a second
        line.append("".join(letter for letter, _ in some), style)
    return line


def _cell(drawn: Mapping[str, Mapping[Cell, int]], row: int, column: int) -> tuple[str, str]:
    """Return the letter and the style of a cell; where curves cross, the last one lends its colour."""
    pattern, style = 0, ""
    for place, cells in enumerate(drawn.values()):
        bits = cells.get((row, column), 0)
        pattern |= bits
        style = STYLES[place % len(STYLES)] if bits else style
    return (chr(_BRAILLE + pattern) if pattern else " "), style


def _axis(epochs: int, columns: int, margin: int, best: int | None, before: int) -> list[Text]:
    line = ["─"] * columns
    numbers = [" "] * columns
    first, last = str(before + 1), str(before + epochs)
    numbers[: len(first)], numbers[-len(last) :] = list(first), list(last)
    if best is not None and 1 <= best <= epochs:
        at = round((best - 1) * (columns - 1) / (epochs - 1))
        line[at] = _MARK
        told = f"best {before + best}"
        start = min(max(at - len(told) // 2, len(first) + 1), columns - len(last) - len(told) - 1)
        if start > len(first):
            numbers[start : start + len(told)] = list(told)
    return [
        Text(f"{'':>{margin}} └{''.join(line)}", "dim", no_wrap=True),
        Text(f"{'':>{margin}}  {''.join(numbers)}", "dim", no_wrap=True),
    ]


def _legend(curves: Mapping[str, Sequence[float]], margin: int) -> Text:
    legend = Text(" " * (margin + 2), no_wrap=True)
    for place, (name, values) in enumerate(curves.items()):
        if values:
            legend.append(f"── {name}   ", STYLES[place % len(STYLES)])
    return legend
