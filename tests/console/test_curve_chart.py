"""Learning curves in the terminal."""

from __future__ import annotations

import math

from dlrun.console.curve_chart import STYLES, curve_chart


def lines(*arguments: object, **more: object) -> list[str]:
    return [line.plain for line in curve_chart(*arguments, **more)]


def heights(found: list[str], rows: int, margin: int) -> list[float]:
    """Return how high the dots of each column are, from 0 at the bottom: what a reader sees."""
    bits = {0: 0x09, 1: 0x12, 2: 0x24, 3: 0xC0}
    columns = []
    for letters in zip(*(line[margin:] for line in found[:rows]), strict=True):
        dots = [
            4 * (rows - 1 - row) + 3 - down
            for row, letter in enumerate(letters)
            for down, mask in bits.items()
            if letter != " " and (ord(letter) - 0x2800) & mask
        ]
        columns.append(sum(dots) / len(dots) if dots else math.nan)
    return columns


def test_a_falling_line_goes_from_corner_to_corner() -> None:
    assert lines({"loss": [5.0, 2.0]}, 27, 3, best=2) == [
        "5.000 ┤⠉⠒⠒⠤⢄⣀             ",
        "      │      ⠉⠉⠒⠢⠤⣀⣀      ",
        "2.000 ┤             ⠉⠑⠒⠤⠤⣀",
        "      └──────────────────▲",
        "       1          best 2 2",
        "       ── loss   ",
    ]


def test_two_curves_have_one_scale_and_colours_of_their_own() -> None:
    chart = curve_chart({"loss": [3.0, 2.0, 1.0], "val_loss": [3.0, 3.0, 3.0]}, 40, 4, best=1)
    styles = {span.style for line in chart for span in line.spans}
    assert set(STYLES) <= styles
    assert chart[-1].plain.split() == ["──", "loss", "──", "val_loss"]
    seen = heights([line.plain for line in chart], 4, 7)
    assert seen[-1] == (0 + 15) / 2  # one at the bottom, the other at the top


def test_many_values_are_means_by_place() -> None:
    seen = heights(lines({"loss": [2.0, 8.0] * 5000}, 40, 4), 4, 7)
    middle = 15 * (5.0 - 2.0) / (8.0 - 2.0)  # of 16 dots
    assert all(abs(height - middle) <= 1 for height in seen)


def test_what_is_not_finite_is_left_out() -> None:
    assert lines({"loss": [math.nan, math.inf]}, 40, 4) == []
    assert lines({"loss": []}, 40, 4) == []
    assert lines({"loss": [1.0]}, 40, 4) == []
    found = lines({"loss": [1.0, math.nan, 3.0]}, 40, 4)
    assert not any(math.isnan(height) for height in heights(found, 4, 7))


def test_no_room_no_chart() -> None:
    assert lines({"loss": [2.0, 1.0]}, 15, 4) == []
    assert lines({"loss": [2.0, 1.0]}, 40, 1) == []


def test_the_axis_counts_the_epochs_before() -> None:
    axis = lines({"loss": [3.0, 1.0, 2.0]}, 47, 4, best=2, before=100)[-2]
    assert axis.split() == ["101", "best", "102", "103"]
