"""From a Keras model's description to the text of a config."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlrun.config.dump import flow_text
from dlrun.config.loader import load_config
from dlrun.errors import ConfigError, Location, Problem
from dlrun.model.from_keras.compiled import compile_lines, not_kept
from dlrun.model.from_keras.fold import fold, layers_of
from dlrun.model.from_keras.precision import take_policy
from dlrun.model.from_keras.read_net import Reader
from dlrun.model.from_keras.steps import Block, Net, Ref
from dlrun.model.from_keras.write import Listing, block_lines

_SKELETON = """\
# What it learns from goes here; then `dlrun train` takes it.
# data:
#   source: data.csv
#   target: y
#   split: {test: 0.2, validation: 0.2}
# fit: {epochs: 50}
"""


@dataclass(frozen=True)
class Imported:
    """A model as a config.

    Args:
        text: The config.
        layers: The layers' names in Keras, in the order in which the config's layers stand when they are written out.
        notes: What the config does not say.
        custom: Classes that the user has to bring.
    """

    text: str
    layers: tuple[str, ...]
    notes: tuple[str, ...]
    custom: tuple[str, ...]


def config_text(described: dict[str, Any], file: Path, source: Path) -> Imported:
    """Return a model's description as a config, which is valid.

    Args:
        described: What `read_model_file` gave.
        file: The config's file, for its first line.
        source: The model's file.

    Raises:
        ConfigError: With everything that cannot be said in a config.
    """
    place = Location(str(source))
    found = _read(described, place)
    compiled = found.compiled
    faults = _faults([*found.body, *compiled])
    if faults and compiled:
        # Without `compile` there is no line for the precision of all layers: each says its own again.
        plain = _read(described, place, one_policy=False)
        if not _faults(plain.body):
            plain.reader.notes.append("dlrun cannot train it as it was compiled; `compile` is left as a comment")
            found, faults = plain, ()
            compiled = [f"# {line}" if line else "" for line in plain.compiled]
    if faults:
        raise ConfigError(
            *(Problem(f"what comes out is no valid config: {p.where}: {p.what}", p.fix, "", place) for p in faults)
        )
    before = [f"# dlrun summary {_shown(file)}", "#", f"# Made by `dlrun import {_shown(source)}`.", ""]
    notes = tuple(dict.fromkeys(_shown(note) for note in found.reader.notes))
    told = [f"# note: {note}" for note in notes]
    text = "\n".join([*before, *told, *found.body, *compiled, *_SKELETON.splitlines(), ""])
    return Imported(text, tuple(s.name for s in layers_of(found.net.steps)), notes, tuple(found.reader.custom))


@dataclass(frozen=True)
class _Read:
    """A description that was read: the network, the config's lines without `compile`, and those of `compile`."""

    reader: Reader
    net: Net
    body: list[str]
    compiled: list[str]


def _read(described: dict[str, Any], place: Location, one_policy: bool = True) -> _Read:
    """Read a description.

    Args:
        described: What `read_model_file` gave.
        place: The model's file.
        one_policy: Whether `compile` may say the precision of all layers.

    Raises:
        ConfigError: With what cannot be said in a config.
    """
    reader = Reader()
    try:
        net = reader.net(described)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as error:
        what = f"its description is not one that Keras writes ({type(error).__name__}: {error})"
        raise ConfigError(Problem(what, location=place)) from error
    if reader.faults:
        raise ConfigError(*(Problem(what, location=place) for what in dict.fromkeys(reader.faults)))
    _name_input(net)
    compiled = _compiled(described, net, reader)
    if compiled and one_policy and (policy := take_policy(net)) is not None:
        compiled = [*compiled[:-1], f"  mixed_precision: {policy}", ""]
    blocks: dict[str, Block] = {}
    fold(net, blocks)
    return _Read(reader, net, _lines(net, blocks, reader.custom), compiled)


def _shown(value: object) -> str:
    """Return text for a comment: one line, no control characters."""
    return "".join(character if character.isprintable() else " " for character in str(value))


def _lines(net: Net, blocks: dict[str, Block], custom: list[str]) -> list[str]:
    listing = Listing(net, own_input=False)
    layers = listing.lines()
    lines: list[str] = []
    if custom:
        what = "Not Keras's own" if len(custom) > 1 else "Not one of Keras's"
        lines += [
            f"# {what}: {', '.join(custom)}. Name the Python file under `code`, and run with --trust.",
            "code: my_layers.py",
            "",
        ]
    lines += ["inputs:", *(f"  {flow_text(name)}: {flow_text(given)}" for name, given in net.inputs.items()), ""]
    if blocks:
        lines += ["blocks:", *(f"  {line}" for name, block in blocks.items() for line in block_lines(name, block)), ""]
    lines += ["layers:", *(f"  {line}" for line in layers), ""]
    if len(net.outputs) > 1 or next(iter(net.outputs.values())).name:
        outputs = {name or "y": listing.reference(ref) for name, ref in net.outputs.items()}
        lines += ["outputs:", *(f"  {flow_text(name)}: {flow_text(text)}" for name, text in outputs.items()), ""]
    return lines


def _compiled(described: dict[str, Any], net: Net, reader: Reader) -> list[str]:
    config = described.get("compile_config")
    try:
        lines = compile_lines(config, list(net.outputs))
        reader.notes += not_kept((config or {}).get("loss")) if lines else []
        return lines
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        reader.notes.append("how it was compiled is not described as Keras does, and left out")
        return []


def _faults(lines: list[str]) -> tuple[Problem, ...]:
    """Return what is wrong with a config."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "config.yaml")
        file.write_text("\n".join([*lines, ""]), encoding="utf-8")
        try:
            load_config(file, closed=True)
        except ConfigError as error:
            return error.problems
    return ()


def _name_input(net: Net) -> None:
    """Call the only input `x`, where Keras made its name."""
    if len(net.inputs) != 1:
        return
    old = next(iter(net.inputs))
    if old != "input" and not old.startswith(("input_layer", "input_", "keras_tensor")):
        return
    net.inputs = {"x": net.inputs[old]}

    def renamed(value: Any) -> Any:
        if isinstance(value, list):
            return [renamed(item) for item in value]
        return Ref(None, "x") if isinstance(value, Ref) and value.step is None else value

    for step in net.steps:
        step.inputs = {key: renamed(value) for key, value in step.inputs.items()}
    net.outputs = {key: renamed(value) for key, value in net.outputs.items()}
