"""Verdicts on curves and scores that are written by hand, with the numbers that they must name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.config import load_config
from dlrun.evaluation.diagnosis.curves import climbs
from dlrun.evaluation.diagnosis.evidence import ClassCount, Evidence, RowFacts, Units, smoothed
from dlrun.evaluation.diagnosis.judge import judge
from dlrun.evaluation.diagnosis.verdict import Verdict

CONFIGS = Path(__file__).parents[3] / "configs"
FALLING = (10 * 0.7 ** np.arange(40) + 1).tolist()


def scores(rmse: float, naive: float = 9.0) -> dict[str, Any]:
    return {
        **{part: {"rmse": rmse} for part in ("train", "validation", "test")},
        "baseline": {part: {"mean": {"rmse": naive}} for part in ("train", "validation", "test")},
        "rows": {"train": 300, "validation": 80, "test": 100},
    }


def evidence(
    loss: Sequence[float],
    val_loss: Sequence[float] | None = None,
    *changes: str,
    config: str = "boston_8_1",
    **more: Any,
) -> Evidence:
    """Return the evidence of a run of so many epochs as the curves have."""
    given = [f"fit.epochs={max(len(loss), 1)}", "compile.optimizer={Adam: {learning_rate: 0.01}}", *changes]
    history = {"loss": loss, **({"val_loss": val_loss} if val_loss is not None else {})}
    facts = {"state": "finished", "metrics": scores(3.0), **more}
    return Evidence(config=load_config(CONFIGS / f"{config}.yaml", given), history=history, **facts)


def only(e: Evidence) -> Verdict:
    found = judge(e).verdicts
    assert len(found) == 1, [verdict.name for verdict in found]
    return found[0]


def test_curves_that_fall_together_and_rest_are_good() -> None:
    found = only(evidence(FALLING, [1.1 * loss for loss in FALLING]))
    assert found.name == "good" and found.change == {}
    assert found.evidence["skill"] == pytest.approx(1 - 3 / 9)


def test_overfitting_names_the_epoch_and_by_how_much() -> None:
    loss = np.linspace(10, 1, 40)
    validation = np.r_[np.linspace(10, 4, 20), np.linspace(4, 8, 20)]
    found = only(evidence(loss.tolist(), validation.tolist()))
    curve = smoothed(validation)
    assert found.name == "overfitting"
    assert found.evidence["best_epoch"] == int(np.argmin(curve)) + 1 and abs(found.evidence["best_epoch"] - 20) <= 2
    assert found.evidence["val_loss_rise"] == pytest.approx(curve[-1] / curve.min() - 1)
    stop = {"monitor": "val_loss", "patience": 5, "restore_best_weights": True}
    assert found.change == {"callbacks": [{"EarlyStopping": stop}]}


def test_weights_that_were_restored_do_not_overfit() -> None:
    validation = np.r_[np.linspace(10, 4, 20), np.linspace(4, 8, 20)]
    stop = "callbacks=[{EarlyStopping: {monitor: val_loss, patience: 99, restore_best_weights: true}}]"
    found = judge(evidence(np.linspace(10, 1, 40).tolist(), validation.tolist(), stop)).verdicts
    assert "overfitting" not in [verdict.name for verdict in found]


def test_a_loss_that_still_falls_was_stopped_early() -> None:
    found = only(evidence([10.0, 8.0, 6.0, 5.0], [11.0, 9.0, 7.0, 6.0]))
    assert found.name == "stopped_early" and found.change == {"fit.epochs": 30}
    assert found.evidence["fall_of_level"] == pytest.approx(1 / 7)
    assert found.evidence["fall_of_all"] == pytest.approx(1 / 5)


def test_early_stopping_is_no_stopping_early() -> None:
    e = evidence([10.0, 8.0, 6.0, 5.0], [11.0, 9.0, 7.0, 6.0], "fit.epochs=50")
    assert only(e).name == "good"


def test_a_curve_that_jumps_is_jagged_and_the_batch_or_the_rate_is_to_blame() -> None:
    jumping = [10.0, *(2.0 + (epoch % 2) for epoch in range(30))]
    found = only(evidence(jumping, jumping))
    assert found.name == "jagged" and found.change == {"compile.optimizer.Adam.learning_rate": 0.001}
    assert only(evidence(jumping, jumping, "fit.batch_size=1")).change == {"fit.batch_size": 32}
    assert climbs(np.array([10.0, 4, 2, 1, 3, 5])) == (0.0, 0.0)  # down and up again is no jumping
    level, covered = climbs(np.array([10.0, 2, 3, 2, 3, 2]))
    assert level == pytest.approx(0.5 / 2) and covered > 0  # two climbs of 1 in four steps, a median of 2


def test_jumps_of_dropout_in_the_training_loss_are_meant() -> None:
    jumping = [10.0, *(2.0 + 0.2 * (epoch % 2) for epoch in range(30))]
    calm = [10.0, *(2.0 for _ in range(30))]
    drops = "layers=[{Dense: 8}, {Dropout: 0.5}, {Dense: 1}]"
    assert only(evidence(jumping, calm)).name == "jagged"
    assert only(evidence(jumping, calm, drops)).name == "good"


def test_a_loss_that_became_nan_diverged() -> None:
    e = evidence(
        [], None, state="diverged", metrics={}, reason="loss became NaN in epoch 1, batch 4. Likely causes: x."
    )
    found = only(e)
    assert found.name == "diverged" and found.reason.startswith("Loss became NaN in epoch 1, batch 4: ")
    assert found.change == {"compile.optimizer.Adam.learning_rate": 0.001}


def test_inputs_that_are_large_are_scaled_first() -> None:
    facts = RowFacts({"train": 300}, largest=711.0)
    e = evidence([], None, "preprocessing.numeric=none", state="diverged", metrics={}, rows=facts)
    assert only(e).change == {"preprocessing.numeric": "standard"}


FLAT = [10.0, *(9.0 for _ in range(39))]


def test_a_tiny_learning_rate_underfits() -> None:
    e = evidence(FLAT, FLAT, "compile.optimizer.Adam.learning_rate=1e-6", metrics=scores(8.5))
    found = only(e)
    assert found.name == "underfitting" and found.change == {"compile.optimizer.Adam.learning_rate": 0.001}
    assert found.evidence["explained"] == pytest.approx(1 - (8.5 / 9) ** 2)


def test_a_forest_tells_a_small_network_from_a_target_that_cannot_be_told() -> None:
    small = evidence(FLAT, FLAT, metrics=scores(8.5), rows=RowFacts({"validation": 80}, learnable=0.8))
    assert only(small).name == "underfitting" and only(small).change == {"layers.0.Dense.units": 32}
    hopeless = evidence(FLAT, FLAT, metrics=scores(9.1), rows=RowFacts({"validation": 80}, learnable=-0.1))
    assert only(hopeless).name == "no_skill" and only(hopeless).change == {}


def test_a_feature_that_tells_it_all_is_a_leak() -> None:
    facts = RowFacts({"validation": 80}, telling=("hint", 0.99), second=0.6)
    assert only(evidence(FALLING, FALLING, rows=facts)).change == {"data.drop": ["hint"]}
    easy = RowFacts({"validation": 80}, telling=("width", 0.98), second=0.95)
    assert only(evidence(FALLING, FALLING, rows=easy)).name == "good"


def test_repeated_rows_are_a_leak_if_they_are_many() -> None:
    rows = {"train": 300, "validation": 80, "test": 100}
    many, few = (RowFacts(rows, repeated={"test": count}) for count in (5, 4))
    found = only(evidence(FALLING, FALLING, rows=many))
    assert found.name == "leak" and found.change == {"data.prepare": [{"drop_duplicates": True}]}
    assert only(evidence(FALLING, FALLING, rows=few)).name == "good"


def test_validation_rows_are_too_few_or_unlike_the_others() -> None:
    found = only(evidence(FALLING, FALLING, rows=RowFacts({"validation": 8})))
    assert found.name == "bad_validation"
    assert found.change == {"data.split.validation": 0.2, "fit.validation_split": None}
    unlike = RowFacts({"validation": 80}, shift=("medv", 1e-20))
    assert only(evidence(FALLING, FALLING, rows=unlike)).evidence["column"] == "medv"


def test_units_are_dead_if_most_of_a_layer_is() -> None:
    facts = {"rows": RowFacts({"validation": 80}), "units": [Units("dense", 0, 10, 8)]}
    assert only(evidence(FALLING, FALLING, **facts)).change == {"layers.0.Dense.activation": "leaky_relu"}
    half = [Units("dense", 0, 10, 7)]
    assert only(evidence(FALLING, FALLING, units=half)).name == "good"


def test_a_rare_class_that_is_never_predicted_has_collapsed() -> None:
    counts = [ClassCount("diabetes", "0", 900, 1000, 2, 1000), ClassCount("diabetes", "1", 100, 0, 2, 1000)]
    e = evidence(FALLING, FALLING, "fit.class_weight=null", config="pima", counts=counts, metrics={})
    found = judge(e).verdicts[0]
    assert found.name == "class_collapse" and found.change == {"fit.class_weight": "balanced"}
    assert found.evidence["class"] == "1"


def test_a_target_in_the_thousands_is_scaled() -> None:
    e = evidence(FALLING, FALLING, metrics=scores(18000, naive=9000), spread={"medv": (22500.0, 21200.0)})
    assert only(e).name == "unscaled_target" and only(e).change == {"preprocessing.target": "standard"}
    learned = evidence(FALLING, FALLING, metrics=scores(3000, naive=9000), spread={"medv": (22500.0, 21200.0)})
    assert only(learned).name == "good"


def test_without_validation_rows_it_is_told_what_cannot_be_seen() -> None:
    found = judge(evidence(FALLING, None, "fit.validation_split=0"))
    assert "no validation rows" in found.not_judged[0]


def test_a_run_without_an_epoch_has_no_verdict() -> None:
    assert judge(evidence([], None, state="interrupted", metrics={})).verdicts == ()


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1e300, 1e200])
def test_a_history_that_is_not_to_be_believed_does_no_harm(bad: float) -> None:
    curve = [3.0, 2.0, bad, 1.0]
    assert judge(evidence(curve, curve)).verdicts
    assert judge(evidence([0.0, 0.0, 0.0], [0.0, 0.0, 0.0])).verdicts
