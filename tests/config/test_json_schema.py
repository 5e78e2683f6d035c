"""The JSON Schema: it accepts every config that dlrun accepts, and underlines what a schema can see."""

import re
from pathlib import Path

import jsonschema
import pytest

from dlrun.config.json_schema import DRAFT, json_schema
from dlrun.config.nodes import plain
from dlrun.config.reader import read_yaml
from dlrun.config.schema import section_classes
from dlrun.errors import ConfigError, Location
from dlrun.keras_catalog import keras_kinds, keras_names

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / "configs").rglob("*.y*ml"))
BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))
README = re.findall(r"^```yaml\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def schema():
    return json_schema()


@pytest.fixture(scope="module")
def validator(schema):
    """Return a validator that takes patterns as editors do: \\w is an ASCII letter."""

    def pattern(_, wanted, instance, __):
        if isinstance(instance, str) and not re.search(wanted, instance, re.ASCII):
            yield jsonschema.ValidationError(f"{instance!r} does not match {wanted!r}")

    return jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": pattern})(schema)


def read(text):
    return plain(read_yaml(text, lambda line, column: Location("c.yaml", line, column)))


def test_it_is_a_schema_of_the_draft_that_it_names(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == DRAFT == jsonschema.Draft202012Validator.META_SCHEMA["$id"]


def test_it_knows_every_key_and_every_name(schema):
    for path, section in section_classes().items():
        place = schema
        for segment in path:
            place = place["properties"][segment]
            place = place if "properties" in place else next(s for s in place["anyOf"] if "properties" in s)
        assert set(section.model_fields) <= set(place["properties"])
    for kind in keras_kinds():
        keyed = next(s for s in schema["$defs"][kind]["anyOf"] if "properties" in s)
        assert set(keras_names(kind)) <= set(keyed["properties"])


def test_hovering_tells_what_keras_says(schema):
    dense = schema["$defs"]["layers.Dense"]
    assert dense["description"] == "Just your regular densely-connected NN layer."
    units = dense["anyOf"][0]["properties"]["units"]
    assert units["description"] == "Positive integer, dimensionality of the output space."
    assert schema["properties"]["fit"]["anyOf"][0]["properties"]["batch_size"]["default"] == 32


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.stem)
def test_every_config_is_valid(validator, file):
    assert [e.message for e in validator.iter_errors(read(file.read_text("utf-8")))] == []


@pytest.mark.parametrize("number", range(len(README)))
def test_every_config_in_the_readme_is_valid(validator, number):
    instance = read(README[number])
    if "code" not in instance:  # an editor sees only what Keras and dlrun have
        assert [e.message for e in validator.iter_errors(instance)] == []


WHOLE = "fit: {epochs: 1}\ncompile: {loss: mse}\nlayers:\n"


@pytest.mark.parametrize(
    "text",
    [
        WHOLE + "- Dense: 8\n- Dense: {units: 8}\n- {type: Dense, units: 8}\n- Flatten\n- Flatten:\n",
        WHOLE + "- Rescaling: 1/255\n- Rescaling: {scale: 1/255, offset: -1}\n",
        WHOLE + '- Dense: "${vars.units}"\n- Dense: {units: "${vars.units}"}\n- "${vars.layer}"\nvars: {units: 3}\n',
        WHOLE + "- repeat: {times: 3, layers: [{Dense: 8}, BatchNormalization]}\n",
        WHOLE + "- Bidirectional: {LSTM: 8}\n- Bidirectional: {layer: {LSTM: {units: 8}}, merge_mode: sum}\n",
        WHOLE + "- Conv2D: {filters: 8, kernel_size: 3, padding: SAME}\n- Conv2D: {filters: 8, kernel_size: [3, 3]}\n",
        WHOLE + "- Dense: 8\n  name: a\n  inputs: [x, y]\n",
        WHOLE + "- Dense: {units: 8, kernel_regularizer: {L2: 0.01}, activation: {LeakyReLU: 0.1}}\n",
        WHOLE + "- Dense: {units: 8, kernel_regularizer: l2, bias_initializer: null, activation: relu}\n",
        WHOLE + "- RNN: {cell: [{LSTMCell: 8}, {GRUCell: 4}]}\n",
        WHOLE + "- Mine: 8\n- Mine\n- Mine: {units: 8}\n  inputs: [a, b]\nblocks: {Mine: [{Dense: 8}]}\n",
        WHOLE + "- 잔차: 8\n- 잔차\nblocks: {잔차: {arguments: units, layers: [Élan]}, Élan: [Flatten], _1: [Élan]}\n",
        WHOLE + "- repeat: {times: 2, layers: [Mine, {Model: [Mine]}]}\nblocks: {Mine: [Flatten]}\n",
        "extends: base.yaml\nlayers: [{Mine: 3}, {repeat: {times: 2, layers: [Mine]}}]\n",
        "extends: base.yaml\nfit: {epochs: 3}\ndata: null\n",
        "extends: [a.yaml, b.yaml]\ncompile: {optimizer: adam}\n",
        "extends: a.yaml\ndata: {split: {test: 1/5, stratify: city}, source: [a.csv, b.csv], target: 3}\n",
        "extends: a.yaml\ncompile: {loss: {a: mse, b: bce}, metrics: {a: [mae, {AUC: {curve: PR}}], b: mae}}\n",
        "extends: a.yaml\npreprocessing: {numeric: [{impute: median}, standard], target: {y: standard}}\n",
        "extends: a.yaml\npreprocessing: {columns: {t: {TextVectorization: {max_tokens: 100}}}}\n",
        "extends: a.yaml\ncompile: {optimizer: {Adam: {learning_rate: {ExponentialDecay: "
        "{initial_learning_rate: 0.1, decay_steps: 100, decay_rate: 0.9}}}}}\n",
        "extends: a.yaml\ninputs: {wide: [a, b], deep: c, image: {shape: [null, 3], dtype: float32}}\n",
        "extends: a.yaml\ncallbacks: {EarlyStopping: {patience: 3, mode: min}}\n",
    ],
)
def test_every_form_of_the_language_is_valid(validator, text):
    assert [e.message for e in validator.iter_errors(read(text))] == []


@pytest.mark.parametrize(
    "text",
    [
        WHOLE + "- Dens: 8\n",
        WHOLE + "- Dense: {unit: 8}\n",
        WHOLE + "- Dense: {activation: relu}\n",
        WHOLE + "- Dense: eight\n",
        WHOLE + "- Dense: {units: 8, activation: reluu}\n",
        WHOLE + "- Dense: {units: 8, use_bias: 3}\n",
        WHOLE + "- Conv2D: {filters: 8, kernel_size: 3, padding: sane}\n",
        WHOLE + "- Bidirectional: {LSTN: 8}\n",
        WHOLE + "- Dropout: 50\n",
        WHOLE + "- {type: Dens, units: 8}\n",
        WHOLE + "- repeat: {time: 3, layers: []}\n",
        WHOLE + "- Lambda: x\n",
        WHOLE + "- dens: 8\n",
        WHOLE + "- residal\n",
        WHOLE + "- residual: 8\nblocks: {residual: {layer: [{Dense: 8}]}}\n",
        WHOLE + "- residual: 8\nblocks: {residual: {layers: [{Dens: 8}]}}\n",
        WHOLE + "- Dense: 8\nblocks: {Dense: [{Conv2D: {filters: 8, kernel_size: 3}}]}\n",
        WHOLE + "- Dense: 8\nblocks: {input: [Flatten]}\n",
        WHOLE + "- Dense: 8\nblocks: {Lambda: [Flatten]}\n",
        WHOLE + "- Dense: 8\nblocks: {Model: [Flatten]}\n",
        WHOLE + "- Dense: 8\nblocks: {1a: [Flatten]}\n",
        WHOLE + "- Dense: 8\nblocks: {a-b: [Flatten]}\n",
        WHOLE + "- Dense: {unit: 8}\nblocks: {Mine: [Flatten]}\n",
        WHOLE + "- Dense\nblocks: {Mine: [Flatten]}\n",
        WHOLE + "- Lambda: x\nblocks: {Mine: [Flatten]}\n",
        WHOLE + "- {type: Dens, units: 8}\nblocks: {Mine: [Flatten]}\n",
        WHOLE + "- repeat: {times: 3, layers: [{Dens: 8}]}\nblocks: {mine: [Flatten]}\n",
        WHOLE + "- Model: [{Dens: 8}]\nblocks: {mine: [Flatten]}\n",
        "layers: []\n",
        "fit: {epochs: 3}\n",
        "extends: a.yaml\nfit: {epochs: 0}\n",
        "extends: a.yaml\nfit: {epoch: 3}\n",
        "extends: a.yaml\nlayer: []\n",
        "extends: a.yaml\ncompile: {optimizer: adm}\n",
        "extends: a.yaml\ndata: {prepare: [{drop_mising: [a]}]}\n",
        "extends: a.yaml\npreprocessing: {numeric: min_maxx}\n",
        "extends: a.yaml\npreprocessing: {numeric: {clip: {lowest: 3}}}\n",
        "extends: a.yaml\ncallbacks: [{EarlyStopping: {patience: soon}}]\n",
        "extends: a.yaml\nfit: {shuffle: no}\n",
    ],
)
def test_mistakes_are_seen(validator, text):
    assert not validator.is_valid(read(text))


def test_of_the_broken_configs_it_sees_what_a_schema_can_see(validator):
    """Names, keys, types and limits; not what follows from other parts, from data, or from the text's own form."""
    read_well = {}
    for file in BROKEN:
        try:
            read_well[file.stem] = read(file.read_text("utf-8"))
        except ConfigError:
            continue
    seen = {name for name, instance in read_well.items() if not validator.is_valid(instance)}
    misspelled = {name for name in read_well if name.endswith("misspelled")} - {"monitor_misspelled"}
    print(sorted(set(read_well) - seen))
    assert misspelled <= seen
    assert len(seen) >= 75
