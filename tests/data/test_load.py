import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from dlrun.config import Config, load_config
from dlrun.data.load import load_dataset, load_new_table
from dlrun.data.table import Dataset
from dlrun.errors import ConfigError, DataError, DlrunError

Configure = Callable[..., Config]
CONFIGS = Path(__file__).parents[2] / "configs"
NAN = float("nan")


@pytest.fixture
def load(configure: Configure, tmp_path: Path) -> Callable[..., Dataset]:
    """Return a function that writes a frame (or several) and loads it with what stands under `data`."""

    def run(frame: pd.DataFrame, data: dict[str, Any] | None = None, **sections: Any) -> Dataset:
        frame.to_csv(tmp_path / "rows.csv", index=False)
        return load_dataset(configure(data or {}, **sections))

    return run


def rows(dataset: Dataset) -> dict[str, list[int]]:
    return {name: table.frame.index.tolist() for name, table in dataset.parts.items()}


def people(count: int = 40) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": draw.integers(20, 60, count),
            "city": draw.choice(["Seoul", "Busan", "Jeju"], count),
            "code": draw.integers(1, 4, count),
            "member": draw.choice([True, False], count),
            "day": pd.date_range("2020-01-01", periods=count).astype(str),
            "y": draw.normal(size=count),
        }
    )


def test_columns_have_their_kinds_and_the_rest_are_features(load: Callable[..., Dataset]) -> None:
    data = {"categorical": ["code"], "drop": ["age"], "read": {"parse_dates": ["day"]}, "split": {"test": 0.25}}
    dataset = load(people(), data)
    assert dataset.features == ["city", "code", "member"]
    assert dataset.targets == ["y"]
    assert dataset.kinds == {
        "city": "categorical", "code": "categorical", "member": "categorical", "y": "numeric",
    }  # fmt: skip
    train, test = train_test_split(np.arange(40), test_size=0.25, random_state=0)
    assert rows(dataset) == {"train": train.tolist(), "test": test.tolist()}
    assert {c: d.kind for c, d in dataset.parts["train"].frame.dtypes.items()} == {
        "age": "i", "city": "O", "code": "i", "member": "b", "day": "M", "y": "f",
    }  # fmt: skip


def test_listed_features_may_be_times_and_keep_their_order(load: Callable[..., Dataset]) -> None:
    dataset = load(people(), {"features": ["day", "age"], "read": {"parse_dates": ["day"]}})
    assert dataset.features == ["day", "age"]
    assert dataset.kinds["day"] == "time"


def test_group_fold_time_and_weight_columns_are_no_features(load: Callable[..., Dataset]) -> None:
    frame = people().assign(w=1.0)
    dataset = load(
        frame, {"drop": ["day"], "split": {"test": 0.3, "group": "city"}}, fit={"epochs": 1, "sample_weight": "w"}
    )
    assert dataset.features == ["age", "code", "member"]
    dataset = load(people(), {"split": {"time": "day", "test": "2020-02-01"}})
    assert "day" not in dataset.features
    assert dataset.parts["train"].frame["day"].dtype.kind == "M"  # ISO text was read as times


def test_a_clock_that_is_no_iso_text_is_an_error_at_its_place(load: Callable[..., Dataset]) -> None:
    frame = people(3).assign(day=["2020-01-01", "01/02/2020", "2020-01-03"])
    with pytest.raises(DataError, match=r"data\.time: column 'day': '01/02/2020' in row 2 \(line 3\)"):
        load(frame, {"time": "day", "features": ["age"]})


def test_inputs_give_the_features(load: Callable[..., Dataset]) -> None:
    inputs = {"left": ["age", "city_Seoul"], "right": ["code"]}
    layers = [{"Concatenate": None, "inputs": ["left", "right"]}, {"Dense": 1}]
    assert load(people(), inputs=inputs, layers=layers).features == ["age", "city", "code"]


def test_a_column_with_text_vectorization_is_text(load: Callable[..., Dataset]) -> None:
    frame = people().assign(review=[f"text number {n}" for n in range(40)])
    steps = {"columns": {"review": {"TextVectorization": {"max_tokens": 10}}}}
    dataset = load(frame, {"features": ["review"]}, preprocessing=steps)
    assert dataset.kinds["review"] == "text"


def test_a_text_column_like_names_is_an_error_that_names_drop(load: Callable[..., Dataset]) -> None:
    with pytest.raises(DataError) as caught:
        load(people())
    assert "text column 'day' has 40 different values in 40 training rows" in str(caught.value)
    assert "data: {drop: [day]}" in str(caught.value)
    assert load(people(), preprocessing={"categorical": {"hash": {"num_bins": 8}}}).features[-1] == "day"


def test_every_unknown_column_is_told_with_its_place(load: Callable[..., Dataset]) -> None:
    with pytest.raises(ConfigError) as caught:
        load(
            people(),
            {"target": "yy", "drop": ["dya"], "categorical": ["codes"], "split": {"group": "citi", "test": 0.5}},
        )
    said = str(caught.value)
    for part in (
        "config.yaml:3:11: data.target: no column 'yy'",
        "no column 'dya' in rows.csv. Did you mean 'day'?",
        "Did you mean 'code'?",
        "data.split.group: no column 'citi'",
    ):
        assert part in said


