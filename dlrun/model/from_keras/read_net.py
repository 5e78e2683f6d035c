"""From a Keras model's description to steps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dlrun.catalog import keras_entry
from dlrun.config.graph_layers import own_parameters
from dlrun.keras_functions import operation_of
from dlrun.model.from_keras.histories import MODELS, call_of, histories_in, history_of, outputs_in, tensors_in
from dlrun.model.from_keras.masks import without_automatic_masks
from dlrun.model.from_keras.operations import operation_step
from dlrun.model.from_keras.steps import Net, Ref, Step
from dlrun.model.from_keras.values import arguments_of, object_of


class Reader:
    """Reads networks, and notes what cannot be said in a config.

    Attributes:
        faults: What cannot be said at all, in words.
        notes: What is left out, and classes that the user has to bring.
        custom: The names of classes that are not Keras's.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.notes: list[str] = []
        self.custom: list[str] = []

    def net(self, described: dict[str, Any]) -> Net:
        """Return the network that a description is of."""
        name, config = object_of(described)
        if name == "Sequential":
            return self._sequential(config, described)
        if name not in MODELS or "layers" not in config:
            self.faults.append(f"'{config.get('name', name)}' is a {name}, a model whose layers only its code knows")
            return Net({}, [], {})
        return self._functional(config)

    # A stack of layers

    def _sequential(self, config: dict[str, Any], described: dict[str, Any]) -> Net:
        layers = [layer for layer in config.get("layers", ()) if isinstance(layer, dict)]
        shape = config.get("build_input_shape") or (described.get("build_config") or {}).get("input_shape")
        dtype = None
        if layers and object_of(layers[0])[0] == "InputLayer":
            first = object_of(layers.pop(0))[1]
            shape, dtype = first.get("batch_shape") or first.get("batch_input_shape") or shape, first.get("dtype")
        net = Net({"input": _declared(shape, dtype)}, [], {})
        above = Ref(None, "input")
        for layer in layers:
            step = self._step(layer, {"": [above]}, named=False)
            net.steps.append(step)
            above = Ref(step, "0" if step.many else "")
        if not net.steps:
            self.faults.append(f"'{config.get('name')}' has no layers")
        net.outputs = {"": above}
        return net

    # A graph

    def _functional(self, config: dict[str, Any]) -> Net:
        layers = {str(layer.get("name") or object_of(layer)[1].get("name")): layer for layer in config["layers"]}
        inputs = {name: layer for name, layer in layers.items() if object_of(layer)[0] == "InputLayer"}
        calls = _Calls(self, layers, inputs, histories_in(config.get("output_layers")))
        order = [history[0] for history in histories_in(config.get("input_layers"))]
        net = Net({name: _input_of(inputs[name]) for name in order if name in inputs}, [], {})
        outputs = outputs_in(config.get("output_layers"))
        found = {name: calls.ref(history) for name, history in outputs.items()}
        net.steps = calls.order(ref.step for ref in found.values() if ref.step is not None)
        without_automatic_masks(net.steps)
        net.steps = calls.order(ref.step for ref in found.values() if ref.step is not None)  # masks are gone
        for name, ref in list(found.items()):
            if ref.step is None:
                step = Step(f"{ref.name}_output", "Identity", {}, {"": [ref]})
                net.steps.append(step)
                found[name] = Ref(step)
        net.outputs = found
        return net

    def _step(self, described: dict[str, Any], inputs: dict[str, Any], *, named: bool) -> Step:
        """Return the step that calls a layer."""
        name, config = object_of(described)
        called = str(described.get("name") or config.get("name") or name)
        module = str(described.get("module") or "keras.layers")
        if name in MODELS:
            body = self.net(described)
            args = {} if config.get("trainable", True) is not False else {"trainable": False}
            return Step(called, "Model", args, inputs, named, body, many=len(body.outputs) > 1)
        if ".ops" in module or (operation_of(name) is not None and keras_entry("layers", name) is None):
            return operation_step(called, name, config, inputs, named, self.faults)
        entry = keras_entry("layers", name)
        if entry is not None and entry.refused:
            self.faults.append(f"layer '{called}' is a {name}. {entry.refused}")
        own = own_parameters(name)
        if entry is None and own is None and name not in self.custom:
            self.custom.append(name)
        if own is not None and entry is None:
            config = {key: value for key, value in config.items() if key in {p.name for p in own}}
        config = {key: self._with_nets(value) for key, value in _without_backward(config).items()}
        args, left_out = arguments_of(name, "layers", config)
        self.notes += [f"layer '{called}': {key} is left out" for key in left_out]
        strange = [key for key in (name, *args) if not str(key).isidentifier()]
        self.faults += [f"layer '{called}': '{key}' cannot be the name of a class or an argument" for key in strange]
        many = _state(described) or any(value is True for key, value in inputs.items() if key.startswith("return_"))
        return Step(called, name, args, inputs, named, many=many)

    def _with_nets(self, value: Any) -> Any:
        """Return an argument with the networks in it read, as in TimeDistributed."""
        if isinstance(value, dict) and value.get("class_name") in MODELS and isinstance(value.get("config"), dict):
            return self.net(value)
        if isinstance(value, dict):
            return {key: self._with_nets(item) for key, item in value.items()}
        return [self._with_nets(item) for item in value] if isinstance(value, list) else value


