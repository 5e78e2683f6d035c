"""Configs written as text, and inputs of a shape."""

from __future__ import annotations

import textwrap
from types import SimpleNamespace

import pytest

from dlrun.config import load_config


@pytest.fixture
def load(tmp_path):
    """Return a function that loads a config from its text; what a test is not about is filled in."""

    rest = {"data": "{source: d.csv, target: y}", "compile": "{loss: mse}", "fit": "{epochs: 1}"}

    def load_text(text, **given):
        text = textwrap.dedent(text)
        for key, value in {**rest, **given}.items():
            if f"\n{key}:" not in f"\n{text}":
                text += f"\n{key}: {value}"
        path = tmp_path / "c.yaml"
        path.write_text(text + "\n", encoding="utf-8")
        return load_config(path, trust=True)

    return load_text


@pytest.fixture
def shapes():
    """Return a function that makes inputs: `shapes(a=(3,), b=(8, 8))`."""

    def make(dtype="float32", **by_name):
        return {name: SimpleNamespace(shape=shape, dtype=dtype) for name, shape in by_name.items()}

    return make
