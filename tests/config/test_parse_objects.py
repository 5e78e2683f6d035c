"""Objects in their four forms, and objects inside objects."""

from typing import Any

import pytest
import yaml

from dlrun.catalog import keras_entry, keras_names
from dlrun.config.objects import ObjectSpec
from dlrun.config.parse_objects import ObjectParser
from dlrun.config.parsing import Parsing
from dlrun.config.reader import read_yaml
from dlrun.errors import ConfigError, Location

from .conftest import WHOLE, Load


def layer(load: Load, written: str, more: str = "") -> ObjectSpec:
    return load(f"layers:\n  - {written}\n{more}").layers[0]


@pytest.mark.parametrize(
    ("written", "spec"),
    [
        ("Flatten", ObjectSpec("Flatten")),
        ("Flatten:", ObjectSpec("Flatten")),
        ("{Flatten: {}}", ObjectSpec("Flatten")),
        ("type: Flatten", ObjectSpec("Flatten")),
        ("Dense: 3", ObjectSpec("Dense", {"units": 3})),
        ("Dense: {units: 3}", ObjectSpec("Dense", {"units": 3})),
        ("{type: Dense, units: 3}", ObjectSpec("Dense", {"units": 3})),
        ("{type: Dense, units: 3, name: h}", ObjectSpec("Dense", {"units": 3}, name="h")),
        ("{Dense: 3, name: h}", ObjectSpec("Dense", {"units": 3}, name="h")),
        ("Dense: {units: 3, name: h}", ObjectSpec("Dense", {"units": 3}, name="h")),
        ("Reshape: [8, 8, 1]", ObjectSpec("Reshape", {"target_shape": [8, 8, 1]})),
        ("Rescaling: 1/255", ObjectSpec("Rescaling", {"scale": 1 / 255})),
        ("Rescaling: {scale: 1/255, offset: -1/2}", ObjectSpec("Rescaling", {"scale": 1 / 255, "offset": -0.5})),
        ("Dropout: 1/4", ObjectSpec("Dropout", {"rate": 0.25})),
        ("StringLookup: {vocabulary: ['1/2', no]}", ObjectSpec("StringLookup", {"vocabulary": ["1/2", "no"]})),
        ("Convolution1D: {filters: 4, kernel_size: 3}", ObjectSpec("Conv1D", {"filters": 4, "kernel_size": 3})),
        ("Dense: {units: 3, activation: null}", ObjectSpec("Dense", {"units": 3, "activation": None})),
        ("Dense: {units: 3, activation: swish}", ObjectSpec("Dense", {"units": 3, "activation": "swish"})),
        (
            "Dense: {units: 3, kernel_regularizer: l2, bias_initializer: ones, kernel_constraint: non_neg}",
            ObjectSpec(
                "Dense",
                {"units": 3, "kernel_regularizer": "l2", "bias_initializer": "ones", "kernel_constraint": "non_neg"},
            ),
        ),
        (
            "Dense: {units: 3, kernel_regularizer: {l2: 1e-2}}",
            ObjectSpec("Dense", {"units": 3, "kernel_regularizer": ObjectSpec("L2", {"l2": 0.01})}),
        ),
        (
            "Dense: {units: 3, kernel_regularizer: {type: L1L2, l1: 0.1, l2: 0.2}}",
            ObjectSpec("Dense", {"units": 3, "kernel_regularizer": ObjectSpec("L1L2", {"l1": 0.1, "l2": 0.2})}),
        ),
        (
            "Dense: {units: 3, activation: {LeakyReLU: {negative_slope: 0.3}}}",
            ObjectSpec("Dense", {"units": 3, "activation": ObjectSpec("LeakyReLU", {"negative_slope": 0.3})}),
        ),
        (
            "Bidirectional: {LSTM: 8}",
            ObjectSpec("Bidirectional", {"layer": ObjectSpec("LSTM", {"units": 8})}),
        ),
        (
            "TimeDistributed: {layer: {Dense: 8}}",
            ObjectSpec("TimeDistributed", {"layer": ObjectSpec("Dense", {"units": 8})}),
        ),
        (
            "TimeDistributed: Flatten",
            ObjectSpec("TimeDistributed", {"layer": ObjectSpec("Flatten")}),
        ),
        (
            "RNN: [{GRUCell: 4}, {LSTMCell: {units: 4}}]",
            ObjectSpec("RNN", {"cell": [ObjectSpec("GRUCell", {"units": 4}), ObjectSpec("LSTMCell", {"units": 4})]}),
        ),
    ],
)
def test_forms_of_a_layer(load: Load, written: str, spec: ObjectSpec) -> None:
    assert layer(load, written) == spec


