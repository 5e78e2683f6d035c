"""`dlrun evaluate` with options that look closely: what is shown, what is written, what is refused."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score

from dlrun.cli import run

CONFIG = """\
name: {name}
data: {{source: rows.csv, target: y, drop: ["=town"], split: {{test: 60, {validation}seed: 1}}}}
preprocessing: {{numeric: standard}}
layers: [{{Dense: {{units: 1, activation: sigmoid}}}}]
compile: {{optimizer: {{Adam: {{learning_rate: 0.1}}}}, loss: binary_crossentropy}}
fit: {{epochs: 4}}
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of a table whose names and cells are formulas and markup: `sick` with validation rows, `bare` without."""
    folder = tmp_path_factory.mktemp("depth")
    random = np.random.default_rng(0)
    with (folder / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["y", "[bold]a[/x]", "b", "=town"])
        for place in range(260):
            a = random.normal()
            label = "no" if a + random.normal() < 0.8 else "yes"
            writer.writerow([label, a, random.normal(), "=1+1" if place % 2 else "[red]inland[/]"])
    for name, validation in (("sick", "validation: 60, "), ("bare", ""), ("best", "validation: 60, ")):
        config = CONFIG.format(name=name, validation=validation)
        (folder / f"{name}.yaml").write_text(config + "evaluate: {best_threshold: f1}\n" * (name == "best"))
        assert run(["train", str(folder / f"{name}.yaml"), "--runs-dir", str(folder / "runs"), "--quiet"]) == 0
    return folder / "runs"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_threshold_is_chosen_on_validation_rows_and_can_be_used(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", "sick", "--runs-dir", str(runs), "--best-threshold", "cost", "--cost", "1:5", "--json"]
    assert run(arguments) == 0
    found = json.loads(capsys.readouterr().out)["depth"]["threshold"]["y"]
    predictions = [row for row in rows_of(runs / "sick-001/predictions.csv") if row["part"] == "validation"]
    actual = np.array([row["y"] == "yes" for row in predictions])
    told = np.array([float(row["y_probability_yes"]) for row in predictions])

    def cost(threshold: float) -> float:
        return float(np.mean(1.0 * (~actual & (told >= threshold)) + 5.0 * (actual & (told < threshold))))

    assert cost(found["threshold"]) == pytest.approx(min(map(cost, [*told, 1.0])))
    assert found["validation"] == pytest.approx(
        {"rows": 60, "before": cost(0.5), "after": cost(found["threshold"])}
    )  # fmt: skip
    assert found["scores"]["recall"]["after"] >= found["scores"]["recall"]["before"]
    lines = rows_of(runs / "sick-001/evaluation/thresholds.csv")
    assert [float(line["threshold"]) for line in lines] == pytest.approx([*sorted(set(told)), 1.0])
    assert (runs / "sick-001/plots/thresholds.png").stat().st_size > 10_000

    data, out = str(runs.parent / "rows.csv"), tmp_path / "out.csv"
    cut = ["--threshold", str(found["threshold"]), "-o", str(out), "--runs-dir", str(runs)]
    assert run(["predict", "sick", data, *cut]) == 0
    for row in rows_of(out):
        assert row["y_predicted"] == ("yes" if float(row["y_probability_yes"]) >= found["threshold"] else "no")


def test_scores_of_the_rows_that_chose_a_threshold_are_told_to_be_too_good(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["evaluate", "sick", "--runs-dir", str(runs), "--best-threshold", "f1", "--part", "validation"]
    assert run(asked) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "those of the rows that chose it, and so too good" in out
    assert "There are no test rows" not in out  # there are


def test_a_config_may_ask_for_the_best_threshold(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = json.loads((runs / "best-001/metrics.json").read_text())
    threshold = metrics["threshold"]
    rows = rows_of(runs / "best-001/predictions.csv")
    told = np.array([float(row["y_probability_yes"]) for row in rows])
    assert [row["y_predicted"] == "yes" for row in rows] == list(told >= threshold)
    own = np.array([row["part"] == "validation" for row in rows])
    actual = np.array([row["y"] == "yes" for row in rows])

    def f1(cut: float) -> float:
        return float(f1_score(actual[own], told[own] >= cut))

    assert f1(threshold) == pytest.approx(max(map(f1, told[own]))) == metrics["validation"]["f1"]
    test = np.array([row["part"] == "test" for row in rows])
    assert metrics["test"]["f1"] == pytest.approx(f1_score(actual[test], told[test] >= threshold))
    assert "threshold" not in json.loads((runs / "sick-001/metrics.json").read_text())

    data, out = str(runs.parent / "rows.csv"), tmp_path / "out.csv"
    assert run(["predict", "best", data, "-o", str(out), "--runs-dir", str(runs)]) == 0
    new = rows_of(out)
    assert [row["y_predicted"] == "yes" for row in new] == [float(r["y_probability_yes"]) >= threshold for r in new]
    capsys.readouterr()
    assert run(["evaluate", "best", "--runs-dir", str(runs), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["test"]["f1"] == pytest.approx(metrics["test"]["f1"])
    assert document["threshold"] == threshold
    assert run(["export", "best", "--runs-dir", str(runs), "-o", "-"]) == 2
    assert "evaluate.best_threshold: a script cannot do this" in capsys.readouterr().err
    assert run(["report", "best", "--runs-dir", str(runs)]) == 0
    assert f"run&#39;s is {threshold:.3g}" in (runs / "best-001/report.html").read_text("utf-8")


def test_a_threshold_that_was_tampered_with_is_not_used(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = shutil.copytree(runs / "best-001", tmp_path / "runs/best-001")
    metrics = json.loads((own / "metrics.json").read_text())
    (own / "metrics.json").write_text(json.dumps({**metrics, "threshold": 0.999}))
    data = str(runs.parent / "rows.csv")
    assert run(["predict", "best", data, "--runs-dir", str(tmp_path / "runs")]) == 4
    assert "metrics.json was damaged or changed" in capsys.readouterr().err
    assert run(["predict", "best", data, "--threshold", "0.5", "--runs-dir", str(tmp_path / "runs")]) == 0


def test_tables_stand_on_the_screen_as_they_are_and_in_files_without_formulas(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--importance", "--repeats", "2", "--worst", "4", "--by", "=town", "--calibration", "--classes"]
    assert run(["evaluate", "sick", "--runs-dir", str(runs), *asked]) == 0
    out = capsys.readouterr().out
    assert "[bold]a[/x]" in out and "[red]inland[/]" in out
    assert "y: calibration on the test rows" in out and "Expected calibration error" in out
    assert "y: classes, on the test rows" in out and "y: the worst 4 test rows" in out
    assert "y: accuracy on the test rows by =town, which the network does not know" in out
    assert "It tells what this network uses, not what causes the target." in out
    folder = runs / "sick-001/evaluation"
    assert f"written: {folder / 'importance.csv'}" in out
    assert next(row["column"] for row in rows_of(folder / "importance.csv")) == "[bold]a[/x]"
    groups = {row["group"]: row for row in rows_of(folder / "by-_town.csv")}
    assert set(groups) == {"'=1+1", "[red]inland[/]"} and {row["column"] for row in groups.values()} == {"'=town"}
    assert sum(int(row["rows"]) for row in groups.values()) == 60
    classes = [row for row in rows_of(folder / "classes.csv") if row["part"] == "test"]
    assert [row["class"] for row in classes][:2] == ["no", "yes"]
    assert sum(int(row["support"]) for row in classes[:2]) == 60
    worst = rows_of(folder / "worst.csv")
    losses = [float(row["log_loss"]) for row in worst]
    assert len(worst) == 4 and losses == sorted(losses, reverse=True)
    assert losses == pytest.approx([-np.log(float(row["probability_of_true"])) for row in worst])
    bins = rows_of(folder / "calibration.csv")
    assert sum(int(row["rows"]) for row in bins) == 60
    for name in ("importance", "calibration", "by-_town"):
        assert (runs / f"sick-001/plots/{name}.png").is_file() and (runs / f"sick-001/plots/{name}.svg").is_file()


def test_other_parts_and_other_rows_have_files_of_their_own(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "sick", "--runs-dir", str(runs), "--worst", "2", "--part", "training"]) == 0
    assert "the worst 2 training rows" in capsys.readouterr().out
    assert (runs / "sick-001/evaluation/worst-train.csv").is_file()
    data = ["--data", str(runs.parent / "rows.csv")]
    assert run(["evaluate", "sick", "--runs-dir", str(runs), "--worst", "2", "--best-threshold", "f1", *data]) == 0
    assert "on 260 new rows" in capsys.readouterr().out
    assert len(rows_of(runs / "sick-001/evaluation/worst-new.csv")) == 2


def test_data_that_changed_are_told_before_a_closer_look(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "runs").mkdir()
    shutil.copytree(runs / "sick-001", tmp_path / "runs/sick-001")
    table, rows = runs.parent / "rows.csv", tmp_path / "new.csv"
    as_it_was = table.read_text()
    shutil.copy(table, rows)
    asked = ["evaluate", "sick", "--runs-dir", str(tmp_path / "runs")]
    try:
        table.write_text(as_it_was.replace("yes", "no", 1))
        assert run([*asked, "--worst", "2"]) == 0
        out = capsys.readouterr().out
        assert out.index("Careful: rows.csv changed since this run was trained") < out.index("the worst 2 test rows")
        assert run([*asked, "--best-threshold", "f1"]) == 0
        assert capsys.readouterr().out.count("rows.csv changed since") == 1
        assert run([*asked, "--best-threshold", "f1", "--data", str(rows)]) == 0
        assert "Careful: rows.csv changed since this run was trained" in capsys.readouterr().out
    finally:
        table.write_text(as_it_was)


def test_categories_that_training_did_not_have_are_told(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = CONFIG.format(name="towns", validation="validation: 60, ").replace(', drop: ["=town"]', "")
    shutil.copy(runs.parent / "rows.csv", tmp_path)
    (tmp_path / "towns.yaml").write_text(config)
    where = ["--runs-dir", str(tmp_path / "runs")]
    assert run(["train", str(tmp_path / "towns.yaml"), "--quiet", *where]) == 0
    rows = tmp_path / "new.csv"
    rows.write_text((tmp_path / "rows.csv").read_text().replace("=1+1", "harbour"))
    capsys.readouterr()
    assert run(["evaluate", "towns", "--data", str(rows), "--worst", "2", *where]) == 0
    out = capsys.readouterr().out
    assert "130 cells of '=town' hold a category not seen in training" in " ".join(out.split())
    assert out.index("not seen in") < out.index("the worst 2 new rows")

    rows.replace(tmp_path / "rows.csv")
    shutil.copy(runs.parent / "rows.csv", rows)
    assert run(["evaluate", "towns", "--data", str(rows), "--best-threshold", "f1", "--json", *where]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["unseen"] == {}  # of the new rows; those that choose have some
    changed, unseen = document["depth"]["threshold"]["y"]["cautions"][:2]
    assert changed == "Careful: rows.csv changed since this run was trained."
    assert unseen.startswith("validation rows: ") and "cells of '=town' hold a category not seen in training" in unseen


def test_all_rows_are_a_hundred_per_cent_of_the_errors(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "sick", "--runs-dir", str(runs), "--worst", "60"]) == 0
    assert "They make 100 % of the log loss of all test rows." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "asked", "told"),
    [
        ("bare", ["--best-threshold", "f1"], "bare-001 has no validation rows"),
        ("sick", ["--best-threshold", "f2"], "--best-threshold: no threshold is chosen by 'f2'"),
        ("sick", ["--best-threshold", "cost"], "Say it with --cost 1:5"),
        ("sick", ["--best-threshold", "cost", "--cost", "5"], "--cost: '5' does not tell two costs"),
        ("sick", ["--best-threshold", "cost", "--cost", "0:0"], "--cost: '0:0' does not tell two costs"),
        ("sick", ["--best-threshold", "cost", "--cost", "nan:1"], "does not tell two costs"),
        ("sick", ["--cost", "1:5"], "Add --best-threshold cost"),
        ("sick", ["--metric", "f1"], "with --importance or --by"),
        ("sick", ["--importance", "--metric", "rmse"], "--metric: sick-001 has no score 'rmse'"),
        ("sick", ["--part", "test"], "--part: it says where to look closely"),
        ("sick", ["--worst", "3", "--bins", "4"], "--bins: bins are of use with --by"),
        ("sick", ["--worst", "3", "--repeats", "10"], "--repeats: it is of use with --importance"),
        ("sick", ["--by", "b", "--rows", "10000"], "--rows: it is of use with --importance"),
        ("sick", ["--by", "town"], "Did you mean '=town'?"),
        ("sick", ["--worst", "3", "--part", "tests"], "Did you mean 'test'?"),
        ("boston_8_1", ["--best-threshold", "f1"], "boston_8_1-001 predicts numbers: there is no threshold to choose"),
        ("boston_8_1", ["--calibration"], "gives no probabilities"),
        ("boston_8_1", ["--classes"], "there are no classes to report on"),
        ("iris_8_3", ["--best-threshold", "f1"], "takes the likeliest of its classes"),
    ],
)
def test_what_makes_no_sense_is_refused(
    name: str, asked: list[str], told: str, runs: Path, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = runs if name in ("sick", "bare") else trained
    assert run(["evaluate", name, "--runs-dir", str(folder), *asked]) == 2
    captured = capsys.readouterr()
    assert told in captured.err and not captured.out
    assert len(captured.err.splitlines()) == 1


def test_a_threshold_for_what_has_none(trained: Path, configs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(configs / "data/iris.csv")
    assert run(["predict", "iris_8_3", data, "--threshold", "0.4", "--runs-dir", str(trained)]) == 2
    assert "no probability of a positive class" in capsys.readouterr().err


def test_classes_without_numbers_look_closely_too(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--calibration", "--importance", "--repeats", "2", "--worst", "3", "--metric", "log_loss", "--json"]
    assert run(["evaluate", "iris_8_3", "--runs-dir", str(trained), *asked]) == 0
    found = json.loads(capsys.readouterr().out)["depth"]
    assert found["importance"]["Species"]["metric"] == "log_loss"
    assert len(found["importance"]["Species"]["columns"]) == 4
    assert set(found["calibration"]["Species"]["classes"]) == {"setosa", "versicolor", "virginica"}
    assert len(found["worst"]["Species"]["rows"]) == 3
    assert all(Path(file).is_file() for file in found["files"])
