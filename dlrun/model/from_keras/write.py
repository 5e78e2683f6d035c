"""Steps as the text of a config."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from dlrun.catalog import keras_entry
from dlrun.config.dump import flow_text
from dlrun.config.graph_layers import own_parameters
from dlrun.config.layer_names import snake_case
from dlrun.model.from_keras.fold import Wires
from dlrun.model.from_keras.steps import Block, Net, Ref, Step

_WIDTH = 110
_LONGEST = 40  # steps in a repeat


class Listing:
    """The lines of a list of layers.

    Args:
        net: The network, or a block.
        own_input: Whether the only input is called `input`: in a nested model, a block, a repetition.
        keep_names: Whether names that the user gave are kept where nothing refers to them.
    """

    def __init__(self, net: Net, *, own_input: bool, keep_names: bool = True) -> None:
        self.net = net
        self.steps = net.steps
        self.own_input = own_input
        self.keep_names = keep_names
        self.names: dict[int, str] = {}
        self._name()

    def lines(self) -> list[str]:
        """Return the lines, without indentation."""
        wires = Wires(self.steps, list(self.net.outputs.values()))
        found: list[str] = []
        n = 0
        while n < len(self.steps):
            length, times = self._repeat(wires, n)
            if times > 1:
                found += self._repeated(n, length, times)
                n += length * times
            else:
                found += self._step(n)
                n += 1
        return found

    def reference(self, ref: Ref) -> str:
        """Return what a tensor is called in `outputs`."""
        return self._text(ref, -1)

    # Names

    def _name(self) -> None:
        """Choose a name for every step that is called by one, all of them different."""
        taken = set(self.net.inputs)
        taken_from = ((ref, n) for n, step in enumerate(self.steps) for ref in step.references())
        needed = {id(ref.step) for ref, n in taken_from if not self._above(ref, n)} | self._outputs()
        needed |= {id(step.of) for step in self.steps if step.of is not None}
        for step in self.steps:
            stem = snake_case(step.type).rpartition(".")[2]
            automatic = rf"(?:{re.escape(stem)}|functional|sequential)(_\d+)?"
            given = self.keep_names and step.name and re.fullmatch(automatic, step.name) is None
            if id(step) not in needed and (not given or step.of is not None or step.folded):
                continue
            name, count = step.name or stem, 0
            while name in taken:
                count += 1
                name = f"{step.name or stem}_{count}"
            taken.add(name)
            self.names[id(step)] = name

    def _above(self, ref: Ref, position: int) -> bool:
        return ref.step is None or (position > 0 and ref.step is self.steps[position - 1])

    def _text(self, ref: Ref, position: int) -> str:
        if ref.step is None:
            return "input" if self.own_input and len(self.net.inputs) < 2 else ref.name
        is_above = position > 0 and ref.step is self.steps[position - 1]
        head = "above" if is_above else self.names[id(ref.step)]
        return f"{head}.{ref.name}" if ref.name else head

    # A step

    def _step(self, n: int, inside: range | None = None) -> list[str]:
        step = self.steps[n]
        beside: dict[str, Any] = {}
        name = self.names.get(id(step))
        if name is not None and (inside is None or self._taken_inside(step, n, inside)):
            beside["name"] = name
        inputs = self._inputs(step, n, inside)
        if inputs is not None:
            beside["inputs"] = inputs
        if step.of is not None:
            return _item("shared", self.names[id(step.of)], beside)
        if step.body is not None:
            return _nested("Model", {**_model(step.body, declared=False), **step.args}, beside)
        alone = next(iter(step.args.values()), None) if step.folded and len(step.args) == 1 else None
        return _item(step.type, step.args if alone is None or isinstance(alone, dict) else alone, beside)

    def _inputs(self, step: Step, n: int, inside: range | None) -> Any:
        """Return what stands under `inputs`; None where that is what the layer takes anyway."""
        first = inside is not None and n == inside.start

        def said(value: Any) -> Any:
            if isinstance(value, list):
                return [said(item) for item in value]
            if not isinstance(value, Ref):
                return value
            if inside is not None and (value.step is None or id(value.step) not in self._ids(inside)):
                return "above" if first else "input"
            return self._text(value, n)

        if step.named:
            return {key: said(value) for key, value in step.inputs.items()}
        refs = step.inputs[""]
        plain = len(refs) == 1 and isinstance(refs[0], Ref) and not refs[0].name
        if len(refs) == 1 and (first or self._is_default(refs[0], n, plain)):
            return None
        found = said(refs)
        return found[0] if len(found) == 1 else found

    def _is_default(self, ref: Ref, n: int, plain: bool) -> bool:
        if n == 0:
            return ref.step is None and len(self.net.inputs) < 2
        return plain and ref.step is self.steps[n - 1]

    def _ids(self, inside: range) -> set[int]:
        return {id(self.steps[n]) for n in inside}

    def _taken_inside(self, step: Step, n: int, inside: range) -> bool:
        """Tell whether another step of the same repetition calls a step by its name."""
        takers = [m for m in inside for ref in self.steps[m].references() if ref.step is step]
        return any(m != n + 1 for m in takers)

    # A repeat

    def _repeat(self, wires: Wires, start: int) -> tuple[int, int]:
        """Return the length of the piece at a step that is best repeated, and how often; once for not at all."""
        best, most = (1, 1), 1
        entry_ok = self._enters_from_above(wires, start)
        for length, _ in wires.windows(start, _LONGEST) if entry_ok else ():
            times = 1
            while self._same(wires, start, length, times):
                times += 1
            while times > 1 and self._called_outside(start + length * times - 1):
                times -= 1
            saved = (times - 1) * length - (2 if length > 1 else 1)
            if times > 1 and saved > most:
                best, most = (length, times), saved
        return best

    def _enters_from_above(self, wires: Wires, start: int) -> bool:
        refs = list(self.steps[start].references())
        return len(refs) == 1 and self._is_default(refs[0], start, not refs[0].name)

    def _same(self, wires: Wires, start: int, length: int, times: int) -> bool:
        """Tell whether the piece comes once more after so many times."""
        at = start + length * times
        if at + length > len(self.steps) or wires.fixed[at] or not self._enters_from_above(wires, at):
            return False
        last = self.steps[at - 1]
        outside = wires.last_use[at - 1] >= at + length or id(last) in self._outputs()
        if outside:
            return False
        keys = [dict(wires.windows(place, length)).get(length) for place in (start, at)]
        if keys[0] is None or keys[0] != keys[1]:
            return False
        pairs = zip(self.steps[start : start + length], self.steps[at : at + length], strict=True)
        return all(a.args == b.args for a, b in pairs)

    def _called_outside(self, last: int) -> bool:
        """Tell whether a step is taken by others than the one below it: outside a repeat that needs a name."""
        takers = [n for n, step in enumerate(self.steps) for ref in step.references() if ref.step is self.steps[last]]
        return any(n != last + 1 for n in takers) or id(self.steps[last]) in self._outputs()

    def _outputs(self) -> set[int]:
        """Return the steps that outputs name."""
        refs = self.net.outputs.values()
        return {id(ref.step) for ref in refs if len(self.net.outputs) > 1 or ref.name}

    def _repeated(self, start: int, length: int, times: int) -> list[str]:
        inside = range(start, start + length)
        for n in inside:  # the repetition's number comes after the name
            if id(self.steps[n]) in self.names:
                self.names[id(self.steps[n])] = snake_case(self.steps[n].type).rpartition(".")[2] + f"_{n - start + 1}"
        lines = [line for n in inside for line in self._step(n, inside)]
        if len(lines) == 1 and len(lines[0]) < 70 and ": " in lines[0]:
            return [f"- repeat: {{times: {times}, layers: [{{{lines[0][2:]}}}]}}"]
        if len(lines) == 1 and len(lines[0]) < 70:
            return [f"- repeat: {{times: {times}, layers: [{lines[0][2:]}]}}"]
        return ["- repeat:", f"    times: {times}", "    layers:", *(f"      {line}" for line in lines)]


def block_lines(name: str, block: Block) -> list[str]:
    """Return a block's definition."""
    net = Net({"input": {}}, block.steps, {"": Ref(block.steps[-1])})
    lines = Listing(net, own_input=True, keep_names=False).lines()
    if not block.arguments:
        return [f"{name}:", *(f"  {line}" for line in lines)]
    arguments = f"  arguments: {flow_text(list(block.arguments))}"
    return [f"{name}:", arguments, "  layers:", *(f"    {line}" for line in lines)]


