"""Draws a run's plots and writes them as files."""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dlrun.catalog import PLOTS
from dlrun.errors import ConfigError, DlrunError, Problem, RunError, did_you_mean
from dlrun.plots.style import styled
from dlrun.signals import held_back

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from dlrun.run_dir import RunDir

FORMATS = ("png", "svg")
_DPI = 150


def write_plots(
    runs: RunDir | Sequence[RunDir], formats: Sequence[str] = FORMATS, names: Sequence[str] | None = None
) -> list[Path]:
    """Write the plots that there are for a run, or for several runs laid over each other.

    A plot is a function `draw(runs)` in `dlrun.catalog.PLOTS`; it returns a figure for each target ({"": figure} where
    there is one only), and nothing where it has nothing to show. A user's own plot may return a figure or a list too.

    Args:
        runs: One run, or several to compare.
        formats: "png" (150 dpi), "svg" (text as outlines, so that Korean shows everywhere).
        names: Names in the catalog; default: all that have something to show.

    Returns:
        The files: `plots/<name>.png`, `plots/<name>-<target>.png` with several targets. A comparison stands in the
        first run's folder, as `<name>-vs-<other runs>.png`.

    Raises:
        ConfigError: If a name or format is unknown.
        RunError: If a plot that was asked for has nothing to show, or a user's plot fails.
        DiskError: If a file cannot be written.
    """
    several = [*runs] if isinstance(runs, Sequence) else [runs]
    _check_formats(formats)
    draws = {name: PLOTS[name] for name in (PLOTS if names is None else names)}
    written: list[Path] = []
    for name, draw in draws.items():
        with styled(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"Glyph \d+", UserWarning)  # no font has it: one sees a box
            figures = _figures(name, draw, several)
            if not figures and names is not None:
                raise RunError(Problem(f"plot '{name}' has nothing to show for {_called(several)}", _WHY))
            for stem, figure in _stems(name, figures, several).items():
                written += [
                    several[0].write_bytes(several[0].plots / f"{stem}.{kind}", content)
                    for kind, content in render(figure, formats).items()
                ]
    return written


def write_figures(run: RunDir, name: str, draws: Mapping[str, Any], formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write figures that are no plot of the catalog into a run's folder.

    Args:
        run: The run.
        name: The files' name.
        draws: Target to a function that draws its figure.
        formats: As for `write_plots`.
    """
    written = []
    with styled():
        figures = {target: draw() for target, draw in draws.items()}
        for stem, figure in _stems(name, figures, [run]).items():
            for kind, content in render(figure, formats).items():
                written.append(run.write_bytes(run.plots / f"{stem}.{kind}", content))
    return written


def render(figure: Figure, formats: Sequence[str]) -> dict[str, bytes]:
    """Return a figure as files of these formats; the same figure always gives the same bytes."""
    return {kind: _file(figure, kind) for kind in formats}


_WHY = (
    "Learning curves need history.csv, the others predictions.csv: confusion_matrix and curves of classes, "
    "predicted_actual and residuals of numbers."
)


def _file(figure: Figure, kind: str) -> bytes:
    content = io.BytesIO()
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    with held_back():
        figure.savefig(content, format=kind, dpi=_DPI, metadata=metadata)
    return content.getvalue()


def _figures(name: str, draw: Any, runs: Sequence[RunDir]) -> dict[str, Figure]:
    if getattr(draw, "__module__", "").startswith("dlrun."):
        return _by_target(draw(runs))
    try:
        return _by_target(draw(runs))
    except DlrunError:
        raise
    except Exception as error:  # whatever a user's code may raise
        raise RunError(Problem(f"plot '{name}' failed: {type(error).__name__}: {error}")) from error


def _by_target(drawn: Any) -> dict[str, Figure]:
    if drawn is None:
        return {}
    if isinstance(drawn, Mapping):
        return {str(key): figure for key, figure in drawn.items()}
    figures = list(drawn) if isinstance(drawn, Sequence) else [drawn]
    return {str(number): figure for number, figure in enumerate(figures, 1)}


def _stems(name: str, figures: Mapping[str, Figure], runs: Sequence[RunDir]) -> dict[str, Figure]:
    """Return the figures by file names without endings: a target may hold any character, a file name may not."""
    others = "-vs-" + "-".join(run.name for run in runs[1:]) if len(runs) > 1 else ""
    stems: dict[str, Figure] = {}
    for target, figure in figures.items():
        stem = base = f"{name}-{safe_name(target)}" if len(figures) > 1 else name
        count = 2
        while stem in stems:
            stem, count = f"{base}-{count}", count + 1
        stems[stem] = figure
    return {stem + safe_name(others, 100): figure for stem, figure in stems.items()}


def safe_name(text: str, length: int = 60) -> str:
    """Return text as a file's name."""
    return re.sub(r"[^\w.-]", "_", unicodedata.normalize("NFC", text))[:length]


def _called(runs: Sequence[RunDir]) -> str:
    return ", ".join(run.name for run in runs)


def _check_formats(formats: Sequence[str]) -> None:
    unknown = [kind for kind in formats if kind not in FORMATS]
    if unknown:
        raise ConfigError(*(Problem(f"unknown plot format '{kind}'", did_you_mean(kind, FORMATS)) for kind in unknown))
