"""Overrides on the command line."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlrun.config.dump import override_text
from dlrun.config.objects import ObjectSpec
from dlrun.config.overrides import split_key
from dlrun.errors import ConfigError

from .conftest import WHOLE, Load


def test_a_value_is_read_like_one_of_a_file(load: Load) -> None:
    config = load(WHOLE, "fit.epochs=5", "fit.batch_size=0x10", "seed=7", "fit.shuffle=false")
    assert config.fit is not None
    assert (config.fit.epochs, config.fit.batch_size, config.seed, config.fit.shuffle) == (5, 16, 7, False)


def test_an_item_of_a_list_is_named_by_its_number(load: Load) -> None:
    config = load(WHOLE, "layers.0.Dense.units=64", "layers.0.Dense.kernel_regularizer={L2: 1e-4}")
    assert config.layers[0].args == {
        "units": 64,
        "activation": "relu",
        "kernel_regularizer": ObjectSpec("L2", {"l2": 0.0001}),
    }


def test_removal(load: Load) -> None:
    config = load(WHOLE, "~data.split.validation", "~compile.metrics", "~layers.0")
    assert config.data is not None and config.compile is not None
    assert config.data.split.validation is None
    assert config.compile.metrics == ()
    assert [spec.args["units"] for spec in config.layers] == [1]


def test_a_key_with_a_dot_stands_in_quotes(load: Load) -> None:
    config = load(WHOLE, 'preprocessing.columns."Solar.R"=standard', "preprocessing.columns.'a=b.c'=min_max")
    assert config.preprocessing.columns == {"Solar.R": (ObjectSpec("standard"),), "a=b.c": (ObjectSpec("min_max"),)}


def test_an_argument_of_the_same_type_is_changed_in_place(load: Load) -> None:
    config = load(WHOLE, "compile.optimizer.adam.beta_1=0.5")
    assert config.compile is not None
    assert config.compile.optimizer == ObjectSpec("Adam", {"learning_rate": 0.01, "beta_1": 0.5})
    assert config.notes == ()


@pytest.mark.parametrize(
    ("override", "optimizer"),
    [
        ("compile.optimizer=SGD", ObjectSpec("SGD")),
        ("compile.optimizer=sgd", ObjectSpec("SGD")),
        ("compile.optimizer.SGD.momentum=0.9", ObjectSpec("SGD", {"momentum": 0.9})),
        ("compile.optimizer.SGD=0.5", ObjectSpec("SGD", {"learning_rate": 0.5})),
        ("compile.optimizer={type: SGD, momentum: 0.9}", ObjectSpec("SGD", {"momentum": 0.9})),
    ],
)
def test_another_type_drops_the_old_arguments_and_says_so(load: Load, override: str, optimizer: ObjectSpec) -> None:
    config = load(WHOLE, override)
    assert config.compile is not None
    assert config.compile.optimizer == optimizer
    assert config.notes == ("compile.optimizer: SGD replaces Adam, whose arguments are dropped: learning_rate.",)


def test_a_bare_name_and_a_first_argument_are_opened(load: Load) -> None:
    text = WHOLE.replace("Dense: {units: 1}", "Dense: 1").replace("{Adam: {learning_rate: 0.01}}", "adam")
    config = load(text, "layers.1.Dense.use_bias=false", "compile.optimizer.Adam.learning_rate=1e-4")
    assert config.layers[1].args == {"units": 1, "use_bias": False}
    assert config.compile is not None
    assert config.compile.optimizer == ObjectSpec("Adam", {"learning_rate": 0.0001})


def test_variables_are_resolved_after_overrides(load: Load) -> None:
    text = WHOLE.replace("units: 8", 'units: "${vars.units}"') + "vars: {units: 8}\n"
    assert load(text, "vars.units=32").layers[0].args["units"] == 32


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("fit.epoch=3", "command line: fit.epoch=3: fit.epoch: unknown key. Did you mean 'epochs'?"),
        ("fit.epochs=abc", "command line: fit.epochs=abc: fit.epochs: expected a whole number, got text 'abc'"),
        ("compile.optimizer=adamm", "unknown optimizer 'adamm'. Did you mean 'adam'?"),
        ("layers.9.Dense.units=3", "layers: no item '9'. Its items are 0, 1."),
        ("layers.0.Dens.units=3", "layers[0]: Dense stands there, and no 'Dens' is known. Did you mean 'Dense'?"),
        ("layers.x=3", "layers: no item 'x'. Its items are 0, 1."),
        ("~callback", "command line: ~callback: there is no 'callback' to remove"),
        ("~fit.epochs=3", "a removal takes no value. Write key.key=value, or ~key.key to remove."),
        ("fit.epochs", "an override needs a value. Write key.key=value, or ~key.key to remove."),
        ("=3", "no key before '='"),
        ("", "no key before '='"),
        ("fit.=3", "the key is not finished"),
        ('"a.b"c=3', "text beside a quoted key"),
        ("fit.epochs=[1", "command line: fit.epochs=[1: no YAML"),
        ("fit.epochs=!!int 3", "tag '!!int' is not allowed"),
        ("seed.x=3", "'seed' is 1, which holds no 'x'"),
        ("extends=a.yaml", "extends cannot be overridden. Write it in a file."),
    ],
)
def test_a_wrong_override_is_told_by_its_text(load: Load, override: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(WHOLE + "seed: 1\n", override)
    assert message in str(caught.value)
    assert str(caught.value).startswith("command line: ")


def test_all_wrong_overrides_are_told_at_once(load: Load) -> None:
    with pytest.raises(ConfigError) as caught:
        load(WHOLE, "layers.7=3", "~nothing", "x")
    assert len(caught.value.problems) == 3


@given(
    st.sampled_from(["", "~"]),
    st.text(alphabet="abfitlayers.epochs0123=\"'~{}[]:, \n\té", max_size=30),
)
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_override_raises_anything_else(load: Load, first: str, rest: str) -> None:
    try:
        load(WHOLE, first + rest)
    except ConfigError as error:
        assert all(problem.location is not None for problem in error.problems)


@given(
    st.integers(1, 10**6), st.floats(1e-9, 10.0), st.booleans(), st.text(alphabet="abc가. -", min_size=1, max_size=8)
)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_override_is_what_the_file_would_say(
    load: Load, epochs: int, rate: float, shuffle: bool, column: str
) -> None:
    key = f'"{column}"'
    overridden = load(
        WHOLE,
        f"fit.epochs={epochs}",
        f"compile.optimizer.Adam.learning_rate={rate!r}",
        f"fit.shuffle={'true' if shuffle else 'false'}",
        f"preprocessing.columns.{key}=standard",
    )
    changes: dict[str, Any] = {
        "epochs: 3": f"epochs: {epochs}, shuffle: {'true' if shuffle else 'false'}",
        "0.01": repr(rate),
    }
    text = WHOLE + f"preprocessing: {{columns: {{{key}: standard}}}}\n"
    for old, new in changes.items():
        text = text.replace(old, new)
    assert overridden == load(text)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)  # as a config may hold it
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(-1e9, 1e9) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc.$ {", min_size=1, max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(value=PLAIN.filter(lambda value: value is not None))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
def test_a_change_that_dlrun_writes_is_read_as_it_was_meant(load: Load, value: Any) -> None:
    assert load(WHOLE, override_text("vars.change", value)).vars["change"] == value


def test_a_change_without_a_value_takes_the_key_out(load: Load) -> None:
    assert override_text("fit.batch_size", None) == "~fit.batch_size"
    assert split_key('preprocessing.columns."Solar.R"') == ["preprocessing", "columns", "Solar.R"]
