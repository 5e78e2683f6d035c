"""Keras's preprocessing layers as steps: adapted on training rows, applied outside of the network, kept as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dlrun.errors import DataError, Problem, nearest
from dlrun.preprocessing.categories import category_text
from dlrun.preprocessing.state import LARGEST, damaged, is_number, read_key, read_list, read_sizes
from dlrun.preprocessing.step import Array, Step

LOOKUPS = frozenset({"StringLookup", "IntegerLookup", "TextVectorization"})
# The layers of keras.layers that change a row in the same way every time and need nothing but that row. The random
# ones belong into the network, where they differ from epoch to epoch.
LAYERS = LOOKUPS | {
    "AutoContrast",
    "CategoryEncoding",
    "CenterCrop",
    "Discretization",
    "Equalization",
    "Hashing",
    "MelSpectrogram",
    "Normalization",
    "Rescaling",
    "Resizing",
    "STFTSpectrogram",
}
ROWS_AT_ONCE = 2**13  # of text
TAKE_TEXT = frozenset({"StringLookup", "TextVectorization", "Hashing"})
ONE_TO_ONE = frozenset({"Normalization", "Rescaling"})  # columns may share one layer: each keeps to itself
TAKE_INTEGERS = frozenset({"IntegerLookup", "CategoryEncoding", "Hashing"})
LEARN = LOOKUPS | {"Normalization", "Discretization"}
GIVEN = ("vocabulary", "mean", "bin_boundaries")  # with any of these a layer learns nothing

_LONGEST = 100  # words in a row that are taken as one; Keras makes the texts of all lengths up to it


def is_one_to_one(name: str, arguments: Mapping[str, Any]) -> bool:
    """Tell whether several columns may share a layer, since it keeps them apart; with an axis it may not."""
    return name in ONE_TO_ONE and "axis" not in arguments


def learns(name: str, arguments: Mapping[str, Any]) -> bool:
    """Tell whether a layer learns from rows, and was not given what it would learn."""
    return name in LEARN and not any(arguments.get(key) is not None for key in GIVEN)


class KerasLayer(Step):
    """A Keras preprocessing layer, by its Keras name and arguments.

    Args:
        name: The class's name in `keras.layers`.
        arguments: Its arguments.
    """

    def __init__(self, name: str, arguments: dict[str, Any]) -> None:
        if name not in LAYERS:
            raise ValueError(_no_step(name))
        _refuse(arguments)
        self.name = name
        self.arguments = arguments
        self.takes_text = name in TAKE_TEXT
        self.needs_values = name not in ("Rescaling", "CategoryEncoding", "Hashing")
        self.expands = not is_one_to_one(name, arguments)
        self.shape: tuple[int, ...] = ()
        self._learned: dict[str, Any] = {}
        self._known: set[Any] | None = None
        self._unseen = 0
        self._layer = self._build(arguments)

    @property
    def is_sequence(self) -> bool:
        """Whether a row becomes a sequence of integers, which is an input of its own."""
        return self.name == "TextVectorization" and self.arguments.get("output_mode", "int") == "int"

    def _build(self, arguments: dict[str, Any]) -> Any:
        import keras

        # A name of its own keeps Keras from counting the layer, which would rename those of the network.
        own: dict[str, Any] = {"name": "preprocessing"} if "name" not in arguments else {}
        if self.name in ("Normalization", "Rescaling") and "dtype" not in arguments:
            own["dtype"] = "float32"  # whatever the network's precision is
        if isinstance(arguments.get("ngrams"), list):
            own["ngrams"] = tuple(arguments["ngrams"])  # Keras takes no list
        return getattr(keras.layers, self.name)(**{**arguments, **own})

    def adapt(self, x: Array) -> None:
        """Learn what the layer learns: means, boundaries, a vocabulary."""
        if self.learns:
            self._learn(x)
        learned = self._read_learned() if self.learns else {}
        if self.is_sequence and self.arguments.get("output_sequence_length") is None:
            # Keras pads every batch to its own longest text; rows need one length, so the longest training text's.
            lengths = (self._call(self._layer, self._prepared(part)).shape[1] for part in _parts(x))
            learned["output_sequence_length"] = max(map(int, lengths))
        self._rebuild(learned)
        self.shape = self.apply(x[:1]).shape[1:]

    def _learn(self, x: Array) -> None:
        """Let the layer see the rows; words are counted some rows at a time, since all of them take a lot of memory."""
        if not self.takes_text:
            self._call(self._layer.adapt, self._prepared(x[:]))
            return
        self._layer.reset_state()
        for part in _parts(x):
            self._call(self._layer.update_state, self._prepared(part))
        self._layer.finalize_state()

    @property
    def learns(self) -> bool:
        """Whether the layer learns from rows, and was not given what it would learn."""
        return learns(self.name, self.arguments)

    def _read_learned(self) -> dict[str, Any]:
        layer = self._layer
        if self.name in LOOKUPS:
            learned: dict[str, Any] = {"vocabulary": _plain(layer.get_vocabulary(include_special_tokens=False))}
            if self.arguments.get("output_mode") == "tf_idf":
                lookup = getattr(layer, "_lookup_layer", layer)
                weights = np.asarray(lookup.idf_weights)
                first = len(lookup.get_vocabulary()) - len(learned["vocabulary"])
                learned["idf_weights"] = weights[first : first + len(learned["vocabulary"])].tolist()
            return learned
        if self.name == "Normalization":
            # The weights have the shape of the axes kept, which is the shape that the constructor takes.
            return {name: np.asarray(getattr(layer, f"adapt_{name}")).tolist() for name in ("mean", "variance")}
        if self.name == "Discretization":
            return {"bin_boundaries": [float(value) for value in layer.bin_boundaries]}
        return {}

    def _rebuild(self, learned: dict[str, Any]) -> None:
        """Build the layer anew from what was learned, as a run that is opened later does."""
        self._learned = learned
        arguments = dict(self.arguments)
        if "bin_boundaries" in learned:
            arguments.pop("num_bins", None)  # Keras takes one of the two
        self._layer = self._build({**arguments, **_as_arguments(self.name, learned)})
        words = learned.get("vocabulary") or self.arguments.get("vocabulary")
        self._known = None if words is None or self.name == "TextVectorization" else set(words)

    def apply(self, x: Array) -> Array:
        """Call the layer on the rows."""
        prepared = self._prepared(x)
        if self._known is not None:
            self._unseen = sum(value not in self._known for value in prepared.ravel().tolist())
        # TensorFlow's text takes much more memory than it makes numbers of.
        parts = _parts(prepared) if self.takes_text and len(prepared) else iter([prepared])
        results = [np.asarray(self._call(self._layer, part)) for part in parts]
        result = results[0] if len(results) == 1 else np.concatenate(results)
        return result if result.ndim > 1 else result[:, None]

    def _prepared(self, x: Array) -> Array:
        """Return `x` in the type that the layer wants."""
        if self.name in ("StringLookup", "TextVectorization") or (self.name == "Hashing" and x.dtype == object):
            text = x if x.dtype == object else np.array([category_text(v) for v in x.ravel()], object).reshape(x.shape)
            return text[:, 0] if self.name == "TextVectorization" and text.ndim == 2 else text
        if self.name in TAKE_INTEGERS and x.dtype.kind == "f":
            whole = x.astype(np.int64)
            if (whole != x).any():
                raise DataError(Problem(f"{self.name} takes whole numbers, not {x[whole != x][0]:g}"))
            return whole
        return x.astype(np.float32) if x.dtype == np.float64 and self.name != "Discretization" else x

    def _call(self, function: Any, x: Array) -> Any:
        import tensorflow as tf

        try:
            return function(x)
        except (TypeError, ValueError, IndexError, tf.errors.OpError) as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            raise DataError(Problem(f"{self.name}: {lines[0] if lines else type(error).__name__}")) from error

    def feature_names(self, names: list[str]) -> list[str]:
        """Return one name per feature: by vocabulary where the features are its words, else numbered."""
        width = self.shape[-1] if self.shape else len(names)
        if width == len(names):
            return names
        base = "_".join(names)
        if self.name in LOOKUPS:
            words = self._layer.get_vocabulary()
            if len(words) == width:
                return [f"{base}_{word}" for word in words]
        return [f"{base}_{i}" for i in range(width)]

    def get_state(self) -> dict[str, Any]:
        """Return what was learned, and the shape of a row that comes out."""
        return {**self._learned, "shape": list(self.shape)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take what `get_state` gave."""
        self.shape = tuple(read_sizes(state, "shape"))
        keys = _learned_keys(self.name, self.arguments) if self.learns else []
        learned = {key: _checked_state(state, key) for key in keys}
        if self.is_sequence and self.arguments.get("output_sequence_length") is None:
            learned["output_sequence_length"] = self.shape[0]
        try:
            self._rebuild(learned)
        except (TypeError, ValueError, IndexError) as error:
            damaged(f"the state of {self.name} does not fit: {error}")

    @property
    def unseen(self) -> int:
        """Number of cells of the last `apply` that are not in the vocabulary."""
        return self._unseen


