from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.config import load_config
from dlrun.errors import ConfigError, DataError
from dlrun.training.seeds import gathered, load_all, with_seeds


@pytest.fixture(autouse=True)
def _keras() -> None:
    """Keras is not needed here."""


def test_the_seeds_follow_the_configs_own_and_nothing_else_differs(project: Path) -> None:
    file = project / "fruit.yaml"
    found = with_seeds(file, 3, ["fit.epochs=1", "data.split.seed=20"])
    assert [config.seed for config in found] == [3, 4, 5]
    assert [config.data.split.seed for config in found if config.data] == [20, 20, 20]
    assert found[0] == load_config(file, ["fit.epochs=1", "data.split.seed=20"])
    assert {config.model_copy(update={"seed": 0}).to_yaml() for config in found} == {
        load_config(file, ["fit.epochs=1", "data.split.seed=20", "seed=0"]).to_yaml()
    }


def test_a_seed_given_as_an_override_is_the_first(project: Path) -> None:
    assert [config.seed for config in with_seeds(project / "fruit.yaml", 2, ["seed=100"])] == [100, 101]


def test_everything_that_is_wrong_is_told_at_once(project: Path) -> None:
    def fail(error: Exception) -> None:
        raise error

    with pytest.raises(ConfigError) as caught:
        gathered([lambda: fail(DataError("one")), lambda: 1, lambda: fail(ConfigError("two", "three"))])
    assert [problem.what for problem in caught.value.problems] == ["one", "two", "three"]
    with pytest.raises(DataError):
        gathered([lambda: fail(DataError("one"))])
    assert gathered([lambda: 1, lambda: 2]) == [1, 2]


def test_files_and_configs_may_be_mixed(project: Path) -> None:
    file = project / "fruit.yaml"
    loaded = load_config(file)
    assert load_all([loaded, str(file), file]) == [loaded] * 3
