"""The tree to the sections' values: every key read in its own way, then validated by the schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dlrun.config import values
from dlrun.config.nodes import MappingNode, Node, ScalarNode, is_null
from dlrun.config.objects import Path as ConfigPath
from dlrun.config.own import names_of_files
from dlrun.config.parsing import Parsing
from dlrun.config.values import Reader
from dlrun.globbing import Globber, TooManyError

LABEL = "label"  # the column with the name of an image's folder

_NULL_IS_A_VALUE = {("data", "read", "header")}
_SECTIONS = {
    ("data",),
    ("data", "read"),
    ("data", "frequency"),
    ("data", "split"),
    ("preprocessing",),
    ("preprocessing", "window"),
    ("compile",),
    ("fit",),
    ("fit", "checkpoint"),
    ("fit", "time_limit"),
    ("evaluate",),
    ("track",),
    ("track", "mlflow"),
}

READERS: dict[str, Reader] = {
    "name": values.read_text,
    "code": values.read_paths,
    "layers": values.read_layers,
    "callbacks": values.read_callbacks,
    "inputs": values.read_inputs,
    "outputs": values.read_text_values,
    "data.source": values.read_paths,
    "data.validation_source": values.read_paths,
    "data.test_source": values.read_paths,
    "data.target": values.read_texts,
    "data.features": values.read_texts,
    "data.drop": values.read_texts,
    "data.categorical": values.read_texts,
    "data.time": values.read_text,
    "data.frequency": values.read_frequency,
    "data.frequency.every": values.read_text,
    "data.prepare": values.read_prepare,
    "data.read.names": values.read_texts,
    "data.read.usecols": values.read_texts,
    "data.read.dtype": values.read_text_values,
    "data.read.na_values": values.read_texts,
    "data.read.true_values": values.read_texts,
    "data.read.false_values": values.read_texts,
    "data.read.parse_dates": values.read_texts,
    "data.read.image_size": values.read_tuple,
    "data.split.test": values.read_number,
    "data.split.validation": values.read_number,
    "data.split.stratify": values.read_bool_or_text,
    "data.split.group": values.read_text,
    "data.split.column": values.read_text,
    "data.split.time": values.read_text,
    "preprocessing.numeric": values.read_steps,
    "preprocessing.categorical": values.read_steps,
    "preprocessing.columns": values.read_column_steps,
    "preprocessing.target": values.read_target_steps,
    "preprocessing.resample": values.read_resample,
    "preprocessing.window.series": values.read_text,
    "compile.optimizer": values.read_optimizer,
    "compile.loss": values.read_loss,
    "compile.loss_weights": values.read_numbers,
    "compile.metrics": values.read_metrics,
    "compile.weighted_metrics": values.read_metrics,
    "fit.validation_split": values.read_number,
    "fit.sample_weight": values.read_text,
    "evaluate.threshold": values.read_number,
    "evaluate.positive": values.read_text,
    "track": values.read_track,
    "track.mlflow.tracking_uri": values.read_text,
    "track.mlflow.experiment_name": values.read_text,
    "track.mlflow.run_name": values.read_text,
    "track.mlflow.tags": values.read_text_values,
}


def read_sections(root: MappingNode, parsing: Parsing) -> dict[str, Any]:
    """Return the values of a config's keys, for the schema; problems inside objects and lists are noted."""
    code = root.get("code")
    parsing.user_code = code is not None and not is_null(code)
    if parsing.trust and code is not None and parsing.user_code:
        # Problems with the paths themselves are told when the key is read.
        parsing.own = names_of_files(values.read_paths(code, ("code",), Parsing()))
        parsing.user_code = not parsing.own.whole
    outputs = root.get("outputs")
    parsing.outputs = tuple(outputs.entries) if isinstance(outputs, MappingNode) else ()
    data = root.get("data")
    target = data.get("target") if isinstance(data, MappingNode) else None
    if target is not None and not is_null(target):
        items = getattr(target, "items", (target,))
        parsing.targets = tuple(item.text for item in items if isinstance(item, ScalarNode))
    elif isinstance(data, MappingNode) and _are_folders(data.get("source")):
        parsing.targets = (LABEL,)
        return _with_label(_mapping(root, (), parsing))
    return _mapping(root, (), parsing)


def _are_folders(source: Node | None) -> bool:
    """Tell whether folders are meant, which hold images: their target needs no word."""
    if source is None or is_null(source):
        return False
    paths = values.read_paths(source, (), Parsing())
    globber = Globber()
    try:
        found = [Path(name) for path in paths for name in (globber(path) or [path])]
    except TooManyError:  # whoever looks for the files says so
        return False
    return bool(found) and all(path.is_dir() for path in found)


def _with_label(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "data": {**found["data"], "target": (LABEL,)}}


def _mapping(node: MappingNode, path: ConfigPath, parsing: Parsing) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, entry in node.entries.items():
        inner = (*path, key)
        if is_null(entry.value) and inner not in _NULL_IS_A_VALUE:
            continue  # null leaves a key at its default
        found[key] = _value(entry.value, inner, parsing)
    return found


def _value(node: Node, path: ConfigPath, parsing: Parsing) -> Any:
    if path in _SECTIONS and isinstance(node, MappingNode):
        return _mapping(node, path, parsing)
    reader = READERS.get(".".join(map(str, path)), values.read_mapping)
    return reader(node, path, parsing)
