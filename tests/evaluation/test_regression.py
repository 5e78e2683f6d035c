from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from dlrun.evaluation.regression import regression_scores

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3))


def test_worked_out_by_hand():
    found = regression_scores(np.array([1.0, 2.0, 4.0]), np.array([2.0, 2.0, 1.0]))
    assert found == {
        "rmse": pytest.approx((10 / 3) ** 0.5),
        "mae": pytest.approx(4 / 3),
        "mape": pytest.approx((1 + 0 + 0.75) / 3),
        "r2": pytest.approx(1 - 10 / (14 / 3)),  # the mean is 7/3, the squares around it sum to 14/3
    }


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(NUMBERS.filter(lambda x: abs(x) > 0.01), NUMBERS), min_size=2, max_size=30))
def test_equals_scikit_learn(pairs):
    y_true, y_pred = np.array(pairs).T
    found = regression_scores(y_true, y_pred)
    assert found["rmse"] == pytest.approx(metrics.root_mean_squared_error(y_true, y_pred), rel=1e-9)
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(y_true, y_pred), rel=1e-9)
    assert found["mape"] == pytest.approx(metrics.mean_absolute_percentage_error(y_true, y_pred), rel=1e-9)
    if len(set(y_true)) == 1:
        assert found["r2"] is None
    else:
        assert found["r2"] == pytest.approx(metrics.r2_score(y_true, y_pred), rel=1e-6, abs=1e-6)


def test_mape_is_not_defined_where_a_true_value_is_zero():
    found = regression_scores(np.array([0.0, 1.0]), np.array([0.1, 1.1]))
    assert found["mape"] is None
    assert found["mae"] == pytest.approx(0.1)


def test_r2_is_not_defined_for_one_row():
    assert regression_scores(np.array([2.0]), np.array([3.0])) == {"rmse": 1.0, "mae": 1.0, "mape": 0.5, "r2": None}


@pytest.mark.parametrize("prediction", [np.nan, np.inf])
def test_a_prediction_that_is_no_number_leaves_nothing_to_score(prediction):
    found = regression_scores(np.array([1.0, 2.0]), np.array([1.0, prediction]))
    assert found == dict.fromkeys(("rmse", "mae", "mape", "r2"))


def test_no_rows():
    assert set(regression_scores(np.empty(0), np.empty(0)).values()) == {None}


def test_a_missing_label_is_not_scored():
    assert regression_scores(np.array([1.0, np.nan, 3.0]), np.array([2.0, 9.0, 4.0]))["rmse"] == 1.0


def test_astronomic_predictions_make_no_warning():
    found = regression_scores(np.array([1.0, 2.0]), np.array([1e300, 1e300]))
    assert found["rmse"] is None
    assert found["mae"] == pytest.approx(1e300)