def _model(net: Net, *, declared: bool) -> dict[str, Any]:
    """Return what stands under Model: inputs, lines of layers, outputs."""
    listing = Listing(net, own_input=True)
    found: dict[str, Any] = {}
    if declared:
        one = len(net.inputs) == 1
        found["inputs"] = {"input" if one else name: shape for name, shape in net.inputs.items()}
    elif len(net.inputs) > 1:
        found["inputs"] = list(net.inputs)
    found["layers"] = Lines(listing.lines())
    refs = list(net.outputs.values())
    if len(refs) > 1 or refs[0].name:
        texts = [listing.reference(ref) for ref in refs]
        found["outputs"] = texts if len(texts) > 1 else texts[0]
    return found


class Lines(list[str]):
    """Lines that stand under a key."""


def _item(kind: str, args: Any, beside: dict[str, Any]) -> list[str]:
    if isinstance(args, dict) and any(_holds_net(value) for value in args.values()):
        return _nested(kind, args, beside)
    head = f"- {kind}"
    if isinstance(args, dict) and len(args) == 1 and next(iter(args)) == _first(kind):
        value = next(iter(args.values()))
        args = value if not isinstance(value, list | dict) else args
    lines = [head] if args == {} and not beside else [f"{head}:"] if args == {} else [f"{head}: {flow_text(args)}"]
    if len(lines[0]) > _WIDTH and isinstance(args, dict):
        lines = [f"{head}:", *(f"    {key}: {flow_text(value)}" for key, value in args.items())]
    return lines + _beside(beside)


def _beside(beside: dict[str, Any]) -> list[str]:
    return [f"  {key}: {flow_text(value)}" for key, value in beside.items()]


def _nested(kind: str, args: dict[str, Any], beside: dict[str, Any]) -> list[str]:
    """Return a layer with layers inside it, in block style."""
    return [f"- {kind}:", *(f"    {line}" for line in _block(args)), *_beside(beside)]


def _block(value: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for key, item in value.items():
        if isinstance(item, Net):
            lines += [
                f"{flow_text(key)}:",
                "  Model:",
                *(f"    {line}" for line in _block(_model(item, declared=True))),
            ]
        elif isinstance(item, Lines):
            lines += [f"{key}:", *(f"  {line}" for line in item)]
        elif isinstance(item, dict) and any(_holds_net(inner) for inner in item.values()):
            lines += [f"{key}:", *(f"  {line}" for line in _block(item))]
        else:
            lines.append(f"{flow_text(key)}: {flow_text(item)}")
    return lines


def _holds_net(value: Any) -> bool:
    return isinstance(value, Net) or (isinstance(value, dict) and any(_holds_net(item) for item in value.values()))


def _first(kind: str) -> str:
    """Return the argument that may stand alone after a layer's name."""
    entry = keras_entry("layers", kind)
    parameters: Sequence[Any] = entry.parameters if entry is not None else own_parameters(kind) or ()
    return parameters[0].name if parameters else ""
