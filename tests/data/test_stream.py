"""Reading a piece at a time gives what reading whole files gives; what cannot be done so is refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlrun.data import stream_or_not
from dlrun.data.disk import Disk, GrowingColumn
from dlrun.data.load import load_dataset
from dlrun.data.sources import pieces
from dlrun.data.sources.blocks import read_blocks
from dlrun.errors import ConfigError, DataError


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "BYTES", 60)
    monkeypatch.setattr(pieces, "CELLS", 1)


def loaded(configure: Callable[..., Any], data: dict[str, Any], *, streamed: bool) -> dict[str, pd.DataFrame]:
    dataset = load_dataset(configure({**data, "stream": streamed}))
    assert all((part.disk is not None) == streamed for part in dataset.parts.values())
    return {
        name: pd.DataFrame({name: rows[:] for name, rows in part.columns().items()}, part.frame.index)
        for name, part in dataset.parts.items()
    }


def assert_same(configure: Callable[..., Any], data: dict[str, Any]) -> dict[str, pd.DataFrame]:
    whole, read = (loaded(configure, data, streamed=streamed) for streamed in (False, True))
    assert list(whole) == list(read)
    for name, frame in whole.items():
        pd.testing.assert_frame_equal(frame, read[name], check_index_type=False)
    return read


ROWS = "a,b,text,y\n" + "".join(f'{i},{i / 7:.3f},"line {i}\nand ""more"", of it",{i % 5}\n' for i in range(40))


@pytest.mark.parametrize(
    "split",
    [
        {"test": 0.2, "validation": 5},
        {"test": 10, "shuffle": False},
        {"test": 0.5, "stratify": "y"},
        {"test": 0.4, "group": "y"},
    ],
)
def test_every_split_gives_the_same_rows(split: dict[str, Any], configure: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    assert_same(configure, {"split": split, "drop": ["text"]})


def test_several_files_and_parts_of_their_own(configure: Callable[..., Any], tmp_path: Path) -> None:
    for name in ("rows", "more", "test"):
        (tmp_path / f"{name}.csv").write_text(ROWS, encoding="utf-8")
    sources = {"source": ["rows.csv", "more.csv"], "test_source": "test.csv"}
    found = assert_same(configure, {**sources, "drop": ["text"], "prepare": [{"filter": "a > 3"}]})
    assert found["test"].index[0] == 84  # 80 rows before it, and four that the filter took


def test_layout_of_text_files(configure: Callable[..., Any], tmp_path: Path) -> None:
    lines = ["made by hand", "", "가;y", *(f"{i},5;{i}" for i in range(60))]
    (tmp_path / "rows.csv").write_text("\n".join(lines), encoding="cp949")
    found = assert_same(configure, {"read": {"encoding": "cp949", "sep": ";", "decimal": ",", "skiprows": 1}})
    assert found["train"]["가"].tolist() == [i + 0.5 for i in range(60)]
    (tmp_path / "rows.csv").write_text("\n".join(lines[3:]), encoding="utf-8-sig")
    assert_same(configure, {"read": {"header": None, "names": ["x", "y"], "sep": ";", "decimal": ","}})


def test_pieces_without_a_row_are_passed_over(configure: Callable[..., Any], tmp_path: Path) -> None:
    rows = [f"{i},{i}" for i in range(60)]
    blank = ["", "# nothing here"] * 40
    (tmp_path / "rows.csv").write_text("\n".join(["a,y", *blank, *rows[:30], *blank, *rows[30:], *blank]), "utf-8")
    assert len(assert_same(configure, {"read": {"comment": "#"}})["train"]) == 60
    (tmp_path / "rows.csv").write_text("a,y\n", "utf-8")
    with pytest.raises(DataError, match="has a header but no rows below it"):
        load_dataset(configure({"stream": True}))


def test_blocks_end_at_line_ends_outside_of_quotes() -> None:
    data = b'1,"a\nb"\n2,"c\n\nd"\n3,e\n' * 20
    blocks = list(read_blocks(io.BytesIO(data), b'"', pieces.BYTES))
    assert b"".join(blocks) == data
    assert len(blocks) > 3
    assert all(block.count(b'"') % 2 == 0 and block.endswith(b"\n") for block in blocks)


def test_a_broken_row_is_found_at_its_line(configure: Callable[..., Any], tmp_path: Path) -> None:
    lines = ["a,y", *(f"{i},{i}" for i in range(100))]
    lines[71] = "70,1,2"
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_dataset(configure({"stream": True}))
    location = caught.value.problems[0].location
    assert location is not None
    assert location.line == 72


def test_text_and_numbers_do_not_mix(configure: Callable[..., Any], tmp_path: Path) -> None:
    lines = ["a,y", *(f"{i},{i}" for i in range(100)), "many,3"]
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(
        DataError, match=r"column 'a' holds numbers in one place and text in another.*dtype: \{a: str\}"
    ):
        load_dataset(configure({"stream": True}))
    assert_same(configure, {"read": {"dtype": {"a": "str"}}, "drop": ["a"], "prepare": [{"derive": {"b": "y * 2"}}]})


@pytest.mark.parametrize(
    ("sections", "what"),
    [
        ({"data": {"prepare": [{"sort_by": "a"}]}}, "sort_by looks across rows"),
        ({"data": {"prepare": [{"fill": {"a": "ffill"}}]}}, "fill looks across rows"),
        ({"data": {"prepare": ["drop_duplicates"]}}, "drop_duplicates looks across rows"),
        ({"preprocessing": {"window": {"length": 3}}}, "windows reach across rows"),
    ],
)
def test_what_needs_other_rows_is_refused_before_anything_is_read(
    sections: dict[str, Any], what: str, configure: Callable[..., Any]
) -> None:
    data = {"stream": True, **sections.pop("data", {})}
    with pytest.raises(ConfigError, match=what):
        configure(data, **sections)


def test_formats_that_are_read_whole_are_refused(configure: Callable[..., Any], tmp_path: Path) -> None:
    np.savez(tmp_path / "rows.npz", a=np.arange(9), y=np.arange(9))
    with pytest.raises(ConfigError, match=r"\.npz files cannot be read a piece at a time"):
        load_dataset(configure({"source": "rows.npz", "stream": True}))


def test_text_stays_on_disk(configure: Callable[..., Any], tmp_path: Path) -> None:
    words = ["", "짧은 글", "a,b", 'said "so"', "two\nlines", "é" * 50]
    frame = pd.DataFrame({"idle": [f"id {i}" for i in range(90)], "text": [words[i % 6] for i in range(90)]})
    frame["y"] = range(90)
    frame.loc[frame.index % 7 == 3, "y"] = None
    sources = {}
    for name, rows in {"source": frame, "test_source": frame[50:]}.items():
        rows.to_csv(tmp_path / f"{name}.csv", index=False)
        sources[name] = f"{name}.csv"
    sections = {"preprocessing": {"columns": {"text": [{"impute": {"constant": "?"}}, {"TextVectorization": {}}]}}}

    def configured(data: dict[str, Any]) -> Any:
        return configure({**data, "drop": ["idle"], "prepare": [{"filter": "y != 8"}]}, **sections)

    found = assert_same(configured, {**sources, "split": {"validation": 0.25}})
    assert [*found["test"]["text"].fillna("")] == [words[i % 6] for i in range(50, 90) if i % 7 != 3]
    dataset = load_dataset(configured({**sources, "stream": True}))
    train = dataset.parts["train"]
    assert (train.names, [*train.frame]) == (["idle", "text", "y"], ["y"])
    assert {name: kind for name, kind in dataset.kinds.items() if name != "y"} == {"text": "text"}
    assert dataset.dtypes["text"] == dataset.dtypes["idle"] == "object"
    assert any("test rows are training rows too" in note for note in dataset.notes)


@pytest.mark.parametrize("is_text_in_test", [True, False])
def test_what_nobody_reads_may_be_text_in_one_part_and_numbers_in_another(
    is_text_in_test: bool, configure: Callable[..., Any], tmp_path: Path
) -> None:
    rows = {
        True: [f"id {i},{i},{i % 3}" for i in range(20)],
        False: [f"{i if i % 4 else ''},{i},{i % 3}" for i in range(20)],
    }
    for name, lines in {"rows": rows[not is_text_in_test], "test": rows[is_text_in_test]}.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(["idle,a,y", *lines]) + "\n", encoding="utf-8")
    data = {"test_source": "test.csv", "drop": ["idle"]}
    whole, read = (loaded(configure, data, streamed=streamed) for streamed in (False, True))
    for name in ("train", "test"):
        assert [*read[name]] == ["idle", "a", "y"]
        pd.testing.assert_frame_equal(whole[name][["a", "y"]], read[name][["a", "y"]], check_index_type=False)
    test = [f"id {i}" if is_text_in_test else (str(i) if i % 4 else "") for i in range(20)]
    assert [*read["test"]["idle"].fillna("")] == test


def test_a_part_without_a_column_that_stays_on_disk_is_refused(configure: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "test.csv").write_text("a,b,y\n1,2,3\n", encoding="utf-8")
    with pytest.raises(DataError, match="the test rows have no column 'text', which the training rows have"):
        load_dataset(configure({"test_source": "test.csv", "drop": ["text"], "stream": True}))


def test_text_that_may_be_numbers_is_refused(configure: Callable[..., Any], tmp_path: Path) -> None:
    lines = ["text,y", *(f"{i},{i}" for i in range(50)), "words,3"]
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    sections = {"preprocessing": {"columns": {"text": "TextVectorization"}}}
    with pytest.raises(DataError, match=r"column 'text' is to be read as text.*dtype: \{text: str\}"):
        load_dataset(configure({"stream": True}, **sections))
    whole = load_dataset(configure({"read": {"dtype": {"text": "str"}}, "stream": True}, **sections))
    assert whole.parts["train"].columns(["text"])["text"][:2].tolist() == ["0", "1"]


def test_large_tables_stay_on_disk_by_themselves(
    configure: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    data = {"drop": ["text"]}
    assert load_dataset(configure(data)).parts["train"].disk is None
    monkeypatch.setattr(stream_or_not, "machine_memory", lambda: 5000)
    dataset = load_dataset(configure(data))
    assert dataset.parts["train"].disk is not None
    assert any("stay on disk" in note for note in dataset.notes)
    assert load_dataset(configure({**data, "stream": False})).parts["train"].disk is None
    assert load_dataset(configure({**data, "prepare": [{"sort_by": "a"}]})).parts["train"].disk is None


def test_columns_take_the_type_that_all_pieces_have_in_common() -> None:
    nothing = np.array([np.nan, np.nan])
    texts = np.array(["a", None], dtype=object)
    times = np.array(["2020-01-01"], dtype="datetime64[s]")
    for given, expected in [
        ([np.array([1]), np.array([0.5])], np.array([1.0, 0.5])),
        ([nothing, texts, nothing], np.array([None, None, "a", None, None, None], dtype=object)),
        ([nothing, times, nothing], np.array(["NaT", "NaT", "2020-01-01", "NaT", "NaT"], dtype="datetime64[s]")),
    ]:
        column = GrowingColumn("c")
        for piece in given:
            column.append(piece)
        np.testing.assert_array_equal(column.whole(), expected)
        assert column.whole().dtype == expected.dtype
        column.close()


def test_arrays_on_disk_keep_what_is_in_them() -> None:
    disk = Disk()
    array = disk.empty((1000, 3), np.float32)
    array[:] = np.arange(3000).reshape(1000, 3)
    disk.release()
    np.testing.assert_array_equal(array, np.arange(3000).reshape(1000, 3))
    assert disk.empty((0, 3), np.float32).shape == (0, 3)
