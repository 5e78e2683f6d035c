"""After the epochs: predictions, scores and plots; it may be done again, and gives the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlrun.errors import RunError
from dlrun.run_dir import RunDir, now
from dlrun.run_facts import facts_to_keep
from dlrun.spreadsheet import csv_pieces
from dlrun.training.forward import Forward
from dlrun.training.prepare import Prepared
from dlrun.training.progress import Progress
from dlrun.training.results import ScoredParts
from dlrun.training.unseen import unseen_sentences

if TYPE_CHECKING:
    from dlrun.config import Config


def finalize(run_dir: RunDir, config: Config, prepared: Prepared, progress: Progress) -> None:
    """Write predictions.csv, metrics.json and plots; it may be done again, and gives the same."""
    progress.phase("evaluating")
    _score(run_dir, config, prepared, progress)
    prepared.give_up_rows()
    run_dir.update(phase="plots")
    write_plots_of(run_dir, progress)
    run_dir.seal_results()
    ended = {"phase": None, "ended": now(), "epoch_seconds": prepared.engine.epoch_seconds}
    run_dir.update(state="finished", **ended, **facts_to_keep(run_dir))


def _score(run_dir: RunDir, config: Config, prepared: Prepared, progress: Progress) -> None:
    assert config.fit is not None
    run_dir.update(phase="evaluate")
    forward = Forward(prepared.model, config.fit.batch_size)
    scored = ScoredParts(config, prepared.preprocessor, forward, prepared.engine.test)
    for part, table in prepared.dataset.examples.items():
        scored.add(part, table, prepared.made.get(part))
    prepared.engine.check_final_loss(scored.measured["train"].get("loss", 0.0))
    for part, unseen in scored.unseen.items():
        for sentence in unseen_sentences(unseen, f"{part} rows"):
            progress.note(sentence)
    run_dir.write_bytes(run_dir.predictions, csv_pieces(scored.predictions()))
    scores, baselines = scored.scores(run_dir.read_json(run_dir.data)["baselines"])
    rows = {part: len(table) for part, table in prepared.dataset.examples.items()}
    counts: dict[str, Any] = {"rows": rows, "parameters": prepared.model.count_params()}
    if scored.unseen:
        counts["unseen"] = scored.unseen
    best_by = config.evaluate.best_threshold
    if best_by is not None:
        counts["threshold"] = scored.threshold
        progress.note(f"the threshold {scored.threshold:g} is the best by {best_by} on the validation rows")
    document = {**scores, "baseline": baselines, "intervals": scored.intervals(), **counts}
    run_dir.write_json(run_dir.metrics, document)


def write_plots_of(run_dir: RunDir, progress: Progress) -> None:
    """Draw the run; a user's plot that fails takes nothing else with it."""
    from dlrun.plots.write import write_plots

    progress.phase("drawing")
    try:
        write_plots(run_dir)
    except RunError as error:
        for problem in error.problems:
            progress.note(str(problem))
