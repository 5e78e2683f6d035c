from __future__ import annotations

import io
import logging
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.plots import style


def test_nothing_of_matplotlib_changes_outside():
    before = dict(mpl.rcParams)
    level = logging.getLogger("matplotlib.font_manager").level
    with style.styled():
        assert mpl.rcParams["axes.grid"]
    assert dict(mpl.rcParams) == before
    assert logging.getLogger("matplotlib.font_manager").level == level


def test_importing_the_plots_imports_no_pyplot_and_drawing_none_of_the_font_package():
    program = (
        "import sys\n"
        "import dlrun.plots.write, dlrun.plots.learning_curves, dlrun.plots.roc, dlrun.plots.residuals\n"
        "assert 'matplotlib' not in sys.modules\n"
        "from dlrun.plots.style import styled, new_figure, finish\n"
        "from dlrun.plots.write import render\n"
        "with styled():\n"
        "    figure = new_figure(2, 2); figure.add_subplot(); render(finish(figure, '제목'), ['png'])\n"
        "assert not {'koreanize_matplotlib', 'matplotlib.pyplot'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


def test_a_bundled_font_has_korean_glyphs():
    from matplotlib.ft2font import FT2Font

    (regular, _bold) = style._bundled_fonts()
    assert {ord(letter) for letter in "등급가격힣"} <= set(FT2Font(Path(regular)).get_charmap())


def test_a_korean_font_of_the_system_comes_first(monkeypatch):
    from matplotlib import font_manager

    entry = font_manager.FontEntry(fname="nowhere.ttf", name="Malgun Gothic")
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [entry])
    assert style.font_families.__wrapped__() == ("DejaVu Sans", "Malgun Gothic")


def test_without_any_korean_font_the_plots_are_still_drawn(monkeypatch):
    from matplotlib import font_manager

    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(style, "_bundled_fonts", lambda: [])
    assert style.font_families.__wrapped__() == ("DejaVu Sans",)


@pytest.mark.parametrize("title", ["a$b$c", "$", "100 %", "x_1^2", "\\alpha", "줄\n바꿈", "−1.5", "R² ≥ 0.9"])
def test_any_text_is_drawn_as_it_is(style, title):
    from dlrun.plots.style import finish, new_figure, shorten

    figure = new_figure(4, 2)
    axes = figure.add_subplot()
    axes.set_xlabel(shorten(title))
    axes.plot([-1, 1], [-1, 1], label=shorten(title))
    axes.legend()
    finish(figure, shorten(title), shorten(title))
    figure.savefig(io.BytesIO(), format="svg")
    assert figure.texts[0].get_text() == " ".join(title.split())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0, "0"),
        (-0.0, "0"),
        (-0.1234, "−0.123"),
        (12.345, "12.3"),
        (999.7, "1,000"),
        (123456.7, "123,457"),
        (1e-7, "1e−07"),
    ],
)
def test_numbers(value, text):
    from dlrun.plots.style import number

    assert number(value) == text


def test_long_text_loses_its_middle():
    from dlrun.plots.style import shorten

    assert shorten("abcdefghijklmnopqrstuvwxyz-001", 12) == "abcdefg…-001"
    assert shorten("가나다라마바사아자차카타파하", 12) == "가나다…파하"
    assert shorten("가나다라마바", 12) == "가나다라마바"
    assert shorten(" a\n b ") == "a b"


@given(st.text(), st.integers(4, 40))
def test_shortened_text_fits(text, length):
    from dlrun.plots.style import _width, shorten

    assert _width(shorten(text, length)) <= max(length, 5)


def test_a_long_subtitle_goes_on_in_a_second_line_inside_the_figure() -> None:
    with style.styled():
        figure = style.new_figure(6.6, 3.7)
        figure.add_subplot()
        text = "Lowest validation loss 0.101 at epoch 10 of 10; values are of that epoch; in units of the scaled target"
        style.finish(figure, "Learning curves", text)
    subtitle = figure.texts[1]
    assert subtitle.get_text().count("\n") == 1 and subtitle.get_text().replace("\n", " ") == text
    assert subtitle.get_window_extent().x1 <= figure.bbox.x1
