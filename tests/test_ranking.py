from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from dlrun.ranking import average_precision, precision_recall_curve, roc_auc, roc_curve

SCORES = st.floats(-5, 5) | st.sampled_from([0.0, 0.25, 0.5])  # ties, too
ROWS = st.lists(st.tuples(st.booleans(), SCORES), min_size=2, max_size=50).filter(
    lambda rows: len({positive for positive, _ in rows}) == 2
)


@settings(deadline=None, max_examples=100)
@given(ROWS)
def test_equals_scikit_learn(rows: list[tuple[bool, float]]) -> None:
    positive, score = (np.array(column) for column in zip(*rows, strict=True))
    x, y, _ = metrics.roc_curve(positive, score)
    assert [part.tolist() for part in roc_curve(positive, score)] == [x.tolist(), y.tolist()]
    assert roc_auc(positive, score) == metrics.roc_auc_score(positive, score)
    precision, recall, _ = metrics.precision_recall_curve(positive, score)
    found = precision_recall_curve(positive, score)
    assert [part.tolist() for part in found] == [precision.tolist(), recall.tolist()]
    assert average_precision(positive, score) == metrics.average_precision_score(positive, score)


def test_worked_out_by_hand() -> None:
    positive, score = np.array([True, False, True, False]), np.array([0.9, 0.8, 0.8, 0.1])
    assert roc_auc(positive, score) == pytest.approx(3.5 / 4)  # of 4 pairs 3 are in order, one is a tie
    assert average_precision(positive, score) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert precision_recall_curve(positive, score)[1].tolist() == [1.0, 1.0, 0.5, 0.0]


def test_a_million_rows_in_single_precision() -> None:
    rng = np.random.default_rng(0)
    positive = rng.random(1_000_000) < 0.3
    score = (rng.random(1_000_000) + 0.2 * positive).astype(np.float32)
    assert roc_auc(positive, score) == pytest.approx(metrics.roc_auc_score(positive, score), abs=1e-12)
