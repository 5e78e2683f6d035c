"""The error of a row, and the worst of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import log_loss

from dlrun.config.heads import Head
from dlrun.errors import ConfigError
from dlrun.evaluation.row_errors import row_errors

MakeHead = Callable[..., Head]


def test_residuals_and_the_worst_of_them(make_head: MakeHead) -> None:
    true, predicted = np.array([[1.0], [5.0], [np.nan], [2.0]]), np.array([[2.0], [1.0], [0.0], [2.5]])
    errors = row_errors(make_head("mse"), 0, true, predicted)
    assert errors.measure == "residual"
    assert errors.values[[0, 1, 3]].tolist() == [-1.0, 4.0, -0.5]
    assert errors.worst(2).tolist() == [1, 0]
    assert errors.worst(9).tolist() == [1, 0, 3]  # a row without a label is none of them


def test_log_loss_is_scikit_learns(make_head: MakeHead) -> None:
    random = np.random.default_rng(0)
    true = random.integers(0, 3, 50)
    answers = random.dirichlet([1, 1, 1], 50)
    several = row_errors(make_head("sparse_categorical_crossentropy"), 0, true, answers)
    assert several.values.mean() == pytest.approx(log_loss(true, answers))
    binary = row_errors(make_head("binary_crossentropy"), 0, (true > 0).astype(int), answers[:, 0])
    assert binary.values.mean() == pytest.approx(log_loss(true > 0, answers[:, 0]))
    one = row_errors(make_head("binary_crossentropy"), 0, np.array([1]), np.array([0.0]))
    assert np.isfinite(one.values).all()


def test_a_hinge_loss_has_no_probabilities(make_head: MakeHead) -> None:
    with pytest.raises(ConfigError, match="hinge"):
        row_errors(make_head("hinge"), 0, np.array([1]), np.array([0.3]))