def _parts(x: Array) -> Iterator[Array]:
    return (x[start : start + ROWS_AT_ONCE] for start in range(0, len(x), ROWS_AT_ONCE))


def _no_step(name: str) -> str:
    if name.startswith(("Random", "Mix", "Cut", "Aug", "Rand")):
        return f"{name} changes rows at random, so it belongs into the network: write it under layers"
    near = nearest(name, LAYERS)
    hint = f". Did you mean '{near}'?" if near else ""
    return f"{name} is not a layer that works on single rows outside of the network{hint}"


def _refuse(arguments: dict[str, Any]) -> None:
    if isinstance(arguments.get("vocabulary"), str):
        raise ValueError("vocabulary is a list; dlrun does not read it from a file")
    boundaries = arguments.get("bin_boundaries")
    if boundaries is not None and not isinstance(boundaries, list | tuple):
        raise ValueError(f"bin_boundaries is a list; for a number of bins write num_bins: {boundaries}")
    for key in ("num_tokens", "num_bins", "max_tokens", "output_sequence_length", "height", "width"):
        if is_number(arguments.get(key)) and arguments[key] > LARGEST:
            raise ValueError(f"{key} is {arguments[key]}, which makes rows too large")
    ngrams = arguments.get("ngrams")
    if any(n is not None and is_number(n) and n > _LONGEST for n in (ngrams if isinstance(ngrams, list) else [ngrams])):
        raise ValueError(f"ngrams is {ngrams}, and no more than {_LONGEST} words count as one")
    for key in ("sparse", "ragged", "invert"):
        if arguments.get(key):
            raise ValueError(f"{key} does not work here: the network takes rows of numbers")
    for key, value in arguments.items():
        if not _is_json(value):
            raise ValueError(f"{key} is a number, a text, or a list of them; this is {type(value).__name__}")


