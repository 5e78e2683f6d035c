"""data.json, checked before it is used: it may be a stranger's, and evaluation counts on what stands in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from dlrun.errors import Problem, RunError
from dlrun.sealed_folder import MEND

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.run_dir import RunDir

DEPTH = 8
LARGEST = 1e300


def check_data_file(run_dir: RunDir, config: Config, classes: Mapping[str, Sequence[Any]] | None = None) -> None:
    """Make sure that data.json says what evaluation needs.

    Args:
        run_dir: The run.
        config: Its config.
        classes: Target to labels, if they are known: there must be a count for each.

    Raises:
        RunError: If it does not.
    """
    naive = _record(run_dir).get("baselines")
    if not isinstance(naive, dict) or not _holds_numbers(naive, DEPTH):
        _damaged(run_dir, "'baselines' is not what training writes")
    for target in config.data.target if config.data is not None else ():
        _check_naive(run_dir, target, naive.get(target), (classes or {}).get(target))


def load_data_record(run_dir: RunDir) -> dict[str, Any]:
    """Return data.json, of which whoever shows it counts on files, columns, features, targets, rows, split and notes.

    Raises:
        RunError: If one of them is not what training writes.
    """
    record = _record(run_dir)
    columns, rows = record.get("columns"), record.get("rows")
    if not isinstance(columns, dict) or not all(isinstance(column, dict) for column in columns.values()):
        _damaged(run_dir, "'columns' is not what training writes")
    for key in ("features", "targets", "notes"):
        if not isinstance(record.get(key), list) or not all(isinstance(text, str) for text in record[key]):
            _damaged(run_dir, f"'{key}' is no list of texts")
    sizes = [size for file in record["files"] if (size := file.get("bytes")) is not None]
    sizes += [count for file in record["files"] if (count := file.get("rows")) is not None]
    if not isinstance(rows, dict) or not all(type(count) is int and count >= 0 for count in (*rows.values(), *sizes)):
        _damaged(run_dir, "what should be a number of rows or bytes is none")
    return record


def rows_of(run_dir: RunDir, part: str) -> tuple[Any, ...] | None:
    """Return what tells the rows of a part: the hashes of their numbers and of the files; None if it has no such part.

    Raises:
        RunError: If data.json does not say it.
    """
    found = _record(run_dir)["split"].get(part)
    return None if found is None else (found, *files_of(run_dir))


def files_of(run_dir: RunDir) -> list[str]:
    """Return the hashes of the files that a run was trained on.

    Raises:
        RunError: If data.json does not say it.
    """
    return [file["sha256"] for file in _record(run_dir)["files"]]


def _record(run_dir: RunDir) -> dict[str, Any]:
    record = run_dir.read_json(run_dir.data)
    if not isinstance(record, dict):
        _damaged(run_dir, "it is no mapping")
    files, split = record.get("files"), record.get("split")
    if not isinstance(files, list) or not all(_is_file(file) for file in files):
        _damaged(run_dir, "'files' is no list of files")
    if not isinstance(split, dict):
        _damaged(run_dir, "'split' is not what training writes")
    return record


def _is_file(file: Any) -> bool:
    return isinstance(file, dict) and isinstance(file.get("path"), str) and isinstance(file.get("sha256"), str)


def _check_naive(run_dir: RunDir, target: str, naive: Any, labels: Sequence[Any] | None) -> None:
    counts = naive.get("counts") if isinstance(naive, dict) else None
    if counts is None:
        if not isinstance(naive, dict) or not all(isinstance(naive.get(n), (int, float)) for n in ("mean", "median")):
            _damaged(run_dir, f"'baselines' of '{target}' is not what training writes")
    elif not isinstance(counts, list) or not all(isinstance(n, int) and n >= 0 for n in counts) or not counts:
        _damaged(run_dir, f"'baselines' of '{target}' holds no counts")
    if labels is not None and len(counts or ()) != len(labels):
        _damaged(run_dir, f"'baselines' of '{target}' has not a count for each of its {len(labels)} classes")


def _holds_numbers(value: Any, depth: int) -> bool:
    if isinstance(value, dict):
        return depth > 0 and all(_holds_numbers(item, depth - 1) for item in value.values())
    if isinstance(value, list):
        return depth > 0 and all(_holds_numbers(item, depth - 1) for item in value)
    return value is None or isinstance(value, str) or abs(value) < LARGEST


def _damaged(run_dir: RunDir, what: str) -> NoReturn:
    raise RunError(Problem(f"{run_dir.data} is damaged: {what}", MEND))
