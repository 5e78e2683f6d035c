"""Names of columns: among themselves, and against the columns that a table has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlrun.config.config import Config
from dlrun.config.objects import Path
from dlrun.errors import Problem, did_you_mean


def check_names(config: Config) -> Iterator[Problem]:
    """Find columns that are both learned from and predicted, named twice, or named where they cannot be."""
    data = config.data
    if data is None:
        return
    for name in ("target", "features", "drop", "categorical"):
        yield from _check_repeated(config, ("data", name), getattr(data, name) or ())
    has_window = config.preprocessing.window is not None
    for n, column in enumerate(data.features or ()):
        path = ("data", "features", n)
        if column in data.target and not has_window and config.is_table:
            what = f"the target '{column}' is among the features: the network would be told the answer"
            yield config.problem(path, what, "Remove it from the features.")
        if column in data.drop:
            what = f"'{column}' is both under features and under drop"
            yield config.problem(path, what, "Remove it from one of them.")
    for n, column in enumerate(data.drop):
        if column in data.target and not has_window:
            what = f"'{column}' is the target and cannot be dropped"
            yield config.problem(("data", "drop", n), what, "The target is no feature anyway; remove it here.")
    yield from _check_column_steps(config, has_window)


def _check_repeated(config: Config, path: Path, names: Sequence[str]) -> Iterator[Problem]:
    for n, name in enumerate(names):
        if name in names[:n]:
            yield config.problem((*path, n), f"'{name}' is named twice", "Remove one.")


def _check_column_steps(config: Config, has_window: bool) -> Iterator[Problem]:
    data = config.data
    if data is None:
        return
    for column in config.preprocessing.columns:
        path = ("preprocessing", "columns", column)
        if column in data.target and not has_window:
            what = f"'{column}' is the target"
            yield config.key_problem(path, what, "Its steps stand under preprocessing.target.")
        elif column in data.drop:
            yield config.key_problem(path, f"'{column}' is dropped by data.drop", "Remove one of the two.")


def check_columns(config: Config, columns: Sequence[str]) -> list[Problem]:
    """Return a problem for every column that the config names and the table does not have.

    Args:
        config: The config.
        columns: The table's columns after `prepare`.
    """
    if config.data is None:
        return []
    source = _shown(config)
    found = []
    for path, name in _named_columns(config):
        encoded = path[0] == "inputs" and any(name.startswith(f"{column}_") for column in columns)
        if path[:2] == ("data", "target") and list(columns) == ["image"]:
            what = f"the images in {source} are in no class folders, so they have no label"
            found.append(
                config.problem(("data", "source"), what, "Name the folder above, with a sub-folder for each class.")
            )
        elif name not in columns and not encoded:
            what = f"no column '{name}' in {source}"
            make = config.key_problem if path[:2] == ("preprocessing", "columns") else config.problem
            found.append(make(path, what, _taken_out(config, name) or did_you_mean(name, columns)))
    return found


def _taken_out(config: Config, name: str) -> str | None:
    """Return which prepare step takes a column away, if one does: the file may well have it."""
    assert config.data is not None
    for n, spec in enumerate(config.data.prepare):
        value = spec.value
        if spec.type == "rename" and isinstance(value, dict) and name in value:
            return f"data.prepare[{n}] renames it '{value[name]}'."
        if spec.type == "drop" and name in (value if isinstance(value, list) else [value]):
            return f"data.prepare[{n}] drops it."
    return None


def _named_columns(config: Config) -> Iterator[tuple[Path, str]]:
    data, preprocessing = config.data, config.preprocessing
    assert data is not None
    for key in ("target", "features", "drop", "categorical"):
        for n, name in enumerate(getattr(data, key) or ()):
            yield ("data", key, n), name
    single: dict[Path, object] = {
        ("data", "time"): data.time,
        **{("data", "split", key): getattr(data.split, key) for key in ("stratify", "group", "column", "time")},
        ("preprocessing", "window", "series"): preprocessing.window.series if preprocessing.window else None,
        ("fit", "sample_weight"): config.fit.sample_weight if config.fit is not None else None,
    }
    yield from ((path, name) for path, name in single.items() if isinstance(name, str))
    yield from ((("preprocessing", "columns", name), name) for name in preprocessing.columns)
    for key, given in config.inputs.items():
        yield from ((("inputs", key, n), name) for n, name in enumerate(given.columns))


def _shown(config: Config) -> str:
    """Return the data's file as the user wrote it, which is shorter than its absolute path."""
    assert config.data is not None
    return config.written(("data", "source")) or config.data.source[0]
