"""Numbers and types that dlrun does not write, in the files of a run folder: told as damage, not met as a traceback."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from dlrun.errors import RunError
from dlrun.metrics_file import load_metrics
from dlrun.plots.results import load_history
from dlrun.report.comparison.runs import training_seconds
from dlrun.report.training import _facts
from dlrun.run_dir import RunDir


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return RunDir.create(tmp_path, "a")


@pytest.mark.parametrize(
    "metrics",
    [
        {"unseen": {"test": {"a": "x"}}},
        {"unseen": {"test": 3}},
        {"unseen": 7},
        {"test": {f"score_{n}": 0.5 for n in range(20_001)}},
    ],
)
def test_metrics_json(run: RunDir, metrics: dict[str, Any]) -> None:
    run.write_json(run.metrics, {"unseen": {"test": {"a": 3}}})
    assert load_metrics(run)["unseen"] == {"test": {"a": 3}}
    run.write_json(run.metrics, metrics)
    with pytest.raises(RunError, match=r"metrics\.json is damaged"):
        load_metrics(run)


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("sha256", {f"file_{n}": "0" * 64 for n in range(10_001)}, "seals more files than dlrun writes"),
        ("tags", [f"tag_{n}" for n in range(10_001)], "has more tags than dlrun keeps"),
    ],
    ids=["seals", "tags"],
)
def test_run_json(run: RunDir, key: str, value: object, what: str) -> None:
    with pytest.raises(RunError, match=what):
        run.update(**{key: value})
        assert run.record


def test_thousands_of_files_columns_and_notes_make_no_endless_page() -> None:
    from dlrun.report.data import data_section

    looked_at: list[int] = []

    class Column(dict[str, Any]):
        def get(self, *_: Any) -> Any:
            looked_at.append(1)

    many = range(1000)
    record = {
        "files": [{"path": f"{n}.csv"} for n in many], "notes": [f"note {n}" for n in many],
        "columns": {f"c{n}": Column() for n in many}, "rows": {"train": 1}, "features": [], "targets": ["y"],
    }  # fmt: skip
    nothing: Any = SimpleNamespace(model_dump=lambda **_: {}, validation_split=None, window=None)
    config = SimpleNamespace(data=SimpleNamespace(split=nothing), fit=nothing, preprocessing=nothing)
    content = data_section(SimpleNamespace(record=record, dataset=None, no_data="", config=config)).content  # type: ignore[arg-type]
    assert [len(content[name]) for name in ("files", "columns")] == [200, 200]
    assert [content["more_files"], content["left_out"], len(looked_at)] == [800, 800, 400]
    assert content["audit"][-1] == (False, "800 more notes.")


def test_numbers_that_no_axis_spans(run: RunDir) -> None:
    run.write_text(run.history, "epoch,loss,val_loss\n1,1e308,0.5\n2,-1e308,inf\n")
    history = load_history(run)
    assert history is not None
    assert history["loss"].isna().all() and history["val_loss"].tolist()[0] == 0.5


@pytest.mark.parametrize("seconds", [7, [{"a": 1}, "x", 10**400, -1.0, True], {"a": 1}])
def test_seconds_that_are_none(seconds: object) -> None:
    history = pd.DataFrame({"loss": [0.5]}, index=pd.Index([1], name="epoch"))
    assert not any("time" in name for name, _ in _facts(history, {"epoch_seconds": seconds}, None))
    run = SimpleNamespace(record={"epoch_seconds": seconds})
    assert training_seconds(SimpleNamespace(runs=[run])) is None  # type: ignore[arg-type]
