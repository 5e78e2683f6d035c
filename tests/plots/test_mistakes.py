"""The images that a network got wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from dlrun.plots.mistakes import draw
from dlrun.run_dir import RunDir


@pytest.fixture
def run(make_run: Callable[..., RunDir], tmp_path: Path) -> RunDir:
    """Return a run of six images: numbers 1, 3 and 4 are wrong, and of 4 the network is surest."""
    folder = tmp_path / "pictures"
    (folder / "a").mkdir(parents=True)
    for n in range(6):
        Image.fromarray(np.full((3, 5), 40 * n, np.uint8)).save(folder / f"a/{n}.png")
    right = np.array([0.9, 0.4, 0.8, 0.3, 0.1, 0.7])
    frame = pd.DataFrame({
        "row": range(6), "part": "test", "file": [f"pictures/a/{n}.png" for n in range(6)], "label": "a",
        "label_predicted": np.where(right > 0.5, "a", "b"),
        "label_probability_a": right, "label_probability_b": 1 - right,
    })  # fmt: skip
    made: RunDir = make_run("pictures-001", predictions=frame, metrics={"test": {"macro_f1": 0.4}})
    made.data.write_text(json.dumps({"files": [{"path": str(folder), "sha256": ""}]}))
    return made


def images_of(figure: Figure) -> list[Any]:
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes]


@pytest.mark.usefixtures("style")
def test_wrong_images_are_drawn_the_surest_first(run: RunDir, texts: Callable[[Figure], str]) -> None:
    figure = draw([run])["label"]
    assert [image.tolist() for image in images_of(figure)] == [[[40 * n] * 5] * 3 for n in (4, 3, 1)]
    assert [axes.get_xlabel() for axes in figure.axes] == ["a, b, 90 %", "a, b, 70 %", "a, b, 60 %"]
    assert "3 wrong among 6 test rows" in texts(figure)


@pytest.mark.usefixtures("style")
def test_images_that_are_gone_or_lie_elsewhere_are_left_out(run: RunDir, tmp_path: Path) -> None:
    (tmp_path / "pictures/a/4.png").unlink()
    (tmp_path / "pictures/a/3.png").write_bytes(b"no image")
    assert len(images_of(draw([run])["label"])) == 1
    Image.fromarray(np.zeros((3, 5), np.uint8)).save(tmp_path / "secret.png")
    text = run.predictions.read_text().replace("pictures/a/1.png", "pictures/../secret.png")
    run.predictions.write_text(text)
    assert draw([run]) == {}
    run.predictions.write_text(text.replace("pictures/../secret.png", str(tmp_path / "secret.png")))
    assert draw([run]) == {}


def test_nothing_is_drawn_without_mistakes_files_or_with_several_runs(
    run: RunDir, make_run: Callable[..., RunDir]
) -> None:
    assert draw([run, run]) == {}
    frame = pd.read_csv(run.predictions)
    assert draw([make_run("right", predictions=frame[frame["label_predicted"] == "a"])]) == {}
    assert draw([make_run("table", predictions=frame.drop(columns="file"))]) == {}
