from __future__ import annotations

import math
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.errors import DiskError, RunError
from dlrun.plots import results
from dlrun.run_dir import RunDir
from dlrun.run_facts import history_facts
from dlrun.training.history import HistoryFile, load_history


def test_a_line_for_each_epoch_as_soon_as_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    history = HistoryFile(path)
    history.add(0, {"accuracy": 0.5, "loss": 1.25})
    assert path.read_text() == "epoch,accuracy,loss\n1,0.5,1.25\n"
    history.add(1, {"accuracy": 0.75, "loss": 0.1})
    assert path.read_text() == "epoch,accuracy,loss\n1,0.5,1.25\n2,0.75,0.1\n"


def test_columns_that_come_later_leave_gaps_before(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    history = HistoryFile(path)
    history.add(0, {"loss": 1.0})
    history.add(1, {"loss": 0.5, "val_loss": 2.0})
    history.add(2, {"loss": 0.25})
    assert path.read_text() == "epoch,loss,val_loss\n1,1.0,\n2,0.5,2.0\n3,0.25,\n"


def test_a_metric_of_several_values_has_several_columns(tmp_path: Path) -> None:
    HistoryFile(tmp_path / "history.csv").add(0, {"f1": np.array([0.5, 1.0])})
    assert (tmp_path / "history.csv").read_text() == "epoch,f1_0,f1_1\n1,0.5,1.0\n"


@settings(deadline=None, max_examples=100)
@given(value=st.floats(allow_nan=False, width=64))
def test_numbers_read_back_bit_for_bit(tmp_path_factory: pytest.TempPathFactory, value: float) -> None:
    run_dir = RunDir(tmp_path_factory.mktemp("history"))
    HistoryFile(run_dir.history).add(0, {"loss": value})
    found = float(load_history(run_dir)["loss"][0])
    assert found == value
    assert math.copysign(1, found) == math.copysign(1, value)


def test_a_folder_that_is_gone_is_a_disk_error(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match=r"cannot write .*history\.csv"):
        HistoryFile(tmp_path / "gone" / "history.csv").add(0, {"loss": 1.0})


def test_epochs_are_numbers_and_gaps_are_nan(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path)
    history = HistoryFile(run_dir.history)
    history.add(0, {"loss": 1.0})
    history.add(1, {"loss": 0.5, "val_loss": 2.0})
    frame = load_history(run_dir)
    assert frame["epoch"].tolist() == [1, 2]
    assert math.isnan(frame["val_loss"][0])


@pytest.mark.parametrize("text", ["epoch,loss\n1,x\n", "epoch,loss\n1\n", "loss\n1.0\n", "", 'epoch,"lo'])
def test_a_damaged_history_is_said(tmp_path: Path, text: str) -> None:
    run_dir = RunDir(tmp_path)
    run_dir.history.write_text(text)
    with pytest.raises(RunError, match="damaged"):
        load_history(run_dir)


def test_names_that_a_spreadsheet_would_compute(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path)
    history = HistoryFile(run_dir.history)
    history.add(0, {"=1+1_loss": 1.0, "'@x": 2.0})
    assert run_dir.history.read_text() == "epoch,'=1+1_loss,''@x\n1,1.0,2.0\n"
    again = HistoryFile(run_dir.history)
    again.restore(history.text())
    again.add(1, {"=1+1_loss": 0.5, "'@x": 1.0})
    assert run_dir.history.read_text() == "epoch,'=1+1_loss,''@x\n1,1.0,2.0\n2,0.5,1.0\n"
    drawn = results.load_history(run_dir)
    assert drawn is not None
    assert [*load_history(run_dir)][1:] == [*drawn] == ["=1+1_loss", "'@x"]


def test_a_strangers_many_lines_take_little_memory(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path)
    run_dir.history.write_text("epoch,loss,val_loss\n" + "".join(f"{n},0.5,{n}.25\n" for n in range(1, 400_001)))
    for read in (load_history, history_facts):
        read(run_dir)  # imports, too
        tracemalloc.start()
        found = read(run_dir)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 100e6, (read, peak)
    assert found == {"epochs": 400_000, "best": {"epoch": 1, "metric": "val_loss", "value": 1.25}}
