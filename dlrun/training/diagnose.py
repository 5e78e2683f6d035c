"""What is wrong with a run: the evidence from its folder, its data and its network, handed to the rules.

What cannot be looked at (the data have moved, the run has no weights yet) is left out and told.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.heads import heads_of
from dlrun.config.resolved import load_resolved
from dlrun.errors import ConfigError, DataError, Problem, RunError
from dlrun.evaluation.diagnosis.evidence import ClassCount, Evidence, RowFacts, Units
from dlrun.evaluation.diagnosis.judge import judge
from dlrun.evaluation.diagnosis.verdict import Diagnosis
from dlrun.metrics_file import load_metrics
from dlrun.run_dir import RunDir
from dlrun.training.data_file import check_data_file
from dlrun.training.history import load_history
from dlrun.training.run import Run

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from dlrun.config import Config
    from dlrun.data.series import SeriesPart
    from dlrun.data.table import Dataset, Table

MOST_PREDICTIONS = 200_000  # rows, up to which predictions are counted by class
MOST_WINDOWS = 5_000


def open_run(which: str | Path | None = None, *, runs_dir: str | Path = "runs", trust: bool = False) -> Run:
    """Return a run that may have diverged, or been cut off; `load_run` wants one with weights.

    Raises:
        RunError: If there is no such run, it was damaged, or it has not begun.
    """
    run_dir = RunDir.find(which, Path(runs_dir))
    if not run_dir.has(run_dir.resolved):
        raise RunError(Problem(f"{run_dir.name} was cut off before its config was written", "Train it again."))
    run_dir.verify(run_dir.resolved, run_dir.data)
    config = load_resolved(run_dir.resolved, trust=trust)
    check_data_file(run_dir, config)
    return Run(run_dir, config)


def diagnose(run: Run) -> Diagnosis:
    """Return what is wrong with a run, and what to try next.

    It reads the run's data again, and runs the network forward over training rows, where both are there.

    Raises:
        RunError: If the run was damaged.
    """
    evidence, not_judged = gather(run)
    found = judge(evidence)
    return Diagnosis(found.verdicts, (*not_judged, *found.not_judged))


def quick_diagnosis(run: Run) -> Diagnosis:
    """Return what history.csv and metrics.json tell by themselves, for the line at the end of `dlrun train`."""
    return judge(recorded_evidence(run))


def recorded_evidence(run: Run, **found: Any) -> Evidence:
    """Return the evidence that the run's own files hold; `found` is added to it."""
    record = run.dir.read_json(run.dir.data)
    naive = {target: found for target, found in record["baselines"].items() if isinstance(found, dict)}
    spread = {t: (n["mean"], n["median"]) for t, n in naive.items() if n.get("mean") is not None and "median" in n}
    history = load_history(run.dir) if run.dir.has(run.dir.history) else None
    return Evidence(
        config=run.config,
        state=run.dir.state,
        history={str(name): history[name].tolist() for name in history} if history is not None else {},
        metrics=load_metrics(run.dir) if run.dir.has(run.dir.metrics) else {},
        spread=spread,
        reason=str(run.dir.record.get("reason") or ""),
        **found,
    )


def gather(run: Run) -> tuple[Evidence, list[str]]:
    """Return all the evidence that there is, and sentences about what could not be looked at."""
    not_judged: list[str] = []
    dataset = _dataset(run, not_judged)
    rows = row_facts(run.config, dataset) if dataset is not None else None
    units = _units(run, dataset, not_judged) if dataset is not None else None
    return recorded_evidence(run, rows=rows, units=units, counts=_class_counts(run)), not_judged


def _dataset(run: Run, not_judged: list[str]) -> Dataset | None:
    """Return the run's data, if they are still what it was trained on."""
    from dlrun.data.load import load_dataset
    from dlrun.training.evaluate import changes_since

    try:
        dataset = load_dataset(run.config)
    except (ConfigError, DataError) as error:
        why = error.problems[0].what
        not_judged.append(
            f"The data cannot be read ({why}), so leaks, odd validation rows and dead units were not looked for."
        )
        return None
    changes = changes_since(run.dir.read_json(run.dir.data), dataset)
    if changes:
        not_judged.append(f"{changes[0]} Leaks, odd validation rows and dead units were not looked for.")
        return None
    return dataset


def row_facts(config: Config, dataset: Dataset) -> RowFacts:
    """Look at the rows."""
    from dlrun.data.leaks import sums_to_target
    from dlrun.evaluation.diagnosis import rows as look

    counts = {part: len(table) for part, table in dataset.examples.items()}
    sums = tuple(sums_to_target(dataset))
    frames = {part: table.frame for part, table in dataset.parts.items()}
    train = frames["train"]
    if dataset.series is not None or dataset.parts["train"].disk is not None:
        return RowFacts(counts, sums=sums)
    scalars = [name for name in dataset.features if name in train.columns]
    others = {part: frame for part, frame in frames.items() if part != "train"}
    repeated = look.repeated_rows(train, others) if not dataset.parts["train"].tensors else {}
    shift = _shift(frames, [*scalars, *(t for t in dataset.targets if t in train.columns)])
    head = heads_of(config)[0]
    if not len(train) or head.targets[0] not in train.columns:
        return RowFacts(counts, sums=sums, repeated=repeated, shift=shift)
    drawn = train.iloc[look.drawn(len(train))]
    is_class = head.task != "regression"
    y = look.as_codes(drawn[head.targets[0]].to_numpy()) if is_class else drawn[head.targets[0]].to_numpy("float64")
    columns = look.codes(drawn[scalars])
    telling = look.telling_features(columns, y, is_class) if scalars and len(y) >= look.FEWEST_ROWS else []
    x = _all_features(columns, dataset, drawn)
    enough = x is not None and len(y) >= look.FEWEST_ROWS
    return RowFacts(
        counts,
        telling=telling[0] if telling else None,
        second=telling[1][1] if len(telling) > 1 else 0.0,
        sums=sums,
        repeated=repeated,
        shift=shift,
        learnable=look.learnable(x, y, is_class) if enough and x is not None else None,
        largest=max((float(abs(column).max()) for column in columns.values()), default=None),
    )


