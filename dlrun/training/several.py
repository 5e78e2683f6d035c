"""Several runs at once: Keras is imported once, and the runs are processes forked from there.

Runs that differ in nothing but their seed may follow one another in a process, which then makes its graphs once. A run
is the same bit for bit as one that is trained alone.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dlrun.config.own import plugins_for
from dlrun.errors import ConfigError, DataError, DlrunError, of_the_machine
from dlrun.run_dir import RunDir
from dlrun.signals import INTERRUPTED
from dlrun.training.progress import SILENT, Progress
from dlrun.training.relay import Relay, pass_on
from dlrun.training.seeds import are_repetitions, load_all, without_seed

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.training.graphs import Graphs
    from dlrun.training.run import Run
    from dlrun.training.workers import Ended, Tell, Workers

State = Literal["finished", "failed", "interrupted", "not started"]
_NO_METRICS: Mapping[str, Any] = {}
_OVER = ("finished", "failed", "interrupted")
_ENOUGH = 3  # runs that failed alike
# What every run needs; the parent imports it, so that no child has to.
_IMPORTS = (
    "pandas", "pyarrow.csv", "pyarrow.pandas_compat", "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg", "PIL.PngImagePlugin", "dlrun.training.train", "dlrun.training.environment",
    "dlrun.data.load", "dlrun.data.sources.text", "dlrun.preprocessing.preprocessor", "dlrun.preprocessing.weights",
    "dlrun.model.build", "dlrun.model.compile", "dlrun.model.callbacks", "dlrun.evaluation.parts",
    "dlrun.plots.learning_curves", "dlrun.plots.results", "dlrun.plots.write",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """How one of several runs ended.

    Attributes:
        config: Its config.
        state: How it ended; "interrupted" also where `fit.time_limit` ended it.
        exit_code: That of `dlrun train` for this run alone.
        run: Its folder, if it came so far.
        problems: What went wrong, a line each.
    """

    config: Config
    state: State
    exit_code: int = 0
    run: RunDir | None = None
    problems: tuple[str, ...] = ()

    @property
    def metrics(self) -> Mapping[str, Any]:
        """What metrics.json holds; nothing where the run did not finish."""
        done = self.run is not None and self.run.has(self.run.metrics)
        return self.run.read_json(self.run.metrics) if self.run is not None and done else _NO_METRICS


class Stopped(KeyboardInterrupt):
    """A signal stopped several runs.

    Attributes:
        outcomes: Of all of them, as `train_several` returns them.
    """

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        super().__init__()
        self.outcomes = list(outcomes)


class SeveralProgress:
    """Hears how several runs go and shows nothing; a console inherits from it and overrides what it shows."""

    def begin(self, configs: Sequence[Config], at_once: int) -> None:
        """These are going to be trained, numbered from 0, so many at a time."""

    def run(self, number: int) -> Progress:
        """Return who hears how one run goes; asked when it begins."""
        return SILENT

    def end(self, number: int, outcome: Outcome) -> None:
        """A run is over."""


def train_several(
    configs: Iterable[Config | str | Path],
    *,
    runs_dir: str | Path = "runs",
    jobs: int | None = None,
    progress: SeveralProgress | None = None,
    trust: bool = False,
    resume: bool = False,
) -> list[Outcome]:
    """Train several configs, each in a run folder of its own; one that fails does not stop the others.

    But where three runs of one config fail alike before one has finished, for what is wrong in config or data, the
    others of it would fail alike, too, and are not started.

    They are trained in forked processes. Where that is not safe (Windows, macOS, a notebook with its threads, a
    program that has used TensorFlow already) they are trained here, one after the other, with the same results.

    Args:
        configs: The configs, or their files.
        runs_dir: The folder of the run folders.
        jobs: How many at a time; default: one a core.
        progress: Hears how it goes.
        trust: Whether the configs' own code may run.
        resume: Go on with what was stopped or killed: of each config the newest run that was begun with it is
            completed, or counts as it is where it is finished, and a run is begun where there is none.

    Returns:
        How each ended, in the order of `configs`.

    Raises:
        ConfigError, DataError: If a file holds no valid config; nothing is started then.
        RunError: If it cannot be read what a run to go on with was begun as.
        Stopped: If SIGINT or SIGTERM came: the runs under way have finished their batches and kept everything, and
            the others were not started. A second signal stops at once.
    """
    from dlrun.training.resume_several import begun_runs

    loaded = load_all(configs, trust=trust)
    one_by_one = not _can_fork()
    at_once = 1 if one_by_one else max(1, min(jobs or cores(), len(loaded)))
    begun = begun_runs(loaded, Path(runs_dir)) if resume else [None] * len(loaded)
    several = _Several(loaded, begun, Path(runs_dir), progress or SeveralProgress(), trust)
    several.progress.begin(loaded, at_once)
    if one_by_one:
        several.train_here()
    elif loaded:
        several.train_forked(at_once)
    return several.outcomes


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Several:
    """The runs on their way."""

    def __init__(
        self,
        configs: list[Config],
        begun: Sequence[RunDir | None],
        runs_dir: Path,
        progress: SeveralProgress,
        trust: bool,
    ) -> None:
        self.outcomes = [Outcome(config, "not started") for config in configs]
        self.progress = progress
        self._heard: dict[int, Progress] = {}
        self._folders: dict[int, RunDir] = {}
        self._configs, self._begun, self._runs_dir, self._trust = configs, begun, runs_dir, trust
        self._graphs: Graphs | None = None
        self._workers: Workers | None = None

    def train_forked(self, at_once: int) -> None:
        from dlrun.training.workers import Workers

        _import_what_runs_need()
        workers = self._workers = Workers(self._work, self._hear, self._ended, self._may_follow)
        workers.run(len(self._configs), at_once)
        if workers.received:
            with contextlib.suppress(KeyboardInterrupt):
                signal.raise_signal(workers.received)  # whoever would have had it gets it now
            raise Stopped(self.outcomes)

    def train_here(self) -> None:
        for number, config in enumerate(self._configs):
            if self._fails_always(config):
                continue
            result = self._train(number, Relay(lambda *words, number=number: self._hear(number, [*words])))
            self._keep(number, result)
            if result["exit_code"] > INTERRUPTED:
                raise Stopped(self.outcomes)
            _forget_networks()

    def _may_follow(self, before: int, number: int) -> bool:
        """Tell whether two runs differ in their seed alone; code of the user's own may keep something of the first."""
        first, config = self._configs[before], self._configs[number]
        if config.code or plugins_for(config):
            return False
        return without_seed(first) == without_seed(config)

    def _work(self, number: int, tell: Tell) -> dict[str, Any]:
        """Do a job in a process that does only those which may follow one another."""
        if self._graphs is None:
            from dlrun.training.graphs import Graphs

            self._graphs = Graphs()
        else:
            _forget_networks()
        return self._train(number, Relay(tell))

    def _train(self, number: int, progress: Progress) -> dict[str, Any]:
        """Train, or go on, and return how it ended as plain values."""
        try:
            run = self._trained(self._configs[number], self._begun[number], progress)
        except DlrunError as error:
            return _told("failed", error.exit_code, *map(str, error.problems))
        except (OSError, MemoryError) as error:
            found = of_the_machine(error)
            return _told("failed", found.exit_code, *map(str, found.problems))
        except KeyboardInterrupt as interrupt:
            received = int(interrupt.args[0]) if interrupt.args else int(signal.SIGINT)
            return _told("interrupted", INTERRUPTED + received)
        return _told("finished" if run.dir.has(run.dir.metrics) else "interrupted", 0)

    def _trained(self, config: Config, begun: RunDir | None, progress: Progress) -> Run:
        from dlrun.training.resume_several import take_up
        from dlrun.training.train import train

        if begun is not None:
            progress.folder(str(begun.path))
            return take_up(begun, config, progress=progress, trust=self._trust)
        return train(config, runs_dir=self._runs_dir, progress=progress, trust=self._trust, graphs=self._graphs)

    def _hear(self, number: int, words: list[Any]) -> None:
        if words[0] == "folder":
            self._folders[number] = RunDir(Path(words[1]))
        if number not in self._heard:
            self._heard[number] = self.progress.run(number)
        pass_on(words, self._heard[number])

    def _ended(self, number: int, ended: Ended) -> None:
        self._keep(number, ended.result or _died(ended.exit_code))
        config = self._configs[number]
        if self._workers is not None and self._fails_always(config):
            self._workers.drop({n for n, other in enumerate(self._configs) if are_repetitions(config, other)})

    def _fails_always(self, config: Config) -> bool:
        """Tell whether so many runs of a config have failed alike that the others would, too."""
        own = [
            outcome for outcome in self.outcomes if outcome.state in _OVER and are_repetitions(config, outcome.config)
        ]
        told = {(outcome.exit_code, outcome.problems) for outcome in own}
        codes = (ConfigError.exit_code, DataError.exit_code)
        return len(own) >= _ENOUGH and len(told) == 1 and own[0].exit_code in codes

    def _keep(self, number: int, told: Mapping[str, Any]) -> None:
        run, problems = self._folders.get(number), tuple(told["problems"])
        self.outcomes[number] = Outcome(self._configs[number], told["state"], told["exit_code"], run, problems)
        self.progress.end(number, self.outcomes[number])


def _told(state: State, exit_code: int, *problems: str) -> dict[str, Any]:
    return {"state": state, "exit_code": exit_code, "problems": problems}


def _died(exit_code: int) -> dict[str, Any]:
    """Return how a run ended whose process could not tell."""
    if exit_code > INTERRUPTED:
        return _told("interrupted", exit_code)
    if exit_code >= 0:
        what = "its process ended before it could tell how; a traceback above says why, or its own code left (os._exit)"
        return _told("failed", max(exit_code, 1), what)
    name = signal.Signals(-exit_code).name
    return _told("failed", INTERRUPTED - exit_code, f"its process was ended by {name}; did the memory run out?")


def _can_fork() -> bool:
    from dlrun.training.runtime import is_untouched
    from dlrun.training.workers import can_fork

    return can_fork() and is_untouched()


def _import_what_runs_need() -> None:
    from dlrun.training.runtime import import_keras

    import_keras()
    for name in _IMPORTS:
        import_module(name)


def _forget_networks() -> None:
    import keras

    keras.utils.clear_session()
