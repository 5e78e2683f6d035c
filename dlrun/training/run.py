"""A finished run: its network, its history, its scores."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.own import plugins_for
from dlrun.config.resolved import as_run_errors, load_resolved
from dlrun.metrics_file import load_metrics
from dlrun.run_dir import RunDir
from dlrun.training.data_file import check_data_file
from dlrun.training.history import load_history

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.config import Config
    from dlrun.preprocessing.preprocessor import Preprocessor
    from dlrun.training.forward import Forward


class Run:
    """A run, read from its folder; what needs Keras is loaded at its first use.

    Args:
        dir: The run folder.
        config: The config that it was trained with.
        preprocessor: What was learned, if it is at hand.
        model: The trained network, if it is at hand.

    Attributes:
        dir: The run folder.
        config: The config.
    """

    def __init__(
        self, dir: RunDir, config: Config, *, preprocessor: Preprocessor | None = None, model: Any = None
    ) -> None:
        self.dir = dir
        self.config = config
        if preprocessor is not None:
            self.preprocessor = preprocessor
        if model is not None:
            self.model = model

    def __repr__(self) -> str:
        return f"Run({str(self.dir.path)!r})"

    @cached_property
    def preprocessor(self) -> Preprocessor:
        """What was learned from the training rows."""
        from dlrun.preprocessing.preprocessor import Preprocessor
        from dlrun.training.runtime import start_keras_for

        start_keras_for(self.config)
        self.dir.verify(self.dir.preprocessing)
        preprocessor = Preprocessor.from_json(self.dir.read_json(self.dir.preprocessing), self.config)
        check_data_file(self.dir, self.config, preprocessor.classes)
        return preprocessor

    @cached_property
    def model(self) -> Any:
        """The trained Keras model: built from the config, filled with the arrays that were kept."""
        from dlrun.training.runtime import start_keras_for

        start_keras_for(self.config)
        from dlrun.model.budget import weights_within  # imports Keras, which was started just now
        from dlrun.model.build import build_model
        from dlrun.model.compile import compile_model
        from dlrun.training.arrays import load_weights
        from dlrun.training.network import network_inputs

        with as_run_errors(), weights_within(self.dir.arrays.stat().st_size):
            model = build_model(self.config, network_inputs(self.preprocessor), read_weights=False)
        with as_run_errors():
            compile_model(model, self.config)
        load_weights(model, self.dir)
        return model

    @cached_property
    def forward(self) -> Forward:
        """Runs the network forward, with as many rows at a time as in training."""
        from dlrun.training.forward import Forward

        _, _, fit = self.config.required()
        return Forward(self.model, fit.batch_size)

    @property
    def history(self) -> pd.DataFrame:
        """history.csv: a row for each epoch, `epoch` from 1."""
        return load_history(self.dir)

    @property
    def metrics(self) -> dict[str, Any]:
        """metrics.json."""
        return load_metrics(self.dir)

    @cached_property
    def threshold(self) -> float:
        """The probability from which a binary row counts as positive."""
        from dlrun.metrics_file import load_threshold

        if self.config.evaluate.best_threshold is not None and self.dir.state == "finished":
            self.dir.verify(self.dir.metrics)
        return load_threshold(self.dir, self.config)

    def predict(
        self, rows: pd.DataFrame | str | Path | Sequence[str | Path], *, threshold: float | None = None
    ) -> pd.DataFrame:
        """Return predictions for new rows; see `dlrun.training.predict`."""
        from dlrun.training.predict import predict

        return predict(self, rows, threshold=threshold)


def load_run(which: str | Path | None = None, *, runs_dir: str | Path = "runs", trust: bool = False) -> Run:
    """Load a run from its folder; nothing of it is executed.

    Args:
        which: A path, a name, or None for the latest.
        runs_dir: Where names are looked up.
        trust: Whether the run's own code may run.

    Raises:
        RunError: If there is no such run, it did not finish, or it was damaged.
    """
    run_dir = RunDir.find(which, Path(runs_dir))
    run_dir.verify(run_dir.resolved, run_dir.data, run_dir.preprocessing, run_dir.arrays)
    config = load_resolved(run_dir.resolved, trust=trust)
    check_data_file(run_dir, config)
    if config.code or plugins_for(config):
        from dlrun.training.runtime import start_keras_for

        start_keras_for(config)
        from dlrun.model.user_code import load_user_code  # imports Keras, which was started just now

        load_user_code(config, trust)
    return Run(run_dir, config)
