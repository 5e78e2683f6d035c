"""Columns to inputs: plans, order, what is learned from which rows, and what is wrong with new rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.catalog import PREPROCESSING_STEPS
from dlrun.config import Config
from dlrun.errors import ConfigError, DataError
from dlrun.preprocessing.preprocessor import Preprocessor

Array = np.ndarray[Any, Any]
Configure = Callable[[str], Config]


def text(*cells: str | bool | int | None) -> Array:
    return np.array([*cells, None], dtype=object)[:-1]


TABLE = {
    "age": np.array([20.0, np.nan, 40.0, 60.0]),
    "sex": text("m", "f", "f", "m"),
    "fare": np.array([1, 2, 3, 4]),
    "class": np.array([3, 1, 3, 2]),
    "y": np.array([1.0, 2.0, 3.0, 4.0]),
}
KINDS = {"age": "numeric", "sex": "categorical", "fare": "numeric", "class": "categorical", "y": "numeric"}
FEATURES = ["age", "sex", "fare", "class"]
IMPUTED = "preprocessing: {numeric: min_max, columns: {age: [{impute: median}, min_max]}}"


def adapt(config: Config, columns: dict[str, Array] = TABLE, **kinds: str) -> Preprocessor:
    features = [name for name in columns if name != "y"]
    return Preprocessor.adapt(config, columns, {**KINDS, **kinds}, features, ["y"])


def problems(error: pytest.ExceptionInfo[Any]) -> str:
    return "\n".join(map(str, error.value.problems))


def test_features_follow_the_table_and_every_kind_has_its_steps(configure: Configure) -> None:
    preprocessor = adapt(configure(IMPUTED))
    assert list(preprocessor.inputs) == ["features"]
    shape = preprocessor.inputs["features"]
    assert shape.features == ["age", "sex_f", "sex_m", "fare", "class_1", "class_2", "class_3"]
    assert (shape.shape, shape.dtype) == ((7,), "float32")
    x = preprocessor.apply(TABLE)["features"]
    assert x.dtype == np.float32
    third = np.float32(1 / 3)
    assert x.tolist() == [
        [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        [0.5, 1.0, 0.0, third, 1.0, 0.0, 0.0],
        [0.5, 1.0, 0.0, np.float32(2 / 3), 0.0, 0.0, 1.0],
        [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0],
    ]


def test_numbers_are_left_alone_by_default(configure: Configure) -> None:
    columns = {"fare": TABLE["fare"], "y": TABLE["y"]}
    assert adapt(configure(""), columns).apply(columns)["features"].tolist() == [[1.0], [2.0], [3.0], [4.0]]


def test_booleans_are_the_categories_false_and_true(configure: Configure) -> None:
    columns = {"flag": np.array([True, False, True, True]), "y": TABLE["y"]}
    preprocessor = adapt(configure(""), columns, flag="categorical")
    assert preprocessor.inputs["features"].features == ["flag_false", "flag_true"]
    again = {"flag": text(True, None, False)}
    with pytest.raises(DataError, match=r"column 'flag': 1 missing value in 3 rows"):
        preprocessor.apply(again)
    assert preprocessor.apply({"flag": text(False, True)})["features"].tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_a_time_column_is_seconds_since_1970(configure: Configure) -> None:
    times = np.array(["1970-01-02", "1970-01-01T00:00:01.5", "1969-12-31T23:59:59"], dtype="datetime64[ms]")
    columns = {"t": times, "y": TABLE["y"][:3]}
    preprocessor = adapt(configure(""), columns, t="time")
    assert preprocessor.apply(columns)["features"].tolist() == [[86400.0], [1.5], [-1.0]]
    assert preprocessor.apply({"t": text("1970-01-01T00:00:09")})["features"].tolist() == [[9.0]]
    with pytest.raises(DataError, match=r"column 't': 'soon' in row 1 is no time"):
        preprocessor.apply({"t": text("soon")})


def test_missing_indicator_stands_beside_and_stays_zero_or_one(configure: Configure) -> None:
    steps = "preprocessing: {columns: {age: [missing_indicator, {impute: mean}, standard]}}"
    columns = {name: TABLE[name] for name in ("age", "fare", "y")}
    preprocessor = adapt(configure(steps), columns)
    assert preprocessor.inputs["features"].features == ["age", "age_missing", "fare"]
    x = preprocessor.apply(columns)["features"]
    assert x[:, 1].tolist() == [0.0, 1.0, 0.0, 0.0]
    filled = np.array([20.0, 40.0, 40.0, 60.0])
    assert x[:, 0] == pytest.approx((filled - filled.mean()) / filled.std())


def test_wide_tables_share_steps_and_keep_their_order(configure: Configure) -> None:
    rng = np.random.default_rng(0)
    columns = {f"c{i}": rng.normal(i, i + 1, size=50) for i in range(300)}
    columns["c7"][3] = np.nan
    steps = "[missing_indicator, {impute: mean}, standard]"
    config = configure(f"preprocessing: {{numeric: {steps}, columns: {{c9: min_max}}}}")
    preprocessor = adapt(config, {**columns, "y": np.zeros(50)}, **dict.fromkeys(columns, "numeric"))
    features = preprocessor.inputs["features"].features
    assert features[:4] == ["c0", "c0_missing", "c1", "c1_missing"]
    x = dict(zip(features, preprocessor.apply(columns)["features"].T, strict=True))
    for name, values in columns.items():
        filled = np.where(np.isnan(values), np.nanmean(values), values)
        spread = filled.max() - filled.min()
        expected = (filled - filled.min()) / spread if name == "c9" else (filled - filled.mean()) / filled.std()
        assert x[name] == pytest.approx(expected.astype(np.float32), abs=1e-6)
    assert x["c7_missing"].sum() == 1
    assert len(preprocessor.to_json()["columns"]) < 6


def test_rows_are_worked_on_in_parts_with_the_same_result(configure: Configure, monkeypatch: Any) -> None:
    columns = {"sex": text(*"abc" * 2000), "fare": np.arange(6000.0), "y": np.zeros(6000)}
    preprocessor = adapt(configure("preprocessing: {numeric: power}"), columns)
    whole = preprocessor.apply(columns)["features"]
    new = {**columns, "sex": text(*"abz" * 2000)}
    preprocessor.apply(new)
    assert preprocessor.unseen == {"sex": 2000}
    monkeypatch.setattr("dlrun.preprocessing.preprocessor.CELLS_AT_ONCE", 1)
    np.testing.assert_array_equal(preprocessor.apply(columns)["features"], whole)
    assert preprocessor.unseen == {}
    preprocessor.apply(new)
    assert preprocessor.unseen == {"sex": 2000}
    columns["fare"][5500:] = np.nan
    with pytest.raises(DataError, match=r"column 'fare': 500 missing values in 6000 rows"):
        preprocessor.apply(columns)


def test_one_row_alone_gives_the_bits_it_gives_among_others(configure: Configure) -> None:
    rng = np.random.default_rng(1)
    columns = {f"c{i}": rng.gamma(2, size=100) for i in range(5)}
    config = configure("preprocessing: {numeric: [log1p, power], columns: {c1: {quantile: normal}, c2: standard}}")
    preprocessor = adapt(config, {**columns, "y": np.zeros(100)}, **dict.fromkeys(columns, "numeric"))
    whole = preprocessor.apply(columns)["features"]
    for i in range(100):
        one = preprocessor.apply({name: values[i : i + 1] for name, values in columns.items()})["features"]
        np.testing.assert_array_equal(one[0], whole[i])


# What is learned, and from which rows.


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_row_outside_of_training_changes_nothing_that_is_learned(configure: Configure, data: st.DataObject) -> None:
    config = configure("preprocessing: {numeric: [{impute: median}, quantile], target: standard}")
    num_rows, num_train = 12, data.draw(st.integers(3, 8))
    number = st.one_of(st.floats(-1e6, 1e6), st.just(np.nan))
    rows = {
        "age": np.array(data.draw(st.lists(number, min_size=num_rows, max_size=num_rows))),
        "sex": text(*data.draw(st.lists(st.sampled_from("abcd"), min_size=num_rows, max_size=num_rows))),
        "y": np.array(data.draw(st.lists(st.floats(-9, 9), min_size=num_rows, max_size=num_rows))),
    }
    rows["age"][0] = 1.0
    changed = {name: values.copy() for name, values in rows.items()}
    at = data.draw(st.integers(num_train, num_rows - 1))
    changed["age"][at], changed["sex"][at], changed["y"][at] = data.draw(st.floats(-1e9, 1e9)), "new", 1e9
    train, test = slice(None, num_train), slice(num_train, None)
    learned = []
    for table in (rows, changed):
        preprocessor = adapt(config, {name: values[train] for name, values in table.items()})
        before = json.dumps(preprocessor.to_json())
        preprocessor.apply({name: values[test] for name, values in table.items()})
        preprocessor.apply_target({"y": table["y"][test]})
        assert json.dumps(preprocessor.to_json()) == before
        learned.append(before)
    assert learned[0] == learned[1]


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_json_gives_the_same_bits(configure: Configure, data: st.DataObject) -> None:
    steps = ["min_max", "standard", "robust", "power", "{quantile: normal}", "{bucketize: 3}"]
    step = data.draw(st.sampled_from(steps))
    config = configure(f"preprocessing: {{numeric: [{{impute: mean}}, {step}], target: [standard, min_max]}}")
    cells = st.lists(st.floats(-1e6, 1e6, width=32), min_size=5, max_size=20, unique=True)
    age = np.array(data.draw(cells))
    sex = text(*data.draw(st.lists(st.text(max_size=2), min_size=len(age), max_size=len(age))))
    columns = {"age": age, "sex": sex, "y": age * 3 - 1}
    preprocessor = adapt(config, columns)
    again = Preprocessor.from_json(json.loads(json.dumps(preprocessor.to_json(), allow_nan=False)), config)
    new = {"age": age * 1.5 - 2, "sex": sex[::-1]}
    np.testing.assert_array_equal(again.apply(new)["features"], preprocessor.apply(new)["features"])
    np.testing.assert_array_equal(again.apply_target(columns)[""], preprocessor.apply_target(columns)[""])
    assert again.inputs == preprocessor.inputs
    assert again.to_json() == preprocessor.to_json()


# Inputs.

TWO = "inputs: {wide: [fare, sex], deep: [sex_m, fare]}\nlayers: [{Concatenate: {}, inputs: [wide, deep]}, {Dense: 1}]"


def test_inputs_may_overlap_and_name_encoded_columns(configure: Configure) -> None:
    preprocessor = adapt(configure(TWO))
    assert {name: shape.features for name, shape in preprocessor.inputs.items()} == {
        "wide": ["fare", "sex_f", "sex_m"],
        "deep": ["sex_m", "fare"],
    }
    assert preprocessor.features == ["sex", "fare"]  # the others need not be there, nor be without gaps
    x = preprocessor.apply({"fare": np.array([5.0]), "sex": text("m")})
    assert x["wide"].tolist() == [[5.0, 0.0, 1.0]]
    assert x["deep"].tolist() == [[1.0, 5.0]]


def test_a_column_that_an_encoded_name_might_have_meant_is_not_needed(configure: Configure) -> None:
    layers = "layers: [{Concatenate: {}, inputs: [a, b]}, {Dense: 1}]"
    config = configure("inputs: {a: [sex_group_x], b: [fare]}\n" + layers)
    columns = {"sex": TABLE["sex"], "sex_group": text(*"xyxy"), "fare": TABLE["fare"], "y": TABLE["y"]}
    preprocessor = adapt(config, columns, sex_group="categorical")
    assert preprocessor.features == ["sex_group", "fare"]
    assert preprocessor.apply(columns)["a"].tolist() == [[1.0], [0.0], [1.0], [0.0]]


def test_an_unknown_name_in_inputs_shows_the_nearest(configure: Configure) -> None:
    config = configure(TWO.replace("sex_m", "sex_n").replace("[fare, sex]", "[far]"))
    with pytest.raises(ConfigError) as error:
        adapt(config)
    assert "test.yaml:1:17: inputs.wide[0]: no feature 'far'. Did you mean 'fare'?" in problems(error)
    assert "inputs.deep[0]: no feature 'sex_n'. Did you mean 'sex_" in problems(error)


def test_a_tensor_is_an_input_of_its_own(configure: Configure) -> None:
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    columns = {"image": images, "y": np.array([1.0, 2.0])}
    preprocessor = adapt(configure("preprocessing: {numeric: standard}"), columns, image="tensor")
    assert preprocessor.inputs["image"].shape == (3, 4)
    assert preprocessor.inputs["image"].features == ["image"]
    assert preprocessor.inputs["image"].dtype == "float32"
    x = preprocessor.apply(columns)["image"]
    assert x.dtype == np.uint8  # a batch of them is float32
    np.testing.assert_array_equal(x, images)
    with pytest.raises(DataError, match=r"column 'image': rows of shape \(4, 3\), in training they had \(3, 4\)"):
        preprocessor.apply({"image": images.reshape(2, 4, 3)})


def test_a_step_of_a_tensor_learns_one_statistic(configure: Configure) -> None:
    columns = {"image": np.arange(24, dtype=np.uint8).reshape(2, 3, 4) + 10, "y": np.array([1.0, 2.0])}
    preprocessor = adapt(configure("preprocessing: {columns: {image: min_max}}"), columns, image="tensor")
    np.testing.assert_allclose(preprocessor.apply(columns)["image"].ravel(), np.arange(24) / 23, atol=1e-7)


def test_rows_of_whole_numbers_stay_whole(configure: Configure) -> None:
    columns = {"tokens": np.array([[1, 2, 3], [4, 5, 60000]]), "y": np.array([1.0, 2.0])}
    preprocessor = adapt(configure(""), columns, tokens="tensor")
    assert preprocessor.inputs["tokens"].dtype == "int32"
    assert preprocessor.apply(columns)["tokens"].tolist() == columns["tokens"].tolist()


def test_a_tensor_beside_features_needs_inputs(configure: Configure) -> None:
    columns = {**TABLE, "image": np.zeros((4, 2, 2)), "age": TABLE["fare"]}
    with pytest.raises(ConfigError, match=r"'image' has several axes.*inputs: \{a: \[\.\.\.\]"):
        adapt(configure(""), columns, image="tensor")
    layers = "layers: [{Flatten: {}, name: flat, inputs: image}, {Concatenate: {}, inputs: [flat, rest]}, {Dense: 1}]"
    preprocessor = adapt(configure("inputs: {image: [image], rest: [fare, age]}\n" + layers), columns, image="tensor")
    assert {name: shape.shape for name, shape in preprocessor.inputs.items()} == {"image": (2, 2), "rest": (2,)}
    with pytest.raises(ConfigError, match=r"nothing can stand beside it"):
        adapt(configure("inputs: {image: [image, fare], rest: [fare]}\n" + layers), columns, image="tensor")


# Errors in the config, all at once and at their lines.


def test_wrong_steps_are_told_together(configure: Configure) -> None:
    config = configure(
        "preprocessing:\n  columns:\n    age: {impute: mode}\n    sex: [standard]\n    fare: {min_max: [2, 1]}\n"
    )
    with pytest.raises(ConfigError) as error:
        adapt(config)
    assert "test.yaml:3:5: preprocessing.columns.age: impute: strategy is one of" in problems(error)
    assert "test.yaml:5:5: preprocessing.columns.fare: min_max: feature_range is two numbers" in problems(error)
    config = configure("preprocessing: {columns: {sex: standard, age: {impute: median}, class: none}}")
    with pytest.raises(ConfigError, match=r"standard needs numbers, and column 'sex' holds text"):
        adapt(config)


def test_text_that_no_step_makes_a_number_is_an_error(configure: Configure) -> None:
    with pytest.raises(ConfigError, match=r"the steps of column 'sex' leave text.*one_hot"):
        adapt(configure("preprocessing: {numeric: {impute: mean}, categorical: none}"))
    with pytest.raises(ConfigError, match=r"impute: median needs numbers, and column 'sex' holds text"):
        adapt(configure("preprocessing: {numeric: {impute: mean}, categorical: [{impute: median}, one_hot]}"))


def test_steps_of_an_unknown_column_show_the_nearest(configure: Configure) -> None:
    with pytest.raises(ConfigError, match=r"preprocessing.columns.Age: no feature column 'Age'. Did you mean 'age'"):
        adapt(configure("preprocessing: {columns: {Age: min_max}}"))


# Errors in the rows.


def test_a_missing_value_that_no_step_fills_is_counted(configure: Configure) -> None:
    with pytest.raises(DataError) as error:
        adapt(configure("preprocessing: {numeric: standard}"))
    assert "column 'age': 1 missing value in 4 rows (in row 2), and no step fills it. Add an impute" in problems(error)
    preprocessor = adapt(configure(IMPUTED))
    holes = {**TABLE, "sex": text("m", None, None, "f"), "fare": np.array([1.0, 2.0, np.nan, 4.0])}
    with pytest.raises(DataError) as error:
        preprocessor.apply(holes, rows=np.array([10, 11, 12, 13]))
    assert "column 'sex': 2 missing values in 4 rows (the first in row 12)" in problems(error)
    assert "column 'fare': 1 missing value in 4 rows (in row 13)" in problems(error)


def test_a_column_without_any_value_is_an_error(configure: Configure) -> None:
    columns = {"age": np.full(4, np.nan), "y": TABLE["y"]}
    with pytest.raises(DataError, match=r"column 'age': no value in any training row"):
        adapt(configure("preprocessing: {numeric: [{impute: mean}, standard]}"), columns)
    preprocessor = adapt(configure("preprocessing: {numeric: [{impute: {constant: 3}}]}"), columns)
    assert preprocessor.apply(columns)["features"].ravel().tolist() == [3.0] * 4


def test_missing_columns_are_all_named(configure: Configure) -> None:
    preprocessor = adapt(configure(IMPUTED))
    with pytest.raises(DataError) as error:
        preprocessor.apply({"Age": TABLE["age"], "fare": TABLE["fare"], "gender": TABLE["sex"]})
    assert "no column 'age', which the network was trained with. Did you mean 'Age'?" in problems(error)
    assert "no column 'sex', which the network was trained with. There are: Age, fare, gender." in problems(error)
    assert "no column 'class'" in problems(error)


def test_further_columns_and_their_order_do_not_matter(configure: Configure) -> None:
    preprocessor = adapt(configure(IMPUTED))
    expected = preprocessor.apply(TABLE)["features"]
    other = {"extra": text(*"abcd"), **dict(reversed(TABLE.items()))}
    np.testing.assert_array_equal(preprocessor.apply(other)["features"], expected)


def test_text_in_a_numeric_column_shows_row_and_cell(configure: Configure) -> None:
    preprocessor = adapt(configure(IMPUTED))
    good = {**TABLE, "fare": text("1", "2", " 3.0", "4e0")}
    np.testing.assert_array_equal(preprocessor.apply(good)["features"], preprocessor.apply(TABLE)["features"])
    bad = {**TABLE, "fare": text("1", "2", "n/a", "many")}
    with pytest.raises(DataError, match=r"column 'fare': 'n/a' in row 3 is no number, nor are 1 other cells"):
        preprocessor.apply(bad)


def test_an_infinite_value_is_an_error(configure: Configure) -> None:
    columns = {**TABLE, "fare": np.array([1.0, np.inf, 3.0, 4.0])}
    with pytest.raises(DataError, match=r"column 'fare': an infinite value in row 2"):
        adapt(configure(IMPUTED), columns)
    with pytest.raises(DataError, match=r"column 'fare': an infinite value in row 2"):
        adapt(configure(IMPUTED)).apply(columns)


def test_a_value_without_a_logarithm_is_an_error(configure: Configure) -> None:
    columns = {"fare": np.array([1.0, -3.0]), "y": np.array([1.0, 2.0])}
    preprocessor = adapt(configure("preprocessing: {numeric: log1p}"), columns)
    with pytest.raises(DataError, match=r"column 'fare': no finite number comes of -3 in row 2 by log1p"):
        preprocessor.apply(columns)


def test_box_cox_of_nothing_positive_is_an_error(configure: Configure) -> None:
    columns = {"fare": np.array([1.0, -3.0, 2.0]), "y": np.array([1.0, 2.0, 3.0])}
    with pytest.raises(DataError, match=r"column 'fare': power: box-cox needs values greater than 0; there is -3"):
        adapt(configure("preprocessing: {numeric: {power: box-cox}}"), columns)


@pytest.mark.parametrize(
    "cells",
    [
        np.array([1.0, 2.0]),
        np.array([1.0, 2.0], dtype=np.float32),
        np.array([1, 2]),
        text("1", "2"),
        text("1.0", "2.0"),
        text(1, 2),
    ],
)
def test_a_category_is_found_however_its_number_is_written(configure: Configure, cells: Array) -> None:
    preprocessor = adapt(configure(""), {"class": TABLE["class"], "y": TABLE["y"]})
    assert preprocessor.apply({"class": cells})["features"].tolist() == [[1, 0, 0], [0, 1, 0]]
    columns = {"class": text("1", "2", "x"), "y": TABLE["y"][:3]}
    as_text = adapt(configure(""), columns)
    if cells.dtype != object or isinstance(cells[0], int):
        assert as_text.apply({"class": cells})["features"].tolist() == [[1, 0, 0], [0, 1, 0]]


def test_an_unseen_category_is_zeros_and_counted(configure: Configure) -> None:
    preprocessor = adapt(configure(IMPUTED))
    new = {**TABLE, "sex": text("m", "x", "x", "f"), "class": text("9", "first", "1", "1")}
    x = preprocessor.apply(new)["features"]
    assert preprocessor.unseen == {"sex": 2, "class": 2}
    assert x[1, 1:3].tolist() == [0.0, 0.0]
    assert x[:2, 4:].tolist() == [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    preprocessor.apply(TABLE)
    assert preprocessor.unseen == {}


def test_a_tensor_with_missing_values(configure: Configure) -> None:
    rows = np.array([[1.0, np.nan, 3.0], [np.nan, 5.0, np.nan], [7.0, 8.0, 9.0]])
    columns = {"series": rows, "y": TABLE["y"][:3]}
    with pytest.raises(DataError, match=r"column 'series': 2 rows with missing values in 3 rows .the first in row 1"):
        adapt(configure(""), columns, series="tensor")
    config = configure("preprocessing: {columns: {series: [{impute: mean}, min_max]}}")
    x = adapt(config, columns, series="tensor").apply(columns)["series"]
    mean = np.nanmean(rows)
    np.testing.assert_allclose(x, (np.where(np.isnan(rows), mean, rows) - 1) / 8, rtol=1e-6)


def test_values_that_overflow_are_an_error(configure: Configure) -> None:
    columns = {"fare": np.array([1.0, 1e39]), "y": np.array([1.0, 2.0])}
    with pytest.raises(DataError, match=r"column 'fare': no finite number comes of 1e\+39 in row 2 in float32"):
        adapt(configure(""), columns).apply(columns)
    columns["fare"] = np.array([1e300, -1e300])
    with pytest.raises(DataError, match=r"column 'fare': standard: the values are too large"):
        adapt(configure("preprocessing: {numeric: standard}"), columns)


def test_messages_name_the_rows_of_the_file(configure: Configure) -> None:
    rows = np.array([5, 6, 9, 12])
    with pytest.raises(DataError, match=r"column 'age': 1 missing value in 4 rows .in row 7."):
        Preprocessor.adapt(configure(""), TABLE, KINDS, FEATURES, ["y"], rows)
    holes = {**TABLE, "y": np.array([1.0, 2.0, np.nan, 4.0])}
    with pytest.raises(DataError, match=r"target 'y': 1 missing label, in row 10"):
        Preprocessor.adapt(configure(IMPUTED), holes, KINDS, FEATURES, ["y"], rows)


def test_no_rows_give_no_rows(configure: Configure) -> None:
    none = {name: values[:0] for name, values in TABLE.items()}
    assert adapt(configure(IMPUTED)).apply(none)["features"].shape == (0, 7)


class Doubled:
    """A user's step: nothing but the methods that README names."""

    def __init__(self, times: int = 2) -> None:
        self.times = times

    def adapt(self, x: Array) -> None:
        self.most = x.max(axis=0).tolist()

    def apply(self, x: Array) -> Array:
        return np.minimum(x * self.times, self.most)

    def feature_names(self, names: list[str]) -> list[str]:
        return names

    def get_state(self) -> dict[str, Any]:
        return {"most": self.most}

    def set_state(self, state: dict[str, Any]) -> None:
        self.most = state["most"]


