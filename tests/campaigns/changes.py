"""Resuming what has become another experiment: each change is told and nothing is touched, unless it is accepted.

A run is stopped after two of its epochs; then its config, its data, its code, or what was recorded of packages,
processor and threads is changed, one thing at a time.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.campaigns.frame import Campaign, share

FAST = 3
CONFIG = """\
name: fruit
seed: 3
code: double.py
data:
  source: fruit.csv
  target: ripe
  prepare:
    - derive: {ratio: weight / sugar}
  split: {test: 0.25, validation: 0.2, seed: 5}
preprocessing:
  numeric: [{impute: median}, standard]
  categorical: one_hot
layers:
  - Dense: {units: 6, activation: relu, kernel_initializer: he_normal}
  - Dropout: 0.2
  - Dense: {units: 1, activation: sigmoid}
compile:
  optimizer: {Adam: {learning_rate: 0.01, beta_1: 0.9}}
  loss: binary_crossentropy
  metrics: [accuracy]
fit: {epochs: 4, batch_size: 16, shuffle: true, class_weight: balanced, checkpoint: {epochs: 1}}
callbacks:
  - EarlyStopping: {monitor: val_loss, patience: 9, min_delta: 0.0}
evaluate: {threshold: 0.5, positive: "yes"}
"""
LIMIT = "fit.time_limit={minutes: 1e-9}"
# Of the user's config: what is written there, what instead, and what must be told (empty: it changes no result).
EDITS = {
    "seed: 3": ("seed: 4", "seed was 3 and is 4"),
    "target: ripe": ("target: colour", "data.target"),
    "weight / sugar": ("weight * sugar", "data.prepare[0]"),
    "test: 0.25": ("test: 0.3", "data.split.test was 0.25 and is 0.3"),
    "validation: 0.2": ("validation: 0.3", "data.split.validation was 0.2 and is 0.3"),
    "seed: 5": ("seed: 6", "data.split.seed was 5 and is 6"),
    "impute: median": ("impute: mean", "impute.strategy was median and is mean"),
    ", standard]": (", robust]", "preprocessing.numeric[1] was standard and is robust"),
    "categorical: one_hot": ("categorical: ordinal", "preprocessing.categorical"),
    "units: 6": ("units: 7", "layers[0].Dense.units was 6 and is 7"),
    "activation: relu": ("activation: tanh", "layers[0].Dense.activation was relu and is tanh"),
    "he_normal": ("he_uniform", "layers[0].Dense.kernel_initializer was he_normal and is he_uniform"),
    "Dropout: 0.2": ("Dropout: 0.3", "layers[1].Dropout.rate was 0.2 and is 0.3"),
    "  - Dropout: 0.2\n": ("", "layers[1]"),
    "activation: sigmoid}": ("activation: sigmoid, use_bias: false}", "layers[2].Dense.use_bias"),
    "Adam": ("Nadam", "Nadam"),
    "learning_rate: 0.01": ("learning_rate: 0.02", "learning_rate was 0.01 and is 0.02"),
    "beta_1: 0.9": ("beta_1: 0.8", "beta_1 was 0.9 and is 0.8"),
    "binary_crossentropy": ("binary_focal_crossentropy", "compile.loss was binary_crossentropy and is binary_focal"),
    "metrics: [accuracy]": ("metrics: [mae]", "compile.metrics[0] was accuracy and is mae"),
    "[accuracy]": ("[accuracy, mae]", "compile.metrics[1] was nothing and is mae"),
    "[accuracy]\n": ("[accuracy]\n  jit_compile: true\n", "compile.jit_compile"),
    "epochs: 4": ("epochs: 5", "fit.epochs was 4 and is 5"),
    "batch_size: 16": ("batch_size: 8", "fit.batch_size was 16 and is 8"),
    "shuffle: true": ("shuffle: false", "fit.shuffle was True and is False"),
    "class_weight: balanced": ("class_weight: {no: 1, yes: 2}", "fit.class_weight"),
    "balanced,": ("balanced, validation_freq: 2,", "fit.validation_freq"),
    "patience: 9": ("patience: 8", "callbacks[0].EarlyStopping.patience was 9 and is 8"),
    "min_delta: 0.0}": ("min_delta: 0.0}\n  - TerminateOnNaN", "callbacks[1] was nothing and is TerminateOnNaN"),
    "threshold: 0.5": ("threshold: 0.4", "evaluate.threshold was 0.5 and is 0.4"),
    'positive: "yes"': ('positive: "no"', "evaluate.positive was yes and is no"),
    "numeric: [": ("resample: {oversample: minority}\n  numeric: [", "preprocessing.resample"),
    "checkpoint: {epochs: 1}": ("checkpoint: {epochs: 2}", ""),
}


class Change(NamedTuple):
    """Something that is changed.

    Args:
        make: Changes it in the project's folder.
        told: What resuming must say; empty if the change decides no result.
    """

    make: Callable[[Path], None]
    told: str


def _data(old: str, new: str) -> Callable[[Path], None]:
    def make(place: Path) -> None:
        text = (place / "fruit.csv").read_text(encoding="utf-8")
        assert old in text
        (place / "fruit.csv").write_text(text.replace(old, new, 1), encoding="utf-8")

    return make


def _code(place: Path) -> None:
    (place / "double.py").write_text("FACTOR = 3\n", encoding="utf-8")


def _recorded(*path: str, value: Any) -> Callable[[Path], None]:
    """Change what the run recorded of its environment: as if that had been another one."""

    def make(place: Path) -> None:
        from dlrun.run_dir import RunDir

        run = RunDir.find(None, place / "runs")
        experiment = run.read_json(run.experiment)
        found = experiment["environment"]
        for name in path[:-1]:
            found = found[name]
        found[path[-1]] = value
        run.write_json(run.experiment, experiment)
        run.seal(run.experiment)

    return make


OTHERS = {
    "a cell": Change(_data("red", "green"), "fruit.csv is not the file it was"),
    "a byte": Change(_data(".0,", ".00,"), "fruit.csv is not the file it was"),
    "a row more": Change(_data("\n", "\n150.0,9.5,red,no\n"), "fruit.csv is not the file it was"),
    "code": Change(_code, "double.py, code of the user's own, has changed"),
    "keras": Change(_recorded("packages", "keras", value="3.0.0"), "packages.keras was 3.0.0 and is "),
    "tensorflow": Change(_recorded("packages", "tensorflow", value="2.0"), "packages.tensorflow was 2.0 and is "),
    "numpy": Change(_recorded("packages", "numpy", value="1.0"), "packages.numpy was 1.0 and is "),
    "python": Change(_recorded("python", value="3.1.0"), "python was 3.1.0 and is "),
    "threads": Change(_recorded("threads", "intra_op", value=7), "threads.intra_op was 7 and is "),
    "processor": Change(_recorded("processor", value="abacus"), "processor was abacus and is "),
    "devices": Change(_recorded("devices", value=["CPU", "GPU"]), "devices[1] was GPU and is nothing"),
    "onednn": Change(
        _recorded("variables", "TF_ENABLE_ONEDNN_OPTS", value="0"),
        "variables.TF_ENABLE_ONEDNN_OPTS was 0 and is nothing",
    ),
}


def trials(seed: int, fast: bool) -> list[tuple[str, str]]:
    """Return where the change is made, and which: configs are changed by the user, or in the run's folder."""
    in_config = [(where, old) for old in EDITS for where in ("config", "folder")]
    return share([*in_config, *(("around", name) for name in OTHERS)], fast, FAST)


