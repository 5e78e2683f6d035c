import sys

import keras
import numpy as np
import pytest

from dlrun.catalog import PREPROCESSING_STEPS
from dlrun.errors import ConfigError, RunError
from dlrun.model.build import build_model
from dlrun.model.compile import compile_model
from dlrun.model.user_code import load_user_code

LAYER = """
import keras

from constants_beside import FACTOR


class Scaled(keras.layers.Layer):
    def __init__(self, by=1.0):
        super().__init__()
        self.by = by * FACTOR

    def call(self, x):
        return x * self.by


def half_error(y_true, y_pred):
    return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1) / 2


def _private():
    return 1
"""


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    objects = keras.saving.get_custom_objects()
    before, modules = dict(objects), set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr("dlrun.model.user_code._loaded", {})
    monkeypatch.setattr(PREPROCESSING_STEPS, "_objects", {})
    yield
    objects.clear()
    objects.update(before)
    for name in set(sys.modules) - modules:
        if name.startswith(("dlrun_code_", "constants_beside")):
            del sys.modules[name]


@pytest.fixture
def own(load, tmp_path):
    (tmp_path / "constants_beside.py").write_text("FACTOR = 10.0\n", encoding="utf-8")

    def write(source, text="layers:\n- Dense: 1", **rest):
        (tmp_path / "mine.py").write_text(source, encoding="utf-8")
        return load(f"{text}\ncode: [mine.py]", **rest)

    return write


def test_without_trust_nothing_runs(own, tmp_path):
    config = own(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(RunError) as caught:
        load_user_code(config, trust=False)
    assert caught.value.exit_code == 4
    text = str(caught.value)
    assert "c.yaml:3:" in text and "mine.py" in text and "--trust" in text
    assert not (tmp_path / "ran").exists()


def test_a_config_without_code_needs_no_trust(load):
    assert load_user_code(load("layers:\n- Dense: 1"), trust=False) == []


def test_layers_and_losses_of_the_file_are_known_by_their_names(own, shapes):
    text = "layers:\n- Scaled: {by: 2}\n- Scaled\n- Dense: {units: 1, kernel_initializer: ones}"
    config = own(LAYER, text, compile="{loss: half_error, metrics: [half_error]}")
    load_user_code(config, trust=True)
    model = build_model(config, shapes(features=(2,)))
    assert [layer.name for layer in model.layers] == ["features", "scaled", "scaled_1", "dense"]
    x = np.array([[1.0, 2.0]], "float32")
    assert float(model(x)[0, 0]) == pytest.approx(3 * 20 * 10)
    compile_model(model, config)
    history = model.fit(x, np.zeros((1, 1), "float32"), verbose=0).history
    assert history["half_error"][0] == pytest.approx(300) and history["loss"][0] == pytest.approx(300)
    assert "_private" not in keras.saving.get_custom_objects()


def test_a_step_is_registered_by_the_file(own):
    source = "from dlrun.catalog import register\n\n\n@register('preprocessing', 'mine')\nclass Mine:\n    pass\n"
    load_user_code(own(source), trust=True)
    assert PREPROCESSING_STEPS["mine"].__name__ == "Mine"


def test_a_file_runs_once_until_it_changes(own, tmp_path):
    source = f"with open({str(tmp_path / 'log')!r}, 'a') as log:\n    log.write('x')\n"
    config = own(source)
    first = load_user_code(config, trust=True)
    assert load_user_code(config, trust=True) == first
    assert (tmp_path / "log").read_text(encoding="utf-8") == "x"
    load_user_code(own(source + "\n# changed\n"), trust=True)
    assert (tmp_path / "log").read_text(encoding="utf-8") == "xx"


def error_of(config):
    with pytest.raises(ConfigError) as caught:
        load_user_code(config, trust=True)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_error_in_the_file_is_told_at_its_line(own):
    assert "mine.py:3: ZeroDivisionError: division by zero" in error_of(own("x = 1\n\ny = x / 0\n"))


def test_a_syntax_error_is_told_at_its_line(own):
    assert "mine.py:2: SyntaxError:" in error_of(own("x = 1\ndef f(:\n"))


def test_a_missing_module_and_a_missing_file(own, tmp_path):
    assert "mine.py:1: ModuleNotFoundError: No module named 'not_there'" in error_of(own("import not_there\n"))
    config = own("")
    (tmp_path / "mine.py").unlink()
    assert "mine.py cannot be read" in error_of(config)


def test_a_class_may_not_take_a_name_of_keras(own):
    text = error_of(own("import keras\n\n\nclass Dense(keras.layers.Layer):\n    pass\n"))
    assert "mine.py:4: Keras has a 'Dense' of its own. Rename the class." in text


def test_an_error_in_a_layers_call_is_told_at_the_users_line(own, shapes):
    source = LAYER.replace("return x * self.by", "return x.no_such_thing")
    config = own(source, "layers:\n- Scaled\n- Dense: 1")
    load_user_code(config, trust=True)
    with pytest.raises(ConfigError) as caught:
        build_model(config, shapes(features=(2,)))
    text = str(caught.value)
    assert "mine.py:13:" in text and "no_such_thing" in text and "\n" not in text


def test_an_error_in_a_layers_init_is_told_at_the_users_line(own, shapes):
    source = LAYER.replace("self.by = by * FACTOR", "self.by = by + 'x'")
    config = own(source, "layers:\n- Scaled\n- Dense: 1")
    load_user_code(config, trust=True)
    with pytest.raises(ConfigError, match=r"mine.py:10:.*unsupported operand"):
        build_model(config, shapes(features=(2,)))
