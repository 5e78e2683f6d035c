"""The network as a picture: a box for each input and layer, arrows for the tensors, from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from dlrun.plots.style import shorten
from dlrun.report.preparation import shape_words

if TYPE_CHECKING:
    from dlrun.model.describe import LayerRow

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y = 232, 58, 26, 38
MOST_LAYERS = 120


def diagram(rows: Sequence[LayerRow], outputs: dict[str, str]) -> Markup:
    """Return the network as SVG.

    Args:
        rows: Its inputs and layers, each below those that it takes.
        outputs: Layer to the target that it predicts.
    """
    level: dict[str, int] = {}
    for row in rows:
        level[row.name] = 1 + max((level[name] for name in row.connected_to), default=-1)
    lines: dict[int, list[LayerRow]] = {}
    for row in rows:
        lines.setdefault(level[row.name], []).append(row)
    widest = max(map(len, lines.values()))
    width = widest * (_WIDTH + _GAP_X) - _GAP_X + 4
    places = _places(lines, width)
    height = len(lines) * (_HEIGHT + _GAP_Y) - _GAP_Y + 4
    arrows = [_arrow(places[name], places[row.name], level[row.name] - level[name], width)
              for row in rows for name in row.connected_to]  # fmt: skip
    boxes = [_box(row, places[row.name], outputs.get(row.name)) for row in rows]
    text = "; ".join(f"{row.name}: {row.type}" + (f" after {', '.join(row.connected_to)}" if row.connected_to else "")
                     for row in rows)  # fmt: skip
    return Markup(
        '<svg class="network" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{text}">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8Z"/></marker></defs>{shapes}</svg>'
    ).format(w=width, h=height, text=f"The network. {text}", shapes=Markup("").join([*arrows, *boxes]))


def _places(lines: dict[int, list[LayerRow]], width: float) -> dict[str, tuple[float, float]]:
    """Return the upper left corner of each box: a line of boxes stands in the middle, below what they take."""
    places: dict[str, tuple[float, float]] = {}
    for number, line in sorted(lines.items()):
        if number:
            line.sort(key=lambda row: sum(places[name][0] for name in row.connected_to) / len(row.connected_to))
        own = len(line) * (_WIDTH + _GAP_X) - _GAP_X
        for i, row in enumerate(line):
            places[row.name] = ((width - own) / 2 + i * (_WIDTH + _GAP_X), 2 + number * (_HEIGHT + _GAP_Y))
    return places


def _arrow(start: tuple[float, float], end: tuple[float, float], levels: int, width: float) -> Markup:
    x, y = start[0] + _WIDTH / 2, start[1] + _HEIGHT
    to_x, to_y = end[0] + _WIDTH / 2, end[1] - 2
    if levels > 1 and abs(x - to_x) < _WIDTH / 2:  # around the boxes between
        side = min(start[0] + _WIDTH + _GAP_X / 2, width - 3)
        x, y = start[0] + _WIDTH - 12, start[1] + _HEIGHT
        path = (
            f"M{x:.0f} {y:.0f}C{side:.0f} {y + 20:.0f} {side:.0f} {to_y - 40:.0f} {end[0] + _WIDTH - 24:.0f} {to_y:.0f}"
        )
    else:
        bend = _GAP_Y / 2
        path = f"M{x:.0f} {y:.0f}C{x:.0f} {y + bend:.0f} {to_x:.0f} {to_y - bend:.0f} {to_x:.0f} {to_y:.0f}"
    return Markup('<path class="arrow" d="{}" marker-end="url(#tip)"/>').format(path)


def _box(row: LayerRow, place: tuple[float, float], target: str | None) -> Markup:
    x, y = place
    kind = "input" if not row.connected_to else "output" if target is not None else "layer"
    shape = row.output_shape[0] if row.output_shape and isinstance(row.output_shape[0], tuple) else row.output_shape
    told = shape_words(shape[1:])
    counted = f"{row.parameters:,} parameter{'s' * (row.parameters != 1)}" if row.parameters else ""
    room = int((_WIDTH - 40 - 7 * len(told)) / 8.2)  # letters of the type beside the shape, by their widths in page.css
    second = row.name if kind != "output" or not target else f"{row.name} → {target}"
    return Markup(
        '<g class="box {kind}"><title>{name}: {type}, gives {told}{counted}</title>'
        '<rect x="{x:.0f}" y="{y:.0f}" width="{w}" height="{h}" rx="9"/>'
        '<text class="type" x="{left:.0f}" y="{one:.0f}">{type}</text>'
        '<text class="shape" x="{right:.0f}" y="{one:.0f}" text-anchor="end">{told}</text>'
        '<text class="name" x="{left:.0f}" y="{two:.0f}">{second}</text>'
        '<text class="name" x="{right:.0f}" y="{two:.0f}" text-anchor="end">{short}</text></g>'
    ).format(
        kind=kind, name=row.name, type="Input" if kind == "input" else shorten(row.type, max(room, 6)), told=told,
        counted=f", {counted}" if counted else "", x=x, y=y, w=_WIDTH, h=_HEIGHT, left=x + 12, right=x + _WIDTH - 12,
        one=y + 24, two=y + 43, second=shorten(second, 21 if counted else 29),
        short=f"{row.parameters:,} par." if counted else "",
    )  # fmt: skip
