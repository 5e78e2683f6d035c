import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlrun.errors import ConfigError, DataError, DlrunError

Prepared = Callable[..., pd.DataFrame]
NAN = math.nan


def cells(frame: pd.DataFrame, column: str) -> list[object]:
    return [None if cell is None or cell != cell else cell for cell in frame[column].tolist()]


def days(*texts: str | None) -> pd.Series:
    return pd.to_datetime(pd.Series(texts))


@pytest.mark.parametrize(
    ("columns", "step", "expected"),
    [
        # drop, rename
        ({"a": [1], "b": [2], "y": [3]}, {"drop": ["a", "y"]}, {"b": [2]}),
        ({"a": [1], "b": [2]}, {"drop": "a"}, {"b": [2]}),
        ({"a": [1], "b": [2]}, {"rename": {"a": "b", "b": "a"}}, {"b": [1], "a": [2]}),
        # replace: all pairs at once, keys in the column's type, numeric if all that is left reads as numbers
        ({"a": ["x", "z", "x"]}, {"replace": {"a": {"x": "z", "z": "x"}}}, {"a": ["z", "x", "z"]}),
        ({"a": ["1.5", " ", "3"]}, {"replace": {"a": {" ": 0}}}, {"a": [1.5, 0.0, 3.0]}),
        ({"a": ["1", " ", "3"]}, {"replace": {"a": {" ": 0}}}, {"a": [1, 0, 3]}),
        ({"a": ["1", "?", "x"]}, {"replace": {"a": {"?": 0}}}, {"a": ["1", "0", "x"]}),
        ({"a": ["1", "?", "3"]}, {"replace": {"a": {"?": None}}}, {"a": [1, None, 3]}),
        ({"a": [1, 2, 3]}, {"replace": {"a": {1: 2, 2: 1}}}, {"a": [2, 1, 3]}),
        ({"a": [1, 2, 0]}, {"replace": {"a": {"0": None}}}, {"a": [1, 2, None]}),
        ({"a": [1.0, 2.5, NAN]}, {"replace": {"a": {"1.0": 9}}}, {"a": [9, 2.5, None]}),
        ({"a": [1, 2]}, {"replace": {"a": {1: "one", 2: "two"}}}, {"a": ["one", "two"]}),
        ({"a": [1, 2]}, {"replace": {"a": {1: "one"}}}, {"a": ["one", "2"]}),
        ({"a": [True, False]}, {"replace": {"a": {"true": 1, "false": 0}}}, {"a": [1, 0]}),
        ({"a": ["yes", "no", None]}, {"replace": {"a": {"yes": 1, "no": 0}}}, {"a": [1, 0, None]}),
        ({"a": ["yes", "no"]}, {"replace": {"a": {"yes": True, "no": False}}}, {"a": [True, False]}),
        (
            {"a": days("2019-01-01", "1900-01-01")},
            {"replace": {"a": {"1900-01-01": None}}},
            {"a": [pd.Timestamp("2019-01-01"), None]},
        ),
        # map, to_number
        ({"a": ["STAY", "LEAVE", None]}, {"map": {"a": {"STAY": 0, "LEAVE": 1}}}, {"a": [0, 1, None]}),
        ({"a": [1, 2]}, {"map": {"a": {1: "one", 2: "two"}}}, {"a": ["one", "two"]}),
        ({"a": ["1", " 2.5 ", None]}, {"to_number": "a"}, {"a": [1, 2.5, None]}),
        ({"a": ["1", "x", "inf"]}, {"to_number": {"a": "missing"}}, {"a": [1, None, None]}),
        ({"a": [True, False]}, {"to_number": ["a"]}, {"a": [1, 0]}),
        # derive, filter
        (
            {"a": [1, 2], "b": [2, 0]},
            {"derive": {"c": "a / b", "d": "c * 2"}},
            {"a": [1, 2], "b": [2, 0], "c": [0.5, None], "d": [1, None]},
        ),
        ({"a": [1, 2]}, {"derive": {"a": "a * 10"}}, {"a": [10, 20]}),
        ({"a": [1, 2]}, {"derive": {"k": "3"}}, {"a": [1, 2], "k": [3, 3]}),
        ({"a": [1, 2, NAN]}, {"filter": "a <= 1"}, {"a": [1]}),
        ({"a": [1, 2, 3, 4]}, {"filter": ["a > 1", "a < 4"]}, {"a": [2, 3]}),
        # drop_missing, drop_duplicates, sort_by, reverse_rows
        ({"a": [1, NAN], "y": [NAN, 1]}, {"drop_missing": ["a"]}, {"a": [1], "y": [None]}),
        ({"a": [1, NAN, 3], "y": [NAN, 1, 2]}, {"drop_missing": True}, {"a": [3], "y": [2]}),
        ({"a": [1, 1, 1], "y": [2, 2, 3]}, {"drop_duplicates": True}, {"a": [1, 1], "y": [2, 3]}),
        ({"a": [1, 1, 2], "y": [2, 3, 3]}, {"drop_duplicates": "a"}, {"a": [1, 2], "y": [2, 3]}),
        ({"a": [2, 1, NAN, 1], "y": [1, 2, 3, 4]}, {"sort_by": "a"}, {"a": [1, 1, 2, None], "y": [2, 4, 1, 3]}),
        ({"a": ["b", None, "a"]}, {"sort_by": "a"}, {"a": ["a", "b", None]}),
        (
            {"a": [2, 1, 1], "b": [1, 1, 2]},
            {"sort_by": {"a": "ascending", "b": "descending"}},
            {"a": [1, 1, 2], "b": [2, 1, 1]},
        ),
        ({"a": [1, 2, 3]}, {"reverse_rows": True}, {"a": [3, 2, 1]}),
        # shift, lag
        ({"a": [1, 2, 3]}, {"shift": {"a": -1}}, {"a": [2, 3, None]}),
        ({"a": [1, 2, 3]}, {"shift": {"a": 1}}, {"a": [None, 1, 2]}),
        ({"a": ["x", "z"]}, {"shift": {"b": {"column": "a", "rows": -1}}}, {"a": ["x", "z"], "b": ["z", None]}),
        ({"a": [1, 2, 3]}, {"shift": {"a": 5}}, {"a": [None] * 3}),
        (
            {"a": [1, 2, 3]},
            {"lag": {"a": [1, 2]}},
            {"a": [1, 2, 3], "a_lag_1": [None, 1, 2], "a_lag_2": [None, None, 1]},
        ),
        # fill, interpolate, drop_columns
        ({"a": [1, NAN]}, {"fill": {"a": 7}}, {"a": [1, 7]}),
        ({"a": ["x", None]}, {"fill": {"a": "none"}}, {"a": ["x", "none"]}),
        ({"a": ["x", None]}, {"fill": {"a": {"constant": "ffill"}}}, {"a": ["x", "ffill"]}),
        ({"a": [NAN, 1, NAN, NAN, 4]}, {"fill": {"a": "ffill"}}, {"a": [None, 1, 1, 1, 4]}),
        ({"a": [NAN, 1, NAN, NAN, 4, NAN]}, {"fill": {"a": "bfill"}}, {"a": [1, 1, 4, 4, 4, None]}),
        ({"a": [NAN, 1, NAN, NAN, 4, NAN]}, {"interpolate": ["a"]}, {"a": [None, 1, 2, 3, 4, 4]}),
        (
            {"a": [NAN, NAN, 1], "b": [NAN, 1, 1], "y": [1, 1, 1]},
            {"drop_columns": {"missing": 0.5}},
            {"b": [None, 1, 1], "y": [1, 1, 1]},
        ),
        # datetime, date_parts
        (
            {"a": [2019], "b": [2], "c": [3]},
            {"datetime": {"t": ["a", "b", "c"]}},
            {"a": [2019], "b": [2], "c": [3], "t": [pd.Timestamp("2019-02-03")]},
        ),
        (
            {"d": ["2019-02-03"], "h": [5], "m": [30]},
            {"datetime": {"t": ["d", "h", "m"]}},
            {"d": ["2019-02-03"], "h": [5], "m": [30], "t": [pd.Timestamp("2019-02-03 05:30")]},
        ),
        (
            {"d": ["03/02/2019", None]},
            {"datetime": {"d": {"column": "d", "format": "%d/%m/%Y"}}},
            {"d": [pd.Timestamp("2019-02-03"), None]},
        ),
        ({"d": [20190203]}, {"datetime": {"d": "d"}}, {"d": [pd.Timestamp("2019-02-03")]}),
        (
            {"d": ["2019-12-30T10:15"]},
            {
                "date_parts": {
                    "column": "d",
                    "parts": [
                        "year",
                        "quarter",
                        "month",
                        "week",
                        "day",
                        "dayofyear",
                        "weekday",
                        "weekend",
                        "hour",
                        "minute",
                    ],
                }
            },
            {
                "d": ["2019-12-30T10:15"],
                "d_year": [2019],
                "d_quarter": [4],
                "d_month": [12],
                "d_week": [1],
                "d_day": [30],
                "d_dayofyear": [364],
                "d_weekday": [0],
                "d_weekend": [0],
                "d_hour": [10],
                "d_minute": [15],
            },
        ),
        (
            {"d": days("2019-12-28", "2019-12-29", None)},
            {"date_parts": {"column": "d", "parts": "weekend"}},
            {"d": [pd.Timestamp("2019-12-28"), pd.Timestamp("2019-12-29"), None], "d_weekend": [1, 1, None]},
        ),
    ],
)
def test_a_step_does_what_it_says(
    columns: dict[str, Any], step: dict[str, Any], expected: dict[str, list[object]], prepared: Prepared
) -> None:
    frame = prepared(pd.DataFrame(columns), step)
    assert {name: cells(frame, name) for name in frame.columns} == expected