def _shift(frames: Mapping[str, pd.DataFrame], names: list[str]) -> tuple[str, float] | None:
    from dlrun.evaluation.diagnosis.rows import largest_shift

    if "validation" not in frames:
        return None
    return largest_shift(frames["train"][names], frames["validation"][names])


def _all_features(columns: Mapping[str, Any], dataset: Dataset, drawn: pd.DataFrame) -> np.ndarray[Any, Any] | None:
    """Return all features of the rows side by side; those with several axes are laid out flat."""
    import numpy as np

    tensors = dataset.parts["train"].tensors
    numbers = drawn.index.to_numpy()
    with_axes = [n for n in dataset.features if n in tensors and tensors[n].dtype != object]
    flat = [tensors[n][numbers].reshape(len(numbers), -1) for n in with_axes]
    scalars = [np.stack(list(columns.values()), axis=1)] if columns else []
    x = np.concatenate([*scalars, *flat], axis=1) if scalars or flat else None
    return x if x is not None and x.shape[1] <= 4096 else None


def _class_counts(run: Run) -> list[ClassCount]:
    """Count in predictions.csv how often each class is there, and how often it is predicted."""
    from dlrun.plots.results import class_targets, classes_of, parts_of

    rows = sum((load_metrics(run.dir).get("rows") or {}).values()) if run.dir.has(run.dir.metrics) else 0
    if not run.dir.has(run.dir.predictions) or not 0 < rows <= MOST_PREDICTIONS:
        return []
    found = []
    for target in class_targets(run.dir):
        parts = [classes_of(run.dir, target, part) for part in parts_of(run.dir)]
        total = sum(len(part.actual) for part in parts)
        for position, label in enumerate(parts[0].labels):
            true = sum(int((part.actual == position).sum()) for part in parts)
            predicted = sum(int((part.predicted == position).sum()) for part in parts)
            found.append(ClassCount(target, label, true, predicted, len(parts[0].labels), total))
    return found


def _units(run: Run, dataset: Dataset, not_judged: list[str]) -> list[Units] | None:
    """Run training rows forward, and count the rectified units that are 0 for all of them."""
    if not run.dir.has(run.dir.arrays) or run.config.code:
        why = "has code of its own" if run.config.code else "has kept no weights"
        not_judged.append(f"The run {why}, so dead units were not looked for.")
        return None
    run.dir.verify(run.dir.preprocessing, run.dir.arrays)
    layers = rectified_layers(run.model)
    train = _some(dataset.examples["train"])
    if not layers or train is None:
        return []
    import keras

    from dlrun.training.evaluate import own_rows_unless
    from dlrun.training.forward import Forward
    from dlrun.training.rows import examples_of

    inner = keras.Model(run.model.inputs, {str(i): layer.output for i, layer in enumerate(layers)})
    assert run.config.fit is not None
    with own_rows_unless(others=False):  # those that it was trained on, or there would be no data here
        examples = examples_of(run.preprocessor, train)
    outputs = Forward(inner, run.config.fit.batch_size).outputs(examples)
    positions = [position for position, spec in enumerate(run.config.layers) if _may_rectify(spec)]
    known = len(positions) == len(layers)
    return [Units(layer.name, positions[i] if known else -1, *_dead(outputs[str(i)])) for i, layer in enumerate(layers)]


def rectified_layers(model: Any) -> list[Any]:
    """Return the layers whose outputs are relu's."""
    import keras

    return [
        layer
        for layer in model.layers
        if (type(layer).__name__ == "ReLU" and not layer.negative_slope)
        or getattr(layer, "activation", None) is keras.activations.relu
    ]


def _may_rectify(spec: Any) -> bool:
    return (
        spec.type == "ReLU"
        or spec.args.get("activation") == "relu"
        or getattr(spec.args.get("activation"), "type", None) in ("relu", "ReLU")
    )


def _dead(output: np.ndarray[Any, Any]) -> tuple[int, int]:
    """Return how many units a layer's output `(num_rows, ..., units)` has, and how many are never above 0."""
    largest = output.reshape(-1, output.shape[-1]).max(axis=0)
    return len(largest), int((largest <= 0).sum())


def _some(rows: Table | SeriesPart) -> Table | SeriesPart | None:
    """Return as many training rows as are looked at; None where they cannot be chosen from cheaply."""
    from dataclasses import replace

    from dlrun.data.table import Table
    from dlrun.evaluation.diagnosis.rows import drawn

    if not isinstance(rows, Table):
        return rows if len(rows) <= MOST_WINDOWS else None
    return None if rows.disk is not None else replace(rows, frame=rows.frame.iloc[drawn(len(rows))])
