import pytest

from dlrun.errors import ConfigError
from dlrun.model.build import build_model
from dlrun.model.heads import check_heads, output_shapes


def check(config, shape, num_classes=None, kinds=None):
    shapes = shape if isinstance(shape, dict) else {"": shape}
    check_heads(config, shapes, num_classes or {}, kinds or {})


def problem(config, shape, num_classes=None, kinds=None):
    with pytest.raises(ConfigError) as caught:
        check(config, shape, num_classes, kinds)
    text = str(caught.value)
    assert "\n" not in text
    return text


SPARSE = "{loss: sparse_categorical_crossentropy}"
BINARY = "{loss: binary_crossentropy}"


def test_what_belongs_together_passes(load):
    softmax = "layers:\n- Dense: {units: 3, activation: softmax}"
    sigmoid = "layers:\n- Dense: {units: 1, activation: sigmoid}"
    check(load(softmax, compile=SPARSE), (None, 3), {"y": 3}, {"y": "categorical"})
    check(load(softmax, compile="{loss: categorical_crossentropy, metrics: [AUC, F1Score]}"), (None, 3), {"y": 3})
    check(load(sigmoid, compile="{loss: binary_crossentropy, metrics: [AUC, accuracy, R2Score]}"), (None, 1), {"y": 2})
    check(load("layers:\n- Dense: 1"), (None, 1), {}, {"y": "numeric"})


def test_units_and_classes(load):
    config = load("layers:\n- Dense: 4\n- Dense: {units: 8, activation: softmax}", compile=SPARSE)
    text = problem(config, (None, 8), {"y": 3})
    assert "c.yaml:3:" in text and "layers[1].Dense.units" in text
    assert "'y' has 3 classes, but this layer gives 8 numbers. Set `units: 3`." in text


def test_three_classes_under_a_binary_loss(load):
    config = load("layers:\n- Dense: {units: 1, activation: sigmoid}", compile=BINARY)
    text = problem(config, (None, 1), {"y": 3})
    assert "compile.loss" in text and "'y' has 3 classes, and binary_crossentropy tells two apart" in text
    assert "`loss: sparse_categorical_crossentropy`" in text and "{units: 3, activation: softmax}" in text


def test_a_text_target_under_a_loss_for_numbers(load):
    config = load("layers:\n- Dense: 1")
    text = problem(config, (None, 1), {"y": 3}, {"y": "categorical"})
    assert "compile.loss" in text and "'y' holds classes, and mse is a loss for numbers" in text
    assert "units: 3" in text
    two = problem(config, (None, 1), {"y": 2}, {"y": "text"})
    assert "`loss: binary_crossentropy`" in two and "sigmoid" in two


def test_two_classes_and_one_unit_under_a_sparse_loss(load):
    config = load("layers:\n- Reshape: {target_shape: [1]}", compile=SPARSE)
    text = problem(config, (None, 1), {"y": 2})
    assert "compile.loss" in text and "binary_crossentropy" in text


def test_several_targets_need_as_many_numbers(load):
    data = "{source: d.csv, target: [a, b]}"
    config = load("layers:\n- Dense: 2\n- Reshape: {target_shape: [1, 2]}\n- Flatten", data=data)
    check(config, (None, 2))
    text = problem(config, (None, 3))
    assert "'a', 'b' need 2 numbers for each row, but this layer gives 3" in text and "layers[2]" in text


def test_two_units_under_a_binary_loss(load):
    config = load("layers:\n- Flatten", compile=BINARY)
    text = problem(config, (None, 2), {"y": 2})
    assert "'y' needs 1 number" in text and "activation: sigmoid" in text and "sparse_categorical" in text


def test_an_output_that_is_no_row_names_flatten(load, shapes):
    config = load("layers:\n- Conv2D: {filters: 4, kernel_size: 3}\n- Dense: 1")
    model = build_model(config, shapes(image=(8, 8, 1)))
    text = problem(config, output_shapes(model))
    assert "c.yaml:3:" in text and "(rows, 6, 6, 1)" in text and "`Flatten`" in text
    sequences = load("layers:\n- LSTM: {units: 1, return_sequences: true}")
    assert "return_sequences: false" in problem(sequences, (None, 5, 1))


def test_each_of_two_outputs_is_checked_and_all_is_told(load):
    config = load("""
        data: {source: d.csv, target: [kind, price]}
        layers:
        - Dense: 4
          name: shared
        - Dense: {units: 5, activation: softmax}
          name: kind_head
        - Dense: 1
          name: price_head
          inputs: shared
        outputs: {kind: kind_head, price: price_head}
        compile: {loss: {kind: sparse_categorical_crossentropy, price: mae}, metrics: {kind: [F1Score]}}
    """)
    shapes = {"kind": (None, 5), "price": (None, 1)}
    with pytest.raises(ConfigError) as caught:
        check_heads(config, shapes, {"kind": 3, "price": 7}, {"kind": "categorical", "price": "categorical"})
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert "'kind' has 3 classes" in lines[0] and ":6:" in lines[0]
    assert "F1Score does not take the labels" in lines[1] and "compile.metrics.kind" in lines[1]
    assert "'price' holds classes, and mae" in lines[2] and "compile.loss.price" in lines[2]


@pytest.mark.parametrize(
    ("loss", "metric", "said"),
    [
        ("sparse_categorical_crossentropy", "F1Score", "`loss: categorical_crossentropy`"),
        ("sparse_categorical_crossentropy", "AUC", "one-hot labels"),
        ("sparse_categorical_crossentropy", "mse", "one-hot labels"),
        ("sparse_categorical_crossentropy", "CategoricalAccuracy", "Write SparseCategoricalAccuracy"),
        ("categorical_crossentropy", "SparseCategoricalAccuracy", "Write CategoricalAccuracy"),
        ("binary_crossentropy", "CategoricalAccuracy", "BinaryAccuracy"),
        ("binary_crossentropy", "sparse_categorical_accuracy", "BinaryAccuracy"),
    ],
)
def test_metrics_that_take_other_labels_than_the_loss(load, loss, metric, said):
    binary = loss.startswith("binary")
    units, activation = (1, "sigmoid") if binary else (3, "softmax")
    layers = f"layers:\n- Dense: {{units: {units}, activation: {activation}}}"
    config = load(layers, compile=f"{{loss: {loss}, metrics: [accuracy, {metric}]}}")
    text = problem(config, (None, units), {"y": 2 if binary else 3})
    assert "compile.metrics" in text and f"{metric} does not take the labels that {loss} takes" in text
    assert said in text


@pytest.mark.parametrize("metric", ["accuracy", "Accuracy", "SparseTopKCategoricalAccuracy", "crossentropy"])
def test_metrics_for_integer_labels_pass(load, metric):
    compile_section = f"{{loss: sparse_categorical_crossentropy, metrics: [{metric}]}}"
    check(load("layers:\n- Dense: {units: 3, activation: softmax}", compile=compile_section), (None, 3), {"y": 3})


def test_a_loss_of_the_users_own_may_take_anything(load, tmp_path):
    (tmp_path / "mine.py").write_text("def quantile_loss(y_true, y_pred):\n    return y_pred\n", encoding="utf-8")
    config = load("layers:\n- Dense: 3\ncode: [mine.py]", compile="{loss: quantile_loss}")
    check(config, (None, 3), {"y": 3}, {"y": "numeric"})


def test_a_window_leaves_the_shape_to_the_horizon(load):
    config = load("layers:\n- Dense: 24\npreprocessing: {window: {length: 12, horizon: 24}}")
    check(config, (None, 24), {}, {"y": "numeric"})