ERRORS = [
    ({"drop": ["aa"]}, "data.prepare[0].drop: no column 'aa'. Did you mean 'a'?"),
    ({"drop": {"a": 1}}, "expected a column, or a list of columns"),
    ({"rename": {"a": "s"}}, "two columns would be called 's'"),
    ({"replace": {"z": {1: 2}}}, "data.prepare[0].replace: no column 'z'"),
    ({"replace": {"a": 3}}, "data.prepare[0].replace.a: expected a mapping of old to new values"),
    ({"map": {"s": {"x": 1}}}, "column 's': 'q' in row 2 of rows.csv has no entry in map"),
    ({"to_number": "s"}, "column 's': 'x' in row 1 of rows.csv is no number"),
    ({"to_number": {"s": "nan"}}, "expected missing or error, got 'nan'"),
    ({"to_number": "t"}, "column 't' is a time"),
    ({"derive": {"b": "aa + 1"}}, "data.prepare[0].derive.b: no column 'aa'. Did you mean 'a'?"),
    ({"derive": {"b": "a +"}}, "data.prepare[0].derive.b: expected a column"),
    ({"derive": {"b": "s * 2"}}, "data.prepare[0].derive.b: expected a number, got a text at position 1"),
    ({"filter": "a + 1"}, "'a + 1' is a number, not a condition"),
    ({"filter": "a > 100"}, "data.prepare[0]: no row of 3 is left after filter"),
    ({"filter": ["a > 0", "b > 0"]}, "data.prepare[0].filter[1]: no column 'b'"),
    ({"datetime": {"d": "s"}}, "column 's': 'x' in row 1 of rows.csv is no ISO time"),
    ({"datetime": {"d": ["a", "big", "a"]}}, "row 2 of rows.csv makes no time: year 2, month 24, day 2"),
    ({"datetime": {"d": ["t", "big"]}}, "row 2 of rows.csv makes no time: hour 24"),
    ({"datetime": {"d": ["a", "big"]}}, "expected year, month, day and then at most hour, minute, second"),
    ({"date_parts": {"column": "t", "parts": ["weekdy"]}}, "unknown part 'weekdy'. Did you mean 'weekday'?"),
    ({"date_parts": {"column": "t"}}, "expected column and parts"),
    ({"date_parts": {"column": "s", "parts": "day"}}, "'x' in row 1 of rows.csv is no ISO time"),
    ({"interpolate": ["s"]}, "column 's' holds no numbers"),
    ({"fill": {"g": "mean"}}, "It is learned from training rows: preprocessing: {columns: {g: [{impute: mean}]}}"),
    ({"fill": {"g": "x"}}, "column 'g' holds numbers, and 'x' is none"),
    ({"fill": {"a": None}}, "expected a constant, ffill or bfill"),
    ({"sort_by": {"a": "down"}}, "expected ascending or descending, got 'down'"),
    ({"reverse_rows": ["a"]}, "takes no columns"),
    ({"shift": {"a": "1"}}, "expected a whole number of rows"),
    ({"shift": {"b": {"column": "a"}}}, "expected column and rows"),
    ({"lag": {"a": 0}}, "expected whole numbers of rows from 1"),
    ({"lag": {"a": list(range(1, 10_002))}}, "so many new columns cannot be made"),
    ({"derive": {f"d{n}": "a" for n in range(2001)}}, "No more than 2,000 by derive, and 10,000 by lag."),
    ({"drop_columns": {"missing": 2}}, "expected a share from 0 up to 1"),
]


