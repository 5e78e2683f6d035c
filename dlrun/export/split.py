"""The lines that cut `data` into `train`, `validation` and `test`, by scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlrun.config.checks.split import is_walk_forward
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
            if part == "test" and split.folds is not None:
                lines = _fold(config, problems)
            elif size is not None:
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


def _fold(config: Config, problems: Unwritable) -> Lines:
    """Return lines that cut one fold of a cross-validation off as test rows; see `dlrun.data.split`."""
    assert config.data is not None
    split = config.data.split
    assert split.folds is not None
    seed = Code("SEED") if split.seed is None else split.seed
    given: dict[str, Any] = {}
    by_time = split.time is not None and config.preprocessing.window is None and is_walk_forward(config)
    frame = "data"
    lines: Lines = []
    if split.group is not None:
        splitter, given = call("GroupKFold", split.folds), {"groups": column("data", column_name(split.group))}
    elif split.stratify:
        if not isinstance(split.stratify, str) and len(_strata_names(config)) > 1:
            problems.add("data.split.folds", "folds that are stratified by several targets")
        splitter = call("StratifiedKFold", split.folds, shuffle=True, random_state=seed)
        given = {"y": _strata(config, "data")}
    elif not is_walk_forward(config):
        splitter = call("KFold", split.folds, shuffle=True, random_state=seed)
    else:
        sizes = {"test_size": split.test} if isinstance(split.test, int) else {}
        if split.max_train_size is not None:
            # The embargo is taken off afterwards.
            sizes["max_train_size"] = split.max_train_size + split.embargo
        splitter = call("TimeSeriesSplit", split.folds, **sizes)
        if by_time:
            frame = "by_time"
            lines = [f"by_time = {call('data.sort_values', column_name(split.time), kind='stable')}"]
    fold = split.fold or 1
    lines += [
        f"# Fold {fold} of {split.folds}.",
        f"rest, held_out = list({call(f'{splitter}.split', Code(frame), **given)})[{fold - 1}]",
        f"train, test = {frame}.iloc[rest], {frame}.iloc[held_out]",
    ]
    return [*lines, "train, test = train.sort_index(), test.sort_index()"] if by_time else lines


def _strata_names(config: Config) -> list[str]:
    assert config.data is not None
    targets = [t for head in heads_of(config) for t in head.targets if head.task != "regression"]
    return [column_name(name) for name in targets or config.data.target]


def _strata(config: Config, frame: str) -> Code:
    assert config.data is not None
    if isinstance(config.data.split.stratify, str):
        return column(frame, column_name(config.data.split.stratify))
    names = _strata_names(config)
    return column(frame, names[0]) if len(names) == 1 else select(frame, names)


def _embargo(config: Config) -> Lines:
    """Return lines that take the last rows off each part but the last: in order of time, and of every series."""
    assert config.data is not None
    split, window = config.data.split, config.preprocessing.window
    there = {"train": True, "validation": split.validation is not None}
    there["test"] = split.test is not None or split.folds is not None
    parts = [part for part, is_there in there.items() if is_there]
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
