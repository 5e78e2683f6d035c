"""What is read off a Python file's source, without running it."""

import pytest

from dlrun.own_names import NOTHING, joined, read_names

SOURCE = '''
"""Mine."""
import keras
from keras import layers as kl
from keras.losses import Loss
import tensorflow as tf
import dlrun

SIZE = 3


@keras.saving.register_keras_serializable(package="mine", name="ScaledLayer")
class Scaled(keras.layers.Layer):
    """Multiplies.

    Args:
        by: The factor.
    """

    def __init__(self, by: float = 2.0, steps: int | None = None, *, mode="sum", on=False, **kwargs):
        super().__init__(**kwargs)


class Twice(Scaled):
    """Twice as much."""


class Wide(kl.Dense):
    def __init__(self, units, factor: "list[int]", **kwargs):
        pass


class Half(Loss):
    def __init__(self):
        pass


class Stop(tf.keras.callbacks.EarlyStopping):
    pass


class Warm(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, peak, /, steps=100):
        pass


class Plain:
    pass


class _Hidden(keras.layers.Layer):
    pass


def half_error(y_true, y_pred):
    """Half of the error."""
    return 0


@dlrun.register("preprocessing", "square_root")
class SquareRoot:
    """Takes the root.

    Args:
        shift: Is added before.
    """

    def __init__(self, shift=0.0):
        pass


@dlrun.register(kind="prepare", name="tidy")
def tidy(table, value, context):
    """Tidies."""
'''


@pytest.fixture(scope="module")
def names():
    return read_names(SOURCE, "mine.py")


def parameters(names, kind, name):
    return {p.name: (p.required, p.default, p.types) for p in names.find(kind, name).parameters}


def test_classes_have_the_kind_of_their_base(names):
    classes = {(e.name, e.kind) for e in names.entries if e.is_class}
    assert classes == {
        ("Scaled", "layers"),
        ("Twice", "layers"),
        ("Wide", "layers"),
        ("Half", "losses"),
        ("Stop", "callbacks"),
        ("Warm", "schedules"),
        ("SquareRoot", "preprocessing"),
        ("square_root", "preprocessing"),
    } - {("SquareRoot", "preprocessing")}


def test_arguments_come_from_the_signature_and_from_the_base_where_kwargs_are_taken(names):
    scaled = parameters(names, "layers", "Scaled")
    assert scaled["by"] == (False, 2.0, ("float",))
    assert scaled["steps"] == (False, None, ("int",))
    assert scaled["mode"] == (False, "sum", ())
    assert scaled["on"] == (False, False, ("bool",))
    assert {"name", "dtype", "trainable"} <= set(scaled)
    assert parameters(names, "layers", "Twice") == scaled
    assert parameters(names, "layers", "Wide")["factor"] == (True, None, ("list",))
    assert "kernel_initializer" in parameters(names, "layers", "Wide")
    assert parameters(names, "losses", "Half") == {}
    assert "patience" in parameters(names, "callbacks", "Stop")
    assert list(parameters(names, "schedules", "Warm")) == ["peak", "steps"]


def test_names_registered_with_keras_and_documentation(names):
    scaled = names.find("layers", "ScaledLayer")
    assert scaled is names.find("layers", "Scaled")
    assert scaled.public_name == "mine.py"
    assert scaled.doc().summary == "Multiplies." and scaled.doc().arguments["by"] == "The factor."
    assert scaled.doc().arguments["trainable"] == "Boolean, whether the layer's variables should be trainable."


def test_functions_may_be_losses_and_metrics(names):
    assert names.find("losses", "half_error").doc().summary == "Half of the error."
    assert names.find("metrics", "half_error") is not None and names.find("layers", "half_error") is None


def test_steps_are_those_that_are_registered(names):
    assert parameters(names, "preprocessing", "square_root") == {"shift": (False, 0.0, ("float",))}
    assert names.find("prepare", "tidy").doc().summary == "Tidies."
    assert names.whole


@pytest.mark.parametrize(
    "source",
    [
        "from .beside import Layer",
        "import my_other_file",
        "exec('x')",
        "Alias = keras.layers.Dense",
        "if True:\n    class A: pass",
        "for name in 'ab':\n    register('plot', name)(print)",
        "def f(:",
        "\x00",
        "(" * 100_000,
    ],
)
def test_where_more_names_may_come_from_it_says_so(source):
    assert not read_names(source, "x.py").whole


def test_several_files_are_joined(names):
    assert joined([names, NOTHING]) == names
    assert not joined([names, read_names("import elsewhere", "b.py")]).whole


def test_nothing_is_run(tmp_path):
    read_names(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass A(print('x')):\n    x = 1 / 0\n", "x.py")
    assert list(tmp_path.iterdir()) == []
