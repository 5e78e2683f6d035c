"""What `dlrun explain` knows of every name."""

import subprocess
import sys

import keras
import pytest

from dlrun.config.loader import load_config
from dlrun.config.names import STEP_REGISTRIES
from dlrun.config.reference import explanations, listing
from dlrun.errors import ConfigError
from dlrun.keras_catalog import keras_kinds, keras_names


def one(name):
    (found,) = explanations(name)
    return found


def test_a_layer():
    dense = one("Dense")
    assert (dense.what, dense.source, dense.where) == ("layer", "keras.layers.Dense", "under layers")
    assert dense.summary == "Just your regular densely-connected NN layer."
    units = dense.arguments[0]
    assert (units.name, units.type, units.required) == ("units", "whole number from 1", True)
    assert units.text == "Positive integer, dimensionality of the output space."
    kernel = next(a for a in dense.arguments if a.name == "kernel_initializer")
    assert (kernel.type, kernel.default) == ("initializer", "glorot_uniform")
    assert "Input shape" in dense.sections and "implements the operation" in dense.body


def test_a_dotted_name_is_an_argument():
    monitor = one("EarlyStopping.monitor")
    assert monitor.what == "argument of the callback EarlyStopping"
    assert monitor.summary == 'Quantity to be monitored. Defaults to `"val_loss"`.'
    assert monitor.arguments[0].default == "val_loss"
    assert one("Conv1D.padding").arguments[0].type == '"causal" or "same" or "valid"'
    assert one("Adam.learning_rate").arguments[0].type == "learning-rate schedule or number"


def test_an_argument_that_the_base_class_takes_is_explained_from_there():
    assert one("Dropout.trainable").summary == "Boolean, whether the layer's variables should be trainable."


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("mse", "MeanSquaredError"),
        ("adam", "Adam"),
        ("keras.layers.Dense", "Dense"),
        ("keras.optimizers.schedules.CosineDecay", "CosineDecay"),
        ("fit.batch_size", "fit.batch_size"),
        ("batch_size", "fit.batch_size"),
        ("min_max", "min_max"),
        ("derive", "derive"),
        ("oversample", "oversample"),
        ("min_max.feature_range", "min_max.feature_range"),
    ],
)
def test_every_way_to_name_a_thing(name, whole):
    assert explanations(name)[0].name == whole


def test_a_name_with_several_meanings_has_several_explanations():
    assert [(e.what, e.source) for e in explanations("Hinge")] == [
        ("loss", "keras.losses.Hinge"),
        ("metric", "keras.metrics.Hinge"),
    ]


def test_networks_of_keras_are_layers():
    resnet = one("ResNet50")
    assert (resnet.what, resnet.source) == ("network", "keras.applications.ResNet50")
    assert {"freeze", "trainable", "weights", "pooling"} <= {a.name for a in resnet.arguments}
    assert all(a.text for network in listing()["networks"] for a in one(network).arguments)
    assert "downloads nothing" in one("ResNet50.weights").summary


def test_functions_between_layers_have_keras_s_words():
    add = one("ops.add")
    assert [(a.name, a.text) for a in add.arguments] == [("x1", "First input tensor."), ("x2", "Second input tensor.")]
    assert "inputs: [<x1>, <x2>]" in add.yaml
    assert [e.name for e in explanations("mean")] == ["Mean", "ops.mean"]  # a metric, and the function
    assert one("ops.mean.axis").summary.startswith("Axis or axes along which the means are computed.")


@pytest.mark.parametrize("name", ["Model", "shared", "repeat", "blocks", "MobileNetV2", "EfficientNetV2B0"])
def test_examples_of_what_stands_beside_layers_are_configs(name, tmp_path):
    inputs = {
        "Model": "{pixels: {shape: [8]}, words: {shape: [4]}}",
        "shared": "{left: {shape: [4]}, right: {shape: [4]}}",
    }
    shape = inputs.get(name, "{x: {shape: [64, 64, 3]}}" if "Net" in name else "{x: {shape: [16]}}")
    (tmp_path / "c.yaml").write_text(f"inputs: {shape}\n{explanations(name)[0].yaml}\n", "utf-8")
    assert load_config(tmp_path / "c.yaml").layers


def test_a_section_lists_its_keys_and_a_key_its_type():
    fit = one("fit")
    assert fit.what == "config key" and fit.where == "at the top of a config"
    assert [a.name for a in fit.arguments][:2] == ["epochs", "batch_size"]
    batch_size = one("fit.batch_size")
    assert batch_size.summary == "Rows in a batch."
    assert (batch_size.arguments[0].type, batch_size.arguments[0].default) == ("whole number", 32)


def test_a_prepare_step_shows_its_form():
    assert explanations("fill")[0].yaml == "- fill: {Cabin: none, steps: 0, pm25: ffill}"


def test_what_cannot_stand_in_a_config_says_why():
    lambda_ = one("Lambda")
    assert "Python code" in lambda_.refused and lambda_.yaml == ""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Dnse", "nothing is called 'Dnse'. Did you mean 'Dense'?"),
        ("Dense.unit", "Dense has no argument 'unit'. Did you mean 'units'?"),
        ("fit.batchsize", "nothing is called 'fit.batchsize'. Did you mean 'fit.batch_size'?"),
        ("min_maxx", "nothing is called 'min_maxx'. Did you mean 'min_max'?"),
        ("qqqqqq", "nothing is called 'qqqqqq'. dlrun explain lists everything."),
    ],
)
def test_a_miss_says_what_is_nearest(name, said):
    with pytest.raises(ConfigError) as caught:
        explanations(name)
    assert str(caught.value) == said


def test_every_name_of_the_list_is_explained():
    names = listing()
    added = {"beside layers", "networks", "functions"}
    assert set(names) == {*keras_kinds(), *STEP_REGISTRIES, "prepare", "keys", *added}
    for kind, listed in names.items():
        for name in listed:
            assert any(e.summary for e in explanations(name)), (kind, name)


MERGING = {"Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"}
PLACES = {"layers", "optimizers", "losses", "metrics", "callbacks"}


@pytest.mark.parametrize("kind", sorted(PLACES))
def test_every_example_in_yaml_is_a_config(kind, tmp_path):
    file = tmp_path / "c.yaml"
    for name in keras_names(kind):
        example = next(e.yaml for e in explanations(name) if e.source == f"keras.{kind}.{name}")
        assert example.startswith(("layers:", "compile:", "callbacks:")) and name in example
        if "..." in example or name in MERGING:
            continue
        rest = "layers: [Flatten]\n" if "layers:" not in example else ""
        needs_loss = "loss:" not in example and "compile:" in example
        whole = example.replace("compile:", "compile:\n  loss: mse") if needs_loss else example
        file.write_text(rest + whole, "utf-8")
        if name == "EarlyStopping":
            file.write_text(file.read_text("utf-8") + "\ncompile: {loss: mse}\n", "utf-8")
        config = load_config(file)
        assert name in config.to_yaml()


def test_keras_is_not_imported():
    code = (
        "import sys; from dlrun.config.reference import explanations; assert explanations('Dense');"
        "print([m for m in ('keras', 'tensorflow', 'numpy', 'pandas') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_the_documentation_is_that_of_keras():
    for name in ("LSTM", "Conv2D", "MultiHeadAttention"):
        documented = keras.layers.__dict__[name].__doc__
        for argument in one(name).arguments:
            if argument.text and f"{argument.name}:" in documented:
                assert argument.text.split()[0] in documented
