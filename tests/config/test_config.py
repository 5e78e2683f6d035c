"""A Config: places, what is required, and back to YAML."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlrun.config import Config, load_config
from dlrun.config.dump import dump_config
from dlrun.config.objects import ObjectSpec, PrepareSpec
from dlrun.errors import ConfigError

from .conftest import WHOLE, Load


def test_places(load: Load) -> None:
    config = load(WHOLE)
    places = {
        ("fit", "epochs"): "6:15",
        ("fit", "batch_size"): "6:1",
        ("layers", 0, "Dense", "units"): "3:20",
        ("layers", 1): "4:5",
        ("data", "source", 0): "1:16",
        ("compile", "optimizer", "Adam", "learning_rate"): "5:45",
    }
    assert {path: str(config.locate(path)).partition("config.yaml:")[2] for path in places} == places
    assert config.locate(("callbacks",)) is None
    assert config.source_of(("fit", "batch_size")) is None


def test_a_problem_knows_its_place_in_words_and_in_the_file(load: Load) -> None:
    config = load(WHOLE)
    problem = config.problem(("layers", 1, "Dense", "units"), "too many", "Write fewer.")
    assert str(problem) == f"{config.file}:4:20: layers[1].Dense.units: too many. Write fewer."
    assert str(config.problem(("callbacks",), "no")) == f"{config.file}: callbacks: no"
    assert str(config.key_problem(("fit", "epochs"), "no")) == f"{config.file}:6:7: fit.epochs: no"


def test_a_scalar_argument_is_found_by_its_name(load: Load) -> None:
    config = load("layers: [{Dense: 4}, {Dropout: 0.5}]\n")
    spec = config.layers[1]
    assert spec.args == {"rate": 0.5}
    assert str(config.locate(spec.path_of("rate"))).endswith(":1:32")
    assert config.where(spec.path_of("rate")) == "layers[1].Dropout.rate"


def test_what_training_needs(load: Load) -> None:
    config = load("layers: [{Dense: 1}]\nfit: {epochs: 3}\n")
    config.require("fit")
    with pytest.raises(ConfigError) as caught:
        config.require("data", "compile", "fit")
    assert [str(problem) for problem in caught.value.problems] == [
        f"{config.file}: 'data' is missing. Say where the rows are: data: {{source: data.csv, target: ...}}.",
        f"{config.file}: 'compile' is missing. Say how it learns: compile: {{optimizer: adam, loss: ...}}.",
    ]
    data, compiled, fit = load(WHOLE).required()
    assert (data.target, compiled.loss, fit.epochs) == (("y",), ObjectSpec("mse"), 3)


def test_it_is_frozen(load: Load) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(WHOLE).seed = 3


def test_configs_are_equal_by_their_values(load: Load) -> None:
    assert load(WHOLE) == load("# a comment\n" + WHOLE)
    assert load(WHOLE) != load(WHOLE, "seed=1")


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
NAME = st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=8)
TRICKY = st.sampled_from(
    [*"{,?~#'=|", "no", "1e-3", "null", "", " ", "1/2", "${x}", "$${", "a: b", "- a", "0x1f", "\n", "<<", "007", "type"]
) | st.sampled_from([".inf", "2019-01-01", "[a]", "*a", "&a", "!a", "%a", "@a", "`a", "name", "Dense", "\x85", "\r"])
NUMBER = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
VALUE = TEXT | TRICKY | NUMBER | st.booleans()
COLUMN = (NAME | TRICKY).filter(bool)
TREE = st.recursive(
    VALUE | st.none(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(COLUMN, inner, max_size=3)
)


@given(
    names=st.lists(COLUMN, min_size=1, max_size=4, unique=True),
    tree=st.dictionaries(COLUMN, TREE, max_size=3),
    mask=TEXT | TRICKY,
    steps=st.lists(st.tuples(st.sampled_from(["replace", "derive", "filter"]), TREE), max_size=3),
)
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_dumped_loads_as_an_equal_config(
    tmp_path: Path, names: list[str], tree: dict[str, Any], mask: str, steps: list[tuple[str, Any]]
) -> None:
    config = Config.model_validate(
        {
            "name": "x",
            "vars": tree,
            "data": {
                "source": (str(tmp_path / "a.csv"),),
                "target": (names[0],),
                "features": tuple(names[1:]) or None,
                "prepare": tuple(PrepareSpec(name, value) for name, value in steps),
                "read": {"header": None, "na_values": tuple(names)},
            },
            "preprocessing": {
                "numeric": (),
                "columns": {n: (ObjectSpec("standard"),) for n in names[1:]},
            },
            "layers": (
                ObjectSpec("StringLookup", {"mask_token": mask, "vocabulary": names}, name="lookup"),
                ObjectSpec(
                    "Bidirectional", {"layer": ObjectSpec("LSTM", {"units": 3, "kernel_regularizer": ObjectSpec("L2")})}
                ),
                ObjectSpec("Concatenate", {}, inputs=("lookup", "bidirectional")),
            ),
        }
    )
    file = tmp_path / "dumped.yaml"
    file.write_text(dump_config(config), encoding="utf-8")
    assert load_config(file) == config
