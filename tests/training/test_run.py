"""A finished run, loaded again: predictions, evaluation, damage."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dlrun
from dlrun import cli
from dlrun.errors import ConfigError, DataError, RunError
from dlrun.run_dir import RunDir
from dlrun.training.evaluate import evaluate
from dlrun.training.run import Run
from tests.training.conftest import CONFIG, fruit

pytestmark = pytest.mark.usefixtures("without_plots")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One run for all tests that change nothing."""
    folder = tmp_path_factory.mktemp("trained")
    fruit().to_csv(folder / "fruit.csv", index=False)
    (folder / "fruit.yaml").write_text(CONFIG, encoding="utf-8")
    yield dlrun.train(folder / "fruit.yaml", runs_dir=folder / "runs")


def reloaded(run: Run) -> Run:
    return dlrun.load_run(run.dir.path)


def test_a_loaded_run_is_the_trained_one(trained: Run) -> None:
    run = reloaded(trained)
    assert all(np.array_equal(a, b) for a, b in zip(run.model.get_weights(), trained.model.get_weights(), strict=True))
    assert run.config == trained.config
    assert run.metrics == trained.metrics
    assert run.history.equals(trained.history)
    assert dlrun.load_run("fruit", runs_dir=trained.dir.path.parent).dir.path == trained.dir.path


def test_training_rows_are_predicted_as_in_the_run(trained: Run) -> None:
    """Bit for bit, if the rows are those of the part in their order."""
    written = pd.read_csv(trained.dir.predictions)
    for part, rows in written.groupby("part", sort=False):
        again = reloaded(trained).predict(fruit().iloc[rows["row"]])
        expected = rows.drop(columns=["row", "part"]).reset_index(drop=True)
        pd.testing.assert_frame_equal(again.drop(columns="row"), expected, check_exact=True, check_dtype=False), part


def test_columns_in_any_order_further_ones_and_no_target(trained: Run, tmp_path: Path) -> None:
    run = reloaded(trained)
    expected = run.predict(fruit())
    changed = fruit()[["colour", "sugar", "무게"]].assign(extra=1)
    found = run.predict(changed)
    pd.testing.assert_frame_equal(found, expected.drop(columns="ripe"), check_exact=True)
    changed.to_csv(tmp_path / "new.csv", index=False)
    pd.testing.assert_frame_equal(run.predict(tmp_path / "new.csv"), found, check_exact=True)
    pd.testing.assert_frame_equal(run.predict([str(tmp_path / "new.csv")]), found, check_exact=True)


def test_a_threshold_moves_the_cut_between_two_classes(trained: Run) -> None:
    run = reloaded(trained)
    told = run.predict(fruit())
    for cut in (0.0, float(told["ripe_probability_yes"].median()), 1.0):
        found = run.predict(fruit(), threshold=cut)
        assert list(found["ripe_predicted"] == "yes") == list(told["ripe_probability_yes"] >= cut)


@pytest.mark.parametrize("threshold", [-0.1, 1.5, 36, float("nan")])
def test_a_threshold_that_is_no_probability_is_refused(trained: Run, threshold: float) -> None:
    with pytest.raises(ConfigError, match=r"a threshold of .* cuts nothing.* write a number from 0 to 1"):
        reloaded(trained).predict(fruit(), threshold=threshold)


def test_labels_that_are_missing_or_unknown_do_not_matter_for_predictions(trained: Run) -> None:
    frame = fruit()
    frame.loc[3, "ripe"] = None
    assert "ripe" not in reloaded(trained).predict(frame)


def test_one_row_and_a_new_category(trained: Run) -> None:
    frame = fruit().head(1).assign(colour="blue")
    run = reloaded(trained)
    assert len(run.predict(frame)) == 1
    assert run.preprocessor.unseen == {"colour": 1}


