"""How time and memory grow with the table.

Time against size is `a * size ** p`. The whole command also pays for its start whatever the size, so the time on a
table of 100 rows is taken off before p is fitted, and sizes that cost hardly more than the start are left out, for
that little is mostly noise. Of the epochs nothing is taken off. `last step` is p between the two largest sizes alone:
where it lies well above p, worse is to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.arithmetic import exponent, less
from tests.benchmarks.cases import EPOCH, SCALING, WHOLE
from tests.benchmarks.compare import DONE, MEMORY, Result, compare
from tests.benchmarks.data import make_table, ready

BASE_ROWS = 100
FLOAT32 = 4  # bytes
NOISE = 0.1  # of the start's time; what a table costs beyond the start must be more to be taken seriously


@dataclass(frozen=True)
class Curve:
    """Tables that grow in one direction.

    Attributes:
        grows: rows or columns.
        sizes: Of the default measurement.
        full_size: One more, with `--full`.
        other: How many columns (or rows) all tables have.
        suffix: The files' ending.
    """

    grows: str
    sizes: tuple[int, ...]
    full_size: int
    other: int
    suffix: str

    @property
    def name(self) -> str:
        """Such as `rows, csv`."""
        return f"{self.grows}, {self.suffix[1:]}"

    def shape(self, size: int) -> tuple[int, int]:
        """Return rows and columns."""
        return (size, self.other) if self.grows == "rows" else (self.other, size)

    @property
    def base(self) -> tuple[int, int]:
        """Rows and columns of a table that costs nothing but the start."""
        return (BASE_ROWS, self.other if self.grows == "rows" else self.sizes[0])


CURVES = (
    Curve("rows", (10_000, 100_000, 1_000_000), 10_000_000, 20, ".csv"),
    Curve("rows", (10_000, 100_000, 1_000_000), 10_000_000, 20, ".parquet"),
    Curve("columns", (10, 100, 1000), 10_000, 10_000, ".csv"),
)


def measure_scaling(folder: Path, repeats: int, sides: Sequence[str], full: bool) -> Result:
    """Measure all curves; one that cannot be measured tells why."""
    curves = {curve.name: _measure_curve(curve, folder, repeats, sides, full) for curve in CURVES}
    bad = {name: curve for name, curve in curves.items() if curve["status"] != DONE}
    status = next((curve["status"] for curve in bad.values()), DONE)
    message = "\n".join(f"{name}, {curve['message']}" for name, curve in bad.items())
    return {"about": SCALING.about, "status": status, "message": message, "curves": curves}


def _measure_curve(curve: Curve, folder: Path, repeats: int, sides: Sequence[str], full: bool) -> Result:
    sizes = [*curve.sizes, *([curve.full_size] if full else [])]
    points = []
    for rows, columns in (curve.base, *map(curve.shape, sizes)):
        table = ready(folder / f"table-{rows}x{columns}{curve.suffix}", make_table, rows, columns, "regression")
        result = compare(SCALING, table, repeats, sides)
        if result["status"] != DONE:
            return {"status": result["status"], "message": f"{rows} x {columns}: {result['message']}", "points": points}
        points.append({"rows": rows, "columns": columns, "figures": result["figures"]})
    base, *points = points
    return {
        "status": DONE,
        "message": "",
        "base": base,
        "points": points,
        "exponents": {side: exponents(sizes, points, base, side) for side in sides},
        "memory": {side: [_memory(point, base, side) for point in points] for side in sides},
    }


def exponents(sizes: Sequence[int], points: Sequence[Any], base: Any, side: str) -> dict[str, float | None]:
    """Return p of the whole command without its start, of the epoch, and both between the two largest sizes."""
    start = base["figures"][WHOLE][side]
    whole = [cost if cost and cost > NOISE * start else None for cost in less(_costs(points, WHOLE, side), start)]
    epoch = _costs(points, EPOCH, side)
    return {
        WHOLE: exponent(sizes, whole),
        f"{WHOLE}, last step": exponent(sizes[-2:], whole[-2:]),
        EPOCH: exponent(sizes, epoch),
        f"{EPOCH}, last step": exponent(sizes[-2:], epoch[-2:]),
    }


def _costs(points: Sequence[Any], figure: str, side: str) -> list[float | None]:
    return [point["figures"][figure][side] for point in points]


def _memory(point: Any, base: Any, side: str) -> float | None:
    """Return the memory besides the start's, in sizes of the whole table in float32."""
    table = point["rows"] * point["columns"] * FLOAT32
    (more,) = less([point["figures"][MEMORY][side]], base["figures"][MEMORY][side])
    return None if more is None else more / table
