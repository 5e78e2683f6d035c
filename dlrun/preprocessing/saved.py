"""Blocks and inputs to JSON and back; what comes back may be a stranger's."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np

from dlrun.config.objects import ObjectSpec
from dlrun.errors import DlrunError, RunError
from dlrun.preprocessing.block import Block
from dlrun.preprocessing.columns import Reading
from dlrun.preprocessing.inputs import InputShape
from dlrun.preprocessing.keras_layer import KerasLayer
from dlrun.preprocessing.plan import build_step
from dlrun.preprocessing.state import damaged, read_key, read_list, read_mapping, read_sizes, read_text, read_texts
from dlrun.preprocessing.step import Step


def steps_to_json(specs: tuple[ObjectSpec, ...], steps: list[Step]) -> list[dict[str, Any]]:
    """Return the steps with their arguments and what they learned."""
    return [
        {"type": spec.type, "arguments": _plain(dict(spec.args)), "state": _plain(step.get_state())}
        for spec, step in zip(specs, steps, strict=True)
    ]


def steps_from_json(state: Any, name: str) -> tuple[tuple[ObjectSpec, ...], list[Step]]:
    """Return the specs and steps that `steps_to_json` described.

    Raises:
        RunError: If they are damaged.
    """
    specs, steps = [], []
    for entry in read_list(state, name):
        spec = ObjectSpec(read_text(entry, "type"), read_mapping(entry, "arguments"))
        try:
            step = build_step(spec)
            step.set_state(read_mapping(entry, "state"))
        except RunError:
            raise
        except (TypeError, ValueError, AttributeError, DlrunError) as error:
            damaged(f"step '{spec.type}': {error}")
        specs.append(spec)
        steps.append(step)
    return tuple(specs), steps


def blocks_to_json(blocks: list[Block]) -> list[dict[str, Any]]:
    """Return the blocks as JSON values."""
    return [
        {
            "names": block.columns,
            "reading": block.reading,
            "category": block.is_category,
            "shape": list(block.shape),
            "dtype": block.dtype,
            "steps": steps_to_json(block.specs, block.steps),
        }
        for block in blocks
    ]


def blocks_from_json(state: Any, features: list[str]) -> list[Block]:
    """Return the blocks that `blocks_to_json` described.

    Raises:
        RunError: If they are damaged.
    """
    blocks = [_block(entry) for entry in read_list(state, "columns")]
    names = [name for block in blocks for name in block.columns]
    if sorted(names) != sorted(features) or len(set(names)) != len(names):
        damaged("'features' and 'columns' do not agree")
    return blocks


def _block(entry: Any) -> Block:
    reading, dtype = read_text(entry, "reading"), read_text(entry, "dtype")
    category, names = read_key(entry, "category"), read_texts(entry, "names")
    shape = read_sizes(entry, "shape")
    if reading not in get_args(Reading) or dtype not in ("float32", "int32") or not isinstance(category, bool):
        damaged("'reading', 'dtype' or 'category' is none that there is")
    if not names or (len(names) > 1 and (reading != "number" or category)):
        damaged("'names' are not columns that can stand together")
    specs, steps = steps_from_json(entry, "steps")
    block = Block(names, reading, category, specs, steps, tuple(shape), dtype)  # type: ignore[arg-type]
    _check_widths(block)
    block.set_names()
    if not block.is_own_input and (len(block.names),) != block.shape:
        damaged(f"'shape' of '{names[0]}' is {list(block.shape)}, and its steps make {len(block.names)} features")
    return block


def _check_widths(block: Block) -> None:
    """Make sure that every step's state is for as many columns as come to it, by sending one row through."""
    if block.reading == "tensor":
        # What comes in is known only with the rows; a state for another shape is an error then.
        own = [step for step in block.steps if not isinstance(step, KerasLayer)]
        if any(getattr(step, "num_columns", None) not in (None, 1) for step in own):
            damaged(f"the state of '{block.columns[0]}' is for several columns")
        return
    width = len(block.columns)
    x = np.full((1, width), "x", dtype=object) if block.reading == "text" else np.zeros((1, width))
    try:
        with np.errstate(all="ignore"):
            for step in block.steps:
                if getattr(step, "num_columns", None) not in (None, x.shape[1]):
                    damaged(f"the state of '{block.columns[0]}' is for another number of columns")
                result = step.apply(x)
                x = x if getattr(step, "beside", False) else result
    except RunError:
        raise
    except (TypeError, ValueError, IndexError, DlrunError) as error:
        damaged(f"the state of '{block.columns[0]}' does not fit its steps: {error}")
    if x.dtype == object:
        damaged(f"the steps of '{block.columns[0]}' leave text")


def inputs_to_json(inputs: dict[str, InputShape]) -> dict[str, Any]:
    """Return the inputs as JSON values, for whoever reads the file."""
    return {
        name: {"shape": list(shape.shape), "dtype": shape.dtype, "features": shape.features}
        for name, shape in inputs.items()
    }


def check_inputs(state: Any, inputs: dict[str, InputShape]) -> None:
    """Raise if the file's inputs are not those that come of its columns and the config.

    Raises:
        RunError: If they differ.
    """
    if read_mapping(state, "inputs") != inputs_to_json(inputs):
        damaged("'inputs' do not agree with the columns and the config")


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it: lists for tuples."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
