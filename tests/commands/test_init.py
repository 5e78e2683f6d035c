from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dlrun.cli import run
from dlrun.config import load_config

pytestmark = pytest.mark.usefixtures("without_plots")

ROOT = Path(__file__).parents[2]
TABLES = sorted((ROOT / "configs/data").glob("*.csv"))


def init(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    capsys.readouterr()
    assert run(["init", *map(str, arguments), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def table(path: Path, header: str, rows: list[str], encoding: str = "utf-8") -> Path:
    path.write_bytes("\n".join([header, *rows, ""]).encode(encoding))
    return path


def dropped(found: dict[str, Any]) -> dict[str, str]:
    return {column["name"]: column["why"] for column in found["columns"] if not column["used"]}


def test_the_passengers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "passengers.yaml"
    found = init(capsys, ROOT / "configs/data/titanic.0.csv", "-o", file)
    assert (found["target"]["name"], found["task"], found["rows"]) == ("Survived", "binary", 891)
    assert dropped(found) == {
        "PassengerId": "counts the rows",
        "Name": "free text, 4 words on average",
        "Ticket": "681 different texts, too many for categories",
        "Cabin": "77 % of its values are missing",
    }
    config = load_config(file)
    assert config.data is not None and config.compile is not None
    assert config.data.categorical == ("Pclass",)
    assert [step.type for step in config.preprocessing.numeric] == ["impute", "standard"]
    assert config.data.split.stratify is True
    text = file.read_text("utf-8")
    assert "The most frequent class is right 0.62 of the time" in text  # 549 of 891
    assert "missing: Age" in text and "missing: Embarked" in text


def test_columns_that_add_up_to_the_target_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = init(capsys, ROOT / "configs/data/bike_sharing.csv", "-o", tmp_path / "bikes.yaml")
    out = dropped(found)
    assert (found["target"]["name"], found["task"]) == ("cnt", "regression")
    assert set(out) == {"instant", "dteday", "casual", "registered"}
    assert out["casual"] == out["registered"] == "adds up to the target: casual and registered"
    assert out["dteday"].startswith("a time, in steps of a day")


def test_a_file_without_a_header_and_one_in_another_encoding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pima = init(capsys, ROOT / "configs/data/pima-indians-diabetes.csv", "-o", tmp_path / "pima.yaml")
    assert (pima["read"], pima["target"]["name"]) == ({"header": None}, "8")
    spam = init(capsys, ROOT / "configs/data/spam.csv", "-o", tmp_path / "spam.yaml")
    assert (spam["read"], spam["target"]["name"]) == ({"encoding": "latin-1"}, "v1")
    config = load_config(tmp_path / "spam.yaml")
    assert config.layers[0].type == "Embedding" and config.fit is not None
    assert config.fit.class_weight == "balanced"  # 4,825 ham, 747 spam


def test_semicolons_decimal_commas_and_strange_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = "${env:HOME};no: 1 #;가격;[x];kopie"
    rows = [f"{n % 7},5;{n * n % 11};{'rot' if n % 3 else 'blau'};same;{'r' if n % 3 else 'b'}" for n in range(60)]
    data = table(tmp_path / "seltsam.csv", header, rows)
    found = init(capsys, data, "--target", "가격", "-o", tmp_path / "a.yaml")
    assert found["read"] == {"sep": ";", "decimal": ","}
    assert dropped(found) == {
        "[x]": "has the same value in every row",
        "kopie": "gives the target away, value by value",
    }
    config = load_config(tmp_path / "a.yaml")
    assert config.data is not None
    assert config.data.target == ("가격",) and set(config.data.drop) == {"[x]", "kopie"}
    init(capsys, data, "--target", "${env:HOME}", "-o", tmp_path / "b.yaml")
    other = load_config(tmp_path / "b.yaml")
    assert other.data is not None and other.data.target == ("${env:HOME}",)


def test_whole_numbers_are_classes_where_they_are_few(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{n % 13 / 4},{n % 4},{(n * 7) % 90}" for n in range(200)]
    data = table(tmp_path / "t.csv", "x,kind,amount", rows)
    assert init(capsys, data, "--target", "kind", "-o", tmp_path / "k.yaml")["task"] == "multiclass"
    assert load_config(tmp_path / "k.yaml").layers[-1].args["units"] == 4
    assert init(capsys, data, "-o", tmp_path / "a.yaml")["task"] == "regression"


def test_the_path_is_relative_to_the_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "here").mkdir()
    rows = [f"{n},{n * n % 17}" for n in range(40)]
    table(tmp_path / "here/two words.csv", "x,y", rows)
    monkeypatch.chdir(tmp_path)
    assert init(capsys, "here/two words.csv")["config"] == "two-words.yaml"
    assert 'source: "here/two words.csv"' in Path("two-words.yaml").read_text("utf-8")
    assert run(["check", "two-words.yaml"]) == 0


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "iris.yaml"
    file.write_text("mine", encoding="utf-8")
    data = str(ROOT / "configs/data/iris.csv")
    assert run(["init", data, "-o", str(file)]) == 2
    assert "is there already. Write over it with --force" in capsys.readouterr().err
    assert file.read_text("utf-8") == "mine"
    assert run(["init", data, "-o", str(file), "--force"]) == 0
    assert "target: Species (the last column); multiclass, 3 classes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["configs/data/iris.cs"], 3, "Did you mean"),
        (["configs/data/digits.npz"], 3, "init writes no config for configs/data/digits.npz"),
        (["configs/data/iris.csv", "--target", "species"], 3, "Did you mean 'Species'?"),
        (["configs/data/titanic.0.csv", "--target", "Name"], 3, "cannot be a target: it is text with 891"),
        (["configs/data/iris.csv", "-o", "iris.txt"], 2, "does not end in .yaml"),
    ],
)
def test_mistakes_are_told(
    arguments: list[str],
    code: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    monkeypatch.chdir(tmp_path)
    assert run(["init", *arguments]) == code
    assert told in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["configs"]


@pytest.mark.slow
@pytest.mark.parametrize("data", TABLES, ids=lambda path: path.name)
def test_every_table_of_the_project_trains_at_once_and_beats_the_naive_answers(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from dlrun.training.train import train

    file = tmp_path / "first.yaml"
    found = init(capsys, data, "-o", file)
    epochs = 3 if found["rows"] > 5000 else 15
    metrics = train(load_config(file, [f"fit.epochs={epochs}"]), runs_dir=tmp_path).metrics
    naive = metrics["baseline"]["test"].values()
    if found["task"] == "regression":
        assert metrics["test"]["rmse"] < 0.7 * min(scores["rmse"] for scores in naive)
    else:
        assert metrics["test"]["accuracy"] > 0.02 + max(scores["accuracy"] for scores in naive)
