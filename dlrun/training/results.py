"""What a network says about tables: predictions in original units, and their scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.training.chunks import Chunks, measure
from dlrun.training.examples import Array, DeviceRows
from dlrun.training.forward import Forward
from dlrun.training.rows import examples_of, row_numbers, truths_of

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.config import Config
    from dlrun.config.heads import Head
    from dlrun.data.table import Table
    from dlrun.preprocessing.preprocessor import Preprocessor

Answers = dict[str, Array]


def answers_of(preprocessor: Preprocessor, forward: Forward, x: dict[str, Array]) -> Answers:
    """Return the network's answers to its inputs, by output.

    They are numbers in the target's own units `(num_rows, num_targets)`, or what `to_probabilities` gives.
    """
    from dlrun.evaluation.outputs import to_probabilities

    raw = forward.outputs(x)
    return {
        head.output: preprocessor.invert_target(head.output, raw[head.output])
        if head.task == "regression"
        else to_probabilities(head, raw[head.output])
        for head in preprocessor.targets.heads
    }


class ScoredParts:
    """The answers for labelled tables, and what they are worth.

    Args:
        config: The config.
        preprocessor: What was learned.
        forward: The network.
        test: Its loss and metrics.
    """

    def __init__(self, config: Config, preprocessor: Preprocessor, forward: Forward, test: Chunks) -> None:
        self._config = config
        self._preprocessor = preprocessor
        self._forward = forward
        self._test = test
        self.tables: dict[str, Table] = {}
        self.answers: dict[str, Answers] = {}
        self.truths: dict[str, Answers] = {}
        self._measured: dict[str, dict[str, Any]] = {}

    def add(self, part: str, table: Table) -> None:
        """Compute the answers for the rows of a part."""
        examples = examples_of(self._preprocessor, table)
        self.tables[part] = table
        self.answers[part] = answers_of(self._preprocessor, self._forward, examples.x)
        self.truths[part] = truths_of(self._preprocessor, table)
        self._measured[part] = measure(self._test, DeviceRows(examples, self._test.model))

    def predictions(self) -> pd.DataFrame:
        """Return predictions.csv."""
        import pandas as pd

        frames = [
            prediction_frame(self._config, self._preprocessor, table, self.answers[part], part=part)
            for part, table in self.tables.items()
        ]
        return pd.concat(frames, ignore_index=True)

    def scores(self, naive: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
        """Return metric by part, and by part and naive baseline.

        A score that both Keras and dlrun compute is dlrun's: in the target's own units, at the config's threshold.

        Args:
            naive: From `learn_naive`.
        """
        from dlrun.evaluation.parts import evaluate_parts

        heads, threshold = self._preprocessor.targets.heads, self._config.evaluate.threshold
        scores, baselines = evaluate_parts(heads, self.truths, self.answers, naive=naive, threshold=threshold)
        return {part: {**self._measured[part], **found} for part, found in scores.items()}, baselines

    def reports(self) -> dict[str, dict[str, Any]]:
        """Return part to class target to its report."""
        from dlrun.evaluation.reports import class_reports

        classes, threshold = self._preprocessor.classes, self._config.evaluate.threshold
        found: dict[str, dict[str, Any]] = {part: {} for part in self.tables}
        for head in self._preprocessor.targets.heads:
            for part, reports in found.items():
                truth, answer = self.truths[part][head.output], self.answers[part][head.output]
                reports.update(class_reports(head, truth, answer, classes=classes, threshold=threshold))
        return found


def learn_naive(preprocessor: Preprocessor, train: Table) -> dict[str, Any]:
    """Return what the naive baselines learn from the training rows."""
    from dlrun.evaluation.baselines import learn_baselines

    return learn_baselines(preprocessor.targets.heads, truths_of(preprocessor, train), preprocessor.classes)


def prediction_frame(
    config: Config, preprocessor: Preprocessor, table: Table, answers: Answers, *, part: str | None = None
) -> pd.DataFrame:
    """Return the columns of predictions.csv: row, part, time, target, `<target>_predicted`, probabilities.

    Args:
        config: The config.
        preprocessor: Knows the labels.
        table: The rows; a target that it does not hold has no column.
        answers: From `answers_of`.
        part: The part that the rows belong to; None leaves the column out.
    """
    import pandas as pd

    columns: dict[str, Any] = {"row": row_numbers(table)}
    if part is not None:
        columns["part"] = part
    clock = config.data.time if config.data is not None else None
    if clock is not None and clock in table.frame:
        columns["time"] = table.frame[clock].to_numpy()
    for head in preprocessor.targets.heads:
        for position, target in enumerate(head.targets):
            columns.update(_target_columns(config, preprocessor, table, head, position, target, answers[head.output]))
    return pd.DataFrame(columns)


def _target_columns(
    config: Config, preprocessor: Preprocessor, table: Table, head: Head, position: int, target: str, answer: Array
) -> dict[str, Any]:
    from dlrun.evaluation.outputs import gives_probabilities, predicted_classes

    given = table.columns([target]) if target in table.frame else {}
    if head.task == "regression":
        return {**given, f"{target}_predicted": answer[:, position]}
    labels = preprocessor.targets.labels[target]
    # Whole numbers stay numbers; true and false become the text that the probabilities' columns are called by.
    shown = [label if type(label) is int else text for label, text in zip(labels.classes, labels.texts, strict=True)]
    names = np.array(shown)
    codes = predicted_classes(head, answer, config.evaluate.threshold)
    columns: dict[str, Any] = {t: names[labels.encode(cells, row_numbers(table))] for t, cells in given.items()}
    columns[f"{target}_predicted"] = names[codes[:, position] if head.task == "binary" else codes]
    if gives_probabilities(head):
        positive = answer[:, position] if head.task == "binary" else None
        by_class = answer if positive is None else np.stack([1.0 - positive, positive], axis=1)
        columns |= {f"{target}_probability_{text}": by_class[:, i] for i, text in enumerate(labels.texts)}
    return columns
