"""Callbacks of Keras that remember something or write files, in a run that was cut off and resumed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

import dlrun
from dlrun.errors import ConfigError, RunError
from dlrun.run_dir import RunDir
from dlrun.training.callback_state import callback_states, open_for_more, set_callback_states
from dlrun.training.checkpoint import Checkpoint, read_checkpoints
from dlrun.training.experiment import read_experiment
from dlrun.training.progress import Progress
from dlrun.training.restore import UnfitError, restore_into, variables_of
from dlrun.training.resume import resume
from tests.training.test_resume import Killer, kill

pytestmark = pytest.mark.usefixtures("without_plots")

SCHEDULE = "{ExponentialDecay: {initial_learning_rate: 0.05, decay_steps: 6, decay_rate: 0.8}}"
OPTIMIZER = f"compile.optimizer={{Adam: {{learning_rate: {SCHEDULE}, use_ema: true, ema_momentum: 0.9}}}}"
CALLBACKS = {
    "averages": "[SwapEMAWeights]",
    "averages every epoch": "[{SwapEMAWeights: {swap_on_epoch: true}}]",
    "a second backup": "[{BackupAndRestore: {backup_dir: backup}}, {CSVLogger: {filename: log.csv, separator: ';'}}]",
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a killed CSVLogger's open file
@pytest.mark.parametrize("callbacks", CALLBACKS.values(), ids=CALLBACKS.keys())
def test_what_they_remember_is_kept(project: Path, callbacks: str) -> None:
    overrides = [OPTIMIZER, f"callbacks={callbacks}", "fit.epochs=5", "fit.checkpoint.epochs=1"]
    config = dlrun.load_config(project / "fruit.yaml", overrides)
    whole = dlrun.train(config, runs_dir=project / "whole").dir
    resumed = resume(kill(config, project / "runs", Killer(epoch=2)).path).dir
    names = ["checkpoints/final.npz", "history.csv", "metrics.json", "predictions.csv"]
    names += ["checkpoints/log.csv"] if "CSVLogger" in callbacks else []
    for name in names:
        assert (resumed.path / name).read_bytes() == (whole.path / name).read_bytes(), name
    assert not (resumed.checkpoints / "backup").exists()  # Keras removes it at the end


def scalars(run: RunDir) -> dict[tuple[str, str], dict[int, float]]:
    """Return part and tag to the value at each step; of a step that was done twice, the last."""
    from tensorflow.core.util import event_pb2
    from tensorflow.data import TFRecordDataset

    found: dict[tuple[str, str], dict[int, float]] = {}
    files = sorted(run.checkpoints.rglob("events.out.*"), key=lambda file: file.stat().st_mtime_ns)
    for file in files:
        for record in TFRecordDataset(str(file)).as_numpy_iterator():
            event = event_pb2.Event.FromString(record)
            for value in event.summary.value:
                if value.tag.startswith(("epoch_", "evaluation_")) and value.tensor.tensor_content:
                    number = float(np.frombuffer(value.tensor.tensor_content, "<f4")[0])
                    found.setdefault((file.parent.name, value.tag), {})[event.step] = number
    return found


@pytest.mark.slow
def test_tensorboard_shows_all_epochs_and_counts_on(project: Path) -> None:
    overrides = ["callbacks=[TensorBoard]", "fit.epochs=5", "fit.checkpoint.epochs=1"]
    config = dlrun.load_config(project / "fruit.yaml", overrides)
    whole = dlrun.train(config, runs_dir=project / "whole").dir
    resumed = resume(kill(config, project / "runs", Killer(epoch=2)).path).dir
    expected = scalars(whole)
    assert set(expected[("train", "epoch_loss")]) == {0, 1, 2, 3, 4}
    history = dlrun.load_run(whole.path).history
    assert list(expected[("validation", "epoch_loss")].values()) == pytest.approx(list(history["val_loss"]), rel=1e-6)
    assert scalars(resumed) == expected


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the package's own libraries
@pytest.mark.parametrize("save_freq", ["epoch", 2])
def test_orbax_saves_all_steps_once(project: Path, monkeypatch: pytest.MonkeyPatch, save_freq: str | int) -> None:
    pytest.importorskip("orbax.checkpoint", reason="orbax-checkpoint is not installed; it is large")
    orbax = f"{{directory: kept, max_to_keep: 3, save_freq: {save_freq}, save_on_background: false}}"
    overrides = [f"callbacks=[{{OrbaxCheckpoint: {orbax}}}]", "fit.epochs=6", "fit.checkpoint.epochs=2"]
    config = dlrun.load_config(project / "fruit.yaml", overrides)
    monkeypatch.chdir(project)
    whole = dlrun.train(config, runs_dir="whole").dir
    resumed = resume(kill(config, Path("runs"), Killer(epoch=4)).path).dir
    assert resumed.arrays.read_bytes() == whole.arrays.read_bytes()
    steps = [sorted(path.name for path in (run.checkpoints / "kept").iterdir()) for run in (whole, resumed)]
    assert steps[0] == steps[1]
    assert len(steps[0]) == 3


def test_orbax_forgets_what_comes_again() -> None:
    deleted: list[int] = []
    callback = keras.callbacks.OrbaxCheckpoint.__new__(keras.callbacks.OrbaxCheckpoint)  # its package is not needed
    saved = [SimpleNamespace(step=step) for step in range(5)]
    callback.checkpointer = SimpleNamespace(checkpoints=saved, delete=deleted.append)
    callback.save_freq = "epoch"
    open_for_more([callback], [{"attributes": {}}], 3)
    assert deleted == [3, 4]
    callback.save_freq = 2
    open_for_more([callback], [{"attributes": {"_total_batches_seen": 1}}], 0)
    assert deleted == [3, 4, 2, 3, 4]


def test_a_callback_that_fails_is_named(project: Path) -> None:
    (project / "mine.py").write_text(
        "import keras\n\n\nclass Odd(keras.callbacks.Callback):\n    def on_epoch_end(self, epoch, logs=None):\n"
        "        logs['no such metric']\n",
        encoding="utf-8",
    )
    text = (project / "fruit.yaml").read_text(encoding="utf-8")
    (project / "fruit.yaml").write_text(f"{text}code: mine.py\ncallbacks:\n  - TerminateOnNaN\n  - Odd\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        dlrun.train(dlrun.load_config(project / "fruit.yaml", trust=True), runs_dir=project / "runs", trust=True)
    said = str(caught.value)
    assert "fruit.yaml:21:5: callbacks[1]: Odd failed: KeyError: 'no such metric' (in " in said
    assert said.endswith("mine.py:6)")
    assert RunDir.find(None, project / "runs").record["state"] == "failed"


def test_dlruns_own_mistakes_are_not_blamed_on_callbacks(project: Path) -> None:
    class Odd(Progress):
        def epoch_end(self, *_: object) -> None:
            raise KeyError("mine")

    config = dlrun.load_config(project / "fruit.yaml", ["callbacks=[TerminateOnNaN]"])
    with pytest.raises(KeyError, match="mine"):
        dlrun.train(config, runs_dir=project / "runs", progress=Odd())


def test_a_checkpoint_says_of_no_callback_which_file_it_writes(tmp_path: Path) -> None:
    callback = keras.callbacks.ModelCheckpoint(str(tmp_path / "x.keras"), monitor="loss")
    states = callback_states([callback], tmp_path, [])
    assert states[0]["attributes"]["monitor"] == "loss"
    assert "filepath" not in states[0]["attributes"]
    states[0]["attributes"]["filepath"] = "/elsewhere/x.keras"
    with pytest.raises(ValueError, match="ModelCheckpoint does not remember 'filepath'"):
        set_callback_states([callback], states, [], tmp_path)
    assert callback.filepath == str(tmp_path / "x.keras")


ODD = {
    "epoch": [("epoch", "x"), ("epoch", -1), ("epoch", True), ("epoch", None)],
    "logs": [("logs", [1]), ("logs", {"kind": "dict", "value": [[[], 1]]}), ("logs", {"kind": "dict", "value": [[1]]})],
    "callbacks": [("callbacks", [7]), ("callbacks", {}), ("callbacks", [{"type": "History", "attributes": 3}])],
}


@pytest.mark.parametrize(("name", "value"), [pair for pairs in ODD.values() for pair in pairs])
def test_a_checkpoint_that_holds_anything(build: Callable[..., Any], tmp_path: Path, name: str, value: Any) -> None:
    model = build()
    callbacks = keras.callbacks.CallbackList([], add_history=True, model=model)
    state = {
        "epoch": 1, "batch": 0, "stop": False, "logs": {"kind": "dict", "value": []},
        "callbacks": callback_states(callbacks.callbacks, tmp_path, []),
    }  # fmt: skip
    arrays = {**variables_of(model, with_metrics=False), "callbacks": []}
    assert restore_into(model, callbacks, state, arrays, tmp_path) == (1, 0, {})
    with pytest.raises(UnfitError):
        restore_into(model, callbacks, {**state, name: value}, arrays, tmp_path)


@pytest.mark.parametrize(
    "change",
    [{"data": []}, {"data": {"files": [[1, 2]]}}, {"config": {}}, {"config": {"fit": [[]] * 3}}, {"code": None}],
)
def test_a_record_of_the_beginning_that_holds_anything(tmp_path: Path, change: dict[str, Any]) -> None:
    run = RunDir.create(tmp_path, "odd")
    whole = {"config": {"fit": {}}, "data": {"files": [["a", "b"]]}, "code": {}, "environment": {}, "learned": ""}
    run.write_json(run.experiment, whole)
    assert read_experiment(run) == whole
    run.write_json(run.experiment, {**whole, **change})
    with pytest.raises(RunError, match="is not what dlrun writes"):
        read_experiment(run)


def test_what_get_state_cannot_mean_is_told_before_the_first_epoch(project: Path) -> None:
    code = "import keras\n\n\nclass Mine(keras.callbacks.Callback):\n"
    code += (
        "    def get_state(self):\n        return {'seen': {1, 2}}\n\n    def set_state(self, state):\n        pass\n"
    )
    (project / "mine.py").write_text(code, encoding="utf-8")
    overrides = [f"code=[{project / 'mine.py'}]", "callbacks=[Mine]"]
    config = dlrun.load_config(project / "fruit.yaml", overrides, trust=True)
    with pytest.raises(
        ConfigError, match=r"get_state\(\) of the callback Mine returns what cannot be kept: set\. Return"
    ):
        dlrun.train(config, runs_dir=project / "runs", trust=True)
    assert not RunDir.find(None, project / "runs").has("history.csv")


REMEMBERS = """
import collections, random
import keras