def _without_backward(config: dict[str, Any]) -> dict[str, Any]:
    """Leave out the second layer of a Bidirectional where it is the first one the other way round, as by default."""
    both = [config.get("layer"), config.get("backward_layer")]
    if not all(isinstance(layer, dict) and isinstance(layer.get("config"), dict) for layer in both):
        return config
    own = {"name", "go_backwards"}
    first, second = ({k: v for k, v in object_of(layer)[1].items() if k not in own} for layer in both if layer)
    if first != second:
        return config
    return {key: value for key, value in config.items() if key != "backward_layer"}


class _Calls:
    """The calls of a functional model's layers, made into steps as they are asked for."""

    def __init__(
        self, reader: Reader, layers: dict[str, Any], inputs: dict[str, Any], outputs: list[list[Any]]
    ) -> None:
        self.reader = reader
        self.layers = layers
        self.inputs = inputs
        self.steps: dict[tuple[str, int], Step] = {}
        # Keras 3.15 counts the call that made a nested model, too, if its outputs are a mapping.
        nodes = [layer.get("inbound_nodes") or [] for layer in layers.values()]
        used = [*outputs, *tensors_in(nodes)]
        count = {name: len(layer.get("inbound_nodes") or ()) for name, layer in layers.items()}
        self.offset = {name: 1 for name, number, _ in used if name not in inputs and number == count.get(name)}
        self._make_all()

    def _make_all(self) -> None:
        """Make a step for every call; what each takes is filled in afterwards, since calls stand in any order."""
        calls = [
            (name, number, node)
            for name, layer in self.layers.items()
            if name not in self.inputs
            for number, node in enumerate(layer.get("inbound_nodes") or ())
        ]
        given = {(name, number): call_of(object_of(self.layers[name])[0], node) for name, number, node in calls}
        for (name, number), (inputs, named) in given.items():
            if number == 0:
                self.steps[name, 0] = self.reader._step(self.layers[name], inputs, named=named)
            else:
                first = self.steps[name, 0]
                if first.type.startswith("ops."):
                    self.steps[name, number] = self.reader._step(self.layers[name], inputs, named=named)
                    continue
                again = Step(f"{name}_{number}", "shared", {}, inputs, named, many=first.many, of=first)
                self.steps[name, number] = again
        for step in self.steps.values():
            for history in tensors_in(step.inputs):
                found = self._called(history)
                if found is not None and history[2] > 0:
                    found.many = True
        for step in self.steps.values():
            step.inputs = {key: self._filled(value) for key, value in step.inputs.items()}

    def _called(self, history: Any) -> Step | None:
        return self.steps.get((str(history[0]), int(history[1]) - self.offset.get(str(history[0]), 0)))

    def _filled(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        return self.ref(history_of(value)) if history_of(value) is not None else value

    def ref(self, history: Any) -> Ref:
        """Return what a tensor's history means."""
        name, node, tensor = str(history[0]), int(history[1]), int(history[2])
        if name in self.inputs:
            return Ref(None, name)
        step = self._called(history)
        if step is None:
            self.reader.faults.append(f"there is no call {node} of a layer '{name}', whose tensor is used")
            return Ref(None, name)
        step.many = step.many or tensor > 0
        return Ref(step, str(tensor) if step.many else "")

    def order(self, ends: Iterator[Step]) -> list[Step]:
        """Return the steps that lead to some, each below what it takes: one chain after the other."""
        found: dict[int, Step] = {}
        for end in ends:
            stack: list[tuple[Step, bool]] = [(end, False)]
            opened: set[int] = set()
            while stack:
                step, done = stack.pop()
                if id(step) in found:
                    continue
                if done:
                    found[id(step)] = step
                    continue
                if id(step) in opened:
                    self.reader.faults.append(f"the wires run in a circle through '{step.name}'")
                    return list(found.values())
                opened.add(id(step))
                stack.append((step, True))
                before = [ref.step for ref in step.references() if ref.step is not None]
                before += [step.of] if step.of is not None else []
                stack += [(other, False) for other in reversed(before) if id(other) not in found]
        return list(found.values())


def _input_of(layer: dict[str, Any]) -> dict[str, Any]:
    config = object_of(layer)[1]
    return _declared(config.get("batch_shape") or config.get("batch_input_shape"), config.get("dtype"))


def _declared(shape: Any, dtype: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"shape": list(shape[1:])} if isinstance(shape, list) else {}
    return found | ({"dtype": dtype} if isinstance(dtype, str) and dtype != "float32" else {})


def _state(described: dict[str, Any]) -> bool:
    """Tell whether a recurrent layer, be it in a wrapper, gives its state, too."""
    return '"return_state": true' in json.dumps(described.get("config"))
