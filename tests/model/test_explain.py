import importlib.util

import keras
import pytest

from dlrun.model.explain import explain, hint, place_in, show_shape


def error_of(function):
    with pytest.raises(Exception) as caught:
        function()
    return caught.value


def test_keras_is_told_in_one_plain_line():
    error = error_of(lambda: keras.layers.Reshape((3, 3))(keras.Input((8,))))
    assert "\x1b" in str(error) and "\n" in str(error)
    said = explain(error)
    assert said == "The total size of the tensor must be unchanged. Received: input_shape=(8,), target_shape=(3, 3)"


def test_another_error_says_its_kind():
    error = error_of(lambda: keras.layers.BatchNormalization(axis=5)(keras.Input((8,))))
    assert explain(error) == "IndexError: tuple index out of range"


def test_a_long_message_is_cut():
    assert explain(ValueError("x" * 1000)) == "x" * 300 + " ..."
    assert explain(ValueError("")) == ""


def test_the_place_of_an_error_is_the_innermost_line_of_the_file(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def outer():\n    inner()\n\n\ndef inner():\n    raise KeyError('a')\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("mine_of_this_test", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    error = error_of(module.outer)
    assert place_in([str(file)], error) == (str(file), 6)
    assert place_in([], error) is None
    assert place_in([str(tmp_path / "other.py")], error) is None


def test_shapes_are_shown_with_rows_first():
    assert show_shape((None, 8, None)) == "(rows, 8, ?)"
    assert show_shape((None,)) == "(rows)"


@pytest.mark.parametrize(
    ("message", "shape", "above", "said"),
    [
        ("expected ndim=3, found ndim=2", (None, 8), "Dense", "[8, 1]"),
        ("expected ndim=3, found ndim=2", (None, 8), "GRU", "return_sequences: true"),
        ("expected min_ndim=4, found ndim=3", (None, 28, 28), None, "[28, 28, 1]"),
        ("expected min_ndim=4, found ndim=2", (None, 784), None, "three sizes"),
        ("expected ndim=2, found ndim=4", (None, 4, 4, 8), "Conv2D", "`Flatten`"),
        ("expected ndim=3, found ndim=2", (None, 8), "Flatten", "Leave out the Flatten above"),
        ("expected ndim=3, found ndim=4", (None, 4, 1, 8), "Embedding", "leave it out for measured values"),
        (
            "When using `stateful=True` in a RNN, the batch size must be static",
            (None, 4, 1),
            None,
            "Leave out `stateful`",
        ),
    ],
)
def test_ranks_that_do_not_fit(message, shape, above, said):
    assert said in hint("X", message, [shape], above)


def test_no_advice_where_none_is_sure():
    assert hint("Dense", "something else", [(None, 3)], None) == ""