def test_a_users_own_step(configure: Configure, monkeypatch: Any) -> None:
    monkeypatch.setitem(PREPROCESSING_STEPS._objects, "doubled", Doubled)
    config = configure("preprocessing: {columns: {fare: {doubled: 3}}}")
    columns = {"fare": TABLE["fare"], "y": TABLE["y"]}
    preprocessor = adapt(config, columns)
    assert preprocessor.apply(columns)["features"].ravel().tolist() == [3.0, 4.0, 4.0, 4.0]
    state = json.loads(json.dumps(preprocessor.to_json()))
    assert Preprocessor.from_json(state, config).apply(columns)["features"].ravel().tolist() == [3.0, 4.0, 4.0, 4.0]
    with pytest.raises(ConfigError, match="doubled cannot be undone"):
        adapt(configure("preprocessing: {target: doubled}"), columns)


def test_features_that_no_memory_holds_are_not_begun(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    config = configure("preprocessing: {columns: {word: [{Hashing: {num_bins: 1000, output_mode: one_hot}}]}}")
    columns = {"word": np.array(["a", "b"], dtype=object), "y": np.array([1.0, 2.0])}
    preprocessor = adapt(config, columns, word="categorical")
    monkeypatch.setattr("dlrun.memory.machine_memory", lambda: 8000)
    assert preprocessor.apply(columns)["features"].shape == (2, 1000)
    monkeypatch.setattr("dlrun.memory.machine_memory", lambda: 7999)
    with pytest.raises(MemoryError, match="what becomes of column 'word' would take 0 GB, and this machine has 0"):
        preprocessor.apply(columns)
