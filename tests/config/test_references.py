"""References and repeats."""

import pytest

from dlrun.errors import ConfigError

from .conftest import Load


def test_a_whole_reference_keeps_the_type_and_one_in_text_becomes_text(load: Load) -> None:
    config = load(
        "vars: {units: 16, rate: 0.5, word: relu, deep: {er: [1, 2]}, half: '${vars.rate}', dotted.name: 3}\n"
        "name: 'run-${vars.units}-${vars.word}'\n"
        "seed: ${vars.units}\n"
        "layers: [{Dense: {units: '${vars.units}', activation: '${vars.word}'}}, {Dropout: '${vars.half}'}]\n"
        "sweep: {a: '${vars.deep}', b: '${vars.deep.er}', c: '${vars.dotted.name}'}\n"
    )
    assert (config.name, config.seed) == ("run-16-relu", 16)
    assert config.layers[0].args == {"units": 16, "activation": "relu"}
    assert config.layers[1].args == {"rate": 0.5}
    assert config.sweep == {"a": {"er": [1, 2]}, "b": [1, 2], "c": 3}
    assert config.vars["half"] == 0.5


def test_the_environment(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLRUN_TEST_EPOCHS", "1e1")
    monkeypatch.delenv("DLRUN_TEST_SEED", raising=False)
    config = load(
        "layers: [{Dense: 1}]\n"
        "seed: ${env:DLRUN_TEST_SEED:-7}\n"
        "vars: {a: '${env:DLRUN_TEST_EPOCHS}', b: 'x${env:DLRUN_TEST_SEED:-}y', c: '${env:DLRUN_TEST_SEED:-a:-b}'}\n"
    )
    assert config.seed == 7
    assert config.vars == {"a": 10.0, "b": "xy", "c": "a:-b"}


def test_a_doubled_dollar_is_a_dollar(load: Load) -> None:
    config = load("vars: {a: '$${x}', b: '${vars.a}!', c: '$5 {y}', d: $$}\nlayers: [{Dense: 1}]\n")
    assert config.vars == {"a": "${x}", "b": "${x}!", "c": "$5 {y}", "d": "$$"}


def test_an_error_points_at_the_place_where_the_variable_is_used(load: Load) -> None:
    with pytest.raises(ConfigError) as caught:
        load("vars: {units: many}\nlayers:\n  - Dense: ${vars.units}\n")
    assert ":3:12: layers[0].Dense: expected a whole number from 1, got text 'many'" in str(caught.value)


@pytest.mark.parametrize(
    "first", ["'${vars.v1}${vars.v1}'", "['${vars.v1}', '${vars.v1}']", "{x: '${vars.v1}', y: '${vars.v1}'}"]
)
def test_references_that_multiply_are_bounded(load: Load, first: str) -> None:
    lines = [f"  v{n}: {first.replace('v1', f'v{n + 1}')}" for n in range(40)]
    with pytest.raises(ConfigError, match="the references grow to more than 100000 values"):
        load("vars:\n" + "\n".join(lines) + "\n  v40: abcdefghij\nlayers: [{Dense: 1}]\n")


def test_problems_of_references_do_not_hide_others(load: Load) -> None:
    with pytest.raises(ConfigError) as caught:
        load("layers: [{Dense: '${vars.a}'}]\nfit: {epochs: 0}\n")
    assert len(caught.value.problems) == 2


def test_a_repeat_is_written_out(load: Load) -> None:
    config = load(
        "vars: {times: 2}\n"
        "layers:\n"
        "  - Flatten\n"
        "  - repeat: {times: '${vars.times}', layers: [{Dense: 3}, BatchNormalization]}\n"
        "  - repeat: {times: 0, layers: [Softmax]}\n"
        "  - Dense: 1\n"
    )
    types = [spec.type for spec in config.layers]
    assert types == ["Flatten", "Dense", "BatchNormalization", "Dense", "BatchNormalization", "Dense"]
    assert config.where((*config.layers[4].path, "axis")) == "layers[1].repeat.layers[1].axis"
    assert str(config.locate(config.layers[4].path)).endswith("config.yaml:4:59")
    assert config.where(config.layers[5].path) == "layers[3]"


def test_names_in_a_repeat_get_its_number(load: Load) -> None:
    config = load(
        "layers:\n"
        "  - {Dense: 3, name: start}\n"
        "  - repeat:\n"
        "      times: 2\n"
        "      layers:\n"
        "        - {Dense: 4, name: a}\n"
        "        - Dense: {units: 4, name: b}\n"
        "        - {Add: , inputs: [a, b], name: sum}\n"
        "        - repeat: {times: 2, layers: [{Dense: 4, name: c}, {Dense: 4, inputs: c}]}\n"
        "  - {Concatenate: , inputs: [start, sum_2, dense_3]}\n"
    )
    assert [spec.name for spec in config.layers if spec.name] == [
        "start", "a_1", "b_1", "sum_1", "c_1_1", "c_1_2", "a_2", "b_2", "sum_2", "c_2_1", "c_2_2",
    ]  # fmt: skip
    joins = [spec.inputs for spec in config.layers if spec.type == "Add"]
    assert joins == [("a_1", "b_1"), ("a_2", "b_2")]
