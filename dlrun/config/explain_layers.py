"""What there is to say of what may stand among the layers beside Keras's layers."""

from __future__ import annotations

from collections.abc import Iterator

from dlrun.config.explanation import Argument, Explanation, argument_of
from dlrun.config.graph_layers import own_parameters
from dlrun.docstrings import Docstring, parse_docstring
from dlrun.keras_catalog import Parameter
from dlrun.keras_functions import OPS, KerasFunction, applications, operations
from dlrun.keras_source import docstring_at

_UNDER = "under layers"
_MODULES = ("numpy", "math", "nn", "core", "linalg", "image")  # of keras.ops
_NETWORK = {  # in our words: most of Keras's docstrings are put together when it is imported
    "include_top": "whether the fully connected layers at its end are there; false gives features",
    "weights": "null begins at random; else a local file, .weights.h5 or .keras: dlrun downloads nothing",
    "input_shape": "shape of an image: [224, 224, 3]; default: of what comes in",
    "pooling": "without the top: avg or max makes one row of features of each image, null keeps the map",
    "classes": "number of classes, with the top",
    "classifier_activation": "activation of the top; null gives logits",
    "freeze": "the name of the layer up to which, itself included, weights are not trained",
    "trainable": "false freezes all of its weights",
    "include_preprocessing": "whether it scales pixels itself, which it takes as 0..255",
    "alpha": "width of the network: below 1 there are fewer filters in each layer",
    "minimalistic": "whether it does without its newer layers: squeeze-and-excite, hard swish, 5 x 5 convolutions",
    "depth_multiplier": "how many filters each channel gets in its depthwise convolutions",
    "dropout": "share of features that is left out before its top, in training",
    "dropout_rate": "share of features that is left out before its top, in training",
    "name": "what the layer is called",
}
_EXAMPLES = {
    "Model": """\
layers:
  - Model:
      inputs: [image, text]            # default: one, called input
      layers:
        - Dense: 16
          inputs: image
        - Concatenate:
          inputs: [above, text]
    name: encoder
    inputs: [pixels, words]            # what goes into each""",
    "shared": """\
layers:
  - Dense: 16
    name: encoder
    inputs: left
  - shared: encoder
    name: encoded_right
    inputs: right""",
    "repeat": """\
layers:
  - repeat:
      times: 3
      layers:
        - Dense: {units: 32, activation: relu}
        - BatchNormalization""",
    "blocks": """\
blocks:
  residual:
    arguments: {units: , rate: 0.1}    # units has to be given, rate need not
    layers:
      - Dense: {units: "${units}", activation: relu}
      - Dropout: "${rate}"
      - Add:
        inputs: [above, input]         # the layer above, and what comes into the block
layers:
  - residual: 16
  - residual: {units: 16, rate: 0.3}""",
}
_SAID = {
    "Model": (
        "A network inside the network, called like a layer.",
        "Its layers are wired among themselves; `input` is what comes in, and `above` the layer above. A name lets "
        "`shared` call it again. Several outputs are `encoder.mean` and `encoder.spread` from outside.",
        {
            "layers": "its layers",
            "inputs": "its inputs' names, or names with shapes: {x: {shape: [8]}}; default: one, called input",
            "outputs": "the layer that it gives, a list of them, or names: {mean: m}; default: the last layer",
            "trainable": "false freezes all of its weights",
            "name": "what the layer is called",
        },
    ),
    "shared": (
        "A layer that stands above, called once more with the weights that it has.",
        "Give it a `name` of its own, and `inputs`.",
        {"of": "the name of the layer"},
    ),
    "repeat": (
        "Some layers several times, each time with weights of their own.",
        "In it, `input` is what comes in, and `above` the layer above.",
        {"times": "how often", "layers": "the layers"},
    ),
}
LAYER_WORDS = tuple(_SAID)
_REPEAT = (Parameter("times", required=True, types=("int+",)), Parameter("layers", required=True))


def beside_layers(name: str) -> Iterator[Explanation]:
    """Return what there is to say of a name: a network of `keras.applications`, a function of `keras.ops`, `Model`."""
    if name in _SAID:
        yield _word(name)
    if name in applications():
        yield _network(applications()[name])
    function = operations().get(name) or operations().get(f"{OPS}{name}")
    if function is not None and name not in _SAID:
        yield _function(function)


def key_example(path: tuple[str, ...]) -> str:
    """Return how a key of the config is written, where its summary does not show it."""
    return _EXAMPLES["blocks"] if path == ("blocks",) else ""


def _word(name: str) -> Explanation:
    summary, body, texts = _SAID[name]
    parameters = _REPEAT if name == "repeat" else own_parameters(name) or ()
    return Explanation(
        name=name,
        what="word among the layers",
        where=_UNDER,
        summary=summary,
        body=body,
        yaml=_EXAMPLES[name],
        arguments=tuple(argument_of(parameter, texts.get(parameter.name, "")) for parameter in parameters),
    )


def _network(found: KerasFunction) -> Explanation:
    top = any(parameter.name == "include_top" for parameter in found.parameters)
    return Explanation(
        name=found.name,
        what="network",
        where=_UNDER,
        source=f"keras.applications.{found.name}",
        summary=found.doc,
        body="A layer that takes images `(height, width, channels)`, and has all of the network's layers inside.",
        yaml="layers:\n  - " + found.name + ": {weights: null" + ", include_top: false, pooling: avg" * top + "}",
        arguments=tuple(
            Argument(
                parameter.name,
                "",
                parameter.required and parameter.name != "weights",
                None if parameter.name == "weights" else parameter.default,
                _NETWORK.get(parameter.name, ""),
            )
            for parameter in found.parameters
        ),
    )


def _function(found: KerasFunction) -> Explanation:
    doc = _docstring(found.name.removeprefix(OPS).rpartition(".")[2])
    tensors = [f"<{name}>" for name in found.tensors]
    inputs = f"    inputs: [{', '.join(tensors)}]" if len(tensors) > 1 else "    inputs: <layer>"
    own = [parameter for parameter in found.parameters if parameter.name not in found.tensors]
    named = ": {" + ", ".join(f"{p.name}: ..." for p in own if p.required) + "}"
    come = f"{', '.join(found.tensors)} {'come' if len(found.tensors) > 1 else 'comes'}"
    written = named if len(named) > 4 else ":"
    return Explanation(
        name=found.name,
        what="function between layers",
        where=_UNDER,
        source=f"keras.{found.name}",
        summary=doc.summary or found.doc,
        body=f"{come} from `inputs`, by default the layer above; a number may stand instead.\n\n{doc.body}".strip(),
        yaml=f"layers:\n  - {found.name}{written}\n{inputs}",
        arguments=tuple(
            Argument(p.name, "tensor or number" if p.name in found.tensors else "", p in own and p.required, p.default,
                     doc.arguments.get(p.name, ""))
            for p in found.parameters
        ),
        sections={head: text for head, text in doc.sections.items() if head != "Raises"},
    )  # fmt: skip


def _docstring(name: str) -> Docstring:
    found = (docstring_at(f"keras.src.ops.{module}:{name}") for module in _MODULES)
    return parse_docstring(next(filter(None, found), ""))
