"""Scores of a finished run, on its own rows or on new ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.errors import DataError, Problem, RunError
from dlrun.metrics_file import judged_part
from dlrun.sealed_folder import MEND
from dlrun.training.chunks import Chunks
from dlrun.training.predict import load_new
from dlrun.training.record import data_record
from dlrun.training.results import ScoredParts
from dlrun.training.runtime import start_keras_for

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.data.series import SeriesPart
    from dlrun.data.table import Dataset, Table
    from dlrun.preprocessing.preprocessor import Preprocessor
    from dlrun.training.run import Run

NEW_ROWS = "new"


@dataclass(frozen=True)
class Evaluation:
    """What a run is worth.

    Args:
        scores: Part to metric to value; new rows are the part "new".
        baselines: Part to naive baseline to metric to value.
        intervals: Part to metric to its 95 % bootstrap interval, for the part that counts.
        reports: Part to class target to precision, recall, F1 of each class and the confusion matrix.
        verdict: Whether it beats the baselines, and whether the data are still those that it was trained on: plain
            sentences.
        unseen: Part to column to the number of cells with a category not seen in training, where there are any.
        cautions: The sentences of the verdict that warn of the run or its data, whatever is looked at.
    """

    scores: dict[str, dict[str, Any]]
    baselines: dict[str, dict[str, dict[str, Any]]]
    intervals: dict[str, dict[str, tuple[float, float]]] = field(default_factory=dict)
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    verdict: list[str] = field(default_factory=list)
    unseen: dict[str, dict[str, int]] = field(default_factory=dict)
    cautions: list[str] = field(default_factory=list)

    @property
    def part(self) -> str:
        """The part that counts: new rows, test, else validation, else train."""
        return NEW_ROWS if NEW_ROWS in self.scores else judged_part(self.scores)


def evaluate(run: Run, sources: Sequence[str | Path] | str | Path | pd.DataFrame | None = None) -> Evaluation:
    """Score a run.

    Args:
        run: The run.
        sources: Files with labels, or a frame; None reads the run's own data again and scores all its parts.

    Raises:
        DataError: If the rows cannot be read, or have no labels.
    """
    return evaluate_answers(run, sources)[0]


def evaluate_answers(
    run: Run, sources: Sequence[str | Path] | str | Path | pd.DataFrame | None = None
) -> tuple[Evaluation, ScoredParts]:
    """Score a run as `evaluate` does, and return the answers that the scores come of, too.

    Raises:
        DataError: If the rows cannot be read, or have no labels.
    """
    start_keras_for(run.config)  # images are decoded by TensorFlow, which has to be told first what it may print
    record = run.dir.read_json(run.dir.data)
    if sources is None:
        parts, changes = own_parts(run, record)
    else:
        parts, changes = {NEW_ROWS: load_new(run, sources, need_target=True)}, []
    with own_rows_unless(sources is not None or bool(changes)):
        return score_tables(run, parts, record["baselines"], [*unfinished(run), *changes])


@contextmanager
def own_rows_unless(others: bool) -> Iterator[None]:
    """Read the rows that a run was trained on inside; where they do not suit it, it is the run that is wrong.

    Raises:
        RunError: In place of a DataError, unless these may be other rows.
    """
    try:
        yield
    except DataError as error:
        if others:
            raise
        what = "preprocessing.json does not fit the run's own rows"
        raise RunError(*error.problems, Problem(what, MEND)) from error


def unfinished(run: Run) -> list[str]:
    """Return a sentence about a run whose weights are not those of its end."""
    state, epoch = run.dir.state, run.dir.record.get("weights_after_epoch")
    if state == "finished":
        return []
    if state == "diverged":
        return [f"Careful: this run diverged; these are its weights after epoch {epoch}, the last good ones."]
    return [f"Careful: this run is {state}; these are the last weights that it finished with."]


def own_parts(run: Run, record: Mapping[str, Any]) -> tuple[dict[str, Table | SeriesPart], list[str]]:
    """Return the parts of the run's own data, and what has changed in them since."""
    from dlrun.data.load import load_dataset

    dataset = load_dataset(run.config)
    return dict(dataset.examples), changes_since(record, dataset)


def changes_since(record: Mapping[str, Any], dataset: Dataset) -> list[str]:
    """Return sentences about files that are not those that a run was trained on."""
    found = data_record(dataset)
    before, after = ([(file["path"], file["sha256"]) for file in r["files"]] for r in (record, found))
    if [sha256 for _, sha256 in before] == [sha256 for _, sha256 in after]:
        return []
    known = {sha256 for _, sha256 in before}
    changed = [Path(path).name for path, sha256 in after if sha256 not in known] or ["the list of files"]
    moved = ", and the rows of its parts are others" if record["split"] != found["split"] else ""
    return [f"Careful: {', '.join(changed)} changed since this run was trained{moved}."]


def residual_sentences(preprocessor: Preprocessor, part: str, scored: ScoredParts) -> list[str]:
    """Return for each target of a series what its residuals tell, one step ahead."""
    from dlrun.data.table import Table
    from dlrun.residuals import FEWEST, dependence_words, shape_words

    rows = scored.rows[part]
    if isinstance(rows, Table) or len(rows) < FEWEST:
        return []
    heads = [head for head in preprocessor.targets.heads if head.task == "regression"]
    several = sum(len(head.targets) for head in heads) > 1
    ahead = ", one step ahead" if rows.shape.horizon > 1 else ""
    series = rows.series.numbers[rows.ends]
    sentences = []
    for head in heads:
        shape = (len(rows), rows.shape.horizon, len(head.targets))
        left = (scored.truths[part][head.output] - scored.answers[part][head.output]).reshape(shape)[:, 0]
        for place, target in enumerate(head.targets):
            own = left[:, place]
            words = dependence_words([own[series == number] for number in np.unique(series)])
            about = f" of {target}" if several else ""
            where = "training" if part == "train" else part
            sentences.append(f"Residuals{about} on the {where} rows{ahead}: {shape_words(own)}. {words}.")
    return sentences


def score_tables(
    run: Run, parts: Mapping[str, Table | SeriesPart], naive: dict[str, Any], cautions: list[str]
) -> tuple[Evaluation, ScoredParts]:
    """Score tables with labels, and return the answers, too."""
    from dlrun.evaluation.verdict import verdict

    scored = answered(run, parts)
    scores, baselines = scored.scores(naive)
    intervals, reports = scored.intervals(), scored.reports()
    found = Evaluation(scores, baselines, intervals, reports, unseen=scored.unseen, cautions=cautions)
    sentences = [*cautions, *verdict(found.part, scores[found.part], baselines[found.part])]
    sentences += residual_sentences(run.preprocessor, found.part, scored)
    best_by = run.config.evaluate.best_threshold
    if best_by is not None:
        cut = f"{run.threshold:g} on, the best by {best_by} on the validation rows"
        sentences.append(f"A row counts as positive from {cut}.")
    return replace(found, verdict=sentences), scored


def answered(run: Run, parts: Mapping[str, Table | SeriesPart]) -> ScoredParts:
    """Return what a run answers for tables with labels."""
    _, _, fit = run.config.required()
    test = Chunks(run.model, run.model.test_step, fit.validation_batch_size or fit.batch_size)
    scored = ScoredParts(run.config, run.preprocessor, run.forward, test, run.threshold)
    for part, rows in parts.items():
        scored.add(part, rows)
    return scored
