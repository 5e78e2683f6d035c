"""Keras's error messages in one line, with what the user can do about them."""

from __future__ import annotations

import re
import traceback
from collections.abc import Sequence
from pathlib import Path

_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_TENSOR = re.compile(r"<KerasTensor shape=(\([^)]*\))[^>]*>")
_MEMORY = re.compile(r"OOM when allocating tensor with shape(\[[^\]]*\])")
_RECURRENT = {"LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"}
_JOIN_STEPS = {"Flatten", "GlobalAveragePooling1D", "GlobalMaxPooling1D"}
_LONGEST = 300  # characters of one of Keras's sentences


def explain(error: BaseException) -> str:
    """Return what Keras says, in one line: no colors, no list of arguments, no memory addresses."""
    text = _COLORS.sub("", str(error))
    memory = _MEMORY.search(text)
    if memory:
        return f"there is not enough memory for an array of shape {memory[1]}"
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
    if len(paragraphs) > 1 and paragraphs[0].startswith("Exception encountered when calling"):
        del paragraphs[0]
    if len(paragraphs) > 1 and paragraphs[0].endswith("Error encountered:"):
        del paragraphs[0]
    said = paragraphs[0] if paragraphs else ""
    said = _TENSOR.sub(r"\1", said).replace(" with name 'None'", "").rstrip(" .")
    if not isinstance(error, ValueError | TypeError):  # "tuple index out of range" alone says little
        said = f"{type(error).__name__}: {said}"
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST].rstrip()} ..."


def place_in(files: Sequence[str], error: BaseException) -> tuple[str, int] | None:
    """Return the file and line of the innermost frame of an error that lies in one of `files`, if any."""
    if isinstance(error, SyntaxError) and error.filename is not None and error.filename in files:
        return error.filename, error.lineno or 0
    known = {str(Path(file).resolve()) for file in files}
    frames = [f for f in traceback.extract_tb(error.__traceback__) if str(Path(f.filename).resolve()) in known]
    return (frames[-1].filename, frames[-1].lineno or 0) if frames else None


def show_shape(shape: Sequence[int | None]) -> str:
    """Return `(rows, 8, 8)` for `(None, 8, 8)`; further unknown sizes are `?`."""
    sizes = ["rows", *("?" if size is None else str(size) for size in shape[1:])]
    return f"({', '.join(sizes)})"


def hint(layer: str, message: str, shapes: Sequence[Sequence[int | None]], above: str | None) -> str:
    """Return how to mend shapes that do not fit, or nothing where no advice is sure.

    Args:
        layer: The type of the layer that was called.
        message: What Keras says.
        shapes: The shapes that came in, rows first.
        above: The type of the layer that the first of them comes from; None for an input.
    """
    ranks = re.search(r"expected (?:min_)?ndim=(\d), found ndim=(\d)", message)
    if ranks:
        return _rank_hint(int(ranks[1]), shapes[0], above)
    if "size would be" in message and "negative" in message:
        return "What comes in is too small for it: write `padding: same`, a smaller size, or fewer such layers."
    if layer == "Concatenate":
        return "All axes but the joined one must agree: put Flatten before, or set `axis`."
    if "incompatible shapes" in message:
        return "Give the layers that meet here the same number of units."
    if "`stateful=True`" in message:
        return "Leave out `stateful`: every window brings its own past."
    if "total size of" in message:
        return "The sizes in target_shape, multiplied, must give those that come in."
    if "received" in message and "input tensors" in message:
        return "Join them first with a Concatenate or Add layer; `return_state` gives several tensors too."
    return ""


def _rank_hint(expected: int, shape: Sequence[int | None], above: str | None) -> str:
    if above in _RECURRENT and expected == 3:
        return "Set `return_sequences: true` in the layer above, so that it gives every step."
    if expected == 3 and above in _JOIN_STEPS:
        return f"Leave out the {above} above: it makes one of all steps."
    if expected == 3 and above == "Embedding":
        return "An Embedding is for whole numbers that stand for words: leave it out for measured values."
    if expected == 3 and len(shape) == 2:
        steps = "" if shape[1] is None else f": {{target_shape: [{shape[1]}, 1]}}"
        return f"It takes (steps, features) for each row: write `preprocessing.window`, or put `Reshape{steps}` before."
    if expected == 4 and len(shape) == 3:
        return (
            f"It takes (height, width, channels): put `Reshape: {{target_shape: [{shape[1]}, {shape[2]}, 1]}}` before, "
            "or take the layer for (steps, features), whose name ends in 1D."
        )
    if expected == 4:
        return "It takes (height, width, channels): put a Reshape to these three sizes before."
    return "Put `Flatten` before." if len(shape) > expected else "Put a Reshape before."
