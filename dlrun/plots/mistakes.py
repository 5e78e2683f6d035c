"""The images that a network got wrong, those of which it was surest first."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.files import open_plain
from dlrun.plots.results import Classes, class_targets, classes_of, files_of, judged_part, part_title
from dlrun.plots.style import INK, finish, new_figure, shorten

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dlrun.run_dir import RunDir

Array = np.ndarray[Any, Any]

MOST = 24  # images in a figure
_COLUMNS = 6
_SIDE = 256  # pixels that an image is drawn with at most
_MOST_PIXELS = 2**27
_FORMATS = ("BMP", "GIF", "JPEG", "PNG")


def draw(runs: Sequence[RunDir]) -> dict[str, Figure]:
    """Draw a figure for each class target of a run on images that are still there; nothing where all was right."""
    run = runs[0]
    if len(runs) > 1:
        return {}
    drawn = {target: _draw_target(run, target) for target in class_targets(run)}
    return {target: figure for target, figure in drawn.items() if figure is not None}


def _draw_target(run: RunDir, target: str) -> Figure | None:
    part = judged_part(run)
    files = files_of(run, target, part)
    if files is None:
        return None
    classes = classes_of(run, target, part)
    wrong = _surest_first(classes)
    folders = _folders(run)
    shown = [(row, image) for row in wrong[:MOST] if (image := _image(files[row], folders)) is not None]
    if not shown:
        return None
    columns = min(_COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    figure = new_figure(max(4.2, 1.25 * columns), 1.55 * rows + 0.6)
    for place, (row, image) in enumerate(shown):
        axes = figure.add_subplot(rows, columns, place + 1)
        axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axes.grid(False)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_xlabel(_caption(classes, row), fontsize=8, color=INK)
    surest = f"{len(shown)} of {len(wrong):,}" if len(shown) < len(wrong) else f"{len(wrong):,}"
    said = f"{surest} wrong among {len(classes.actual):,} {part_title(part)}; below each: true, predicted"
    return finish(
        figure, f"Mistakes in {shorten(target)}", said + ("" if classes.probabilities is None else ", how sure")
    )


def _surest_first(classes: Classes) -> Array:
    """Return the positions of the rows that are wrong, the largest probability of what they are not first."""
    wrong = np.flatnonzero(classes.actual != classes.predicted)
    if classes.probabilities is None:
        return wrong
    sure = classes.probabilities[wrong, classes.predicted[wrong]]
    return wrong[np.argsort(-sure, kind="stable")]


def _caption(classes: Classes, row: int) -> str:
    true, predicted = (shorten(classes.labels[index[row]], 14) for index in (classes.actual, classes.predicted))
    lines = f"{true}\n{predicted}" if len(true) + len(predicted) > 10 else f"{true}, {predicted}"
    if classes.probabilities is None:
        return lines
    return f"{lines}, {100 * classes.probabilities[row, classes.predicted[row]]:.0f} %"


def _folders(run: RunDir) -> dict[str, list[Path]]:
    """Return by name the folders that the run's images lay in."""
    found: dict[str, list[Path]] = {}
    record = run.read_json(run.data) if run.has(run.data) else {}
    files = record.get("files") if isinstance(record, dict) else None
    for file in files if isinstance(files, list) else ():
        path = file.get("path") if isinstance(file, dict) else None
        if isinstance(path, str) and "\0" not in path:
            found.setdefault(Path(path).name, []).append(Path(path).expanduser())
    return found


def _image(name: str, folders: dict[str, list[Path]]) -> Array | None:
    """Return an image's pixels; None where it is no longer there, or no image that may be opened."""
    below = PurePosixPath(name)
    if below.is_absolute() or len(below.parts) < 2 or ".." in below.parts or "\0" in name:
        return None
    for folder in folders.get(below.parts[0], ()):
        pixels = _pixels(folder.joinpath(*below.parts[1:]))
        if pixels is not None:
            return pixels
    return None


def _pixels(path: Path) -> Array | None:
    from PIL import Image

    try:
        with warnings.catch_warnings(), open_plain(path.resolve()) as file:
            warnings.simplefilter("ignore")  # of many pixels: they are counted here
            with Image.open(file, formats=_FORMATS) as image:
                if image.width * image.height > _MOST_PIXELS:
                    return None
                image.draft("RGB", (_SIDE, _SIDE))
                small = image.convert("L" if image.mode in ("1", "L", "I", "I;16", "F") else "RGB")
                small.thumbnail((_SIDE, _SIDE))
                return np.asarray(small)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # Pillow raises any of them
        return None
