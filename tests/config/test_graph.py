import textwrap

import pytest
from keras.src.utils.naming import to_snake_case

from dlrun.catalog import keras_names
from dlrun.config import load_config
from dlrun.config.graph import wire
from dlrun.config.layer_names import snake_case
from dlrun.errors import ConfigError


@pytest.fixture
def load(tmp_path):
    def load_text(text):
        rest = "data: {source: d.csv, target: y}\ncompile: {loss: mse}\nfit: {epochs: 1}\n"
        (tmp_path / "c.yaml").write_text(f"{textwrap.dedent(text)}\n{rest}", encoding="utf-8")
        return load_config(tmp_path / "c.yaml")

    return load_text


def test_names_are_those_that_keras_makes():
    for kind in ("layers", "metrics", "losses", "optimizers"):
        for name in keras_names(kind):
            assert snake_case(name) == to_snake_case(name)
    assert snake_case("LeakyReLU") == "leaky_re_lu"


def test_a_stack_is_wired_from_top_to_bottom(load):
    config = load("layers:\n- Dense: 8\n- Dense: 4\n  name: middle\n- Dense: 2\n- Dropout: 0.1\n- Dense: 1")
    graph = wire(config, ["features"])
    assert [node.name for node in graph.nodes] == ["dense", "middle", "dense_1", "dropout", "dense_2"]
    assert [node.inputs for node in graph.nodes] == [("features",), ("dense",), ("middle",), ("dense_1",), ("dropout",)]
    assert graph.outputs == {"": "dense_2"} and not graph.named_outputs


def test_an_automatic_name_keeps_clear_of_the_users(load):
    config = load("layers:\n- Dense: 8\n- Dense: 4\n  name: dense\n- Dense: {units: 1, name: dense_1}")
    assert [node.name for node in wire(config, ["x"]).nodes] == ["dense_2", "dense", "dense_1"]


def test_several_inputs_and_a_first_layer_that_names_none(load):
    config = load("layers:\n- Dense: 8\n- Dense: 1")
    with pytest.raises(ConfigError) as caught:
        wire(config, ["wide", "deep"])
    text = str(caught.value)
    assert "c.yaml:2:" in text and "several inputs (wide, deep)" in text and "`inputs: wide`" in text


def test_all_wrong_names_are_told_at_once(load):
    text = """
        inputs: {wide: [a], deep: [b]}
        layers:
        - Dense: 8
          name: left
          inputs: wid
        - Dense: 8
          inputs: right
        - Dense: 8
          name: right
          inputs: deep
        - Concatenate:
          inputs: [left, write]
        - Dense: 1
    """
    with pytest.raises(ConfigError) as caught:  # from the static checks, or from wire
        wire(load(text), ["wide", "deep"])
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert ":6:" in lines[0] and "Did you mean 'wide'?" in lines[0]
    assert ":8:" in lines[1] and "right" in lines[1]
    assert ":13:" in lines[2] and "write" in lines[2]
