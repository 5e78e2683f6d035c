from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from dlrun.config import load_config
from dlrun.console import several as module
from dlrun.console import terminal
from dlrun.console.several import LiveSeveralView, SeveralView, labels_of
from dlrun.console.several_results import several_document, show_several
from dlrun.files import json_text
from dlrun.run_dir import RunDir
from dlrun.training.several import Outcome

CONFIG = "inputs: {x: {shape: [1]}}\nlayers: [{Dense: 1}]\n"


def config(folder: Path, name: str = "a", seed: int = 0) -> Any:
    file = folder / f"{name}.yaml"
    file.write_text(CONFIG)
    return load_config(file, [f"seed={seed}"])


def finished(folder: Path, seed: int, rows: str = "same", **scores: float | None) -> Outcome:
    """An outcome whose run folder holds test scores."""
    run = RunDir.create(folder / "runs", "a")
    run.write_json(run.metrics, {"train": {"loss": 9.0}, "test": scores, "parameters": 1})
    run.write_json(run.data, {"split": {"test": rows}})
    return Outcome(config(folder, seed=seed), "finished", run=run)


def test_labels_say_what_differs(tmp_path: Path) -> None:
    a, b = config(tmp_path, "a"), config(tmp_path, "b")
    assert labels_of([a, b]) == ["a", "b"]
    assert labels_of([a]) == ["a"]
    assert labels_of([a, config(tmp_path, "a", 1)]) == ["seed 0", "seed 1"]
    assert labels_of([a, config(tmp_path, "a", 1), b]) == ["a seed 0", "a seed 1", "b seed 0"]
    (tmp_path / "other").mkdir()
    other = config(tmp_path / "other", "a")
    assert labels_of([a, other]) == [str(a.file), str(other.file)]


def test_a_line_for_each_finished_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.screen.cache_clear()
    good = finished(tmp_path, 0, rmse=1.5)
    bad = Outcome(config(tmp_path, seed=1), "failed", 3, problems=("row 7 is [bold]odd\x1b[2J",))
    with SeveralView(["seed 0", "seed 1"]) as view:
        view.begin([good.config, bad.config], 2)
        lanes = [view.run(0), view.run(1)]
        for lane in lanes:
            lane.note("7 rows were left out")
            lane.train_begin(2, 4, ["loss"])
            lane.epoch_end(0, {"loss": 2.0}, 0.1)
        view.end(1, bad)
        view.end(0, good)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "2 runs, 2 at a time",
        "note: 7 rows were left out",
        "1/2  seed 1   0.0 s  failed: row 7 is [bold]odd[2J",
        "2/2  seed 0   0.0 s  a-001  rmse 1.500 (test)",
    ]


def test_a_terminal_shows_a_bar_for_each_run_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)
    monkeypatch.setattr(module, "screen", lambda: out)
    monkeypatch.setattr(terminal, "screen", lambda: out)
    monkeypatch.setattr(module, "_REDRAW_SECONDS", 0)
    view = LiveSeveralView(["seed 0", "seed 1"])
    view.begin([config(tmp_path)] * 2, 2)
    for number in (0, 1):
        lane = view.run(number)
        lane.phase("training")
        lane.train_begin(10, 4, ["loss"])
    lane.epoch_end(3, {"loss": 0.25}, 0.1)
    lane.batch_end(4, 1, {"loss": 0.2})
    drawn = out.file.getvalue()  # type: ignore[attr-defined]
    view.end(0, finished(tmp_path, 0, rmse=1.5))
    view.close()
    assert "seed 0  epoch 1/10" in drawn
    assert "seed 1  epoch 5/10" in drawn
    assert "loss 0.2500" in drawn
    shown = out.file.getvalue()[len(drawn) :]  # type: ignore[attr-defined]
    assert "a-001  rmse 1.500 (test)" in shown
    assert shown.count("seed 0  epoch") == 0


