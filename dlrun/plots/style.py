"""How every plot looks: palette, fonts, headings. Nothing here changes matplotlib's settings globally."""

from __future__ import annotations

import importlib.util
import logging
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which readers with any kind of colour vision can tell apart, without the yellow
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5B4B8A", "#8C564B", "#4D4D4D", "#7F9C1F")
PART_COLOURS = {"train": "#9AA5B1", "validation": "#E69F00", "test": "#0072B2"}
INK, MUTED, GRID = "#1F2933", "#616E7C", "#E4E7EB"

_KOREAN_FONTS = (
    "Noto Sans KR", "Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic", "NanumGothic", "NanumBarunGothic",
    "AppleGothic",
)  # fmt: skip
_MARGIN = 0.12  # inches around everything
_TITLE_HEIGHT, _SUBTITLE_HEIGHT = 0.27, 0.21  # inches; that of the subtitle is of each of its lines
_SUBTITLE_LETTER = 0.068  # inches, on the average


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save inside this context: it sets matplotlib's settings and puts the former ones back."""
    import matplotlib as mpl

    fonts = logging.getLogger("matplotlib.font_manager")
    level = fonts.level
    fonts.setLevel(logging.ERROR)  # it warns of a Korean font whose bold is called semi-bold
    try:
        with mpl.rc_context(cast("Any", _settings())):  # matplotlib's type lists every setting
            yield
    finally:
        fonts.setLevel(level)


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure, in inches; `finish` it when all is drawn."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height))


def finish(figure: Figure, title: str, subtitle: str = "") -> Figure:
    """Write the title and a fainter line below it at the top left, and make room for all labels.

    The layout is done here once: matplotlib would do it again, and draw everything twice, for every file format.
    """
    from matplotlib.layout_engine import ConstrainedLayoutEngine
    from matplotlib.transforms import ScaledTranslation

    width, height = map(float, figure.get_size_inches())
    lines = textwrap.wrap(subtitle, int((width - 2 * _MARGIN) / _SUBTITLE_LETTER))
    for text, down, size, weight, colour in (
        (title, _MARGIN, 12.5, "bold", INK),
        ("\n".join(lines), _MARGIN + _TITLE_HEIGHT, 9.5, "normal", MUTED),
    ):
        place = figure.transFigure + ScaledTranslation(_MARGIN, -down, figure.dpi_scale_trans)
        style: dict[str, Any] = {"fontsize": size, "fontweight": weight, "color": colour, "transform": place}
        figure.text(0, 1, text, ha="left", va="top", **style).set_in_layout(False)
    top = _MARGIN + _TITLE_HEIGHT + _SUBTITLE_HEIGHT * len(lines)
    pad, room = _MARGIN / 2, (0, 0, 1, 1 - top / height)
    ConstrainedLayoutEngine(w_pad=pad, h_pad=pad, rect=room).execute(figure)
    return figure


def shorten(text: object, length: int = 28) -> str:
    """Return `text` on one line, its middle left out where it is too long: names often differ at the end alone.

    Args:
        text: The text.
        length: The most letters; a Korean one counts as two, as wide as it is.
    """
    line = " ".join(str(text).split())
    if _width(line) <= length:
        return line
    kept = len(line)
    while kept > 2 and _width(line[: -(-kept * 3 // 5)]) + _width(line[len(line) - kept * 2 // 5 :]) > length - 1:
        kept -= 1
    return f"{line[: -(-kept * 3 // 5)].rstrip()}…{line[len(line) - kept * 2 // 5 :].lstrip()}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def number(value: float | None) -> str:
    """Return a number as a reader wants it in a title: three digits that count, thousands separated."""
    if value is None:
        return "–"
    text = f"{value:,.0f}" if abs(value) >= 999.5 else f"{value + 0.0:.3g}"  # -0.0 becomes 0
    return text.replace("-", "−")


def legend_above(axes: Axes, ncols: int = 4) -> None:
    """Put the legend above the panel, at the right, where it covers nothing."""
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=ncols, borderaxespad=0.2, columnspacing=1.4)


def log_scale(axes: Axes) -> None:
    """Make the y axis logarithmic, labelled with plain numbers (matplotlib's own labels are formulas)."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def colours(count: int) -> list[str]:
    """Return `count` colours; they repeat beyond ten."""
    return [COLOURS[index % len(COLOURS)] for index in range(count)]


@cache
def font_families() -> tuple[str, ...]:
    """Return the font families in the order in which a glyph is looked for: DejaVu Sans, then a Korean font.

    That is one of the system's, or else NanumGothic from the `koreanize_matplotlib` package. The package is found,
    not imported, since importing it changes matplotlib's settings for the whole program.
    """
    from matplotlib import font_manager

    installed = {entry.name for entry in font_manager.fontManager.ttflist}
    korean = next((name for name in _KOREAN_FONTS if name in installed), None)
    if korean is None:
        for path in _bundled_fonts():
            font_manager.fontManager.addfont(path)
            korean = "NanumGothic"
    return ("DejaVu Sans", korean) if korean else ("DejaVu Sans",)


def _bundled_fonts() -> Sequence[Path]:
    spec = importlib.util.find_spec("koreanize_matplotlib")
    folders = [Path(folder) / "fonts" for folder in (spec.submodule_search_locations or ())] if spec else []
    names = ("NanumGothic.ttf", "NanumGothicBold.ttf")
    return [folder / name for folder in folders for name in names if (folder / name).is_file()]


@cache
def _settings() -> dict[str, Any]:
    return {
        "font.family": list(font_families()),
        "font.size": 9.5,
        "text.color": INK,
        "text.parse_math": False,  # a label may hold any character, "$" too
        "axes.unicode_minus": True,
        "axes.edgecolor": "#9AA5B1",
        "axes.linewidth": 0.8,
        "axes.labelcolor": INK,
        "axes.labelsize": 9.5,
        "axes.titlesize": 10.5,
        "axes.titlelocation": "left",
        "axes.titlecolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": GRID,
        "grid.linewidth": 0.8,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "xtick.minor.size": 0,
        "ytick.minor.size": 0,
        "lines.linewidth": 1.7,
        "lines.solid_capstyle": "round",
        "legend.frameon": True,
        "legend.facecolor": "white",
        "legend.edgecolor": "none",
        "legend.framealpha": 0.85,
        "legend.fancybox": False,
        "legend.fontsize": 8.5,
        "figure.facecolor": "white",
        "figure.dpi": 100,
        "svg.fonttype": "path",  # drawn outlines: Korean text shows on machines without a Korean font
        "svg.hashsalt": "dlrun",  # the same plot gives the same file
    }
