import sys

import pytest

from dlrun.errors import ConfigError
from dlrun.registry import Registry

TARGETS = {"fraction": "fractions:Fraction", "decimal": "decimal:Decimal"}


@pytest.fixture
def numbers():
    return Registry("number", TARGETS)


def test_a_name_gives_the_object(numbers):
    from fractions import Fraction

    assert numbers["fraction"] is Fraction
    assert list(numbers) == ["fraction", "decimal"]
    assert len(numbers) == 2
    assert "decimal" in numbers and "float" not in numbers


def test_nothing_is_imported_before_it_is_asked_for(numbers, monkeypatch, tmp_path):
    (tmp_path / "a_module_of_this_test.py").write_text("class Thing:\n    pass\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    things = Registry("thing", {"thing": "a_module_of_this_test:Thing"})
    assert "thing" in things and "a_module_of_this_test" not in sys.modules
    assert things["thing"].__name__ == "Thing"
    assert "a_module_of_this_test" in sys.modules


def test_an_unknown_name_gives_the_nearest(numbers):
    with pytest.raises(ConfigError, match=r"unknown number 'fracton'. Did you mean 'fraction'\?"):
        numbers["fracton"]


def test_an_unknown_name_like_no_other_lists_what_there_is(numbers):
    with pytest.raises(ConfigError, match=r"unknown number 'zzz'. There are: decimal, fraction."):
        numbers["zzz"]


def test_register_adds_and_replaces(numbers):
    @numbers.register("mine")
    class Mine:
        def __init__(self, a, *, b=1):
            pass

    assert numbers["mine"] is Mine
    assert numbers.arguments("mine") == ["a", "b"]
    assert list(numbers) == ["fraction", "decimal", "mine"]


def test_arguments_are_read_from_the_source_without_importing(monkeypatch, tmp_path):
    source = """
        import a_library_that_is_not_installed

        class Step:
            def __init__(self, low, high=1.0, *, strict=True):
                pass

        class Bare:
            pass
    """
    lines = [line[8:] for line in source.splitlines()]
    (tmp_path / "steps_of_this_test.py").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    steps = Registry("step", {"step": "steps_of_this_test:Step", "bare": "steps_of_this_test:Bare"})
    assert steps.arguments("step") == ["low", "high", "strict"]
    assert steps.arguments("bare") == []
    assert steps.defaults("step") == {"high": 1.0, "strict": True}
    assert steps.doc("step") == ("", "")


def test_docstrings_are_read_from_the_source():
    from dlrun.catalog import PREPROCESSING_STEPS

    module, own = PREPROCESSING_STEPS.doc("min_max")
    assert module and own.startswith("Put the smallest training value")
    assert PREPROCESSING_STEPS.defaults("min_max") == {"feature_range": (0.0, 1.0)}
