"""Networks that no machine can hold are refused before they are made."""

from __future__ import annotations

from pathlib import Path

import pytest

import dlrun
from dlrun.errors import ConfigError

CONFIG = "inputs: {x: {shape: [10]}}\nlayers:\n  - Dense: 3\n  - Dense: 1000000000\n  - Dense: 1\n"


def test_weights_that_no_memory_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlrun.model import budget

    monkeypatch.setattr(budget, "machine_memory", lambda: 10**9)
    (tmp_path / "huge.yaml").write_text(CONFIG, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"huge\.yaml:4:.*need more than this machine's 1\.0 GB of memory"):
        dlrun.build_model(tmp_path / "huge.yaml")
    (tmp_path / "huge.yaml").write_text(CONFIG.replace("1000000000", "1000"), encoding="utf-8")
    assert dlrun.build_model(tmp_path / "huge.yaml").count_params() == 33 + 4000 + 1001