@pytest.mark.parametrize(("step", "said"), ERRORS)
def test_a_wrong_step_says_where_and_how_to_mend_it(step: dict[str, Any], said: str, prepared: Prepared) -> None:
    frame = pd.DataFrame(
        {
            "a": [1, 2, 3],
            "s": ["x", "q", "x"],
            "g": [1.5, NAN, 2.5],
            "big": [1, 24, 3],
            "t": days("2019-01-01", "2019-01-02", "2019-01-03"),
        }
    )
    with pytest.raises((ConfigError, DataError)) as caught:
        prepared(frame, step)
    assert said in str(caught.value)
    assert "config.yaml:" in str(caught.value)


def test_interpolation_is_linear_in_time_where_there_is_a_clock(prepared: Prepared) -> None:
    frame = pd.DataFrame({"t": ["2019-01-05", "2019-01-01", "2019-01-02"], "a": [4.0, 0.0, NAN], "y": 1})
    assert cells(prepared(frame, {"interpolate": "a"}, data={"time": "t"}), "a") == [4.0, 0.0, 1.0]
    assert cells(prepared(frame, {"interpolate": "a"}), "a") == [4.0, 0.0, 0.0]
    by_sort = prepared(frame, {"datetime": {"t": "t"}}, {"sort_by": "t"}, {"interpolate": "a"})
    assert cells(by_sort, "a") == [0.0, 1.0, 4.0]


