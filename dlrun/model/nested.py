"""`Model: {inputs: ..., layers: [...], outputs: ...}`: a network that is a layer of another one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import keras

from dlrun.config.graph import Graph, wire_model
from dlrun.config.objects import ObjectSpec
from dlrun.errors import ConfigError
from dlrun.model.names import keras_name
from dlrun.model.settings import BuildSettings

if TYPE_CHECKING:
    from dlrun.config import Config

Connect = Callable[[Graph, Mapping[str, Any], Mapping[str, Any], BuildSettings], dict[str, Any]]


class NestedModel:
    """A network that is made into a Keras model by its first call: then the shapes of its inputs are known.

    Args:
        name: What it is called.
        spec: What the config says of it.
        graph: Its layers and wires.
        layers: Its layers, by the names of their nodes.
        settings: How the whole network is built.
        connect: Calls the layers of a graph on one another's tensors.
    """

    def __init__(
        self,
        name: str,
        spec: ObjectSpec,
        graph: Graph,
        layers: Mapping[str, Any],
        settings: BuildSettings,
        connect: Connect,
    ) -> None:
        self.name = name
        self.model: keras.Model | None = None
        self._spec = spec
        self._graph = graph
        self._layers = layers
        self._settings = settings
        self._connect = connect

    def __call__(self, *tensors: Any, **named: Any) -> Any:
        """Call the model; tensors stand in the order of its inputs, or have their names."""
        names = self._graph.inputs
        flat = [tensor for given in tensors for tensor in keras.tree.flatten(given)]
        given = dict(zip(names, flat, strict=False)) | {name: named.pop(name) for name in names if name in named}
        if len(flat) > len(names) or set(given) != set(names):
            path = (*self._spec.path, "inputs")
            what = f"the model takes {len(names)} inputs ({', '.join(names)}), got {max(len(flat), len(given))}"
            fix = f"Write `inputs: [{', '.join(names)}]` beside Model, with what goes into each."
            raise ConfigError(self._settings.config.problem(path, what, fix))
        if self.model is None:
            self.model = self._build({name: given[name] for name in names})
        inputs = [given[name] for name in names]
        return self.model(inputs if len(inputs) > 1 else inputs[0], **named)

    def _build(self, given: Mapping[str, Any]) -> keras.Model:
        declared = self._spec.args.get("inputs")
        shapes = declared if isinstance(declared, dict) else {}
        sources = {name: self._input(name, tensor, shapes.get(name) or {}) for name, tensor in given.items()}
        return self.with_inputs(sources)

    def _input(self, name: str, tensor: Any, declared: Mapping[str, Any]) -> Any:
        shape = declared.get("shape")
        shape = tuple(tensor.shape)[1:] if shape is None else tuple(shape)
        return keras.Input(shape=shape, dtype=declared.get("dtype") or tensor.dtype, name=keras_name(name))

    def with_inputs(self, sources: Mapping[str, Any]) -> keras.Model:
        """Return the model with these tensors for inputs."""
        from dlrun.model.connect import picked

        tensors = self._connect(self._graph, self._layers, sources, self._settings)
        found = {
            name: picked(layer, tensors, self._settings.config, self._spec.path_of("outputs"))
            for name, layer in self._graph.outputs.items()
        }
        outputs: Any = found.get("") if "" in found else list(found.values()) if self._graph.listed else found
        inputs = list(sources.values())
        model = keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs, name=keras_name(self.name))
        if self._spec.args.get("trainable") is False:
            model.trainable = False
        return model


def standing_model(spec: ObjectSpec, config: Config, name: str) -> keras.Model:
    """Return a model that is the argument of a layer, as in TimeDistributed: the config gives the shapes of its inputs.

    Raises:
        ConfigError: If a shape is not given, or it cannot be built.
    """
    from dlrun.model.connect import connect, make_layers

    graph, settings = wire_model(spec, config), BuildSettings(config)
    nested = NestedModel(name, spec, graph, make_layers(graph, settings), settings, connect)
    declared = spec.args.get("inputs")
    sources = {}
    for key in graph.inputs:
        given = declared.get(key) or {} if isinstance(declared, dict) else {}
        if given.get("shape") is None:
            what, fix = f"the shape of '{key}' is not known", f"Write inputs: {{{key}: {{shape: [8]}}}} under Model."
            raise ConfigError(config.problem(spec.path, what, fix))
        sources[key] = keras.Input(tuple(given["shape"]), dtype=given.get("dtype") or "float32", name=keras_name(key))
    return nested.with_inputs(sources)
