"""The lines that cut `data` into `train`, `validation` and `test`, by scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlrun.config.heads import heads_of
from dlrun.data.names import column_name
from dlrun.export.source import Code, Lines, Unwritable, call, column, literal, select

if TYPE_CHECKING:
    from dlrun.config import Config


def split_lines(config: Config, problems: Unwritable) -> Lines:
    """Return lines after which each part is a DataFrame; `data` has its rows in order of time where that counts."""
    assert config.data is not None
    split = config.data.split
    lines: Lines = ["train = data"]
    if split.column is not None:
        # A part without rows is not there; which parts there are is what the facts say.
        lines = [f"{part} = data[{column('data', column_name(split.column))} == {literal(part)}]"
                 for part in ("train", "validation", "test")]  # fmt: skip
    else:
        for part in ("test", "validation"):
            size = getattr(split, part)
            if size is not None:
                lines += _cut(config, part, size, "data" if lines == ["train = data"] else "train", problems)
                lines = [line for line in lines if line != "train = data"]
    if split.embargo:
        lines += _embargo(config)
    return lines + _validation_split(config)


def _cut(config: Config, part: str, size: Any, rest: str, problems: Unwritable) -> Lines:
    assert config.data is not None
    split, window = config.data.split, config.preprocessing.window
    if isinstance(size, str):
        times = column(rest, column_name(split.time))
        date = literal(size)
        return [f"{part} = {rest}[{times} >= {date}]", f"train = {rest}[{times} < {date}]"]
    if split.time is not None and window is None:
        by_time = call(f"{rest}.sort_values", column_name(split.time), kind="stable")
        latest = call("train_test_split", by_time, test_size=size, shuffle=False)
        # The rows keep the order of the table: only which of them are held out is a matter of time.
        return [f"train, {part} = (rows.sort_index() for rows in {latest})"]
    seed = Code("SEED") if split.seed is None else split.seed
    if split.group is not None:
        splitter = call("GroupShuffleSplit", n_splits=1, test_size=size, random_state=seed)
        groups = column(rest, column_name(split.group))
        return [
            f"rest, held_out = next({splitter}.split({rest}, groups={groups}))",
            f"train, {part} = {rest}.iloc[rest], {rest}.iloc[held_out]",
        ]
    shuffle = window is None and split.time is None if split.shuffle is None else split.shuffle
    options: dict[str, Any] = {"test_size": size}
    options |= {"random_state": seed} if shuffle or split.stratify else {"shuffle": False}
    if split.stratify:
        options["stratify"] = _strata(config, rest)
    return [f"train, {part} = {call('train_test_split', Code(rest), **options)}"]


def _strata(config: Config, frame: str) -> Code:
    assert config.data is not None
    if isinstance(config.data.split.stratify, str):
        return column(frame, column_name(config.data.split.stratify))
    targets = [t for head in heads_of(config) for t in head.targets if head.task != "regression"]
    names = [column_name(name) for name in targets or config.data.target]
    return column(frame, names[0]) if len(names) == 1 else select(frame, names)


def _embargo(config: Config) -> Lines:
    """Return lines that take the last rows off each part but the last: in order of time, and of every series."""
    assert config.data is not None
    split, window = config.data.split, config.preprocessing.window
    parts = [part for part in ("train", "validation", "test") if part == "train" or getattr(split, part) is not None]
    rows, series = split.embargo, window.series if window is not None else None
    by_time = split.time is not None and window is None  # with a window the rows are in order of time already
    if series is None and not by_time:
        note = f"# {rows} rows between the parts are left out."
        return [note, *(f"{part} = {part}[:-{rows}]" for part in parts[:-1])]
    lines = [f"# {rows} rows between the parts are left out{' of every series' if series is not None else ''}."]
    for part in parts[:-1]:
        ordered = call(f"{part}.sort_values", column_name(split.time), kind="stable") if by_time else Code(part)
        last = (
            f"{ordered}[-{rows}:]" if series is None else f"{part}.groupby({literal(column_name(series))}).tail({rows})"
        )
        lines.append(f"{part} = {part}.drop({last}.index)")
    return lines


def _validation_split(config: Config) -> Lines:
    fraction = config.fit.validation_split if config.fit is not None else 0.0
    if not fraction:
        return []
    return [
        "# As with Keras's validation_split, the last of the training rows validate.",
        f"num_train = int(len(train) * (1 - {literal(fraction)}))",
        "train, validation = train[:num_train], train[num_train:]",
    ]
