"""Masks that Keras hands on by itself: in a saved model they are arithmetic, in a config they go without saying."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlrun.model.from_keras.steps import Ref, Step

_OF = {
    "mask": ("", "inputs", "sequences"),
    "query_mask": ("query", ""),
    "value_mask": ("value", ""),
    "key_mask": ("key",),
}


def without_automatic_masks(steps: Iterable[Step]) -> None:
    """Leave out the masks of Masking and Embedding layers where they are handed on from layer to layer."""
    for step in steps:
        for key, places in _OF.items():
            mask = step.inputs.get(key)
            place = next((name for name in places if name in step.inputs), None)
            if isinstance(mask, Ref) and place is not None and _is_automatic(mask, _single(step.inputs[place])):
                del step.inputs[key]
        if step.named and len(step.inputs) == 1 and step.type not in {"shared", "Model"}:
            step.inputs, step.named = {"": [_single(next(iter(step.inputs.values())))]}, False


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _is_automatic(mask: Ref, taken: Any) -> bool:
    """Tell whether a mask is the one that comes with what a layer takes."""
    test = mask.step
    is_any = test is not None and test.type == "ops.any"
    if test is not None and is_any:
        test = next((ref.step for ref in test.references()), None)
    if test is None or test.type != "ops.not_equal":
        return False
    tested = next(iter(test.references()), None)
    while isinstance(taken, Ref) and taken.step is not None:
        layer = taken.step
        first = next(iter(layer.references()), None)
        if layer.type == ("Masking" if is_any else "Embedding"):
            return first == tested and (is_any or layer.args.get("mask_zero") is True)
        taken = first
    return False
