"""Blocks, repeats and the words `above` and `input`, written out."""

from __future__ import annotations

import pytest

from dlrun.config.graph import wire
from dlrun.config.loader import load_config
from dlrun.errors import ConfigError

REST = "seed: 1\n"
RESIDUAL = """\
blocks:
  residual:
    arguments: {units: , activation: relu}
    layers:
      - Dense: {units: "${units}", activation: "${activation}"}
      - Dense: "${units}"
      - Add:
        inputs: [above, input]
"""


def layers(config):
    """Return the name, type, arguments and inputs of every layer."""
    nodes = wire(config, config.inputs or ["features"]).nodes
    return [(node.name, node.spec.type, dict(node.spec.args), node.inputs) for node in nodes]


def test_a_block_is_written_out_with_its_arguments(load):
    config = load(
        f"{RESIDUAL}layers:\n  - Dense: 8\n  - residual: 8\n  - residual: {{units: 8, activation: tanh}}\n{REST}"
    )
    assert layers(config) == [
        ("dense", "Dense", {"units": 8}, ("features",)),
        ("residual_dense", "Dense", {"units": 8, "activation": "relu"}, ("dense",)),
        ("residual_dense_1", "Dense", {"units": 8}, ("residual_dense",)),
        ("residual", "Add", {}, ("residual_dense_1", "dense")),
        ("residual_1_dense", "Dense", {"units": 8, "activation": "tanh"}, ("residual",)),
        ("residual_1_dense_1", "Dense", {"units": 8}, ("residual_1_dense",)),
        ("residual_1", "Add", {}, ("residual_1_dense_1", "residual")),
    ]


def test_what_is_written_out_loads_again_as_the_same_config(load):
    text = (
        f"{RESIDUAL}layers:\n  - repeat: {{times: 2, layers: [{{residual: 4}}]}}\n  - Dense: 1\n    name: end\n{REST}"
    )
    config = load(text)
    assert load(config.to_yaml()) == config
    assert "blocks" not in config.to_yaml()


def test_arguments_keep_their_types_and_may_be_used_inside_text(load):
    text = """\
vars: {size: 3}
blocks:
  conv:
    arguments: {filters: , size: "${vars.size}", label: x, bias: true}
    layers:
      - Conv2D: {filters: "${filters}", kernel_size: "${size}", use_bias: "${bias}"}
        name: conv_${label}
      - Activation: relu
layers:
  - conv: {filters: 4, size: [1, 3], label: wide, bias: false}
  - conv: 2
"""
    nodes = layers(load(text + REST))
    assert nodes[0][:3] == ("conv_conv_wide", "Conv2D", {"filters": 4, "kernel_size": [1, 3], "use_bias": False})
    assert nodes[2][:3] == ("conv_1_conv_x", "Conv2D", {"filters": 2, "kernel_size": 3, "use_bias": True})


def test_a_layer_inside_a_block_is_reached_by_the_name_of_its_use(load):
    text = """\
blocks:
  down:
    - Dense: 8
      name: skip
    - Dense: 4
  up:
    inputs: [low, skip]
    layers:
      - Concatenate:
        inputs: [low, skip]
      - Dense: 8
layers:
  - down:
    name: first
  - down:
    name: second
  - up:
    inputs: [above, second.skip]
  - up:
    inputs: {skip: first.skip, low: above}
"""
    inputs = {name: taken for name, _, _, taken in layers(load(text + REST))}
    assert inputs["up_concatenate"] == ("second", "second_skip")
    assert inputs["up_1_concatenate"] == ("up", "first_skip")
    assert list(inputs)[-1] == "up_1"


def test_blocks_inside_blocks_and_repeats(load):
    text = f"""\
{RESIDUAL}  stage:
    arguments: [units]
    layers:
      - repeat: {{times: 2, layers: [{{residual: "${{units}}"}}]}}
      - Dropout: 0.1
layers:
  - stage: 4
    name: s
  - Dense: 1
"""
    names = [name for name, *_ in layers(load(text + REST))]
    assert names == [
        "s_residual_dense", "s_residual_dense_1", "s_residual",
        "s_residual_1_dense", "s_residual_1_dense_1", "s_residual_1", "s", "dense",
    ]  # fmt: skip


def test_input_in_a_repeat_is_what_comes_into_the_repetition(load):
    text = "layers:\n  - repeat: {times: 2, layers: [{Dense: 4}, {Add: , inputs: [above, input]}]}\n"
    assert [taken for *_, taken in layers(load(text + REST))] == [
        ("features",), ("dense", "features"), ("add",), ("dense_1", "add"),
    ]  # fmt: skip