def prepare(place: Path) -> None:
    """Write the project: 90 rows, a config, code of the user's own."""
    from tests.campaigns.sample import make_project

    make_project(place)
    table = (place / "fruit.csv").read_text(encoding="utf-8")
    (place / "fruit.csv").write_text(table.replace("무게", "weight").replace("=yellow", "yellow"), encoding="utf-8")
    (place / "fruit.yaml").write_text(CONFIG, encoding="utf-8")
    (place / "double.py").write_text("FACTOR = 2\n", encoding="utf-8")


def attempt(trial: tuple[str, str], place: Path) -> str:
    """Change one thing, resume, look; then accept the change and resume."""
    from dlrun.run_dir import RunDir

    where, which = trial
    project = place / "project"
    _stopped(place)
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(place / "stopped", project)
    run = RunDir.find(None, project / "runs")
    told = _change(project, run.path, where, which)
    arguments = ["resume", str(run.path), "--trust", "--quiet"]
    if where == "config":
        arguments = ["train", str(project / "fruit.yaml"), "--resume", "--runs-dir", str(project / "runs"), "--trust"]
    before = _files(run.path)
    code, output = _run(arguments)
    if not told:
        return "" if code == 0 else f"exit {code}: {output[-300:]!r}"
    if code != 4 or told not in output:
        return f"exit {code}, not told {told!r}: {output[-400:]!r}"
    if _files(run.path) != before:
        return "the run was touched"
    return "" if where == "config" else _accepted(arguments, run, told)


