"""How a functional model's description says what a call takes: every tensor by its history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dlrun.catalog import keras_entry
from dlrun.keras_functions import operation_of

_POSITIONS = {  # what layers call the tensors that they take beside the first
    **dict.fromkeys(("MultiHeadAttention", "GroupedQueryAttention", "GroupQueryAttention"), ("query", "value", "key")),
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional"), ("sequences", "initial_state")),
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), ("sequences", "initial_state")),
    "StackedRNNCells": ("inputs", "states"),
}
MODELS = {"Functional", "Model", "Sequential"}


def call_of(kind: str, node: Any) -> tuple[dict[str, Any], bool]:
    """Return what a call takes, and whether it is by name; tensors are still histories."""
    if isinstance(node, list):  # as Keras 2 wrote it: [[layer, node, tensor, {arguments}], ...]
        kwargs = next((item[3] for item in node if len(item) > 3 and isinstance(item[3], dict)), {})
        args: list[Any] = [[_old(item) for item in node]] if len(node) > 1 else [_old(node[0])]
    else:
        args, kwargs = list(node.get("args") or ()), dict(node.get("kwargs") or {})
    kwargs = {k: _plain(v) for k, v in kwargs.items() if not _is_nothing(v) and not (k == "training" and v is False)}
    args = [_plain(arg) for arg in args if arg is not None]
    tensors = list(tensors_in({"": args}))
    if not kwargs and len(args) == 1 and (not isinstance(args[0], dict) or history_of(args[0]) is not None):
        return {"": args[0] if isinstance(args[0], list) else args}, False
    if not kwargs and all(history_of(arg) is not None for arg in args):
        attention = _POSITIONS.get(kind, ("",))[0] == "query"
        if attention and all(history == tensors[0] for history in tensors) and len(args) == 2:
            return {"": args[:1]}, False
        if attention or kind in MODELS:
            return {"": args}, False
    if len(args) == 1 and isinstance(args[0], dict) and history_of(args[0]) is None:  # inputs by their names
        return {**args[0], **kwargs}, True
    names = _POSITIONS.get(kind, ("inputs",) if keras_entry("layers", kind) is not None else ())
    by_name = {names[n] if n < len(names) else str(n): arg for n, arg in enumerate(args)}
    if kind in MODELS or operation_of(kind) is not None:
        by_name = {str(n): arg for n, arg in enumerate(args)}
    return {**by_name, **kwargs}, True


def _is_nothing(value: Any) -> bool:
    """Tell whether an argument is not given: None, or a None for each of several masks."""
    return value is None or (isinstance(value, list) and bool(value) and all(_is_nothing(item) for item in value))


def _plain(value: Any) -> Any:
    """Return a value with its tensors as they are, tuples as lists."""
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        return [_plain(item) for item in value.get("items", ())]
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _old(item: list[Any]) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": item[:3]}}


def history_of(value: Any) -> list[Any] | None:
    """Return the history of a tensor: layer, number of its call, number of the tensor; None for anything else."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        history = (value.get("config") or {}).get("keras_history")
        return history if isinstance(history, list) and len(history) == 3 else None
    return None


def tensors_in(inputs: Any) -> Iterator[list[Any]]:
    """Yield the history of every tensor in arguments of a call."""
    history = history_of(inputs)
    if history is not None:
        yield history
    elif isinstance(inputs, dict | list):
        for item in inputs.values() if isinstance(inputs, dict) else inputs:
            yield from tensors_in(item)


def histories_in(value: Any) -> list[list[Any]]:
    """Return histories in the order in which Keras lists them: those of a mapping by their sorted keys."""
    if isinstance(value, dict):
        return [h for key in sorted(value) for h in histories_in(value[key])]
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str) and isinstance(value[1], int):
        return [value]
    return [h for item in value for h in histories_in(item)] if isinstance(value, list) else []


def outputs_in(value: Any) -> dict[str, list[Any]]:
    """Return the outputs by name; a single one is called ""."""
    histories = histories_in(value)
    if len(histories) == 1:
        return {"": histories[0]}
    if isinstance(value, dict) and all(len(histories_in(item)) == 1 for item in value.values()):
        return {key: histories_in(value[key])[0] for key in sorted(value)}
    names: dict[str, list[Any]] = {}
    for history in histories:
        name, count = str(history[0]), 1
        while name in names:
            count += 1
            name = f"{history[0]}_{count}"
        names[name] = history
    return names
