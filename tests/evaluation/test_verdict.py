from __future__ import annotations

from dlrun.evaluation.verdict import verdict, verdict_of

BASELINE = {"mean": {"rmse": 9.2, "mae": 6.5}, "median": {"rmse": 9.5, "mae": 6.1}}


def test_a_regression_that_beats_the_mean():
    assert verdict("test", {"rmse": 3.95}, BASELINE) == [
        "The model beats the mean of the training targets on the test rows: RMSE 3.95 against 9.2, 57 % lower."
    ]


def test_a_regression_that_does_not():
    assert verdict("test", {"rmse": 9.7}, BASELINE) == [
        "The model does not beat the mean of the training targets on the test rows: RMSE 9.7 against 9.2. "
        "It has learned nothing useful yet."
    ]


def test_hardly_better_is_said_so():
    (sentence,) = verdict("validation", {"rmse": 9.15}, BASELINE)
    assert sentence.startswith("The model hardly beats the mean of the training targets on the validation rows")


def test_the_best_of_the_baselines_is_the_one_to_beat():
    (sentence,) = verdict("train", {"rmse": 9.0}, {**BASELINE, "majority": {"rmse": 2.0}})
    assert "does not beat always answering the commonest training class on the training rows" in sentence
    assert "RMSE 9 against 2." in sentence


def test_classes():
    assert verdict("test", {"accuracy": 0.933}, {"majority": {"accuracy": 0.367}}) == [
        "The model beats always answering the commonest training class on the test rows: accuracy 0.933 against 0.367, "
        "0.566 higher."
    ]
    (sentence,) = verdict("test", {"accuracy": 0.5}, {"majority": {"accuracy": 0.5}})
    assert sentence.endswith("accuracy 0.5 against 0.5. It has learned nothing useful yet.")


def test_a_rare_class_that_is_found_is_not_called_nothing():
    model = {"accuracy": 0.93, "macro_f1": 0.71, "roc_auc": 0.9}
    naive = {"majority": {"accuracy": 0.956, "macro_f1": 0.489, "roc_auc": 0.5}}
    assert verdict("test", model, naive) == [
        "The model is not right more often than always answering the commonest training class on the test rows: "
        "accuracy 0.93 against 0.956. But it does tell the classes apart: macro F1 0.71 against 0.489, "
        "ROC AUC 0.9 against 0.5."
    ]
    (sentence,) = verdict("test", {**model, "roc_auc": 0.52}, naive)
    assert sentence.endswith("It has learned nothing useful yet.")


def test_one_sentence_for_each_target():
    scores = {"price.rmse": 3.0, "sold.accuracy": 0.4}
    naive = {"mean": {"price.rmse": 4.0}, "median": {"price.rmse": 5.0}, "majority": {"sold.accuracy": 0.6}}
    first, second = verdict("test", scores, naive)
    assert first.startswith("price: the model beats the mean of the training targets")
    assert second.startswith("sold: the model does not beat always answering")


def test_nothing_to_score():
    (sentence,) = verdict("test", {"rmse": None}, BASELINE)
    assert "cannot be compared" in sentence
    assert verdict("test", {"rmse": 1.0}, {}) == []


def test_a_perfect_model_and_a_perfect_baseline():
    (sentence,) = verdict("test", {"rmse": 0.0}, BASELINE)
    assert sentence.endswith("RMSE 0 against 9.2.")
    (sentence,) = verdict("test", {"rmse": 0.0}, {"mean": {"rmse": 0.0}})
    assert "does not beat" in sentence


def test_the_verdict_is_on_the_part_that_counts():
    metrics = {"train": {"rmse": 1.0}, "test": {"rmse": 9.0}, "rows": {"train": 3, "test": 1}}
    assert verdict_of(metrics) == verdict_of({**metrics, "baseline": {"train": BASELINE}}) == []
    assert verdict_of({**metrics, "baseline": {"test": BASELINE}}) == verdict("test", {"rmse": 9.0}, BASELINE)
