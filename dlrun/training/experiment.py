"""What an experiment is made of: config, data, code, environment; and what differs between two of them.

A run may only be continued as the experiment that it began as. Else its result would be that of none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from dlrun.config.own import packages_for
from dlrun.errors import Problem, RunError
from dlrun.files import json_text
from dlrun.sealed_folder import MEND
from dlrun.training.environment import environment_record
from dlrun.training.record import data_record

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.data.table import Dataset
    from dlrun.run_dir import RunDir
    from dlrun.training.prepare import Prepared

# What changes no result: where files lie is told apart by what is in them.
NO_PART_OF_IT = (
    "name", "code", "data.source", "data.validation_source", "data.test_source", "fit.checkpoint", "fit.time_limit",
    "track",
)  # fmt: skip
_ENVIRONMENT = ("python", "machine", "processor", "threads", "devices", "deterministic", "packages", "variables")
_SILENT_VARIABLES = ("TF_CPP_MIN_LOG_LEVEL", "CUDA_VISIBLE_DEVICES", "KERAS_BACKEND")
DEPTH = 64  # of a config; deeper nesting is none that dlrun writes
_ABSENT = "nothing"


def experiment_record(config: Config, prepared: Prepared) -> dict[str, Any]:
    """Return everything that decides a run's result."""
    return {
        "config": config_values(config),
        "data": data_facts(prepared.dataset),
        "code": code_facts(config),
        "environment": environment_facts(environment_record(config.file, packages_for(config))),
        "learned": hashlib.sha256(json_text(prepared.preprocessor.to_json()).encode("utf-8")).hexdigest(),
    }


def read_experiment(run_dir: RunDir) -> dict[str, Any]:
    """Return what a run was begun as.

    Raises:
        RunError: If the file is damaged, or not what dlrun writes.
    """
    found = run_dir.read_json(run_dir.experiment)
    if not _is_experiment(found):
        raise RunError(Problem(f"{run_dir.experiment} is not what dlrun writes", MEND))
    return dict(found)


def _is_experiment(found: Any) -> bool:
    parts = [found.get(name) for name in ("config", "data", "code", "environment")] if isinstance(found, dict) else []
    if not parts or not all(isinstance(part, dict) for part in parts) or "learned" not in found:
        return False
    files = found["data"].get("files")
    pairs = isinstance(files, list) and all(isinstance(f, list) and [type(x) for x in f] == [str, str] for f in files)
    return pairs and isinstance(found["config"].get("fit"), dict) and not _is_deeper(found, DEPTH)


def _is_deeper(value: Any, depth: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth < 0 or any(_is_deeper(item, depth - 1) for item in inner)


def config_values(config: Config) -> dict[str, Any]:
    """Return the resolved config as plain values, without what changes no result."""
    values: dict[str, Any] = yaml.safe_load(config.to_yaml())  # our own text, a moment old
    for path in NO_PART_OF_IT:
        *sections, last = path.split(".")
        found: Any = values
        for section in sections:
            found = found.get(section, {})
        found.pop(last, None)
    return values


def data_facts(dataset: Dataset) -> dict[str, Any]:
    """Return the files with their hashes, and the rows of each part."""
    data = data_record(dataset)
    return {"files": [[Path(file["path"]).name, file["sha256"]] for file in data["files"]], **data["split"]}


def code_facts(config: Config) -> dict[str, str]:
    """Return the hashes of the files of the user's own code."""
    return {Path(file).name: hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in config.code}


def environment_facts(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of environment.json that may change a result."""
    facts = {name: record.get(name) for name in _ENVIRONMENT}
    variables = record.get("variables") or {}
    return {**facts, "variables": {k: v for k, v in variables.items() if k not in _SILENT_VARIABLES}}


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return what differs, a clause each: `fit.batch_size was 32 and is 16`."""
    found = config_differences(before["config"], now["config"])
    found += _data_differences(before["data"], now["data"])
    found += [f"{path}, code of the user's own, has changed" for path, _, _ in _changed(before["code"], now["code"])]
    found += [_difference(path, old, new) for path, old, new in _changed(before["environment"], now["environment"])]
    if not found and before["learned"] != now["learned"]:
        found.append("the preprocessing learns other values from the same rows")
    return found


def config_differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return what differs between two configs' values."""
    return [_difference(path, old, new) for path, old, new in _changed(before, now)]


def _data_differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    if before["files"] != now["files"]:
        known = {sha256 for _, sha256 in before["files"]}
        changed = [name for name, sha256 in now["files"] if sha256 not in known]
        return [f"{name} is not the file it was" for name in changed] or ["the data are other files than they were"]
    return [f"the {part} rows are others than they were" for part, _, _ in _changed(before, now)]


def _difference(path: str, old: Any, new: Any) -> str:
    return f"{path} was {old} and is {new}"


def _changed(before: Any, now: Any) -> list[tuple[str, Any, Any]]:
    old, new = dict(_leaves(before, "")), dict(_leaves(now, ""))
    paths = [*old, *(path for path in new if path not in old)]
    pairs = [(path, old.get(path, _ABSENT), new.get(path, _ABSENT)) for path in paths]
    return [(path, a, b) for path, a, b in pairs if type(a) is not type(b) or a != b]


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield every single value with its path: `layers[1].Dense.units`."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        for position, item in enumerate(value):
            yield from _leaves(item, f"{path}[{position}]")
    else:
        yield path, value
