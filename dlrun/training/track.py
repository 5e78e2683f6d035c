"""Whoever keeps track of runs elsewhere hears of them here, and never stands in their way.

What fails while it is told is said once and does not end the run; at the end everything that is missing is told again.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dlrun.errors import ConfigError, DiskError, RunError
from dlrun.private import secrets_in, without_secrets
from dlrun.training.progress import Progress

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.run_dir import RunDir
    from dlrun.training.history import HistoryFile

URI_VARIABLE = "MLFLOW_TRACKING_URI"
_SECRET_VARIABLES = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")
_URI = ("track", "mlflow", "tracking_uri")
_LOCAL = "sqlite:///"
_FLUSH_SECONDS = 2.0  # between two of the tracker's writes: a small network has hundreds of epochs in them
_LONGEST_ERROR = 160  # letters
_PACKAGES = ("mlflow", "sqlalchemy", "alembic")


class Store(Protocol):
    """Where a run is kept besides its folder."""

    def begin(self) -> None:
        """Find the run there, or make it, and tell how it is set up."""

    def epochs(self, history: HistoryFile) -> None:
        """Tell those epochs that are not there yet."""

    def end(self, state: str) -> None:
        """Tell how the run ended, and what came of it."""


class Tracker:
    """Tells a store about a run, as often as is good for both.

    Args:
        store: Where to; None for nowhere.
        progress: Hears what fails.
    """

    def __init__(self, store: Store | None, progress: Progress) -> None:
        self._store = store
        self._progress = progress
        self._history: HistoryFile | None = None
        self._told = time.monotonic()
        self._failed = ""
        self._works = self._try(store.begin) if store is not None else False

    @property
    def failure(self) -> str:
        """What of the last that was to be told failed; empty where everything is told."""
        return self._failed

    def follow(self, history: HistoryFile) -> None:
        """The history grows here; that of a resumed run holds epochs before any is trained, or none is trained."""
        self._history = history

    def after_epoch(self, history: HistoryFile) -> None:
        """An epoch is in the history."""
        if self._works and self._store is not None and time.monotonic() - self._told >= _FLUSH_SECONDS:
            store = self._store
            self._works = self._try(lambda: store.epochs(history))
            self._told = time.monotonic()

    def end(self, state: str) -> None:
        """The run has ended; what could not be told before is tried once more."""
        if self._store is None:
            return
        store, history = self._store, self._history
        if not self._works and (state == "interrupted" or not self._try(store.begin)):
            return  # whoever stops a run does not want to wait
        if history is None or self._try(lambda: store.epochs(history)):
            self._try(lambda: store.end(state))

    def _try(self, tell: Callable[[], None]) -> bool:
        try:
            tell()
        except Exception as error:  # whatever a tracker, a database or a network raises: the run goes on
            text = _without_passwords(" ".join(str(error).split())) or type(error).__name__
            text = text if len(text) <= _LONGEST_ERROR else f"{text[:_LONGEST_ERROR]}..."
            self._progress.warn(f"MLflow could not be told; the run goes on, and its folder has everything: {text}")
            self._failed = text
            return False
        self._failed = ""
        return True


@contextlib.contextmanager
def tracking(run_dir: RunDir, config: Config, progress: Progress) -> Iterator[Tracker]:
    """Keep track of what happens inside, if the config wants that; in the end run.json says how it ended."""
    settings = config.track.mlflow
    store: Store | None = None
    if settings is not None:
        progress.phase("opening MLflow")
        from dlrun.training.track_mlflow import MlflowStore

        store = MlflowStore(run_dir, config, tracking_uri(config, run_dir.path.parent), is_ours=_is_ours(config))
    tracker = Tracker(store, progress)
    try:
        yield tracker
    finally:
        if store is not None:
            progress.phase("telling MLflow")
            tracker.end(
                run_dir.state if run_dir.record.get("state") == "finished" else str(run_dir.record.get("state"))
            )
            _keep_failure(run_dir, tracker.failure)


def _keep_failure(run_dir: RunDir, failure: str) -> None:
    """Let run.json tell what MLflow lacks, or no more that it lacks something."""
    kept = run_dir.record.get("mlflow")
    before = dict(kept) if isinstance(kept, Mapping) else {}
    after = {key: value for key, value in before.items() if key != "error"} | ({"error": failure} if failure else {})
    if after != before:
        with contextlib.suppress(DiskError):  # what else the run met counts more, and the failure was said
            run_dir.update(mlflow=after)


def check_tracking(config: Config, trust: bool = False) -> None:
    """Make sure that the config's tracker is there, and that the user agrees to where it writes.

    Raises:
        ConfigError: If MLflow is not installed, or the config holds a password for it.
        RunError: If the config alone names a place outside the folder of the runs.
    """
    settings = config.track.mlflow
    if settings is None:
        return
    given = settings.tracking_uri
    if given is not None and _has_user(given):
        fix = "Use MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
        fix += f" (a database: the whole URI in {URI_VARIABLE})."
        raise ConfigError(config.problem(_URI, "a user or password does not belong into a config, which is kept", fix))
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        what = f"{' and '.join(missing)} cannot be found" if missing != ["mlflow"] else "MLflow is not installed"
        raise ConfigError(config.problem(_URI[:2], what, "Install it: pip install 'dlrun[mlflow]'."))
    if given is None or trust or _is_inside(given) or _is_typed(config):
        return
    what = f"'{given}' is outside the runs' folder, and a config alone may not send a run there"
    fix = f"Run with --trust; or leave it out and set {URI_VARIABLE}; or keep it here: {_LOCAL}mlflow.db."
    raise RunError(config.problem(_URI, what, fix))


def tracking_uri(config: Config, runs_dir: Path) -> str:
    """Return where MLflow keeps the run: what the config says, else the environment, else a file beside the runs."""
    settings = config.track.mlflow
    given = (settings.tracking_uri if settings is not None else None) or os.environ.get(URI_VARIABLE)
    if not given:
        given = f"{_LOCAL}mlflow.db"
    elif settings is None or settings.tracking_uri is None or not _is_inside(given):
        return given
    return f"{_LOCAL}{(runs_dir.resolve() / given.removeprefix(_LOCAL)).as_posix()}"


def _is_ours(config: Config) -> bool:
    """Tell whether MLflow's file lies in the runs' folder because the config or the default says so, not the user."""
    settings = config.track.mlflow
    given = settings.tracking_uri if settings is not None else None
    return _is_inside(given) if given else not os.environ.get(URI_VARIABLE)


def _has_user(uri: str) -> bool:
    """Tell whether a URI names a user or a password: `http://ann:secret@host`, `postgresql://host/db?password=secret`."""
    rest = uri.partition("://")[2]
    return ("@" in rest and not rest.startswith("/")) or bool(secrets_in(uri))


def _without_passwords(text: str) -> str:
    """Return what failed without the passwords that MLflow was given, in whatever form they stand there."""
    known = {os.environ.get(name, "") for name in _SECRET_VARIABLES} - {""}
    text = str(without_secrets(text))
    for secret in sorted(known | secrets_in(os.environ.get(URI_VARIABLE, "")), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _is_inside(uri: str) -> bool:
    """Tell whether a URI names a file inside the runs' folder: `sqlite:///mlflow.db`."""
    path = uri.removeprefix(_LOCAL)
    if path == uri or not path or set("?#%:~\\\0") & set(path):
        return False
    return not Path(path).is_absolute() and ".." not in Path(path).parts


def _is_typed(config: Config) -> bool:
    """Tell whether the user wrote the URI on the command line just now."""
    source = config.source_of(_URI)
    return source is not None and not source.line