def compiled(load: Load, text: str) -> Any:
    return load(f"layers: [{{Dense: 1}}]\ncompile: {text}\n").compile


def test_bare_losses_and_metrics_stay_as_written(load: Load) -> None:
    found = compiled(load, "{loss: mse, metrics: [acc, MAE, {mae: {name: error}}, AUC]}")
    assert found.loss == ObjectSpec("mse")
    assert found.metrics == (
        ObjectSpec("acc"),
        ObjectSpec("MAE"),
        ObjectSpec("MeanAbsoluteError", {"name": "error"}),
        ObjectSpec("AUC"),
    )


def test_one_metric_needs_no_list(load: Load) -> None:
    assert compiled(load, "{loss: mse, metrics: mae}").metrics == (ObjectSpec("mae"),)
    found = compiled(load, "{loss: {Huber: 2}, metrics: {AUC: {num_thresholds: 9}}}")
    assert found.loss == ObjectSpec("Huber", {"delta": 2})
    assert found.metrics == (ObjectSpec("AUC", {"num_thresholds": 9}),)


def test_an_optimizer_and_its_schedule(load: Load) -> None:
    found = compiled(
        load,
        "{loss: mse, optimizer: {adam: {learning_rate: {CosineDecay: {initial_learning_rate: 1/8, decay_steps: 3}}}}}",
    )
    schedule = ObjectSpec("CosineDecay", {"initial_learning_rate": 0.125, "decay_steps": 3})
    assert found.optimizer == ObjectSpec("Adam", {"learning_rate": schedule})
    assert compiled(load, "{loss: mse, optimizer: {SGD: 1e-2}}").optimizer == ObjectSpec("SGD", {"learning_rate": 0.01})
    assert compiled(load, "{loss: mse}").optimizer == ObjectSpec("rmsprop")


def test_outputs_key_losses_and_metrics(load: Load) -> None:
    config = load(
        "data: {source: a.csv, target: [price, sold], split: {validation: 0.2}}\n"
        "layers: [{Dense: 4, name: body}, {Dense: 1, name: p},"
        " {type: Dense, units: 1, activation: sigmoid, name: s, inputs: body}]\n"
        "outputs: {price: p, sold: s}\n"
        "compile:\n"
        "  loss: {price: {Huber: 2}, sold: bce}\n"
        "  loss_weights: {price: 1/4, sold: 2}\n"
        "  metrics: {price: [mae, mse], sold: AUC}\n"
        "fit: {epochs: 3, class_weight: {sold: balanced}}\n"
        "preprocessing: {target: {price: standard}}\n"
        "callbacks: [{EarlyStopping: val_sold_AUC}]\n"
    )
    assert config.compile is not None
    assert config.compile.loss == {"price": ObjectSpec("Huber", {"delta": 2}), "sold": ObjectSpec("bce")}
    assert config.compile.loss_weights == {"price": 0.25, "sold": 2}
    assert config.compile.metrics == {"price": (ObjectSpec("mae"), ObjectSpec("mse")), "sold": (ObjectSpec("AUC"),)}
    assert config.preprocessing.target == {"price": (ObjectSpec("standard"),)}


