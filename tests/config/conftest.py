"""Writing and loading small configs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dlrun.config import Config, load_config

Load = Callable[..., Config]

WHOLE = """\
data: {source: a.csv, target: y, split: {test: 0.2, validation: 0.2}}
layers:
  - Dense: {units: 8, activation: relu}
  - Dense: {units: 1}
compile: {optimizer: {Adam: {learning_rate: 0.01}}, loss: mse, metrics: [mae]}
fit: {epochs: 3}
"""


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Return a function that writes a text to config.yaml and loads it, with overrides."""

    def load(text: str = WHOLE, *overrides: str, trust: bool = False) -> Config:
        file = tmp_path / "config.yaml"
        file.write_text(text, encoding="utf-8")
        return load_config(file, overrides, trust=trust)

    return load
