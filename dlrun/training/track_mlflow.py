"""A run in MLflow: parameters, the metrics of every epoch, scores, files, tags.

What is told is what the run's folder holds: the epochs come from history.csv, the scores from metrics.json. A run that
is resumed goes on in the same MLflow run, whose epochs are not told twice.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from dlrun.config.flat import flat_config
from dlrun.lock import waiting_lock
from dlrun.metrics_file import load_metrics
from dlrun.private import without_secrets
from dlrun.run_facts import tags_of

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.run_dir import RunDir
    from dlrun.training.history import HistoryFile

# MLflow's own limits.
_MOST_METRICS, _MOST_OTHERS = 1000, 100  # in a call
_LONGEST_KEY, _LONGEST_PARAM, _LONGEST_TAG = 250, 6000, 8000
_RUN_ID = re.compile(r"[0-9a-f]{32}")
_STATUS = {"finished": "FINISHED", "interrupted": "KILLED"}
_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # dlrun sends nothing that the user did not ask for
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # stdout is dlrun's
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",  # a server that is down is not to hold up training
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_LOGGING_LEVEL": "ERROR",  # what fails is told by dlrun
    "GIT_PYTHON_REFRESH": "quiet",
}
Metrics = dict[tuple[str, int], float]


def _check_place(file: Path, runs: Path) -> None:
    """Make sure that a stranger's folder of runs leads MLflow nowhere else, and does not let it wait for ever.

    Raises:
        OSError: If a link leads to the file, or it is a pipe or a device.
    """
    for path in (file, *(parent for parent in file.parents if parent.is_relative_to(runs) and parent != runs)):
        if path.is_symlink():
            raise OSError(errno.ELOOP, "it is a link", str(path))
    if file.exists() and not file.is_file():
        raise OSError(errno.EINVAL, "it is no ordinary file", str(file))


class MlflowStore:
    """The run in MLflow.

    Args:
        run_dir: The run.
        config: Its config.
        uri: Where MLflow keeps its runs.
        is_ours: Whether that is a file in the runs' folder which the user did not name: no experiment in it may then
            send files out of that folder.
    """

    def __init__(self, run_dir: RunDir, config: Config, uri: str, *, is_ours: bool) -> None:
        settings = config.track.mlflow
        assert settings is not None
        self._run_dir, self._config, self._settings, self._uri = run_dir, config, settings, uri
        self._is_ours, self._is_file = is_ours, uri.startswith("sqlite:///")
        self._client: Any = None
        self._run_id = ""
        self._told: Metrics = {}
        self._times: dict[int, int] = {}
        self._rows = 0  # of the history, that were told

    def begin(self) -> None:
        """Find the run of the folder, or make one; tell its parameters and tags."""
        with _quiet():
            if self._client is None:
                self._client = self._open()
            if not self._run_id:
                self._run_id = self._found() or self._made()
            self._client.update_run(self._run_id, status="RUNNING")
            self._tell_setup()

    def epochs(self, history: HistoryFile) -> None:
        """Tell those epochs that are not there yet."""
        with _quiet():
            metrics: Metrics = {}
            done = len(history.rows)
            for row in history.rows[self._rows : done]:
                epoch = int(row["epoch"])
                self._times.setdefault(epoch, _now())
                metrics |= {(name, epoch): float(text) for name, text in row.items() if name != "epoch" and text}
            self._tell(metrics)
            self._rows = done

    def end(self, state: str) -> None:
        """Tell scores and files, and how the run ended."""
        with _quiet():
            if state == "finished":
                self._tell(dict(self._scores()))
            try:
                if state != "interrupted":  # whoever stops a run does not want to wait for it
                    self._keep_files()
            finally:
                self._client.set_terminated(self._run_id, _STATUS.get(state, "FAILED"))

    # Opening

    def _open(self) -> Any:
        from mlflow.tracking import MlflowClient

        if not self._is_file:
            return MlflowClient(tracking_uri=self._uri)
        file = Path(self._uri.removeprefix("sqlite:///"))
        if self._is_ours:
            _check_place(file, self._run_dir.path.parent.resolve())
        file.parent.mkdir(parents=True, exist_ok=True)
        with waiting_lock(file.with_name(f".{file.name}.lock")):  # several runs begin at once, and only one makes it
            return MlflowClient(tracking_uri=self._uri)

    def _found(self) -> str:
        """Return the MLflow run that the folder was begun with; empty where there is none in this store."""
        from mlflow.exceptions import MlflowException

        kept = self._run_dir.record.get("mlflow")
        run_id = str(kept.get("run_id")) if isinstance(kept, Mapping) else ""
        if not _RUN_ID.fullmatch(run_id):
            return ""
        try:
            found = self._client.get_run(run_id)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return ""
            raise
        for key in found.data.metrics:
            past = self._client.get_metric_history(run_id, key)
            self._told |= {(key, point.step): point.value for point in past}
        return run_id

    def _made(self) -> str:
        name = _key(without_secrets(self._settings.experiment_name or self._config.name))
        found = self._client.get_experiment_by_name(name)
        experiment_id = found.experiment_id if found is not None else self._made_experiment(name)
        run_name = without_secrets(self._settings.run_name or self._run_dir.name)
        run = self._client.create_run(experiment_id, run_name=run_name)
        run_id = str(run.info.run_id)
        self._run_dir.update(mlflow={"run_id": run_id, "tracking_uri": self._uri.partition("?")[0]})
        return run_id

    def _made_experiment(self, name: str) -> str:
        from mlflow.exceptions import MlflowException

        files = (self._run_dir.path.parent.resolve() / "mlartifacts").as_uri() if self._is_file else None
        try:
            return str(self._client.create_experiment(name, artifact_location=files))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            return str(self._client.get_experiment_by_name(name).experiment_id)  # another run was quicker

    # Telling

    def _tell_setup(self) -> None:
        from mlflow.entities import Param, RunTag

        there = self._client.get_run(self._run_id).data
        settings = {key: v for key, v in flat_config(self._config).items() if not key.startswith("track.")}
        params = dict(zip(*_keyed(without_secrets(settings)), strict=True))
        params = {key: _text(value, _LONGEST_PARAM) for key, value in params.items()}
        tags = {f"now.{key}": value for key, value in params.items() if there.params.get(key, value) != value}
        fresh = [Param(key, value) for key, value in params.items() if key not in there.params]
        for some in _pieces(fresh, _MOST_OTHERS):
            self._client.log_batch(self._run_id, params=some)
        for some in _pieces({**tags, **self._tags()}.items(), _MOST_OTHERS):
            self._client.log_batch(self._run_id, tags=[RunTag(_key(k), _text(v, _LONGEST_TAG)) for k, v in some])

    def _tags(self) -> dict[str, Any]:
        record = self._run_dir.record
        tags = {"dlrun.run": self._run_dir.name, "dlrun.version": version("dlrun"), **self._settings.tags}
        tags |= {f"dlrun.tag.{tag}": "true" for tag in tags_of(record)}
        tags |= {"mlflow.note.content": record["note"]} if record.get("note") else {}
        return {**without_secrets(tags), "mlflow.source.name": self._config.file.name, "mlflow.source.type": "LOCAL"}

    def _tell(self, metrics: Metrics) -> None:
        """Tell those metrics that the store lacks, or has other values of."""
        from mlflow.entities import Metric

        names = dict.fromkeys(name for name, _ in metrics)
        keys = dict(zip(names, _keyed(names)[0], strict=True))
        own = {(keys[name], step): value for (name, step), value in metrics.items()}
        fresh = [(place, value) for place, value in own.items() if not _same(self._told.get(place), value)]
        for some in _pieces(fresh, _MOST_METRICS):
            points = [Metric(key, value, self._times.get(step) or _now(), step) for (key, step), value in some]
            self._client.log_batch(self._run_id, metrics=points)
            self._told |= dict(some)

    def _scores(self) -> Iterator[tuple[tuple[str, int], float]]:
        """Give the scores of each part and of the naive answers, at the last epoch."""
        metrics = load_metrics(self._run_dir)
        last = max(self._times, default=0)
        parts: dict[str, Any] = {part: metrics[part] for part in ("train", "validation", "test") if part in metrics}
        for part, naive in (metrics.get("baseline") or {}).items():
            parts |= {f"baseline.{part}.{name}": scores for name, scores in naive.items()}
        for part, scores in parts.items():
            yield from (((f"{part}.{name}", last), float(value)) for name, value in scores.items() if value is not None)

    def _keep_files(self) -> None:
        run = self._run_dir
        if self._is_ours and not self._is_beside_runs(self._client.get_run(self._run_id).info.artifact_uri):
            raise ValueError("its experiment keeps files outside the runs' folder")
        for file in (run.config, run.resolved, run.environment, run.history, run.metrics):
            if run.has(file):
                self._client.log_artifact(self._run_id, str(file))
        for file in sorted(run.plots.iterdir()) if run.plots.is_dir() and not run.plots.is_symlink() else ():
            if run.has(file):
                self._client.log_artifact(self._run_id, str(file), "plots")
        if self._settings.log_models and run.has(run.model):
            self._client.log_artifact(self._run_id, str(run.model), "model")

    def _is_beside_runs(self, uri: str) -> bool:
        parts = urlsplit(uri)
        path = Path(unquote(parts.path).lstrip("/" if os.name == "nt" else ""))
        runs = self._run_dir.path.parent.resolve()
        return parts.scheme == "file" and not parts.netloc and path.resolve().is_relative_to(runs)  # nor by a link


@contextmanager
def _quiet() -> Iterator[None]:
    """Let MLflow neither print nor phone home, and its libraries' warnings be theirs."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _pieces(items: Iterable[Any], most: int) -> Iterator[list[Any]]:
    """Give items in lists of at most so many."""
    rest = iter(items)
    while piece := list(islice(rest, most)):
        yield piece


def _keyed(names: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
    """Return names as MLflow takes them, each once, and their values."""
    keys: dict[str, Any] = {}
    for name, value in names.items():
        key = base = _key(name)
        count = 2
        while key in keys:
            key, count = f"{base[: _LONGEST_KEY - 10]}_{count}", count + 1
        keys[key] = value
    return list(keys), list(keys.values())


def _key(name: str) -> str:
    """Return a name of letters, digits, `_`, `-`, `.`, and spaces, at most as long as MLflow allows."""
    key = re.sub(r"[^\w.\- ]", "_", name)[:_LONGEST_KEY]
    return f"_{key[1:]}" if key.strip(".") == "" else key


def _text(value: Any, longest: int) -> str:
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _same(a: float | None, b: float) -> bool:
    return a is not None and (a == b or (a != a and b != b))


def _now() -> int:
    return int(time.time() * 1000)