def _accepted(arguments: list[str], run: Any, told: str) -> str:
    code, output = _run([*arguments, "--accept-changes"])
    if code == 4 and "tells two labels apart" in output:  # another target, that the loss does not fit
        return ""
    accepted = (run.record.get("resumed") or [{}])[-1].get("accepted_changes", [])
    if not any(told in change for change in accepted):
        return f"run.json does not tell the change, but {accepted}"
    unfit = code == 4 and "does not fit" in output  # another network cannot go on from this one's numbers
    return "" if code == 0 or unfit else f"accepted, then exit {code}: {output[-300:]!r}"


def _change(project: Path, run: Path, where: str, which: str) -> str:
    if where == "around":
        OTHERS[which].make(project)
        return OTHERS[which].told
    new, told = EDITS[which]
    if where == "config":
        text = CONFIG.replace(which, new, 1)
        assert text != CONFIG
        (project / "fruit.yaml").write_text(text, encoding="utf-8")
        return told
    from dlrun.config import load_config

    file = project / "changed.yaml"
    file.write_text(CONFIG.replace(which, new, 1), encoding="utf-8")
    (run / "resolved.yaml").write_text(load_config(file, trust=True).to_yaml(), encoding="utf-8")
    return told


@cache
def _stopped(place: Path) -> None:
    """Train until the time is over, once in each process: where the config then names the data."""
    from dlrun.run_dir import RunDir

    project = place / "project"
    shutil.copytree(place.parent / "prepared", project)
    arguments = ["train", str(project / "fruit.yaml"), LIMIT, "--runs-dir", str(project / "runs"), "--trust"]
    code, output = _run(arguments)
    assert code == 0, output
    run = RunDir.find(None, project / "runs")
    assert run.state == "interrupted", run.state
    text = re.sub(r"\n *time_limit:.*(\n +minutes:.*)?", "", run.resolved.read_text(encoding="utf-8"))
    run.write_text(run.resolved, text)
    run.seal(run.resolved)
    shutil.copytree(project, place / "stopped")


def _run(arguments: list[str]) -> tuple[int, str]:
    """Run a command here, and return its exit code and all that it printed."""
    import io
    from contextlib import redirect_stderr, redirect_stdout

    from dlrun.cli import run

    output = io.StringIO()
    with redirect_stdout(output), redirect_stderr(output):
        code = run(arguments)
    return code, output.getvalue()


def _files(run: Path) -> dict[str, bytes]:
    """Return all files but for what the writer's lock leaves in run.json: process and time."""
    found = {str(path.relative_to(run)): path.read_bytes() for path in run.rglob("*") if path.is_file()}
    record = json.loads(found.pop("run.json"))
    rest = {name: value for name, value in record.items() if name not in ("pid", "updated", "checksum")}
    return {**found, "run.json": json.dumps(rest).encode()}


CAMPAIGN = Campaign(
    "changes",
    "A run is not continued as another experiment: each change is told, nothing is touched; accepted, it is recorded.",
    trials,
    attempt,
    prepare,
    own_process=True,
)
