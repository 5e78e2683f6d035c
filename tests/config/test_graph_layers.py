"""What may stand among the layers beside Keras's own: nested models, shared layers, applications, arithmetic."""

from __future__ import annotations

import pytest

from dlrun.config.graph import wire
from dlrun.config.layer_names import split_output
from dlrun.errors import ConfigError

HEAD = "inputs: {x: {shape: [8]}, z: {shape: [8]}}\nlayers:\n"


def errors(load, layers):
    with pytest.raises(ConfigError) as caught:
        load(HEAD + layers)
    return str(caught.value)


def test_a_shared_layer_is_a_node_of_its_own(load):
    graph = wire(load(f"{HEAD}  - Dense: 4\n    name: e\n    inputs: x\n  - shared: e\n    inputs: z\n"
                      "  - Add:\n    inputs: [e, e_1]\n"), ["x", "z"])  # fmt: skip
    assert [(node.name, node.calls, node.inputs) for node in graph.nodes] == [
        ("e", "e", ("x",)), ("e_1", "e", ("z",)), ("add", "add", ("e", "e_1")),
    ]  # fmt: skip
    assert [node.is_shared for node in graph.nodes] == [False, True, False]


def test_the_arguments_of_a_call_by_name(load):
    config = load(
        f"{HEAD}  - MultiHeadAttention: {{num_heads: 1, key_dim: 2}}\n"
        "    inputs: {query: x, value: z, use_causal_mask: true}\n"
        "  - LSTM: {units: 4, return_state: true}\n    name: l\n"
        "  - LSTM: 4\n    inputs: {sequences: x, initial_state: [l.1, l.2]}\n"
    )
    nodes = wire(config, ["x", "z"]).nodes
    assert nodes[0].inputs == ("x", "z")
    assert nodes[0].call == {"query": "x", "value": "z", "use_causal_mask": True}
    assert nodes[2].inputs == ("x", "l.1", "l.2")
    assert nodes[2].call == {"sequences": "x", "initial_state": ("l.1", "l.2")}
    assert load(config.to_yaml()) == config


def test_a_nested_model_has_names_of_its_own(load):
    config = load(
        f"{HEAD}  - Model:\n      inputs: [a, b]\n      layers:\n"
        "        - Dense: 4\n          inputs: a\n        - repeat: {times: 2, layers: [{Dense: 4}]}\n"
        "        - Add:\n          inputs: [above, b]\n      outputs: [dense, add]\n"
        "    inputs: [x, z]\n  - Dense: 4\n    inputs: model.1\n  - Add:\n    inputs: [dense, model.0]\n"
    )
    nodes = wire(config, ["x", "z"]).nodes
    assert [node.name for node in nodes] == ["model", "dense", "add"]
    inner = nodes[0].graph
    assert inner is not None and inner.listed and inner.inputs == ("a", "b")
    assert [(node.name, node.inputs) for node in inner.nodes] == [
        ("dense", ("a",)), ("dense_1", ("dense",)), ("dense_2", ("dense_1",)), ("add", ("dense_2", "b")),
    ]  # fmt: skip
    assert list(inner.outputs.values()) == ["dense", "add"]
    assert load(config.to_yaml()) == config


def test_the_only_input_may_be_called_input(load):
    config = load("inputs: {pixels: {shape: [4]}}\nlayers: [{Dense: 4}, {Add: , inputs: [above, input]}]\n")
    assert wire(config, ["pixels"]).nodes[1].inputs == ("dense", "pixels")


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("lstm", ("lstm", "")),
        ("lstm.1", ("lstm", "1")),
        ("a.b", ("a.b", "")),
        ("a.b.c", ("a.b", "c")),
        ("q.1", ("q.1", "")),
    ],
)
def test_a_reference_is_a_layer_and_one_of_its_outputs(reference, found):
    assert split_output(reference, ["lstm", "a", "a.b"]) == found


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ("  - shared: e\n    inputs: x\n", ":3:13: layers[0].shared: no layer above is called 'e'"),
        ("  - ops.add:\n    inputs: x\n  - shared: add\n", "'add' is arithmetic without weights"),
        ("  - ops.maen: 1\n    inputs: x\n", "unknown layer 'ops.maen'. Did you mean 'ops.mean'?"),
        ("  - ops.mean: {axes: 1}\n    inputs: x\n", "ops.mean has no argument 'axes'. Did you mean 'axis'?"),
        ("  - ops.add:\n    inputs: x\n", "ops.add needs x2, too"),
        ("  - MobileNet: {weights: imagenet}\n    inputs: x\n", "dlrun downloads nothing"),
        ("  - MobileNet: {weights: 'http://a/b.weights.h5'}\n    inputs: x\n", "expected null or a file that ends in"),
        ("  - MobileNet: {include_top: false}\n    inputs: x\n", "MobileNet needs weights"),
        ("  - MobileNetV4: {weights: null}\n    inputs: x\n", "Did you mean 'MobileNetV2'?"),
        ("  - Model: {layers: []}\n    inputs: x\n", "expected a list of layers, got none"),
        ("  - Model: {layers: [{Dense: 3, inputs: q}]}\n    inputs: x\n", "layers[0].Model.layers[0].inputs: no input"),
        ("  - Model: {layers: [{Dens: 3}]}\n    inputs: x\n", "layers[0].Model.layers[0]: unknown layer 'Dens'"),
        (
            "  - TimeDistributed: {layer: {Model: {layers: [{Dense: 3, inputs: q}]}}}\n    inputs: x\n",
            "layers[0].TimeDistributed.layer.Model.layers[0].inputs: no input and no layer above is called 'q'",
        ),
        ("  - Model: {layers: [{Dense: 3}, {Dense: 2, inputs: input}]}\n    inputs: x\n", "nothing uses what layer"),
        ("  - Dense: 3\n    inputs: x.1\n", "'x' is an input, and gives one tensor"),
        ("  - Dense: 3\n    inputs: {inputs: true}\n", "no input and no layer is named"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_place(load, layers, told):
    assert told in errors(load, layers)


def test_the_list_of_functions_is_that_of_the_installed_keras():
    import keras

    from dlrun.keras_functions import FUNCTIONS_FILE, applications, operation_of, operations
    from dlrun.model.make_functions import functions_text, make_functions

    found = make_functions()
    if found["keras"] == keras.__version__ and f'"keras": "{keras.__version__}"' in FUNCTIONS_FILE.read_text("utf-8"):
        assert functions_text(found) == FUNCTIONS_FILE.read_text("utf-8")
    assert len(applications()) >= 38 and len(operations()) > 250
    assert {name: operation_of(name).name for name in ("Add", "GetItem", "Mean", "Relu6", "BatchNorm")} == {
        "Add": "ops.add", "GetItem": "ops.get_item", "Mean": "ops.mean", "Relu6": "ops.relu6",
        "BatchNorm": "ops.batch_normalization",
    }  # fmt: skip