def test_preprocessing_steps(load: Load) -> None:
    config = load(
        WHOLE + "preprocessing:\n"
        "  numeric: [{impute: median}, standard]\n"
        "  categorical: none\n"
        "  columns: {a: {one_hot: {drop: first}}, b: {Discretization: {num_bins: 4}}, 60: log1p}\n"
        "  target: min_max\n"
    )
    found = config.preprocessing
    assert found.numeric == (ObjectSpec("impute", {"strategy": "median"}), ObjectSpec("standard"))
    assert found.categorical == (ObjectSpec("none"),)
    assert found.columns == {
        "a": (ObjectSpec("one_hot", {"drop": "first"}),),
        "b": (ObjectSpec("Discretization", {"num_bins": 4}),),
        "60": (ObjectSpec("log1p"),),
    }
    assert found.target == {"": (ObjectSpec("min_max"),)}


def test_with_code_an_unknown_name_may_be_the_users(load: Load) -> None:
    config = load(
        "code: [mine.py]\n"
        "layers: [{MyLayer: 3}, {MyLayer: {units: 4, kernel_regularizer: {L2: 0.1}}, name: h},"
        " {Dense: {units: 1, activation: myact}}]\n"
        "compile: {loss: my_loss, optimizer: {Mine: {learning_rate: 1}}, metrics: [mine]}\n"
        "preprocessing: {numeric: my_step}\n"
        "callbacks: [MyCallback]\n"
    )
    assert config.layers[0] == ObjectSpec("MyLayer", {"": 3})
    assert config.layers[1] == ObjectSpec(
        "MyLayer", {"units": 4, "kernel_regularizer": ObjectSpec("L2", {"l2": 0.1})}, name="h"
    )
    assert config.callbacks == (ObjectSpec("MyCallback"),)


def test_trust_lets_a_config_read_a_vocabulary(load: Load) -> None:
    text = "layers: [{StringLookup: {vocabulary: words.txt}}, {Dense: 1}]\n"
    with pytest.raises(ConfigError, match="may not read files by itself"):
        load(text)
    assert load(text, trust=True).layers[0].args == {"vocabulary": "words.txt"}


@pytest.mark.parametrize("path", ["../x.keras", "/tmp/x.keras", "a/../../x", "~/x", "C:\\x", "..\\x", "s3://b/x"])
def test_nothing_is_written_outside_the_run(load: Load, path: str) -> None:
    with pytest.raises(ConfigError, match="nothing is written outside the run's folder"):
        load(f"layers: [{{Dense: 1}}]\ncallbacks: [{{ModelCheckpoint: {{filepath: '{path}'}}}}]\n")


def test_a_checkpoint_inside_the_run(load: Load) -> None:
    config = load('layers: [{Dense: 1}]\ncallbacks: [{ModelCheckpoint: "best/{epoch:03d}.keras"}]\n')
    assert config.callbacks == (ObjectSpec("ModelCheckpoint", {"filepath": "best/{epoch:03d}.keras"}),)


def test_a_path_of_an_argument_points_at_it(load: Load) -> None:
    config = load("layers:\n  - type: Dense\n    units: 3\n  - Dense:\n      units: 4\n")
    first, second = config.layers
    assert (first.path_of("units"), second.path_of("units")) == (
        ("layers", 0, "units"),
        ("layers", 1, "Dense", "units"),
    )
    assert str(config.locate(first.path_of("units"))).endswith(":3:12")
    assert str(config.locate(second.path_of("units"))).endswith(":5:14")


@pytest.mark.parametrize("kind", ["layers", "optimizers", "losses", "metrics", "callbacks"])
def test_what_keras_has_for_defaults_passes(kind: str) -> None:
    location = Location("x", 1, 1)
    for name in keras_names(kind):
        entry = keras_entry(kind, name)
        assert entry is not None
        given = {p.name: p.default for p in entry.parameters if p.default is not None}
        text = yaml.safe_dump({name: given})
        parsing = Parsing()
        spec = ObjectParser(parsing).parse(read_yaml(text, lambda line, column: location), (kind, 0), (kind,))
        assert spec.type == name
        assert [p.what for p in parsing.problems if not p.what.startswith(f"{name} needs ")] == []
