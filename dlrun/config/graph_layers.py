"""What may stand in a list of layers beside Keras's layers: whole networks, arithmetic, and layers called again.

`Model` is a network inside the network; `shared` calls a layer again, with the weights that it has; a name of
`keras.applications` is one of Keras's own networks; `ops.mean` and the like are functions of `keras.ops`.
"""

from __future__ import annotations

from dlrun.config.nodes import ListNode, MappingNode, Node, ScalarNode, describe, is_null
from dlrun.config.objects import Path
from dlrun.config.parsing import Parsing
from dlrun.keras_catalog import Parameter
from dlrun.keras_functions import OPS, KerasFunction, applications, operations

MODEL, SHARED, OF = "Model", "shared", "of"
_OWN = {
    MODEL: (
        Parameter("layers", required=True),
        Parameter("inputs", required=False),
        Parameter("outputs", required=False),
        Parameter("trainable", required=False, default=True),
        Parameter("name", required=False),
    ),
    SHARED: (Parameter(OF, required=True),),
    # Layers that Keras has for its own networks alone.
    "LayerScale": (Parameter("init_values", required=True), Parameter("projection_dim", required=True)),
    "CustomScaleLayer": (Parameter("scale", required=True),),
}
INSIDE_KERAS = {
    "LayerScale": "keras.src.applications.convnext",
    "CustomScaleLayer": "keras.src.applications.inception_resnet_v2",
}
_WEIGHTS = (".weights.h5", ".keras")


def is_application(name: str) -> bool:
    """Tell whether a layer's type is a network of `keras.applications`."""
    return name in applications()


def is_operation(name: str) -> bool:
    """Tell whether a layer's type is a function of `keras.ops`."""
    return name.startswith(OPS)


def own_parameters(name: str) -> tuple[Parameter, ...] | None:
    """Return what may be written under a name that is none of a Keras layer; None where there is no such name."""
    if name in _OWN:
        return _OWN[name]
    if is_application(name):
        return applications()[name].parameters
    function = operations().get(name)
    return _operation_parameters(function) if function is not None else None


def own_names(like: str) -> list[str]:
    """Return the names that a layer of another name may have been meant for."""
    return list(operations()) if like.startswith(OPS.rstrip(".")) else [MODEL, SHARED, *applications()]


def _operation_parameters(function: KerasFunction) -> tuple[Parameter, ...]:
    """Return the parameters, those that take tensors not required; what may stand alone after the name is first."""
    given = [Parameter(p.name, p.required and p.name not in function.tensors, p.default) for p in function.parameters]
    first = [p for p in given if p.name in function.tensors[:1]]
    return tuple([p for p in given if p not in first] + first)


def check_weights(node: Node, path: Path, name: str, parsing: Parsing) -> str | None:
    """Return the path of an application's weights; note a problem where they would have to be downloaded."""
    if not isinstance(node, ScalarNode) or is_null(node):
        return None
    text = node.text
    if text.lower().endswith(_WEIGHTS) and "://" not in text:
        from dlrun.config.values import read_paths

        paths = read_paths(node, path, parsing)
        return str(paths[0]) if paths else None
    if text == "imagenet":
        what = "dlrun downloads nothing, so it has no weights of ImageNet"
        fix = (
            f"Make the file once with Keras, keras.applications.{name}(...).save_weights('{name.lower()}.weights.h5'), "
            f"and write weights: {name.lower()}.weights.h5; or weights: null to begin at random."
        )
    else:
        what = f"expected null or a file that ends in {' or '.join(_WEIGHTS)}, got {describe(node)}"
        fix = "Write weights: null to begin at random."
    parsing.refuse(node.location, path, what, fix)
    return None


def read_model_inputs(node: Node, path: Path, parsing: Parsing) -> list[str] | dict[str, object]:
    """Return the inputs of a nested model: their names, or names with shapes."""
    if isinstance(node, MappingNode):
        from dlrun.config.values import read_inputs  # which parses layers, too

        return dict(read_inputs(node, path, parsing))
    items = node.items if isinstance(node, ListNode) else (node,)
    names = [item.text for item in items if isinstance(item, ScalarNode) and item.is_written]
    if len(names) < len(items) or not names:
        what = f"expected names, or names with shapes, got {describe(node)}"
        parsing.refuse(node.location, path, what, "Write inputs: [a, b], or inputs: {a: {shape: [8]}}.")
    return names


def read_model_outputs(node: Node, path: Path, parsing: Parsing) -> str | list[str] | dict[str, str]:
    """Return the outputs of a nested model: a layer, a list of them, or layers by the outputs' names."""
    if isinstance(node, ScalarNode):
        return node.text
    entries = node.items if isinstance(node, ListNode) else [entry.value for entry in node.entries.values()]
    texts = [item.text for item in entries if isinstance(item, ScalarNode) and item.is_written]
    if len(texts) < len(entries) or not texts:
        what = f"expected the name of a layer, or several, got {describe(node)}"
        parsing.refuse(node.location, path, what)
        return []
    return texts if isinstance(node, ListNode) else dict(zip(node.entries, texts, strict=True))
