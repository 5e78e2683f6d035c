"""What a script has to know of the data beside the config: columns, their kinds, labels, how many rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.heads import heads_of
from dlrun.data.names import column_name
from dlrun.errors import Problem, RunError
from dlrun.sealed_folder import MEND

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.config.objects import ObjectSpec
    from dlrun.run_dir import RunDir


@dataclass(frozen=True)
class Facts:
    """Facts about the rows that a config trains on.

    Args:
        files: Path to number of rows, by part's files in the order in which they are read.
        dtypes: Every column after the prepare steps, with its dtype.
        kinds: Kind of each feature: "numeric", "categorical", "time", "tensor", "text".
        features: The features, in order.
        shapes: Input of the network to the shape of a row and its dtype.
        classes: Class target to its labels in the order 0 .. n-1.
        rows: Part to its number of rows.
        monthly: Whether the clock of a series is counted in months, which differ in length.
        from_run: The run that they come from; None where the data was read for it.
    """

    files: Mapping[str, int]
    dtypes: Mapping[str, str]
    kinds: Mapping[str, str]
    features: tuple[str, ...]
    shapes: Mapping[str, tuple[tuple[int, ...], str]]
    classes: Mapping[str, list[Any]]
    rows: Mapping[str, int]
    monthly: bool = False
    from_run: str | None = None

    @property
    def parts(self) -> list[str]:
        """The parts that there are, in the order train, validation, test."""
        return [part for part in ("train", "validation", "test") if part in self.rows]

    @property
    def loses_rows(self) -> bool:
        """Whether some rows of the files are in no part."""
        return sum(self.rows.values()) != sum(self.files.values())

    def is_number(self, name: str) -> bool | None:
        """Tell whether a column holds numbers after the prepare steps; None where that is not known."""
        dtype = self.dtypes.get(name)
        return None if dtype is None else dtype.startswith(("int", "float"))


def facts_of_run(run: RunDir, config: Config) -> Facts:
    """Return the facts that a run wrote down in data.json and preprocessing.json.

    Raises:
        RunError: If it did not get so far, or was damaged.
    """
    run.verify(run.data, run.preprocessing)
    facts = _facts(run.read_json(run.data), run.read_json(run.preprocessing), run.name)
    for head in heads_of(config):
        for target in head.targets if head.task != "regression" else ():
            if column_name(target) not in facts.classes:
                raise RunError(Problem(f"the run's preprocessing.json knows no classes of '{target}'", MEND))
    return facts


def facts_of_config(config: Config) -> Facts:
    """Read the data of a config, and return the facts.

    Raises:
        ConfigError, DataError: If they do not go together.
    """
    from dlrun.data.load import load_dataset
    from dlrun.training.prepare import adapt
    from dlrun.training.record import data_record

    if not config.is_table or any(spec.type[:1].isupper() for spec in _steps(config)):
        from dlrun.training.runtime import start_keras_for

        start_keras_for(config)  # which decodes images, and adapts its own layers
    dataset = load_dataset(config)
    return _facts(data_record(dataset), adapt(config, dataset).to_json(), None)


def _steps(config: Config) -> Iterator[ObjectSpec]:
    preprocessing = config.preprocessing
    for specs in (preprocessing.numeric, preprocessing.categorical, *preprocessing.columns.values()):
        yield from specs


def _facts(data: Any, learned: Any, name: str | None) -> Facts:
    try:
        return Facts(
            files={_text(file["path"]): _count(file.get("rows", 0)) for file in data["files"]},
            dtypes={_text(column): _text(told["dtype"]) for column, told in data["columns"].items()},
            kinds={_text(column): _text(kind) for column, kind in learned["kinds"].items()},
            features=tuple(map(_text, learned["features"])),
            shapes={
                _text(key): (tuple(map(_count, told["shape"])), _text(told["dtype"]))
                for key, told in learned["inputs"].items()
            },
            classes={_text(told["target"]): _labels(told["classes"]) for told in learned["targets"]["classes"]},
            rows={_text(part): _count(count) for part, count in data["rows"].items()},
            monthly=bool(data.get("clock", {}).get("by_calendar", False)),
            from_run=name,
        )
    except (KeyError, TypeError, AttributeError) as error:
        what = f"the run's data.json or preprocessing.json is damaged: {type(error).__name__} {error}"
        raise RunError(Problem(what, "Train it again.")) from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(f"{value!r:.40} is no number of rows")
    return value


def _labels(values: Any) -> list[Any]:
    if not isinstance(values, list) or not all(isinstance(value, bool | int | str) for value in values):
        raise TypeError("labels are of another kind")
    return values


def folder_of(path: str, beside: Path) -> str:
    """Return a file's path as a script that lies in `beside` should name it: relative where the file lies below."""
    try:
        return Path(path).relative_to(beside).as_posix()
    except ValueError:
        return path
