"""preprocessing.json from a stranger: an error that says so, never a crash."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.config import Config
from dlrun.errors import DlrunError, RunError
from dlrun.preprocessing.preprocessor import Preprocessor

Configure = Callable[[str], Config]
STEPS = (
    "preprocessing:\n"
    "  numeric: [missing_indicator, {impute: mean}, standard]\n"
    "  columns:\n"
    "    b: [{bucketize: 3}, one_hot]\n"
    "    c: [power, {quantile: normal}]\n"
    "    d: {clip: {min: 0}}\n"
    "    e: [ordinal, min_max]\n"
    "    f: [{impute: most_frequent}, {one_hot: first}]\n"
    "    g: {hash: 7}\n"
    "  target: [log1p, robust]\n"
)


def saved(configure: Configure) -> tuple[Config, dict[str, Any], dict[str, Any]]:
    rng = np.random.default_rng(0)
    columns: dict[str, Any] = {name: rng.gamma(2, size=30) for name in "abcdhy"}
    columns |= {name: np.array(list("xyz" * 10), dtype=object) for name in "efg"}
    kinds = {name: "categorical" if name in "efg" else "numeric" for name in columns}
    config = configure(STEPS)
    preprocessor = Preprocessor.adapt(config, columns, kinds, list("abcdefgh"), ["y"])
    return config, columns, json.loads(json.dumps(preprocessor.to_json(), allow_nan=False))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in places(item, (*path, key)))]


STRANGE = [None, True, -1, 0, 3, 1e308, 2**70, "", "x", [], [[]], {}, {"x": 1}, [1.0, 2.0], ["a", "b"], [None]]


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_a_damaged_state_is_an_error_or_works(configure: Configure, data: st.DataObject) -> None:
    if not _SAVED:
        _SAVED.append(saved(configure))
    config, columns, state = _SAVED[0]
    state = copy.deepcopy(state)
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from([place for place in places(state) if place]))
        parent = state
        for key in path[:-1]:
            parent = parent[key]
        kind = data.draw(st.sampled_from(["replace", "delete", "repeat"]))
        if kind == "replace":
            parent[path[-1]] = data.draw(st.sampled_from(STRANGE))
        elif kind == "delete":
            del parent[path[-1]]
        elif isinstance(parent, list):
            parent.insert(path[-1], parent[path[-1]])
    try:
        preprocessor = Preprocessor.from_json(state, config)
    except RunError as error:
        assert "preprocessing.json" in str(error)
        return
    try:
        x = preprocessor.apply(columns)["features"]
        preprocessor.invert_target("", preprocessor.apply_target(columns)[""])
    except DlrunError:
        return
    assert np.isfinite(x).all()


_SAVED: list[tuple[Config, dict[str, Any], dict[str, Any]]] = []


@pytest.mark.parametrize("state", [None, [], "x", {}, {"version": 2}, {"version": 1}])
def test_what_is_no_state_at_all(configure: Configure, state: Any) -> None:
    with pytest.raises(RunError):
        Preprocessor.from_json(state, configure(""))


def test_a_state_of_another_config_is_refused(configure: Configure) -> None:
    _, _, state = saved(configure)
    other = "inputs: {p: [a], q: [b]}\nlayers: [{Concatenate: {}, inputs: [p, q]}, {Dense: 1}]"
    with pytest.raises(RunError, match=r"do not agree with the columns and the config"):
        Preprocessor.from_json(state, configure(other))
    with pytest.raises(RunError, match=r"does not belong to this config"):
        Preprocessor.from_json(state, configure(other.replace("[b]", "[z]")))
    with pytest.raises(RunError, match=r"'targets' are not those of this config"):
        Preprocessor.from_json(state, configure("data: {source: rows.csv, target: z}"))


def test_the_file_says_what_goes_in(configure: Configure) -> None:
    _, _, state = saved(configure)
    names = state["inputs"]["features"]["features"]
    assert names[:5] == ["a", "a_missing", "b_0", "b_1", "b_2"]
    assert state["inputs"]["features"]["shape"] == [len(names)]
    assert state["targets"]["scaled"][0]["steps"][0] == {"type": "log1p", "arguments": {}, "state": {}}
