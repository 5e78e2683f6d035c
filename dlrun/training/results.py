"""What a network says about tables: predictions in original units, and their scores."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.training.chunks import Chunks, measure
from dlrun.training.examples import Array, Examples, device_rows
from dlrun.training.forward import Forward
from dlrun.training.rows import examples_of, label_table, row_numbers, truths_of
from dlrun.training.windows import WindowExamples

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.config import Config
    from dlrun.config.heads import Head
    from dlrun.data.series import SeriesPart
    from dlrun.data.table import Table
    from dlrun.preprocessing.preprocessor import Preprocessor

Answers = dict[str, Array]


def answers_of(
    preprocessor: Preprocessor, forward: Forward, examples: Examples | WindowExamples, *, windows: bool = False
) -> Answers:
    """Return the network's answers to its inputs, by output.

    They are numbers in the target's own units `(num_rows, num_targets)`, with a window `horizon` rows for each example,
    or what `to_probabilities` gives.

    Args:
        preprocessor: Knows the targets.
        forward: The network.
        examples: The inputs.
        windows: Whether plain examples are whole windows.
    """
    from dlrun.evaluation.outputs import to_probabilities

    raw = forward.outputs(examples)
    windows = windows or isinstance(examples, WindowExamples)
    return {
        head.output: preprocessor.invert_target(head.output, _by_label_row(head, raw[head.output], windows))
        if head.task == "regression"
        else to_probabilities(head, raw[head.output])
        for head in preprocessor.targets.heads
    }


def _by_label_row(head: Head, raw: Array, windows: bool) -> Array:
    return raw.reshape(-1, len(head.targets)) if windows else raw


@dataclass(frozen=True)
class Made:
    """The examples of a part, and how many cells of each column held a category that was not seen in training."""

    examples: Examples | WindowExamples
    unseen: dict[str, int]


class ScoredParts:
    """The answers for labelled tables, and what they are worth.

    Args:
        config: The config.
        preprocessor: What was learned.
        forward: The network.
        test: Its loss and metrics.
        threshold: The probability from which a binary row counts as positive; default: as the config says.

    Attributes:
        rows: Part to its rows, or examples.
        answers: Part to output to the network's answers.
        truths: Part to output to the true values.
        measured: Part to Keras's loss and metrics.
        unseen: Part to column to the number of cells with a category not seen in training, where there are any.
    """

    def __init__(
        self,
        config: Config,
        preprocessor: Preprocessor,
        forward: Forward,
        test: Chunks,
        threshold: float | None = None,
    ) -> None:
        self._config = config
        self._given_threshold = threshold
        self._preprocessor = preprocessor
        self._forward = forward
        self._test = test
        self.rows: dict[str, Table | SeriesPart] = {}
        self.answers: dict[str, Answers] = {}
        self.truths: dict[str, Answers] = {}
        self.measured: dict[str, dict[str, Any]] = {}
        self._windows: dict[str, WindowExamples] = {}
        self.unseen: dict[str, dict[str, int]] = {}

    def add(self, part: str, rows: Table | SeriesPart, made: Made | None = None) -> None:
        """Compute the answers for the rows, or examples, of a part.

        Args:
            part: The part's name.
            rows: Its rows, at least with their targets.
            made: Their examples, if they are at hand; else they are made.
        """
        if made is None:
            made = Made(examples_of(self._preprocessor, rows), self._preprocessor.unseen)
        examples = made.examples
        self.rows[part] = rows
        if made.unseen:
            self.unseen[part] = made.unseen
        self.answers[part] = answers_of(self._preprocessor, self._forward, examples)
        self.truths[part] = truths_of(self._preprocessor, rows)
        self.measured[part] = measure(self._test, device_rows(examples, self._test.model))
        if isinstance(examples, WindowExamples):
            self._windows[part] = examples

    @cached_property
    def threshold(self) -> float:
        """The probability from which a binary row counts as positive, chosen on the validation rows if that is asked.

        To be looked at when all parts have been added.
        """
        metric = self._config.evaluate.best_threshold
        if self._given_threshold is not None or metric is None:
            return self._config.evaluate.threshold if self._given_threshold is None else self._given_threshold
        from dlrun.evaluation.scores import by_target
        from dlrun.evaluation.threshold import threshold_curve

        head = next(head for head in self._preprocessor.targets.heads if head.task == "binary")
        truth, answer = (by_target(found["validation"][head.output])[:, 0] for found in (self.truths, self.answers))
        return threshold_curve(truth == 1, answer).best_rounded(metric)

    def predictions(self) -> pd.DataFrame:
        """Return predictions.csv."""
        import pandas as pd

        frames = [
            prediction_frame(
                self._config, self._preprocessor, rows, self.answers[part], part=part, threshold=self.threshold
            )
            for part, rows in self.rows.items()
        ]
        return pd.concat(frames, ignore_index=True)

    def scores(self, naive: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
        """Return metric by part, and by part and naive baseline.

        A score that both Keras and dlrun compute is dlrun's: in the target's own units, at the config's threshold.

        Args:
            naive: From `learn_naive`.
        """
        from dlrun.evaluation.parts import evaluate_parts

        heads, threshold = self._preprocessor.targets.heads, self.threshold
        scores, baselines = evaluate_parts(heads, self.truths, self.answers, naive=naive, threshold=threshold)
        self._score_windows(naive, scores, baselines)
        return {part: {**self.measured[part], **found} for part, found in scores.items()}, baselines

    def _score_windows(self, naive: dict[str, Any], scores: dict[str, Any], baselines: dict[str, Any]) -> None:
        """Add what is told of forecasts alone."""
        from dlrun.training.series_scores import score_forecasts

        for part, examples in self._windows.items():
            rows: Any = self.rows[part]
            found, naive_found = score_forecasts(
                self._preprocessor, rows, examples, self.truths[part], self.answers[part], naive
            )
            scores[part] |= found
            baselines[part] |= naive_found

    def intervals(self) -> dict[str, dict[str, tuple[float, float]]]:
        """Return part to metric to its 95 % bootstrap interval, for the part that counts: the last one.

        Training rows have none: the network knows them, so they do not tell what other rows would give.
        """
        from dlrun.evaluation.intervals import score_intervals

        part = list(self.rows)[-1]
        if part == "train":
            return {}
        heads, threshold = self._preprocessor.targets.heads, self.threshold
        window = self._config.preprocessing.window
        horizon = window.horizon if window is not None else None
        found = score_intervals(heads, self.truths[part], self.answers[part], threshold=threshold, horizon=horizon)
        return {part: found} if found else {}

    def reports(self) -> dict[str, dict[str, Any]]:
        """Return part to class target to its report."""
        from dlrun.evaluation.reports import class_reports

        classes, threshold = self._preprocessor.classes, self.threshold
        found: dict[str, dict[str, Any]] = {part: {} for part in self.rows}
        for head in self._preprocessor.targets.heads:
            for part, reports in found.items():
                truth, answer = self.truths[part][head.output], self.answers[part][head.output]
                reports.update(class_reports(head, truth, answer, classes=classes, threshold=threshold))
        return found


def learn_naive(preprocessor: Preprocessor, train: Table | SeriesPart) -> dict[str, Any]:
    """Return what the naive baselines learn from the training rows."""
    from dlrun.data.table import Table
    from dlrun.evaluation.baselines import learn_baselines

    truths = truths_of(preprocessor, train)
    naive = learn_baselines(preprocessor.targets.heads, truths, preprocessor.classes)
    if isinstance(train, Table):
        return naive
    from dlrun.training.series_scores import learn_forecasts
    from dlrun.training.windows import window_examples

    return {**naive, **learn_forecasts(preprocessor, train, window_examples(preprocessor, train), truths)}


def prediction_frame(
    config: Config,
    preprocessor: Preprocessor,
    rows: Table | SeriesPart,
    answers: Answers,
    *,
    part: str | None = None,
    threshold: float | None = None,
) -> pd.DataFrame:
    """Return the columns of predictions.csv: row, part, time, target, `<target>_predicted`, probabilities.

    Rows that are files of their own, images, have a column `file`.

    With a window a line is a label row; where an example has several, `step` says how far ahead it lies.

    Args:
        config: The config.
        preprocessor: Knows the labels.
        rows: The rows; a target that they do not hold has no column.
        answers: From `answers_of`.
        part: The part that the rows belong to; None leaves the column out.
        threshold: The probability from which a binary row counts as positive; default: the config's.
    """
    import pandas as pd

    table = label_table(preprocessor, rows)
    columns: dict[str, Any] = {"row": row_numbers(table)}
    if part is not None:
        columns["part"] = part
    files = table.origins.file_names(row_numbers(table)) if table.origins is not None else None
    if files is not None:
        columns["file"] = files
    clock = config.data.time if config.data is not None else None
    cut = config.evaluate.threshold if threshold is None else threshold
    if table is not rows:
        columns |= _window_columns(rows)
    elif clock is not None and clock in table.frame:
        columns["time"] = table.frame[clock].to_numpy()
    for head in preprocessor.targets.heads:
        for position, target in enumerate(head.targets):
            columns.update(_target_columns(cut, preprocessor, table, head, position, target, answers[head.output]))
    return pd.DataFrame(columns)


def _window_columns(part: Any) -> dict[str, Any]:
    """Return time, series and step of the label rows, where there is more than one of each."""
    series, labels = part.series, part.label_rows
    columns: dict[str, Any] = {}
    if series.column is not None:
        columns["time"] = series.times()[labels.ravel()]
    if series.names:
        columns["series"] = np.array(series.names, dtype=object)[series.numbers[labels.ravel()]]
    if part.shape.horizon > 1:
        columns["step"] = np.tile(np.arange(1, part.shape.horizon + 1), len(part))
    return columns


def _target_columns(
    cut: float, preprocessor: Preprocessor, table: Table, head: Head, position: int, target: str, answer: Array
) -> dict[str, Any]:
    from dlrun.evaluation.outputs import gives_probabilities, predicted_classes

    given = table.columns([target]) if target in table.frame else {}
    if head.task == "regression":
        return {**given, f"{target}_predicted": answer[:, position]}
    labels = preprocessor.targets.labels[target]
    # Whole numbers stay numbers; true and false become the text that the probabilities' columns are called by.
    shown = [label if type(label) is int else text for label, text in zip(labels.classes, labels.texts, strict=True)]
    names = np.array(shown)
    codes = predicted_classes(head, answer, cut)
    columns: dict[str, Any] = {t: names[labels.encode(cells, row_numbers(table))] for t, cells in given.items()}
    columns[f"{target}_predicted"] = names[codes[:, position] if head.task == "binary" else codes]
    if gives_probabilities(head):
        positive = answer[:, position] if head.task == "binary" else None
        by_class = answer if positive is None else np.stack([1.0 - positive, positive], axis=1)
        columns |= {f"{target}_probability_{text}": by_class[:, i] for i, text in enumerate(labels.texts)}
    return columns