def test_after_a_stop_it_says_how_to_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = [finished(tmp_path, 0, rmse=1.0), Outcome(config(tmp_path, seed=1), "not started")]
    labels = labels_of([outcome.config for outcome in outcomes] + [config(tmp_path, seed=2)])
    show_several(outcomes, labels[:2])
    assert "--resume" not in capsys.readouterr().out
    show_several([*outcomes, Outcome(config(tmp_path, seed=2), "interrupted", 130)], labels)
    assert "the same command with --resume goes on with all of them" in capsys.readouterr().out


def test_the_table_of_seeds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.screen.cache_clear()
    outcomes = [finished(tmp_path, seed, rmse=value, r2=0.5) for seed, value in enumerate([1.0, 2.0, 3.0])]
    outcomes.append(Outcome(config(tmp_path, seed=3), "failed", 3, problems=("no luck",)))  # is told with its reason
    outcomes += [Outcome(config(tmp_path, seed=seed), "not started") for seed in range(4, 14)]
    show_several(outcomes, labels_of([outcome.config for outcome in outcomes]))
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line]
    # 2 +- 4.302653 * 1 / sqrt(3)
    assert lines == [
        ["scores", "on", "the", "test", "rows"],
        ["run", "rmse", "r2"],
        ["seed", "0", "a-001", "1.000", "0.5000"],
        ["seed", "1", "a-002", "2.000", "0.5000"],
        ["seed", "2", "a-003", "3.000", "0.5000"],
        ["mean", "2.000", "0.5000"],
        ["standard", "deviation", "1.000", "0.0000"],
        ["mean,", "95", "%", "from", "-0.484", "0.5000"],
        ["to", "4.484", "0.5000"],
        ["3", "seeds;", "the", "same", "rows", "in", "every", "run"],
        [
            "seed",
            "4,",
            "seed",
            "5,",
            "seed",
            "6,",
            "seed",
            "7,",
            "seed",
            "8,",
            "seed",
            "9",
            "and",
            "4",
            "more:",
            "not",
            "started",
        ],
    ]


def test_the_table_says_where_the_rows_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.screen.cache_clear()
    outcomes = [finished(tmp_path, seed, rows=f"cut {seed}", rmse=1.0) for seed in range(2)]
    show_several(outcomes, ["seed 0", "seed 1"])
    assert "2 seeds; each cuts its own training and test rows (data.split.seed would fix them)" in (
        capsys.readouterr().out
    )


def test_a_narrow_screen_gets_the_metrics_in_several_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.screen.cache_clear()
    terminal.screen().width = 50
    scores = {f"metric_{n}": float(n) for n in range(6)}
    show_several([finished(tmp_path, 0, **scores), finished(tmp_path, 1, **scores)], ["seed 0", "seed 1"])
    terminal.screen.cache_clear()
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines[:-1])) <= 50
    assert sum(line.startswith("run ") for line in lines) >= 3
    assert {word for line in lines if line.startswith("run ") for word in line.split()[1:]} == set(scores)


def test_scores_of_another_kind_get_a_table_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.screen.cache_clear()
    runs = [finished(tmp_path, 0, rmse=1.0), finished(tmp_path, 0, accuracy=0.5), finished(tmp_path, 0, rmse=2.0)]
    configs = [config(tmp_path, name) for name in "abc"]
    outcomes = [Outcome(c, "finished", run=r.run) for c, r in zip(configs, runs, strict=True)]
    show_several(outcomes, labels_of(configs))
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line]
    heading = ["scores", "on", "the", "test", "rows"]
    assert lines == [
        heading, ["run", "rmse"], ["a", "a-001", "1.000"], ["c", "a-003", "2.000"],
        heading, ["run", "accuracy"], ["b", "a-002", "0.5000"],
    ]  # fmt: skip


def test_the_document_is_strict_json(tmp_path: Path) -> None:
    outcomes = [finished(tmp_path, 0, rmse=1.0), Outcome(config(tmp_path, seed=1), "not started")]
    document = several_document(outcomes)
    assert [one["state"] for one in document["runs"]] == ["finished", "not started"]
    assert document["runs"][0]["test"] == {"rmse": 1.0} and document["runs"][1]["run"] is None
    assert document["summary"][0]["metrics"]["rmse"] == {
        "count": 1, "mean": 1.0, "std": None, "low": None, "high": None,
    }  # fmt: skip
    json_text(document)