def test_interpolation_is_pandas_by_row(prepared: Prepared) -> None:
    draw = np.random.default_rng(3)
    values = pd.Series(draw.normal(size=200)).mask(draw.random(200) < 0.4)
    frame = prepared(pd.DataFrame({"a": values}), {"interpolate": ["a"]})
    np.testing.assert_allclose(frame["a"], values.interpolate(method="linear"), rtol=1e-12)


def test_a_row_without_a_time_cannot_be_interpolated(prepared: Prepared) -> None:
    frame = pd.DataFrame({"t": ["2019-01-05", None], "a": [4.0, NAN]})
    with pytest.raises(DataError, match="'t' is the clock, and has no value in row 2"):
        prepared(frame, {"interpolate": "a"}, data={"time": "t"})


@pytest.mark.filterwarnings("error")
def test_hundreds_of_lags_are_made_without_a_warning_and_go_as_far_as_they_like(prepared: Prepared) -> None:
    frame = pd.DataFrame({"a": np.arange(5.0)})
    table = prepared(frame, {"lag": {"a": [*range(1, 1000), 10**30]}})
    assert cells(table, "a_lag_4") == [None, None, None, None, 0]
    assert {f"a_lag_{n}" for n in (999, 10**30)} < set(table.columns)
    assert cells(table, f"a_lag_{10**30}") == [None] * 5


def test_series_are_kept_apart(prepared: Prepared) -> None:
    frame = pd.DataFrame({"store": list("abab"), "a": [1.0, NAN, NAN, 4.0], "y": 1})
    window = {"preprocessing": {"window": {"length": 2, "series": "store"}}}
    assert cells(prepared(frame, {"interpolate": "a"}, **window), "a") == [1, None, 1, 4]
    assert cells(prepared(frame, {"lag": {"a": 1}}, **window), "a_lag_1") == [None, None, 1, None]
    assert cells(prepared(frame, {"shift": {"a": -1}}, **window), "a") == [None, 4, None, None]


def test_composed_and_decomposed_names_are_the_same_column(prepared: Prepared) -> None:
    frame = prepared(pd.DataFrame({"나이": [1, 2]}), {"derive": {"b": "나이 * 2"}}, {"drop": "나이"})
    assert list(frame.columns) == ["b"]


def test_a_key_that_a_numeric_column_cannot_hold_changes_nothing(prepared: Prepared) -> None:
    assert cells(prepared(pd.DataFrame({"a": [1, 2]}), {"replace": {"a": {" ": 0}}}), "a") == [1, 2]


def test_every_step_has_a_test() -> None:
    from dlrun.catalog import PREPARE_STEPS

    tested = {name for step, _ in ERRORS for name in step}
    assert set(PREPARE_STEPS) - tested == {"drop_missing", "drop_duplicates"}  # any value of theirs is a column or true


def test_problems_of_all_columns_are_told_at_once(prepared: Prepared) -> None:
    with pytest.raises(DlrunError) as caught:
        prepared(pd.DataFrame({"a": [1]}), {"drop": ["x", "z"]})
    assert len(caught.value.problems) == 2
