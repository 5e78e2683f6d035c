"""Networks as scripts make them: the layers, weights and answers of those that dlrun builds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.config import load_config
from dlrun.errors import ConfigError
from dlrun.export.facts import Facts
from dlrun.export.network import Network
from dlrun.export.source import Unwritable

FACTS = Facts(
    {"rows.csv": 9}, {}, {}, ("a",), {"steps": ((6, 4), "float32"), "flat": ((4,), "float32")}, {}, {"train": 9}
)
GRAPHS = {
    "networks inside": """
  - Dense: 3
    name: narrow
    inputs: flat
  - Flatten:
    name: all
    inputs: steps
  - Dense: 3
    name: tail
  - Model: {inputs: [one, two], layers: [{Dense: {units: 3}, name: wide, inputs: one}, {Add: , inputs: [wide, two]}]}
    name: pair
    inputs: [flat, narrow]
  - Model:
      layers:
        - Dense: {units: 3, kernel_initializer: he_normal}
        - Model: {layers: [{Dense: 5}, {Dense: 3, name: last}], outputs: last}
      trainable: false
    name: encoder
    inputs: pair
  - shared: encoder
    name: again
    inputs: tail
  - Concatenate:
    inputs: [encoder, again, all]
  - Dense: 1
""",
    "parts and named arguments": """
  - ops.get_item: {key: ":, -1, 1:"}
    name: last
    inputs: steps
  - ops.get_item: {key: "..., 2, :3"}
    name: some
    inputs: {x: steps}
  - ops.subtract:
    name: less
    inputs: {x1: flat, x2: flat}
  - ops.einsum: {subscripts: "bij,bj->bi"}
    name: product
    inputs: [steps, less]
  - Concatenate:
    inputs: [last, some, less, product]
  - Dense: 1
""",
    "shared": """
  - Dense: 4
    name: encoder
    inputs: flat
  - Flatten:
    inputs: steps
  - Dense: {units: 4, kernel_initializer: {HeNormal: {}}}
    name: narrow
  - shared: encoder
    name: again
    inputs: narrow
  - Subtract:
    inputs: [encoder, again]
  - Dense: 1
""",
    "several tensors": """
  - LSTM: {units: 3, return_state: true, return_sequences: true}
    name: lstm
    inputs: steps
  - Concatenate:
    inputs: [lstm.1, lstm.2, flat]
  - Dense: {units: 1, kernel_regularizer: {L2: 0.1}}
""",
    "attention": """
  - MultiHeadAttention: {num_heads: 2, key_dim: 3, dropout: 0.1}
    name: attention
    inputs: {query: steps, value: steps}
  - Add:
    inputs: [attention, steps]
  - GlobalAveragePooling1D
  - Concatenate:
    inputs: [above, flat]
  - Dropout: 0.2
  - Dense: 1
""",
    "arithmetic": """
  - ops.mean: {axis: 1}
    inputs: steps
  - ops.multiply:
    inputs: [above, flat]
  - Dense: {units: 2, activation: {LeakyReLU: {negative_slope: 0.1}}}
  - Bidirectional: {layer: {LSTM: {units: 3}}}
    name: both
    inputs: steps
  - Concatenate:
    inputs: [dense, both]
  - Dense: 1
""",
}


def written(
    layers: str, folder: Path, compiled: str = "{loss: mse}", outputs: str = ""
) -> tuple[Any, Unwritable, Network]:
    shapes = "inputs: {steps: {shape: [6, 4]}, flat: {shape: [4]}}"
    path = folder / "c.yaml"
    path.write_text(f"seed: 4\n{shapes}\nlayers:{layers}\n{outputs}compile: {compiled}\n", encoding="utf-8")
    config = load_config(path)
    problems = Unwritable()
    return config, problems, Network(config, FACTS, problems)


def run_script(network: Network, problems: Unwritable) -> Any:
    """Return the model that the script's lines make."""
    import keras

    lines = network.lines()
    problems.raise_if_any()
    keras.utils.set_random_seed(4)
    found: dict[str, Any] = {"keras": keras, "layers": keras.layers}
    exec("\n".join(lines), found)
    return found["model"]