def test_above_may_be_a_layer_without_a_name_and_one_of_its_outputs(load):
    text = "layers:\n  - LSTM: {units: 4, return_state: true}\n  - Concatenate:\n    inputs: [above.0, above.1]\n"
    assert layers(load(text + REST))[1][3] == ("lstm.0", "lstm.1")


def test_a_layer_called_above_goes_before_the_word(load):
    text = "layers:\n  - Dense: 4\n    name: above\n  - Dense: 3\n  - Concatenate:\n    inputs: [above, dense]\n"
    assert layers(load(text + REST))[2][3] == ("above", "dense")


def test_outputs_may_name_a_layer_inside_a_block(load):
    text = """\
blocks:
  heads: [{Dense: 4, name: dense}, {Dense: 1, name: price}, {Dense: 1, name: area, inputs: dense}]
layers:
  - heads:
    name: h
outputs: {y: h.price, z: h}
"""
    assert load(text).outputs == {"y": "h_price", "z": "h"}


def test_a_block_is_overridden_like_anything_else(load):
    config = load(f"{RESIDUAL}layers:\n  - residual: 8\n{REST}", "blocks.residual.layers.0.Dense.units=3")
    assert [args.get("units") for _, _, args, _ in layers(config)] == [3, 8, None]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("layers: [{residual: {unit: 3}}]", "has no argument 'unit'. Did you mean 'units'?"),
        ("layers: [residual]", "block 'residual' needs units. Write residual: {units: ...}."),
        ("layers: [{residul: 3}]", "unknown layer 'residul'. Did you mean 'residual'?"),
        ("layers: [{residual: 3, units: 4}]", "'units' stands beside residual, not under it"),
    ],
)
def test_a_wrong_use_is_told_at_its_place(load, text, told):
    with pytest.raises(ConfigError) as caught:
        load(f"{RESIDUAL}{text}\n{REST}")
    assert told in str(caught.value) and "config.yaml:9:" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{Dense: [{Dense: 1}]}", "'Dense' is a layer of Keras's"),
        ("{b: 3}", "expected layers, got 3"),
        ("{b: {layer: [{Dense: 1}]}}", "unknown key. Did you mean 'layers'?"),
        ("{b: {arguments: {n: 1}, layers: [{Dense: '${m}'}]}}", "'${m}' is no reference. Name it under the block's"),
        ("{b: [b]}", "the block uses itself: b -> b"),
        ("{b: [{Dense: {unit: 1}}]}", "blocks.b[0].Dense.unit: Dense has no argument 'unit'"),
        ("{b: {inputs: [p, q], layers: [{Add: , inputs: [p, q]}]}}", "block 'b' takes p and q"),
    ],
)
def test_a_wrong_block_is_told_once_at_its_place(load, text, told):
    with pytest.raises(ConfigError) as caught:
        load(f"blocks: {text}\nlayers: [b, b]\n{REST}")
    found = [problem for problem in caught.value.problems if told in str(problem)]
    assert found and len({str(problem) for problem in caught.value.problems}) == len(caught.value.problems)


@pytest.mark.parametrize("layers", ["[]", "[{Dense: 4}]"])
def test_layers_that_multiply_without_bound_are_refused(load, layers):
    inner = f"[{{repeat: {{times: 2000, layers: {layers}}}}}]"
    with pytest.raises(ConfigError, match="more than 2000 layers"):
        load(f"layers: [{{repeat: {{times: 2000, layers: {inner}}}}}]\n{REST}")


def test_an_error_of_a_shape_names_the_line_in_the_block(load):
    from dlrun.training.network import build_model

    text = f"{RESIDUAL}inputs: {{x: {{shape: [8]}}}}\nlayers:\n  - residual: 8\n  - residual: 4\n"
    with pytest.raises(ConfigError) as caught:
        build_model(load(text))
    assert str(caught.value.problems[0].location).endswith("config.yaml:7:9")
    told = "blocks.residual.layers[2], used in line 12: Add 'residual_1' cannot take (rows, 4) from"
    assert told in str(caught.value)


def test_an_error_in_a_block_tells_where_it_is_used(tmp_path):
    (tmp_path / "c.yaml").write_text(
        "inputs: {x: {shape: [4]}}\n"
        "blocks:\n"
        "  wide: {arguments: [units], layers: [{Dense: '${units}'}, {Add: , inputs: [above, input]}]}\n"
        "  twice: [{wide: 4}, {wide: 8}]\n"
        "layers:\n"
        "  - Dense: 4\n"
        "  - wide: 4\n"
        "  - twice\n",
        "utf-8",
    )
    problem = load_config(tmp_path / "c.yaml").problem(("layers", 6), "is odd")
    assert (problem.location.line, problem.where) == (3, "blocks.wide.layers[1], used in line 8")
    assert load_config(tmp_path / "c.yaml").problem(("layers", 0), "is odd").where == "layers[0]"