def test_files_are_recorded(load: Callable[..., Dataset], tmp_path: Path) -> None:
    dataset = load(people(), {"drop": ["day"]})
    content = (tmp_path / "rows.csv").read_bytes()
    (record,) = dataset.files
    assert record == {
        "path": str(tmp_path / "rows.csv"),
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "rows": 40,
    }


def test_rows_without_a_label_are_left_out_and_counted(load: Callable[..., Dataset]) -> None:
    frame = people(6).assign(y=[1, NAN, 2, 3, NAN, 4])
    dataset = load(frame, {"features": ["age"]})
    assert rows(dataset) == {"train": [0, 2, 3, 5]}
    assert dataset.notes == ["2 rows were left out: no value in 'y'."]


def test_labels_that_were_filled_in_are_never_trained_on_nor_scored(load: Callable[..., Dataset]) -> None:
    frame = people(6).assign(y=[1, NAN, 3, 3, NAN, 4])
    data = {"features": ["age"], "prepare": [{"interpolate": ["y"]}], "split": {"test": 2, "shuffle": False}}
    dataset = load(frame, data)
    assert rows(dataset) == {"train": [0, 2], "test": [3, 5]}
    assert any("2 rows were left out: 'y' was missing in the file" in note for note in dataset.notes)
    dataset = load(frame, data, evaluate={"imputed_labels": True})
    assert rows(dataset) == {"train": [0, 1, 2, 3], "test": [5]}  # row 4 is a gap at the border: nothing fills it
    assert dataset.parts["train"].frame["y"].tolist() == [1, 2, 3, 3]
    assert any("1 more rows were left out: a gap at the border" in note for note in dataset.notes)


def test_a_filled_label_stays_marked_through_rename_and_derive_and_shift(load: Callable[..., Dataset]) -> None:
    frame = people(5).assign(raw=[1, NAN, 3, 4, 5]).drop(columns="y")
    steps = [{"fill": {"raw": 2}}, {"rename": {"raw": "z"}}, {"derive": {"d": "z * 2"}},
             {"shift": {"y": {"column": "d", "rows": -1}}}]  # fmt: skip
    dataset = load(frame, {"features": ["age"], "prepare": steps})
    assert rows(dataset) == {"train": [1, 2, 3]}
    assert dataset.parts["train"].frame["y"].tolist() == [6, 8, 10]


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_training_value_comes_from_a_row_of_another_part(
    configure: Configure, tmp_path: Path, data: st.DataObject
) -> None:
    """Change every value outside the training rows: the training rows stay as they are."""
    draw = np.random.default_rng(data.draw(st.integers(0, 999)))
    frame = pd.DataFrame({"a": draw.normal(size=40), "b": draw.normal(size=40), "y": draw.normal(size=40)})
    frame[["a", "b"]] = frame[["a", "b"]].mask(draw.random((40, 2)) < 0.3)
    forms: list[dict[str, Any]] = [{"test": 0.3}, {"test": 0.2, "validation": 0.3}, {"test": 9, "shuffle": False}]
    config = configure({
        "prepare": [{"interpolate": ["a"]}, {"fill": {"b": data.draw(st.sampled_from(["ffill", "bfill"]))}}],
        "split": data.draw(st.sampled_from(forms)),
    })  # fmt: skip
    frame.to_csv(tmp_path / "rows.csv", index=False)
    before = load_dataset(config).parts["train"].frame
    others = ~frame.index.isin(before.index)
    frame.loc[others, ["a", "b"]] = frame.loc[others, ["a", "b"]] * 7 + 100
    frame.to_csv(tmp_path / "rows.csv", index=False)
    pd.testing.assert_frame_equal(load_dataset(config).parts["train"].frame, before)


def test_dropped_columns_are_told_by_training_rows(load: Callable[..., Dataset]) -> None:
    frame = pd.DataFrame({"a": range(10), "b": [1.0] * 5 + [NAN] * 5, "y": range(10)})
    data = {"prepare": [{"drop_columns": {"missing": 0.4}}], "split": {"test": 5, "shuffle": False}}
    assert load(frame, data).features == ["a", "b"]


def test_parts_in_files_of_their_own(load: Callable[..., Dataset], tmp_path: Path) -> None:
    people(4).to_csv(tmp_path / "v.csv", index=False)
    people(3).to_csv(tmp_path / "t.csv", index=False)
    dataset = load(people(5), {"features": ["age"], "validation_source": "v.csv", "test_source": "t.csv"})
    assert rows(dataset) == {"train": [0, 1, 2, 3, 4], "validation": [5, 6, 7, 8], "test": [9, 10, 11]}
    assert [Path(record["path"]).name for record in dataset.files] == ["rows.csv", "v.csv", "t.csv"]
    origins = dataset.parts["test"].origins
    assert origins is not None
    assert origins.row(10).startswith("row 2 (line 3) of ")


