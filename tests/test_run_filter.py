from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dlrun.errors import ConfigError
from dlrun.run_dir import RunDir
from dlrun.run_facts import facts_of, facts_to_keep, listed_facts
from dlrun.run_filter import check_keys, parse_condition, sort_key, value_of
from dlrun.run_settings import settings_of

FACTS = {
    "name": "a-001", "state": "finished", "tags": ["good", "base"], "note": "", "epochs": 12, "created": None,
    "best": {"epoch": 9, "metric": "val_loss", "value": 0.25}, "path": "a-001",
    "config": {"fit.epochs": 50, "fit.shuffle": True, "layers.0.Dense.units": 8},
    "metrics": {"train": {"rmse": 1.0}, "validation": {"loss": 0.3}, "test": {"rmse": 2.0, "mape": None},
                "parameters": 113},
}  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("metrics.rmse<2.5", True), ("metrics.rmse<2", False), ("metrics.train.rmse<=1", True), ("rmse==2.0", True),
        ("metrics.val_loss<0.3", False), ("metrics.val_loss <= 3e-1", True), ("metrics.mape<1", False),
        ("fit.epochs>=50", True), ("layers.0.Dense.units!=8", False), ("fit.batch_size!=8", True),
        ("tags=good", True), ("tags=bad", False), ("tags!=bad", True), ("name~A-0", True), ("state=finished", True),
        ("best_epoch=9", True), ("parameters>100", True), ("fit.shuffle=true", True), ("epochs<100", True),
    ],
)  # fmt: skip
def test_conditions(condition: str, holds: bool) -> None:
    parsed = parse_condition(condition)
    assert parsed.holds(value_of(parsed.key, FACTS, settings_of)) is holds


def test_a_number_is_held_against_numbers() -> None:
    with pytest.raises(ConfigError, match=r"'metrics\.rmse' is a number, and 'low' is none"):
        parse_condition("metrics.rmse<low").holds(2.0)
    assert not parse_condition("metrics.rmse=low").holds(2.0)
    assert parse_condition("created>2026-01-01").holds("2026-03-01T10:00:00")


@pytest.mark.parametrize("text", ["rmse", "<3", "", "rmse<", "tags="])
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(ConfigError, match="is no condition on runs"):
        parse_condition(text)


def test_a_key_that_no_run_has() -> None:
    check_keys(["metrics.rmse", "tags"], [FACTS], settings_of)
    with pytest.raises(ConfigError, match=r"no run has 'metrics.rmsee'. Did you mean 'metrics.rmse'"):
        check_keys(["metrics.rmsee"], [FACTS], settings_of)
    with pytest.raises(ConfigError, match=r"Did you mean 'fit.epochs'"):
        check_keys(["fit.epoch"], [FACTS], settings_of)


def test_numbers_come_before_texts_before_nothing() -> None:
    values: list[Any] = [None, "b", 10, 9.5, "a", "8"]
    assert sorted(values, key=sort_key) == ["8", 9.5, 10, "a", "b", None]


def make_run(folder: Path) -> RunDir:
    run = RunDir.create(folder, "done")
    run.write_text("history.csv", "epoch,loss,val_loss\n1,4.0,3.0\n2,3.0,1.5\n")
    run.write_json("metrics.json", {"test": {"rmse": 3.0}, "baseline": {"test": {"mean": {"rmse": 9.0}}}, "rows": {}})
    return run


def test_what_a_run_carries_is_what_its_files_say(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.update(state="finished", config={"fit.epochs": 2}, tags=["x"], **facts_to_keep(run))
    found, read = listed_facts(run), facts_of(run)
    assert found == {**read, "metrics": {"test": {"rmse": 3.0}, "rows": {}}}
    assert (found["best"], found["epochs"], found["state"]) == (
        {"epoch": 2, "metric": "val_loss", "value": 1.5}, 2, "finished",
    )  # fmt: skip
    assert found["config"] == {"fit.epochs": 2}


@pytest.mark.parametrize(
    "facts",
    [
        {"epochs": 2, "best": None, "metrics": {"test": {"rmse": "much"}}}, {"epochs": 2, "best": None},
        {"epochs": "x", "best": None, "metrics": {}},
        {"epochs": 2, "best": {"epoch": 1, "metric": "loss", "value": 1e999}, "metrics": {}}, [],
    ],
)  # fmt: skip
def test_what_a_stranger_put_there_is_not_believed(tmp_path: Path, facts: Any) -> None:
    run = make_run(tmp_path)
    run.update(state="finished", facts=facts)
    assert listed_facts(run) == facts_of(run)
