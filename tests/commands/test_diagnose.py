"""`dlrun diagnose`: what is printed, what is written, what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dlrun.cli import run
from dlrun.evaluation.diagnosis.verdict import Diagnosis, Verdict

pytestmark = pytest.mark.usefixtures("without_plots")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_it_says_what_is_seen_and_what_to_change(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose", "boston_8_1", "--runs-dir", str(trained)]) == 0
    said = capsys.readouterr().out
    assert "stopped_early" in said and "After 4 epochs the validation loss was still falling" in said
    assert "fit.epochs=30" in said and "dlrun diagnose boston_8_1-001 --try" in said


def test_json_is_one_document(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose", "iris_8_3-001", "--runs-dir", str(trained), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    first = document["verdicts"][0]
    assert set(first) == {"name", "evidence", "reason", "remedy", "change"}
    assert first["name"] == "stopped_early" and first["evidence"]["epochs"] == 4 and document["not_judged"] == []


def test_apply_writes_a_config_that_checks(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose", "iris_8_3", "--runs-dir", str(trained), "--apply"]) == 0
    text = Path("iris_8_3-next.yaml").read_text("utf-8")
    assert text.startswith("# dlrun train iris_8_3-next.yaml\n") and text.endswith("fit: {epochs: 30}\n")
    assert run(["check", "iris_8_3-next.yaml"]) == 0
    assert run(["diagnose", "iris_8_3", "--runs-dir", str(trained), "--apply"]) == 0  # the same again
    Path("iris_8_3-next.yaml").write_text("mine: true\n")
    assert run(["diagnose", "iris_8_3", "--runs-dir", str(trained), "--apply"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert Path("iris_8_3-next.yaml").read_text() == "mine: true\n"


def test_nothing_is_written_where_nothing_is_to_be_mended(
    trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = Diagnosis((Verdict("good", {}, "It came to rest.", "Nothing must change."),))
    monkeypatch.setattr("dlrun.training.diagnose.diagnose", lambda run: good)
    assert run(["diagnose", "iris_8_3", "--runs-dir", str(trained), "--apply"]) == 0
    assert "There is nothing to mend, so no config was written." in capsys.readouterr().out
    assert not list(Path.cwd().glob("*.yaml"))


def test_try_trains_and_compares_on_the_same_rows(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = shutil.copytree(trained, tmp_path / "runs")  # a run more would be the latest for every other test
    assert run(["diagnose", "iris_8_3", "--runs-dir", str(own), "--try", "-o", "n.yaml", "--json"]) == 0
    tried = json.loads(capsys.readouterr().out)["try"]
    assert tried["helped"] in ("yes", "within_noise") and tried["part"] == "test" and tried["mended"] in (True, False)
    after = json.loads((Path(tried["run"]) / "metrics.json").read_text("utf-8"))
    assert [d["metric"] for d in tried["differences"]] == ["accuracy", "log_loss"]
    assert tried["differences"][0]["after"] == pytest.approx(after["test"]["accuracy"])


def test_a_verdict_that_is_not_there_is_refused(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose", "iris_8_3", "--runs-dir", str(trained), "--for", "overfiting"]) == 2
    assert (
        "no verdict 'overfiting' on this run; it has: stopped_early. Did you mean 'overfitting'?"
        in capsys.readouterr().err
    )


def test_train_ends_with_a_line_of_diagnosis(configs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", str(configs / "iris_8_3.yaml"), "fit.epochs=3", "--runs-dir", "r"]) == 0
    said = capsys.readouterr().out
    assert "Diagnosis by curves and scores: stopped_early. After 3 epochs" in said
    assert "dlrun diagnose r/iris_8_3-001" in said
