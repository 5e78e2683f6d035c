"""Python source: values as literals, calls, names of variables, and text for comments."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Mapping
from typing import Any

import dlrun.errors as errors

Lines = list[str]

# Names that scripts use themselves; a variable for a layer or an input takes none of them.
RESERVED = frozenset(dir(builtins)) | {
    "BATCH_SIZE", "EPOCHS", "GAP", "HORIZON", "LENGTH", "SEED", "STRIDE", "Path", "arrays", "batches", "callbacks",
    "classes", "columns", "data", "epoch_orders", "evaluate", "examples", "first", "history", "input_rows", "inputs",
    "keras", "label_rows", "labels", "layers", "load", "mask", "model", "names", "np", "orders", "own", "part", "pd",
    "plt", "preprocess", "rows", "scale", "scores", "segment", "steps", "target", "test", "tf", "train", "validation",
    "weights", "windows", "x", "y", "num_rows", "num_train", "tensors", "take", "batches_of", "files", "read_image",
    "found", "encoder", "encoders", "target_scaler", "target_scalers", "vectorize", "chosen", "x_rows", "y_rows",
    "x_resampled", "y_resampled", "guess", "random", "counts", "values", "gap", "series", "new_series", "kept",
    "numeric", "categorical", "rest", "held_out", "changes_of", "x_train", "y_train", "x_validation", "y_validation",
    "x_test", "y_test", "train_rows", "validation_rows", "glob", "own_labels", "count", "label",
    "KerasStep", "hash_bins", "hashlib", "fill_by_line", "prepare", "raw", "clock", "times", "regular",
    "whole", "by_time", "as_text",
}  # fmt: skip


class Code(str):
    """An expression that is Python already; `literal` leaves it as it is."""


class Unwritable:
    """Gathers what a config uses and a script cannot do, to be told all at once."""

    def __init__(self) -> None:
        self.problems: list[errors.Problem] = []

    def add(self, where: str, what: str) -> Code:
        """Note that `what` at the place `where` of the config cannot be written, and return something in its place."""
        problem = errors.Problem(f"a script cannot do this: {what}", where=where)
        if problem not in self.problems:
            self.problems.append(problem)
        return Code("None")

    def raise_if_any(self) -> None:
        """Raise what was noted.

        Raises:
            ConfigError: If anything was.
        """
        if self.problems:
            raise errors.ConfigError(*self.problems)


def literal(value: Any) -> Code:
    """Return a value as Python source.

    Args:
        value: Code, or a text, number, boolean, None, or lists and mappings of them.

    Raises:
        TypeError: If it is none of these.
    """
    if isinstance(value, Code):
        return value
    if value is None or type(value) in (bool, int, float, str):
        return Code(repr(value))
    if isinstance(value, Mapping):
        return Code("{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}")
    if isinstance(value, list):
        return Code("[" + ", ".join(map(literal, value)) + "]")
    if isinstance(value, tuple):
        return Code("(" + ", ".join(map(literal, value)) + ("," if len(value) == 1 else "") + ")")
    raise TypeError(f"no literal for {type(value).__name__}")


def call(function: str, *args: Any, **kwargs: Any) -> Code:
    """Return `function(args, name=value)`; arguments are made literals."""
    if not all(name.isidentifier() and not keyword.iskeyword(name) for name in kwargs):
        raise TypeError(f"{function}: {', '.join(kwargs)} are no arguments")
    named = [f"{name}={literal(value)}" for name, value in kwargs.items()]
    return Code(f"{function}({', '.join([*map(literal, args), *named])})")


def select(frame: str, columns: Iterable[str]) -> Code:
    """Return `frame[["a", "b"]]`."""
    return Code(f"{frame}[{literal(list(columns))}]")


def column(frame: str, name: str) -> Code:
    """Return `frame["a"]`."""
    return Code(f"{frame}[{literal(name)}]")


def identifier(name: str, taken: set[str]) -> str:
    """Return a variable's name for what the user calls `name`, and add it to those that are taken."""
    stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40]
    if not stem or stem[0].isdigit():
        stem = f"layer_{stem}".rstrip("_")
    found, count = stem, 1
    while found in taken or found in RESERVED or keyword.iskeyword(found) or keyword.issoftkeyword(found):
        count += 1
        found = f"{stem}_{count}"
    taken.add(found)
    return found


def prose(text: str, longest: int = 60) -> str:
    """Return text for a comment or a docstring: one line, nothing that could end either, and not long."""
    plain = "".join(c if c.isprintable() and c not in '\\"`' else "?" for c in " ".join(text.split()))
    return plain if len(plain) <= longest else f"{plain[: longest - 3]}..."


def listed(names: Iterable[str], most: int = 3) -> str:
    """Return names for a comment: `a, b, c` or `12 columns`."""
    given = list(names)
    return ", ".join(prose(name, 30) for name in given) if len(given) <= most else f"{len(given)} columns"


def tuples(value: Any) -> Any:
    """Return a list as the tuple that axes and shapes are."""
    return tuple(map(tuples, value)) if isinstance(value, list) else value