def assert_same_weights(theirs: Any, ours: Any) -> None:
    for one, other in zip(theirs.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_has_the_weights_and_answers_of_dlruns(name: str, tmp_path: Path) -> None:
    from dlrun.training.network import build_model

    config, problems, network = written(GRAPHS[name], tmp_path)
    ours, theirs = build_model(config), run_script(network, problems)
    assert_same_weights(theirs, ours)
    generator = np.random.default_rng(1)
    rows = {"steps": generator.random((5, 6, 4), np.float32), "flat": generator.random((5, 4), np.float32)}
    np.testing.assert_allclose(theirs.predict(rows, verbose=0), ours.predict(rows, verbose=0), rtol=1e-6)


MIXED = "{loss: mse, mixed_precision: mixed_bfloat16}"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["networks inside", "shared", "arithmetic", "an operation at the end"])
def test_mixed_precision_is_that_of_dlruns(name: str, tmp_path: Path) -> None:
    from dlrun.training.network import build_model

    ending = "\n  - Flatten:\n    inputs: steps\n  - Dense: 4\n  - ops.add:\n    inputs: [above, flat]\n"
    config, problems, network = written(GRAPHS.get(name, ending), tmp_path, MIXED)
    ours = build_model(config)
    import keras

    before = keras.config.dtype_policy()
    try:
        theirs = run_script(network, problems)
    finally:
        keras.config.set_dtype_policy(before)
    policies = [
        sorted((layer.count_params(), layer.dtype_policy.name) for layer in model._flatten_layers(include_self=False))
        for model in (theirs, ours)
    ]
    assert policies[0] == policies[1] and {"mixed_bfloat16", "float32"} <= {policy for _, policy in policies[0]}
    generator = np.random.default_rng(1)
    rows = {"steps": generator.random((5, 6, 4), np.float32), "flat": generator.random((5, 4), np.float32)}
    np.testing.assert_array_equal(theirs.predict(rows, verbose=0), ours.predict(rows, verbose=0))


def test_a_network_that_is_an_argument_is_told(tmp_path: Path) -> None:
    model = "{Model: {inputs: {row: {shape: [4]}}, layers: [{Dense: 2}]}}"
    inside = f"\n  - TimeDistributed: {{layer: {model}}}\n    inputs: steps"
    joined = "\n  - Flatten\n  - Concatenate:\n    inputs: [above, flat]\n  - Dense: 1"
    _, problems, network = written(inside + joined, tmp_path)
    network.lines()
    with pytest.raises(ConfigError, match="a whole network as an argument of TimeDistributed"):
        problems.raise_if_any()


@pytest.mark.slow
@pytest.mark.parametrize("trained", ["trainable: false", "freeze: conv_pw_2"])
def test_a_network_of_keras_applications_is_its_own_layer(trained: str, tmp_path: Path) -> None:
    from dlrun.training.network import build_model

    facts = replace(FACTS, shapes={"image": ((40, 36, 3), "float32")})
    text = "seed: 4\ninputs: {image: {shape: [40, 36, 3]}}\nlayers:\n  - Rescaling: 1/255\n  - MobileNet: "
    text += (
        f"{{weights: null, include_top: false, alpha: 0.25, pooling: avg, {trained}}}\n  - Dropout: 0.2\n  - Dense: 1\n"
    )
    (tmp_path / "c.yaml").write_text(f"{text}compile: {{loss: mse}}\n", encoding="utf-8")
    config, problems = load_config(tmp_path / "c.yaml"), Unwritable()
    ours, theirs = build_model(config), run_script(Network(config, facts, problems), problems)
    assert_same_weights(theirs, ours)
    trained_ones = [[w.path for w in model.trainable_weights[:-2]] for model in (theirs, ours)]
    assert trained_ones[0] == trained_ones[1]
    rows = np.random.default_rng(1).random((2, 40, 36, 3), np.float32)
    np.testing.assert_allclose(theirs.predict(rows, verbose=0), ours.predict(rows, verbose=0), rtol=1e-6)
