from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from scipy import stats

from dlrun.cli import run
from dlrun.commands.several_runs import configs_and_changes
from dlrun.errors import ConfigError

pytestmark = pytest.mark.usefixtures("without_plots")

SMALL = """
data: {source: rows.csv, target: y, split: {test: 0.25}}
layers: [{Dense: 1}]
compile: {optimizer: sgd, loss: mse}
fit: {epochs: 2}
"""
WILD = "compile: {optimizer: {SGD: {learning_rate: 1e30}}, loss: mse}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with `a.yaml` and `wild.yaml`, whose loss explodes."""
    rows = "".join(f"{n / 40},{n * 7 % 11 / 11}\n" for n in range(40))
    (tmp_path / "rows.csv").write_text("x,y\n" + rows)
    (tmp_path / "a.yaml").write_text(SMALL)
    (tmp_path / "wild.yaml").write_text(re.sub("compile: .*", WILD, SMALL))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_configs_are_told_from_changes() -> None:
    files, changes = configs_and_changes(["a.yaml", "fit.epochs=5", "~callbacks", "b/c.yaml", "vars.x=~"])
    assert files == [Path("a.yaml"), Path("b/c.yaml")]
    assert changes == ["fit.epochs=5", "~callbacks", "vars.x=~"]
    with pytest.raises(ConfigError, match="no config"):
        configs_and_changes(["fit.epochs=5"])


@pytest.mark.slow
def test_seeds_are_summed_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "a.yaml", "fit.epochs=3", "--seed", "5", "--seeds", "3", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    runs, (summary,) = document["runs"], document["summary"]
    assert [one["seed"] for one in runs] == [5, 6, 7]
    assert {one["state"] for one in runs} == {"finished"}
    assert sorted(one["run"] for one in runs) == ["runs/a-001", "runs/a-002", "runs/a-003"]
    for one in runs:
        resolved = Path(one["run"], "resolved.yaml").read_text("utf-8")
        assert f"seed: {one['seed']}" in resolved and "epochs: 3" in resolved
    values = [one["test"]["rmse"] for one in runs]
    assert len(set(values)) == 3
    found = summary["metrics"]["rmse"]
    assert (summary["part"], summary["runs"], found["count"]) == ("test", 3, 3)
    assert found["mean"] == pytest.approx(sum(values) / 3)
    assert (found["low"], found["high"]) == pytest.approx(
        stats.t.interval(0.95, 2, loc=sum(values) / 3, scale=stats.sem(values))
    )


@pytest.mark.slow
def test_one_that_fails_is_told_and_decides_the_exit_code(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "wild.yaml", "a.yaml", "--jobs", "1"]) == 5
    shown = capsys.readouterr()
    lines = [line for line in shown.out.splitlines() if not line.startswith("note: ")]
    assert lines[0] == "2 runs, 1 at a time"
    assert re.match(r"1/2  wild +\S+ s  wild-001  failed: .*loss", lines[1])
    assert re.match(r"2/2  a +\S+ s  a-001  rmse [\d.]+ \(test\)$", lines[2])
    assert re.search(r"^a +a-001 +[\d.]+", shown.out, re.MULTILINE)
    assert "mean" not in shown.out, "a mean of different configs says nothing"
    assert shown.err and all(line.startswith("wild: ") for line in shown.err.splitlines())
    assert json.loads(Path("runs/wild-001/run.json").read_text("utf-8"))["state"] == "diverged"


def test_mistakes_of_all_files_are_told_before_anything_starts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("b.yaml").write_text(SMALL.replace("Dense", "Dens"))
    Path("c.yaml").write_text(SMALL.replace("target: y", "target: z"))
    assert run(["train", "a.yaml", "b.yaml", "c.yaml"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["b.yaml", "c.yaml"]
    assert not Path("runs").exists()