class Mine(keras.callbacks.CSVLogger):
    def __init__(self, filename="mine.csv"):
        super().__init__(filename)
        self.recent, self.seen, self.own, self.low = collections.deque(), set(), {"a": [1]}, float("inf")
        self.later, self.measure = None, len

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        self.low, self.later = min(self.low, logs["loss"]), random.Random(epoch)


class Half(keras.callbacks.Callback):
    def get_state(self):
        return 1
"""


def test_what_a_callback_of_the_users_own_loses_in_a_resume_is_told(project: Path) -> None:
    class Hears(Progress):
        def note(self, text: str) -> None:
            if "callback" in text:
                heard.append((text, RunDir.find(None, project / "runs").has("history.csv")))

    heard: list[tuple[str, bool]] = []
    (project / "mine.py").write_text(REMEMBERS, encoding="utf-8")
    overrides = [f"code=[{project / 'mine.py'}]", "fit.epochs=2"]
    config = dlrun.load_config(project / "fruit.yaml", [*overrides, "callbacks=[Mine]"], trust=True)
    run = dlrun.train(config, runs_dir=project / "runs", trust=True, progress=Hears())
    lost = "cannot be kept, and would be lost in a resume; give it get_state() and set_state(state)"
    assert heard == [
        (f"of the callback Mine, recent (deque), seen (set) {lost}", False),
        (f"of the callback Mine, recent (deque), seen (set), later (Random) {lost}", True),
    ]
    checkpoint = next(found for _, found in read_checkpoints(run.dir.resume))
    assert isinstance(checkpoint, Checkpoint)
    state = checkpoint.state["callbacks"][0]
    assert {"own", "low"} <= set(state["attributes"])
    assert not {"csv_file", "append_header", "filename"} & set(state["attributes"])
    config = dlrun.load_config(project / "fruit.yaml", [*overrides, "callbacks=[Half]"], trust=True)
    with pytest.raises(ConfigError, match=r"the callback Half has get_state\(\), but no set_state\(state\)"):
        dlrun.train(config, runs_dir=project / "runs", trust=True)
