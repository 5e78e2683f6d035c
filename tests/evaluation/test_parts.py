from __future__ import annotations

import subprocess
import sys

import numpy as np

from dlrun.evaluation.baselines import learn_baselines
from dlrun.evaluation.parts import evaluate_parts


def test_every_part_has_scores_and_baselines(make_head):
    head = make_head("mse", "medv")
    truths = {"train": {"": np.array([[1.0], [3.0]])}, "test": {"": np.array([[4.0]])}}
    predictions = {"train": {"": np.array([[1.0], [3.0]])}, "test": {"": np.array([[5.0]])}}
    naive = learn_baselines([head], truths["train"], {})
    scores, baselines = evaluate_parts([head], truths, predictions, naive=naive)
    assert scores["train"] == {"rmse": 0.0, "mae": 0.0, "mape": 0.0, "r2": 1.0}
    assert scores["test"] == {"rmse": 1.0, "mae": 1.0, "mape": 0.25, "r2": None}
    assert baselines["test"]["mean"]["rmse"] == 2.0  # the training rows' mean is 2
    assert list(baselines["test"]) == ["mean", "median"]


def test_several_outputs_are_named_by_their_targets(make_head):
    heads = [make_head("mse", "price", output="price"), make_head("binary_crossentropy", "sold", output="sold")]
    truths = {"test": {"price": np.array([[1.0], [3.0]]), "sold": np.array([[1], [0]])}}
    predictions = {"test": {"price": np.array([[2.0], [4.0]]), "sold": np.array([[0.6], [0.4]])}}
    naive = learn_baselines(heads, truths["test"], {"sold": ["no", "yes"]})
    scores, baselines = evaluate_parts(heads, truths, predictions, naive=naive, threshold=0.3)
    assert scores["test"]["price.rmse"] == 1.0
    assert scores["test"]["sold.recall"] == 1.0
    assert scores["test"]["sold.accuracy"] == 0.5  # at 0.3 both rows are positive
    assert set(baselines["test"]) == {"mean", "median", "majority"}
    assert baselines["test"]["majority"]["sold.accuracy"] == 0.5
    assert "price.rmse" not in baselines["test"]["majority"]


def test_a_regression_run_imports_no_scikit_learn():
    program = (
        "import sys, numpy as np\n"
        "from dlrun.config.heads import Head\nfrom dlrun.config.objects import ObjectSpec\n"
        "from dlrun.evaluation.baselines import learn_baselines\nfrom dlrun.evaluation.parts import evaluate_parts\n"
        "from dlrun.evaluation import reports, verdict\n"
        "head = Head('', ('y',), None, 'regression', False, ObjectSpec('mse'))\n"
        "y = {'': np.array([[1.0], [2.0]])}\n"
        "evaluate_parts([head], {'test': y}, {'test': y}, naive=learn_baselines([head], y, {}))\n"
        "assert not {'sklearn', 'pandas', 'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)
