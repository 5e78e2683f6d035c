"""Steps that occur several times, found and written once: as a block with arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dlrun.catalog import keras_entry
from dlrun.config.dump import Argument
from dlrun.model.from_keras.fold_arguments import arguments_of, places_of, varying_in
from dlrun.model.from_keras.steps import Block, Net, Ref, Step

_LONGEST = 60  # steps in a block
_MOST_ARGUMENTS = 6
_NEARLY, _AT_MOST = 0.7, 1.6  # a longer piece is better than the one that saves most, within these
_WORTH = 5  # lines that a block has to save
_MOST_BLOCKS = 20
ENTRY = Ref(None, "input")  # what comes into a block, and into a repetition


def fold(net: Net, blocks: dict[str, Block]) -> None:
    """Replace what occurs several times in a network, and in those inside it, by uses of blocks.

    Args:
        net: The network.
        blocks: Takes the blocks.
    """
    for step in net.steps:
        if step.body is not None:
            fold(step.body, blocks)
    while len(blocks) < _MOST_BLOCKS:
        best = _best(net)
        if best is None:
            return
        _replace(net, best, blocks)


class Wires:
    """Who takes what in a list of steps.

    Args:
        steps: The steps.
        outputs: What leaves the list.
    """

    def __init__(self, steps: Sequence[Step], outputs: Sequence[Ref]) -> None:
        self.steps = steps
        self.index = {id(step): n for n, step in enumerate(steps)}
        self.last_use = [0] * len(steps)
        self.fixed = [step.of is not None or step.body is not None for step in steps]
        for n, step in enumerate(steps):
            for ref in step.references():
                if ref.step is not None:
                    self.last_use[self.index[id(ref.step)]] = n
            if step.of is not None:
                self.fixed[self.index[id(step.of)]] = True
        for ref in outputs:
            if ref.step is not None:
                self.last_use[self.index[id(ref.step)]] = len(steps)

    def windows(self, start: int, longest: int) -> Iterator[tuple[int, Any]]:
        """Yield the lengths of the pieces from a step on that have one way in and one way out, with their keys.

        Pieces with the same key differ in arguments at most.
        """
        entry: Ref | None = None
        key: Any = ()
        reached = 0
        for n in range(start, min(len(self.steps), start + longest)):
            step = self.steps[n]
            if self.fixed[n]:
                return
            for ref in step.references():
                if ref.step is None or self.index[id(ref.step)] < start:
                    if entry is not None and ref != entry:
                        return
                    entry = ref
            key = hash((key, self._key(step, n, start)))
            if reached <= n and not step.many:
                yield n - start + 1, key
            reached = max(reached, self.last_use[n])

    def _key(self, step: Step, position: int, start: int) -> Any:
        def shown(value: Any) -> Any:
            if isinstance(value, list):
                return tuple(shown(item) for item in value)
            if not isinstance(value, Ref):
                return repr(value)
            inside = value.step is not None and self.index[id(value.step)] >= start
            return (position - self.index[id(value.step)], value.name) if inside else "in"

        free = keras_entry("layers", step.type) is not None or bool(step.folded)
        inputs = tuple((name, shown(value)) for name, value in step.inputs.items())
        return step.type, step.named, inputs, () if free else tuple(step.args)

    def entry(self, start: int, length: int) -> Ref:
        """Return what comes into a piece."""
        return next(
            ref
            for step in self.steps[start : start + length]
            for ref in step.references()
            if ref.step is None or self.index[id(ref.step)] < start
        )


@dataclass(frozen=True)
class _Piece:
    """A piece that occurs several times: where, how long, the arguments that differ, the lines that a block saves."""

    starts: list[int]
    length: int
    varying: dict[tuple[int, str], list[Any]]
    saved: int


def _best(net: Net) -> _Piece | None:
    """Return the piece to make a block of: of those that save nearly the most lines the longest."""
    wires = Wires(net.steps, list(net.outputs.values()))
    groups: dict[tuple[int, Any], list[int]] = {}
    for start in range(len(net.steps)):
        for length, key in wires.windows(start, _LONGEST):
            if length > 1:
                groups.setdefault((length, key), []).append(start)
    found: list[_Piece] = []
    most = _WORTH
    hopeful = [(_apart(starts, length), length) for (length, _), starts in groups.items() if len(starts) > 1]
    for chosen, length in sorted(hopeful, key=lambda item: -(len(item[0]) - 1) * item[1]):
        if (len(chosen) - 1) * length < max(_WORTH, _NEARLY * most):
            break
        if _is_periodic([step.type for step in net.steps[chosen[0] : chosen[0] + length]]):
            continue
        varying = varying_in([net.steps[start : start + length] for start in chosen])
        if varying is None or len(arguments_of(varying)) > _MOST_ARGUMENTS:
            continue
        saved = (len(chosen) - 1) * length - len(chosen) - len(arguments_of(varying)) - 1
        most = max(most, saved)
        found.append(_Piece(chosen, length, varying, saved))
    best = max(found, key=lambda piece: (piece.saved, piece.length), default=None)
    if best is None:
        return None
    good = [p for p in found if p.saved >= max(_WORTH, _NEARLY * most) and p.length <= _AT_MOST * best.length]
    return max(
        good, key=lambda piece: (piece.length, _begins_well(net.steps[piece.starts[0]]), piece.saved), default=None
    )


def _is_periodic(types: Sequence[str]) -> bool:
    """Tell whether a piece is a shorter one several times."""
    length = len(types)
    return any(
        length % period == 0 and all(types[n] == types[n % period] for n in range(length))
        for period in range(1, length // 2 + 1)
    )


def _begins_well(step: Step) -> bool:
    """Tell whether a block that begins so reads well: with what learns, not with the activation of the one before."""
    return step.type not in {"Activation", "ReLU", "Dropout"}


def _apart(starts: list[int], length: int) -> list[int]:
    """Return as many of the starts as do not overlap."""
    chosen: list[int] = []
    for start in starts:
        if not chosen or start >= chosen[-1] + length:
            chosen.append(start)
    return chosen


def _replace(net: Net, found: _Piece, blocks: dict[str, Block]) -> None:
    starts, length = found.starts, found.length
    wires = Wires(net.steps, list(net.outputs.values()))
    pieces = [net.steps[start : start + length] for start in starts]
    arguments, places = places_of(found.varying)
    name = _block_name(pieces[0], blocks)
    body = _body(pieces[0], wires, starts[0])
    for (n, argument), (parameter, at) in places.items():
        given: Any = Argument(parameter)
        if at is not None:
            whole = found.varying[n, argument][0]
            given = [*whole[:at], given, *whole[at + 1 :]]
        body[n].args[argument] = given
    blocks[name] = Block(list(arguments), body)
    uses: dict[int, Step] = {}
    for n, (start, piece) in enumerate(zip(starts, pieces, strict=True)):
        args = {argument: values[n] for argument, values in arguments.items()}
        use = Step(piece[-1].name, name, args, {"": [wires.entry(start, length)]}, folded=tuple(piece))
        uses[id(piece[-1])] = use
    dropped = {id(step) for piece in pieces for step in piece}
    net.steps = [uses.get(id(step), step) for step in net.steps if id(step) not in dropped or id(step) in uses]
    _repoint(net, uses)


def _body(piece: Sequence[Step], wires: Wires, start: int) -> list[Step]:
    """Return copies of steps, wired to one another; what comes in from outside is ENTRY."""
    copies: dict[int, Step] = {}

    def copied(value: Any) -> Any:
        if isinstance(value, list):
            return [copied(item) for item in value]
        if not isinstance(value, Ref):
            return value
        inside = value.step is not None and wires.index[id(value.step)] >= start
        return Ref(copies[id(value.step)], value.name) if inside else ENTRY

    for step in piece:
        inputs = {name: copied(value) for name, value in step.inputs.items()}
        copies[id(step)] = Step("", step.type, dict(step.args), inputs, step.named, many=step.many)
    return list(copies.values())


def _repoint(net: Net, uses: dict[int, Step]) -> None:
    """Let what took the last step of a piece take the use of the block."""

    def repointed(value: Any) -> Any:
        if isinstance(value, list):
            return [repointed(item) for item in value]
        if isinstance(value, Ref) and value.step is not None and id(value.step) in uses:
            return Ref(uses[id(value.step)], value.name)
        return value

    for step in net.steps:
        step.inputs = {name: repointed(value) for name, value in step.inputs.items()}
    net.outputs = {name: repointed(ref) for name, ref in net.outputs.items()}


def _block_name(piece: Sequence[Step], blocks: dict[str, Block]) -> str:
    """Return what a block is called: by what it is for where that can be seen, else by its layers."""
    types = [step.type for step in piece]
    stem = "block"
    if types[-1] in {"Add", "Concatenate"} or any(kind in {"Add", "Multiply"} for kind in types):
        stem = "residual" if "Add" in types else "gated" if "Multiply" in types else "joined"
    elif types[0].endswith(("Conv2D", "Conv1D")) and "BatchNormalization" in types:
        stem = "depthwise_bn" if types[0].startswith("Depthwise") else "conv_bn"
    elif types[0] == "Dense":
        stem = "dense_block"
    name, count = stem, 1
    while name in blocks:
        count += 1
        name = f"{stem}_{count}"
    return name


def layers_of(steps: Sequence[Step]) -> list[Step]:
    """Return the layers that steps stand for, in the order in which the config's blocks are written out."""
    return [layer for step in steps for layer in (layers_of(step.folded) if step.folded else [step])]
