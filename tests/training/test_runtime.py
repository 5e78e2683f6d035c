from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import gc, json, os, weakref
from dlrun.training.runtime import start_keras, threads_in_use
class Rows:
    pass
def start():
    rows = Rows()
    start_keras(7)
    return weakref.ref(rows)
kept = start()
gc.collect()
start_keras(7)
import keras, numpy, random, tensorflow as tf
print(json.dumps({
    "threads": threads_in_use(),
    "keeps the frames of whoever started it": kept() is not None,
    "deterministic": bool(tf.config.experimental.is_op_determinism_enabled())
    if hasattr(tf.config.experimental, "is_op_determinism_enabled") else True,
    "draw": [random.random(), numpy.random.random(), float(keras.random.normal(()))],
}))
"""


@pytest.mark.slow
def test_keras_starts_the_same_every_time_and_says_nothing() -> None:
    runs = [subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True) for _ in range(2)]
    found = [json.loads(run.stdout) for run in runs]
    assert found[0] == found[1]
    assert found[0]["threads"] == {"intra_op": 2, "inter_op": 2}
    assert not found[0]["keeps the frames of whoever started it"]
    assert [run.stderr for run in runs] == ["", ""]


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        "import dlrun; dlrun.build_model('a.yaml')",
        "from dlrun.training.summary import summarize; import dlrun; summarize(dlrun.load_config('a.yaml'))",
    ],
)
def test_whatever_comes_first_starts_keras_quietly(tmp_path: Path, code: str) -> None:
    (tmp_path / "a.yaml").write_text("inputs: {x: {shape: [3]}}\nlayers: [{Dense: 1}]\n")
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=True).stderr == b""


def test_importing_dlrun_is_light() -> None:
    code = (
        "import sys, dlrun; assert callable(dlrun.load_config) and dlrun.__version__ and callable(dlrun.register);"
        "print([m for m in ('tensorflow', 'keras', 'pandas', 'numpy', 'matplotlib') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_settings_in_the_home_folder_change_nothing(tmp_path: Path) -> None:
    settings = tmp_path / ".keras" / "keras.json"
    settings.parent.mkdir()
    settings.write_text('{"floatx": "float64", "epsilon": 0.5, "image_data_format": "channels_first"}')
    script = (
        "from dlrun.training.runtime import import_keras\nimport_keras()\nimport keras\n"
        "print(keras.config.floatx(), keras.config.epsilon(), keras.config.image_data_format())"
    )
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_HOME"} | {"HOME": str(tmp_path)}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.stdout.strip() == "float32 1e-07 channels_last", done.stderr
    settings.unlink()
    settings.parent.rmdir()
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd=Path(__file__).parents[2])
    assert list(tmp_path.iterdir()) == []