def _is_json(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_json, value))
    return value is None or isinstance(value, bool | str) or is_number(value)


def _plain(words: list[Any]) -> list[Any]:
    return [int(word) if isinstance(word, int | np.integer) else str(word) for word in words]


def _as_arguments(name: str, learned: dict[str, Any]) -> dict[str, Any]:
    if name == "Normalization":
        return {key: np.array(value, dtype=np.float32) for key, value in learned.items()}
    return learned


def _learned_keys(name: str, arguments: dict[str, Any]) -> list[str]:
    if name in LOOKUPS:
        return ["vocabulary", *(["idf_weights"] if arguments.get("output_mode") == "tf_idf" else [])]
    return {"Normalization": ["mean", "variance"], "Discretization": ["bin_boundaries"]}.get(name, [])


def _checked_state(state: dict[str, Any], key: str) -> Any:
    value = read_key(state, key)
    if key == "vocabulary":
        words = read_list(state, key)
        if not (all(isinstance(word, str) for word in words) or all(map(is_number, words))):
            damaged("'vocabulary' is neither text nor numbers")
    elif not _is_numbers(value):
        damaged(f"'{key}' does not hold finite numbers alone")
    return value


def _is_numbers(value: Any) -> bool:
    return all(map(_is_numbers, value)) if isinstance(value, list) else is_number(value)