def test_tensors_of_parts_in_files_of_their_own(configure: Configure, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 2, 2)), y=[0, 1, 2])
    np.savez(tmp_path / "b.npz", x=np.ones((2, 2, 2)), y=[0, 1])
    dataset = load_dataset(configure({"source": "a.npz", "test_source": "b.npz"}))
    assert dataset.kinds == {"x": "tensor", "y": "numeric"}
    assert dataset.parts["test"].columns(["x"])["x"].tolist() == np.ones((2, 2, 2)).tolist()


def test_odd_things_are_noted(load: Callable[..., Dataset]) -> None:
    frame = pd.DataFrame({"a": [1, 2, 3, 1, 2, 9], "k": 5, "y": [0, 1, 0, 0, 0, 1]})
    notes = load(frame, {"split": {"test": 3, "shuffle": False}}).notes
    assert notes == [
        "The same in all training rows, so nothing is learned from it: k.",
        "1 of 3 test rows is a training row too (the same features and target; drop_duplicates keeps the first).",
    ]


def test_one_class_only_is_an_error_and_an_unknown_one_noted(load: Callable[..., Dataset]) -> None:
    frame = pd.DataFrame({"a": range(6), "y": ["p", "p", "q", "q", "r", "q"]})
    split = {"split": {"test": 2, "shuffle": False}}
    notes = load(frame, split, loss="sparse_categorical_crossentropy").notes
    assert "'y' has values in the test rows that no training row has: r." in notes
    with pytest.raises(DataError, match="all training rows have the same 'y': p"):
        load(frame.assign(y="p"), split, loss="binary_crossentropy")


def test_new_rows_need_no_target(configure: Configure, tmp_path: Path) -> None:
    frame = pd.DataFrame({"price": [3.0, 900.0, NAN, 4.0], "a": [1, 2, 3, 4]})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    steps = [{"filter": "price < 500"}, {"rename": {"price": "p"}}, {"fill": {"p": 0}}, {"derive": {"y": "log1p(p)"}},
             {"derive": {"b": "a * 2"}}, {"drop_missing": True}]  # fmt: skip
    config = configure({"features": ["a", "b"], "prepare": steps})
    frame.drop(columns="price").to_csv(tmp_path / "new.csv", index=False)
    table = load_new_table([tmp_path / "new.csv"], config, need_target=False)
    assert table.frame.to_dict("list") == {"a": [1, 2, 3, 4], "b": [2, 4, 6, 8]}
    with pytest.raises(DataError, match=r"filter: no column 'price'"):
        load_new_table([tmp_path / "new.csv"], config, need_target=True)


def test_new_rows_that_lack_a_feature_are_an_error_of_the_data(configure: Configure) -> None:
    config = configure({"features": ["age", "code"]})
    with pytest.raises(DataError, match=r"the new rows have no column 'code'\. Did you mean 'codes'"):
        load_new_table(pd.DataFrame({"age": [1], "codes": [2]}), config, need_target=False)


def test_new_rows_may_be_a_table_in_memory_in_any_order(configure: Configure) -> None:
    config = configure({"features": ["age", "code"]})
    frame = pd.DataFrame({"more": [0, 0], "code": [1, 2], "age": [3, 4]}, index=[7, 9])
    table = load_new_table(frame, config, need_target=False)
    assert table.frame.index.tolist() == [0, 1]
    assert table.frame["age"].tolist() == [3, 4]


def test_further_columns_of_new_rows_are_of_no_interest(configure: Configure) -> None:
    config = configure({"prepare": [{"drop_missing": True}]})
    frame = pd.DataFrame({"a": [1, 2, NAN], "more": [NAN, np.inf, 1], "y": [NAN, 1, 1]})
    table = load_new_table(frame, config, need_target=False, features=["a"])
    assert table.frame.index.tolist() == [0, 1]
    table = load_new_table(frame, config, need_target=True, features=["a"])
    assert table.frame.index.tolist() == [1]


def test_new_rows_without_their_label_are_left_out_of_an_evaluation(configure: Configure) -> None:
    frame = pd.DataFrame({"a": [1, 2], "y": [NAN, 1.0]})
    assert load_new_table(frame, configure({}), need_target=True).frame.index.tolist() == [1]
    assert load_new_table(frame, configure({}), need_target=False).frame.index.tolist() == [0, 1]


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_loads_without_an_error(path: Path) -> None:
    try:
        config = load_config(path)
    except DlrunError as error:
        pytest.fail(str(error))
    dataset = load_dataset(config)
    assert dataset.features
    assert set(dataset.kinds) == {*dataset.features, *dataset.targets}


def test_the_byte_order_mark_is_no_part_of_the_first_name() -> None:
    dataset = load_dataset(load_config(CONFIGS / "heart_attack.yaml"))
    assert dataset.features[0] == "age"
