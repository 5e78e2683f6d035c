"""What importances say, and which columns go together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dlrun.evaluation.importance import Importance, columns_together, reading


def test_mean_interval_and_what_they_say() -> None:
    strong = Importance("a", (2.0, 2.2, 1.8))
    assert strong.mean == pytest.approx(2.0)
    assert strong.std == pytest.approx(np.std([2.0, 2.2, 1.8]))
    low, high = strong.between or (0.0, 0.0)
    assert (high - low) / 2 == pytest.approx(4.302653 * 0.2 / 3**0.5, rel=1e-5)  # t(2), 0.975
    idle, harmful = Importance("b", (0.1, -0.1, 0.0)), Importance("c", (-1.0, -1.1, -0.9))
    assert (strong.is_needed, idle.is_needed, idle.is_harmful, harmful.is_harmful) == (True, False, False, True)
    text = " ".join(reading([strong, idle, harmful], [], "rmse", 3.0, "test", 50))
    assert "'a' most: shuffled, it takes rmse from 3 to 5" in text
    assert "'b' makes no difference" in text and "'c' is shuffled" in text
    assert "see --part validation" in text and "These are 50 rows only" in text and "so few shuffles" in text
    surer = reading([Importance("b", (0.1, -0.1) * 5)], [], "rmse", 3.0, "validation", 500)
    assert not any("validation" in one or "only" in one or "few" in one for one in surer)
    assert "from 0.9 to 0.7" in reading([Importance("a", (0.2,))], [], "accuracy", 0.9, "validation", 500)[0]


def test_columns_that_go_together_are_told_by_rank() -> None:
    random = np.random.default_rng(0)
    a = random.normal(size=200)
    columns = {"a": a, "cube": -(a**3), "other": random.normal(size=200), "same": np.ones(200)}
    (pair,) = columns_together(columns)
    assert (pair.first, pair.second) == ("a", "cube") and pair.correlation == pytest.approx(-1.0)
    assert pd.DataFrame(columns)["a"].corr(pd.Series(columns["cube"]), method="pearson") > -0.9
    assert columns_together({"a": a}) == []
    assert "Columns that go together share" in " ".join(
        reading([Importance("a", (1.0, 1.1))], [pair], "rmse", 1.0, "test", 500)
    )