def test_new_categories_are_told_by_column_and_count(
    trained: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fruit().head(5).assign(colour=["blue", "red", "pink", "blue", "red"]).to_csv(tmp_path / "new.csv", index=False)
    told = "note: new rows: 3 cells of 'colour' hold a category not seen in training; the network gets zeros"
    run, new = str(trained.dir.path), str(tmp_path / "new.csv")
    assert cli.run(["predict", run, new, "--json"]) == 0
    shown = capsys.readouterr()
    assert shown.err.splitlines() == [told]
    assert len(json.loads(shown.out)) == 5
    assert cli.run(["evaluate", run, "--data", new, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unseen"] == {"new": {"colour": 3}}
    assert cli.run(["evaluate", run, "--data", new]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == told
    assert evaluate(reloaded(trained)).unseen == {}


def test_a_missing_column_is_named(trained: Run) -> None:
    with pytest.raises(DataError, match="sugar"):
        reloaded(trained).predict(fruit().drop(columns="sugar"))


def test_evaluation_of_its_own_rows_is_that_of_the_run(trained: Run) -> None:
    found = evaluate(reloaded(trained))
    parts = ("train", "validation", "test")
    assert {part: found.scores[part] for part in parts} == {part: trained.metrics[part] for part in parts}
    assert found.baselines == trained.metrics["baseline"]
    assert set(found.reports["test"]) == {"ripe"}
    assert np.sum(found.reports["test"]["ripe"]["confusion_matrix"]) == 23
    assert len(found.verdict) == 1
    assert "test rows" in found.verdict[0]


def test_evaluation_of_new_rows(trained: Run) -> None:
    rows = pd.read_csv(trained.dir.predictions).query("part == 'test'")["row"]
    found = evaluate(reloaded(trained), fruit().iloc[rows])
    assert list(found.scores) == ["new"]
    assert found.scores["new"] == pytest.approx(trained.metrics["test"], abs=1e-6)
    assert found.baselines["new"] == trained.metrics["baseline"]["test"]
    assert "new rows" in found.verdict[0]
    with pytest.raises(DataError, match="ripe"):
        evaluate(reloaded(trained), fruit().drop(columns="ripe"))


def test_changed_data_are_told(project: Path) -> None:
    run = dlrun.train(project / "fruit.yaml", runs_dir=project / "runs")
    frame = fruit()
    frame.loc[0, "sugar"] = 9.5
    frame.to_csv(project / "fruit.csv", index=False)
    assert evaluate(reloaded(run)).verdict[0] == "Careful: fruit.csv changed since this run was trained."
    frame.head(80).to_csv(project / "fruit.csv", index=False)
    sentence = evaluate(reloaded(run)).verdict[0]
    assert sentence == "Careful: fruit.csv changed since this run was trained, and the rows of its parts are others."


@pytest.mark.parametrize("name", ["resolved.yaml", "preprocessing.json", "data.json", "checkpoints/final.npz"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_run_is_not_loaded(trained: Run, tmp_path: Path, name: str, damage: str) -> None:

    copy = tmp_path / "fruit-001"
    shutil.copytree(trained.dir.path, copy)
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    if damage == "remove":
        (copy / name).unlink()
    else:
        (copy / name).write_bytes(content if damage == "flip" else content[:-1])
    with pytest.raises(RunError, match="did not finish" if damage == "remove" else "damaged or changed"):
        dlrun.load_run(copy)


def test_the_keras_file_is_never_opened(trained: Run, tmp_path: Path) -> None:

    copy = tmp_path / "fruit-001"
    shutil.copytree(trained.dir.path, copy)
    (copy / "model.keras").write_bytes(b"anything")
    assert len(dlrun.load_run(copy).predict(fruit())) == 90


def test_there_is_one_place_for_each_result(trained: Run) -> None:
    """The evaluation is what `--json` prints, so its fields are a contract."""
    fields = [field.name for field in dataclasses.fields(evaluate(reloaded(trained)))]
    assert fields == ["scores", "baselines", "intervals", "reports", "verdict", "unseen", "cautions"]


@pytest.mark.parametrize(
    ("old", "new", "export"), [("sugar", "salt", 0), ('"yes"', '"maybe"', 0), ('"target": "ripe"', '"target": "x"', 4)]
)
def test_a_strangers_preprocessing_that_does_not_fit_its_own_rows_is_the_runs_fault(
    trained: Run, tmp_path: Path, old: str, new: str, export: int, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "runs" / trained.dir.name
    shutil.copytree(trained.dir.path, copy)
    run = RunDir(copy)
    text = run.preprocessing.read_text("utf-8")
    assert old in text
    run.preprocessing.write_text(text.replace(old, new), encoding="utf-8")
    run.seal("preprocessing.json")
    for command in (["evaluate"], ["report"], ["diagnose"], ["evaluate", "--best-threshold", "f1"]):
        assert cli.run([*command, str(copy)]) == 4, capsys.readouterr()
    assert cli.run(["predict", str(copy), str(trained.config.data.source[0])]) in (3, 4)
    assert cli.run(["export", str(copy), "-o", str(tmp_path / "a.py")]) == export
    assert "Traceback" not in capsys.readouterr().err
