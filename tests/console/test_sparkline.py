from __future__ import annotations

from dlrun.console.sparkline import loss_curves, sparkline


def test_each_value_is_a_block_of_its_height() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7, 8], 20, 0, 8) == "▁▂▃▄▅▆▇██"
    assert sparkline([-1, 99, float("nan"), float("inf")], 20, 0, 8) == "▁█  "
    assert sparkline([3, 3], 20, 3, 3) == "▁▁"
    assert sparkline([], 20, 0, 1) == ""


def test_many_values_are_means_by_place() -> None:
    assert sparkline([0, 2, 4, 6, 8, 8], 3, 0, 8) == "▂▆█"  # 1, 5, 8
    assert len(sparkline(list(range(1000)), 52, 0, 999)) == 52


def test_a_high_beginning_does_not_press_the_rest_flat() -> None:
    losses = [1000.0, 3.0, 2.0, 1.0, 1.0]  # the median is 2, so the scale goes from 1 to 3
    assert loss_curves({"loss": losses, "val_loss": losses[1:]}, 30) == ["loss      ██▅▁▁", "val_loss  █▅▁▁"]
    assert loss_curves({"loss": [], "val_loss": []}, 30) == []
    assert loss_curves({"loss": [float("nan")] * 3}, 30) == []
