"""A config from a few lines: what a test says, and something for what it does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dlrun.config import Config, load_config

_REST = {
    "data": "data: {source: rows.csv, target: y}",
    "layers": "layers: [{Dense: {units: 1}}]",
    "compile": "compile: {loss: mse}",
    "fit": "fit: {epochs: 1}",
}


@pytest.fixture(scope="session")
def configure(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Config]:
    """Return a function from YAML text, of which sections may be left out, to a Config."""

    def configured(text: str = "") -> Config:
        path = tmp_path_factory.mktemp("config") / "test.yaml"
        given = {line.partition(":")[0] for line in text.splitlines()}
        path.write_text("\n".join([text, *(line for key, line in _REST.items() if key not in given)]), encoding="utf-8")
        return load_config(path)

    return configured
