"""A network as a list of steps: what stands between a Keras model's description and a config."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Step:
    """One call of a layer.

    Args:
        name: The layer's name in Keras.
        type: What it is called in a config: "Dense", "shared", "ops.add", "Model", or a block's name.
        args: What stands under the type.
        inputs: What it takes: references, or with `named` arguments of its call to a reference, a list, a constant.
        named: Whether `inputs` has names.
        body: The network of a nested model.
        many: Whether it gives several tensors.
        of: For a further call of a layer its first one.
        folded: The steps that a block stands for; () for a layer.
    """

    name: str
    type: str
    args: dict[str, Any]
    inputs: dict[str, Any]
    named: bool = False
    body: Net | None = None
    many: bool = False
    of: Step | None = None
    folded: tuple[Step, ...] = ()

    def references(self) -> Iterator[Ref]:
        """Yield what it takes."""
        for value in self.inputs.values():
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, Ref):
                    yield item


@dataclass(frozen=True)
class Ref:
    """A tensor: an output of a step, or an input of the network.

    Args:
        step: The step; None for an input.
        name: The input's name; for an output of a step its number, "" where the step gives one tensor.
    """

    step: Step | None
    name: str = ""


@dataclass
class Net:
    """A network.

    Args:
        inputs: Name to shape (without rows) and dtype.
        steps: Each below those that it takes tensors from.
        outputs: Output to tensor; the key is "" where there is one.
    """

    inputs: dict[str, dict[str, Any]]
    steps: list[Step]
    outputs: dict[str, Ref]
    blocks: dict[str, Block] = field(default_factory=dict)


@dataclass
class Block:
    """Steps that occur several times.

    Args:
        arguments: Their names.
        steps: The steps, with `Argument` in place of what differs; what comes in is `Ref(None, "input")`.
    """

    arguments: list[str]
    steps: list[Step]
