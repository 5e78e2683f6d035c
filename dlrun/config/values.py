"""How each key's value is read, where it may be written in several ways: a scalar or a list, a path, an object."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Any

from dlrun.catalog import PREPARE_STEPS, PREPROCESSING_STEPS, keras_entry
from dlrun.config.names import RESAMPLING, STEPS, look_up_own, own_spellings
from dlrun.config.nodes import ListNode, MappingNode, Node, ScalarNode, describe, is_null, plain
from dlrun.config.objects import ObjectSpec, Path, PrepareSpec
from dlrun.config.parse_objects import ObjectParser
from dlrun.config.parsing import Parsing
from dlrun.config.scalars import parse_fraction
from dlrun.errors import did_you_mean
from dlrun.private import tilde_as_home

Reader = Callable[[Node, Path, Parsing], Any]
LONGEST_NAME, LONGEST_PATH = 255, 4095  # bytes; of the common file systems, and of Linux


def read_text(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return a scalar as its text: a column called 60 is "60"."""
    return node.text if isinstance(node, ScalarNode) and not is_null(node) else plain(node)


def read_texts(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return one scalar, or a list of them, as a tuple of texts."""
    items = node.items if isinstance(node, ListNode) else (node,)
    texts: list[str] = []
    for item in items:
        if isinstance(item, ScalarNode) and item.is_written:
            texts.append(item.text)
        else:
            parsing.refuse(item.location, path, f"expected text, or a list of texts, got {describe(item)}")
    return tuple(texts)


def read_paths(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return one path, or a list of them, as absolute paths; what is relative starts where it was written."""
    items = node.items if isinstance(node, ListNode) else (node,)
    paths: list[str] = []
    for item in items:
        if not isinstance(item, ScalarNode) or is_null(item) or not item.text:
            parsing.refuse(item.location, path, f"expected a path, or a list of paths, got {describe(item)}")
        elif "://" in item.text:
            fix = "Download the file, and give its path."
            parsing.refuse(item.location, path, f"dlrun reads local files, no URLs: {item.text}", fix)
        elif _is_too_long(_absolute(item)):
            parsing.refuse(item.location, path, f"no file has so long a name: {item.text[:40]}...")
        else:
            paths.append(_absolute(item))
    if not items:
        parsing.refuse(node.location, path, "expected a path, or a list of paths, got an empty list")
    return tuple(paths)


def _absolute(node: ScalarNode) -> str:
    from_command_line = not node.location.line
    folder = FilePath() if from_command_line else FilePath(node.location.file).parent
    return os.path.normpath(FilePath.cwd() / folder / tilde_as_home(node.text))


def _is_too_long(path: str) -> bool:
    written = path.encode("utf-8", "surrogatepass")
    return len(written) > LONGEST_PATH or max(map(len, written.split(os.sep.encode()))) > LONGEST_NAME


def read_frequency(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return `h` as {every: h}."""
    return {"every": node.text} if isinstance(node, ScalarNode) and not is_null(node) else plain(node)


def read_track(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return `mlflow` as {mlflow: {}}."""
    if not isinstance(node, ScalarNode) or is_null(node):
        return plain(node)
    if node.text != "mlflow":
        fix = did_you_mean(node.text, ["mlflow"]) or "There is mlflow."
        parsing.refuse(node.location, path, f"unknown tracker '{node.text}'", fix)
        return {}
    return {"mlflow": {}}


def read_number(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return a scalar, a simple fraction as the number that it stands for."""
    if isinstance(node, ScalarNode) and isinstance(node.value, str) and not node.quoted:
        fraction = parse_fraction(node.value)
        return node.value if fraction is None else fraction
    return plain(node)


def read_numbers(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return a mapping to numbers."""
    if isinstance(node, MappingNode):
        return {key: read_number(entry.value, (*path, key), parsing) for key, entry in node.entries.items()}
    return plain(node)


def read_text_values(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return a mapping to texts."""
    if isinstance(node, MappingNode):
        return {key: read_text(entry.value, (*path, key), parsing) for key, entry in node.entries.items()}
    return plain(node)


def read_bool_or_text(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return true or false as they are, anything else as text."""
    value = plain(node)
    return value if isinstance(value, bool) else read_text(node, path, parsing)


def read_tuple(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return a list as a tuple."""
    return tuple(plain(node)) if isinstance(node, ListNode) else plain(node)


def read_mapping(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return everything as it is."""
    return plain(node)


def read_prepare(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return the table steps."""
    items = node.items if isinstance(node, ListNode) else (node,)
    at = [(*path, n) if isinstance(node, ListNode) else path for n in range(len(items))]
    steps = [_prepare_step(item, place, parsing) for item, place in zip(items, at, strict=True)]
    return tuple(step for step in steps if step is not None)


def _prepare_step(node: Node, path: Path, parsing: Parsing) -> PrepareSpec | None:
    if isinstance(node, ScalarNode) and isinstance(node.value, str):
        name, location, value = node.value, node.location, None
    elif isinstance(node, MappingNode) and node.entries:
        entry, *others = node.entries.values()
        name, location, value = entry.key, entry.key_location, plain(entry.value)
        for other in others:
            fix = "Begin each step with its own '-'."
            parsing.refuse(other.key_location, (*path, other.key), f"'{other.key}' beside '{name}' in one step", fix)
    else:
        fix = "Write - drop_missing: [Age]."
        parsing.refuse(node.location, path, f"expected a prepare step, got {describe(node)}", fix)
        return None
    if name not in PREPARE_STEPS and not parsing.user_code and not look_up_own(parsing.own, name, ("prepare",)):
        options = [*own_spellings(parsing.own, "prepare"), *PREPARE_STEPS]
        parsing.refuse(location, path, f"unknown prepare step '{name}'", did_you_mean(name, options))
    return PrepareSpec(name, value, path)


def read_layers(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return the layers."""
    if not isinstance(node, ListNode):
        parsing.refuse(node.location, path, f"expected a list of layers, got {describe(node)}", "Begin each with '- '.")
        return ()
    return ObjectParser(parsing).parse_all(node, path, "layers")


def read_optimizer(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return the optimizer."""
    return ObjectParser(parsing).parse(node, path, ("optimizers",))


def read_callbacks(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return the callbacks."""
    return ObjectParser(parsing).parse_all(node, path, "callbacks")


def read_steps(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return preprocessing steps."""
    return ObjectParser(parsing).parse_all(node, path, STEPS)


def read_resample(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return how classes are made even."""
    return ObjectParser(parsing).parse_all(node, path, RESAMPLING)


def read_column_steps(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return the steps of single columns."""
    if not isinstance(node, MappingNode):
        return plain(node)
    return {key: read_steps(entry.value, (*path, key), parsing) for key, entry in node.entries.items()}


def read_target_steps(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return the steps of the target; '' stands for every target."""
    if isinstance(node, MappingNode) and "type" not in node.entries and _keyed(node, parsing.targets, STEPS):
        return read_column_steps(node, path, parsing)
    return {"": read_steps(node, path, parsing)}


def read_loss(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return one loss, or one per target."""
    if isinstance(node, MappingNode) and _keyed(node, parsing.outputs + parsing.targets, "losses"):
        parser = ObjectParser(parsing)
        return {key: parser.parse(e.value, (*path, key), ("losses",)) for key, e in node.entries.items()}
    if isinstance(node, ListNode):
        fix = "Write one, or {target: loss} where there are outputs."
        parsing.refuse(node.location, path, "expected a loss, got a list", fix)
        return ObjectSpec("")
    return ObjectParser(parsing).parse(node, path, ("losses",))


def read_metrics(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return metrics, or metrics per target."""
    parser = ObjectParser(parsing)
    if isinstance(node, MappingNode) and _keyed(node, parsing.outputs + parsing.targets, "metrics"):
        return {key: parser.parse_all(e.value, (*path, key), "metrics") for key, e in node.entries.items()}
    return parser.parse_all(node, path, "metrics")


def _keyed(node: MappingNode, names: tuple[str, ...], kind: str) -> bool:
    """Tell a mapping that is keyed by targets from an object."""
    keys = list(node.entries)
    if names and any(key in names for key in keys):
        return True
    if "type" in keys or len(keys) == 0:
        return False
    known = [_is_name(key, kind) for key in keys]
    return not any(known) and (bool(names) or len(keys) > 1)


def _is_name(key: str, kind: str) -> bool:
    return key in PREPROCESSING_STEPS if kind == STEPS else keras_entry(kind, key) is not None


def read_inputs(node: Node, path: Path, parsing: Parsing) -> Any:
    """Return named inputs: columns, or a mapping with columns, shape, dtype."""
    if not isinstance(node, MappingNode):
        return plain(node)
    return {key: _input(entry.value, (*path, key), parsing) for key, entry in node.entries.items()}


def _input(node: Node, path: Path, parsing: Parsing) -> Any:
    if not isinstance(node, MappingNode):
        return {"columns": read_texts(node, path, parsing)}
    readers: dict[str, Reader] = {"columns": read_texts, "shape": read_tuple}
    return {
        key: readers.get(key, read_mapping)(entry.value, (*path, key), parsing)
        for key, entry in node.entries.items()
        if not is_null(entry.value)
    }
