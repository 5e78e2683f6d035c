import keras
import numpy as np
import pytest

from dlrun.errors import ConfigError
from dlrun.model.build import build_model
from dlrun.model.callbacks import build_callbacks
from dlrun.model.compile import compile_model

STACK = "layers:\n- Dense: 1\n"
COMPILE = "{optimizer: {Adam: {use_ema: true}}, loss: mse, metrics: [mae]}"


def with_callbacks(load, *callbacks, **rest):
    data = "{source: d.csv, target: y, split: {test: 0.2, validation: 0.2}}"
    lines = "\n".join(f"- {callback}" for callback in callbacks)
    return load(f"{STACK}callbacks:\n{lines}", **{"data": data, "compile": COMPILE, **rest})


def test_arguments_reach_keras(load, tmp_path):
    config = with_callbacks(
        load,
        "EarlyStopping: {monitor: val_mae, patience: 5, min_delta: 0.001, restore_best_weights: true}",
        "ReduceLROnPlateau: {factor: 0.5, patience: 2}",
        "TerminateOnNaN",
        "SwapEMAWeights",
    )
    early, reduce, *others = build_callbacks(config, tmp_path)
    assert type(early) is keras.callbacks.EarlyStopping
    assert (early.monitor, early.patience, early.restore_best_weights) == ("val_mae", 5, True)
    assert abs(early.min_delta) == 0.001
    assert (reduce.factor, reduce.patience) == (0.5, 2)
    assert [type(callback).__name__ for callback in others] == ["TerminateOnNaN", "SwapEMAWeights"]


def test_files_lie_in_the_runs_folder(load, tmp_path, shapes):
    folder = tmp_path / "checkpoints"
    config = with_callbacks(
        load,
        'ModelCheckpoint: {filepath: "{epoch:03d}-{val_mae:.2f}.keras", save_best_only: true}',
        "CSVLogger: deep/log.csv",
        "BackupAndRestore: {backup_dir: backup, delete_checkpoint: false}",
        "TensorBoard",
    )
    checkpoint, log, backup, board = build_callbacks(config, folder)
    assert log.filename == str(folder / "deep" / "log.csv")
    assert backup._weights_path.startswith(str(folder / "backup"))
    assert board.log_dir == str(folder / "logs")
    model = build_model(config, shapes(features=(3,)))
    compile_model(model, config)
    x, y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")
    mae = model.fit(x, y, validation_data=(x, y), verbose=0, callbacks=[checkpoint]).history["val_mae"][0]
    assert [file.name for file in folder.iterdir()] == [f"001-{mae:.2f}.keras"]


@pytest.mark.parametrize("path", ["/tmp/x.keras", "../x.keras", "a/../../x.keras", "~/x.keras", "gs://b/x.keras"])
@pytest.mark.parametrize("callback", ["ModelCheckpoint: {filepath: %s}", "CSVLogger: %s", "TensorBoard: %s"])
def test_nothing_is_written_elsewhere(load, tmp_path, path, callback):
    config = with_callbacks(load, callback % f'"{path}"')
    with pytest.raises(ConfigError) as caught:
        build_callbacks(config, tmp_path / "checkpoints")
    assert "c.yaml:4:" in str(caught.value) and "outside the run's folder" in str(caught.value)
    assert not (tmp_path / "checkpoints").exists()


def test_a_link_in_the_folder_does_not_lead_out(load, tmp_path):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    (folder / "out").symlink_to(tmp_path)
    config = with_callbacks(load, "CSVLogger: out/log.csv")
    with pytest.raises(ConfigError, match="outside the run's folder"):
        build_callbacks(config, folder)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{epoh:03d}.keras", "'{epoh}' is not logged in this run. Did you mean 'epoch'?"),
        ("{val_los:.2f}.keras", "Did you mean 'val_loss'?"),
        ("{epoch.real}.keras", "'{epoch.real}' is not logged"),
        ("{epoch:.2q}.keras", "is no format for a whole number"),
        ("{val_loss:03d}.keras", "Write {epoch:03d} for an epoch"),
        ("{epoch.keras", "Write it like {epoch:03d}.keras."),
        ("{0}.keras", "'{0}' is not logged"),
        ("{batch}.keras", "'{batch}' is not logged"),
        ("best.h6", ".keras"),
    ],
)
def test_a_file_name_that_keras_could_not_fill_in(load, tmp_path, template, said):
    config = with_callbacks(load, f'ModelCheckpoint: {{filepath: "{template}"}}')
    with pytest.raises(ConfigError) as caught:
        build_callbacks(config, tmp_path)
    text = str(caught.value)
    assert "c.yaml:4:" in text and "ModelCheckpoint.filepath" in text and said in text and "\n" not in text


def test_what_is_logged_may_be_named(load, tmp_path):
    templates = ["{epoch}-{loss:.3f}.keras", "{val_loss:.2f}.keras", "{epoch:03d}.keras", "best.keras"]
    config = with_callbacks(load, *(f'ModelCheckpoint: {{filepath: "{template}"}}' for template in templates))
    assert [c.filepath for c in build_callbacks(config, tmp_path)] == [str(tmp_path / t) for t in templates]
    per_batch = with_callbacks(load, 'ModelCheckpoint: {filepath: "{epoch}-{batch}.keras", save_freq: 3}')
    assert build_callbacks(per_batch, tmp_path)[0].save_freq == 3


def test_all_callbacks_are_told_at_once(load, tmp_path):
    config = with_callbacks(load, "CSVLogger: /x.csv", "TerminateOnNaN", 'ModelCheckpoint: {filepath: "{x}.keras"}')
    with pytest.raises(ConfigError) as caught:
        build_callbacks(config, tmp_path)
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == ["4", "6"]


@pytest.mark.parametrize("name", ["LambdaCallback", "LearningRateScheduler", "RemoteMonitor"])
def test_callbacks_that_take_functions_are_refused_with_the_reason(name):
    from dlrun.catalog import keras_entry, keras_names

    entry = keras_entry("callbacks", name)
    assert entry is not None and entry.refused and name not in keras_names("callbacks")


def test_a_callback_of_the_users_own(load, tmp_path):
    objects = keras.saving.get_custom_objects()

    class Counting(keras.callbacks.Callback):
        def __init__(self, start):
            super().__init__()
            self.start = start

    source = "import keras\n\nclass Counting(keras.callbacks.Callback):\n    def __init__(self, start):\n        pass\n"
    (tmp_path / "mine.py").write_text(source, encoding="utf-8")
    config = with_callbacks(load, "Counting: {start: 3}", code="[mine.py]")
    objects["Counting"] = Counting
    try:
        assert build_callbacks(config, tmp_path)[0].start == 3
    finally:
        del objects["Counting"]
