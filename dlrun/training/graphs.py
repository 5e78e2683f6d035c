"""Graphs that serve one network after another: runs that differ in their seed alone need not make them again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlrun.training.examples import DeviceRows

if TYPE_CHECKING:
    from collections.abc import Hashable

    from dlrun.training.windows import DeviceWindows


@dataclass(frozen=True)
class _Kept:
    """A graph and the variables that it was made with.

    Args:
        function: A concrete function.
        kinds: Dtype and shape of all variables of the network that it was made for.
        places: Which of them it uses, in the order in which it takes them.
        in_order: Whether it was made to run one operation after another.
    """

    function: Any
    kinds: list[tuple[str, tuple[int, ...]]]
    places: list[int]
    in_order: bool


class Graphs:
    """Keeps graphs, and hands them out with other variables in them.

    A graph holds what its config says, and takes everything that was learned or drawn from variables; so the graph of
    one network does for another of the same config just what its own would do, bit for bit. One that took anything
    else (the table of a layer that looks words up) is not kept.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, _Kept] = {}

    def find(self, what: Hashable, rows: DeviceRows | DeviceWindows, model: Any) -> tuple[Any, bool] | None:
        """Return a graph for a model and whether it runs in order; the models before can no longer be run by it.

        Args:
            what: What it computes.
            rows: The rows that it takes.
            model: A built and compiled model whose metrics have their variables.
        """
        kept = self._kept.get((what, *_key(rows)))
        variables = _variables(model)
        if kept is None or kept.kinds != _kinds(variables):
            return None
        kept.function.set_external_captures([variables[place].value.handle for place in kept.places])
        return kept.function, kept.in_order

    def keep(self, what: Hashable, rows: DeviceRows | DeviceWindows, model: Any, function: Any, in_order: bool) -> None:
        """Keep a graph that was made for a model, if all that it takes besides rows are the model's variables."""
        if type(rows) is not DeviceRows:  # the others have a part in the graph
            return
        variables = _variables(model)
        places = {id(variable.value.handle): place for place, variable in enumerate(variables)}
        taken = [places.get(id(tensor)) for tensor in function.captured_inputs]
        if None not in taken:
            known = [place for place in taken if place is not None]
            self._kept[(what, *_key(rows))] = _Kept(function, _kinds(variables), known, in_order)


def _key(rows: DeviceRows | DeviceWindows) -> tuple[Hashable, ...]:
    import keras

    return (type(rows), *keras.tree.flatten(rows.spec))


def _variables(model: Any) -> list[Any]:
    return [*model.variables, *model.optimizer.variables, *model.metrics_variables]


def _kinds(variables: list[Any]) -> list[tuple[str, tuple[int, ...]]]:
    return [(str(variable.dtype), tuple(variable.shape)) for variable in variables]
