"""Configs and tables for the tests of data: a test says what stands under `data`, and writes its own files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from dlrun.config import Config, load_config
from dlrun.data.dtypes import tidy_frame
from dlrun.data.origins import FileRecord, Origins
from dlrun.data.prepare.context import Context
from dlrun.data.prepare.steps import prepare
from dlrun.data.table import Table

_HEADS = {
    "mse": {"units": 1},
    "binary_crossentropy": {"units": 1, "activation": "sigmoid"},
    "sparse_categorical_crossentropy": {"units": 3, "activation": "softmax"},
}


@pytest.fixture
def configure(tmp_path: Path) -> Callable[..., Config]:
    """Return a function from what stands under `data` (and other sections) to a Config in `tmp_path`."""

    def configured(data: dict[str, Any], loss: str = "mse", **sections: Any) -> Config:
        whole = {
            "data": {"source": "rows.csv", "target": "y", **data},
            "layers": [{"Dense": _HEADS[loss]}],
            "compile": {"loss": loss},
            "fit": {"epochs": 1},
            **sections,
        }
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump(whole, allow_unicode=True, sort_keys=False), encoding="utf-8")
        return load_config(path)

    return configured


@pytest.fixture
def prepared(configure: Callable[..., Config]) -> Callable[..., pd.DataFrame]:
    """Return a function that runs prepare steps over a frame."""

    def run(frame: pd.DataFrame, *steps: dict[str, Any], **sections: Any) -> pd.DataFrame:
        data = sections.pop("data", {})
        config = configure({"prepare": list(steps), **data}, **sections)
        table = Table(tidy_frame(frame), origins=Origins(config, [FileRecord(Path("rows.csv"), "", 0, 0, len(frame))]))
        return prepare(table, Context(config)).frame

    return run
