import keras
import pytest

from dlrun.catalog import keras_names
from dlrun.config.objects import ObjectSpec
from dlrun.errors import ConfigError
from dlrun.keras_catalog import keras_kinds
from dlrun.model.objects import build_object, find_object


@pytest.fixture
def config(load):
    return load("layers:\n- Dense: 1")


def test_regularizers_constraints_and_initializers_in_a_layer(load):
    config = load("""
        layers:
        - Dense:
            units: 3
            kernel_regularizer: {L1L2: {l1: 0.01, l2: 0.02}}
            bias_regularizer: l2
            kernel_constraint: {MinMaxNorm: {min_value: 0.5, max_value: 2}}
            kernel_initializer: {VarianceScaling: {scale: 2.0, mode: fan_out, seed: 5}}
            bias_initializer: {Constant: 0.25}
        - Dense: 1
    """)
    dense = build_object(config.layers[0], "layers", config)
    assert isinstance(dense.kernel_regularizer, keras.regularizers.L1L2)
    assert float(dense.kernel_regularizer.l1) == pytest.approx(0.01)
    assert float(dense.bias_regularizer.l2) == pytest.approx(0.01)
    assert (dense.kernel_constraint.min_value, dense.kernel_constraint.max_value) == (0.5, 2)
    initializer = dense.kernel_initializer
    assert (initializer.scale, initializer.mode, initializer.seed) == (2.0, "fan_out", 5)
    assert dense.bias_initializer.value == 0.25


def test_a_schedule_in_an_optimizer(load):
    config = load(
        "layers:\n- Dense: 1",
        compile="""
  loss: mse
  optimizer:
    SGD: {momentum: 0.9, learning_rate: {PiecewiseConstantDecay: {boundaries: [10], values: [0.1, 0.01]}}}""",
    )
    optimizer = build_object(config.compile.optimizer, "optimizers", config)
    assert type(optimizer) is keras.optimizers.SGD and optimizer.momentum == 0.9
    schedule = optimizer._learning_rate
    assert [float(schedule(step)) for step in (0, 10, 11)] == pytest.approx([0.1, 0.1, 0.01])


@pytest.mark.parametrize(
    ("kind", "name", "cls"),
    [
        ("optimizers", "adam", keras.optimizers.Adam),
        ("optimizers", "Lamb", keras.optimizers.Lamb),
        ("losses", "mse", keras.losses.MeanSquaredError),
        ("losses", "CategoricalGeneralizedCrossEntropy", keras.losses.CategoricalGeneralizedCrossEntropy),
        ("metrics", "mae", keras.metrics.MeanAbsoluteError),
        ("regularizers", "l1_l2", keras.regularizers.L1L2),
        ("initializers", "he_normal", keras.initializers.HeNormal),
        ("constraints", "NonNeg", keras.constraints.NonNeg),
        ("layers", "Add", keras.layers.Add),
        ("callbacks", "TerminateOnNaN", keras.callbacks.TerminateOnNaN),
    ],
)
def test_every_kind_is_found_in_keras_by_any_spelling(config, kind, name, cls):
    assert type(build_object(ObjectSpec(name), kind, config)) is cls


def test_functions_stay_functions_and_accuracy_stays_a_name(config):
    assert build_object(ObjectSpec("swish"), "activations", config) is keras.activations.silu
    assert build_object(ObjectSpec("accuracy"), "metrics", config) == "accuracy"


def test_an_activation_with_arguments_is_its_layer(config):
    layer = build_object(ObjectSpec("elu", {"alpha": 0.3}), "activations", config)
    assert type(layer) is keras.layers.ELU and layer.alpha == 0.3


def test_only_classes_of_the_kind_are_found():
    assert find_object("Adam", "layers") is None
    assert find_object("serialize", "layers") is None
    assert find_object("get", "losses") is None
    assert find_object("deserialize", "activations") is None
    assert find_object("__builtins__", "layers") is None


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("Dense: {units: 3, kernel_size: 3}", "kernel_size"),
        ("Dense: {use_bias: false}", "units"),
        ("Conv1D: {filters: 3, kernel_size: 0}", "kernel_size"),
        ("Discretization: {num_bins: -3}", "num_bins"),
        ("Bidirectional: {layer: {Dense: 3}}", "Bidirectional"),
    ],
)
def test_what_keras_refuses_is_one_line_at_the_layer(load, layer, said):
    with pytest.raises(ConfigError) as caught:
        config = load(f"layers:\n- Flatten\n- {layer}")
        build_object(config.layers[1], "layers", config)
    text = str(caught.value)
    assert "c.yaml:3:" in text and said in text and "\n" not in text


@pytest.fixture
def own_objects():
    objects = keras.saving.get_custom_objects()
    before = dict(objects)
    yield objects
    objects.clear()
    objects.update(before)


def test_the_users_registered_classes_are_found_by_their_bare_names(config, own_objects):
    @keras.saving.register_keras_serializable(package="mine")
    class Doubled(keras.layers.Layer):
        def __init__(self, by=2):  # takes neither a name nor keywords
            super().__init__()
            self.by = by

        def call(self, x):
            return x * self.by

    layer = build_object(ObjectSpec("Doubled", {"by": 3}), "layers", config, name="doubled_1")
    assert type(layer) is Doubled and layer.by == 3 and layer.name == "doubled_1"
    positional = build_object(ObjectSpec("Doubled", {"": 4}), "layers", config)
    assert positional.by == 4
    assert find_object("Doubled", "losses") is None


def test_the_users_functions_are_losses_and_metrics(config, own_objects):
    def half_error(y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred)) / 2

    own_objects["half_error"] = half_error
    assert build_object(ObjectSpec("half_error"), "losses", config) is half_error
    assert find_object("half_error", "layers") is None


def test_an_unknown_name_gives_the_nearest(config):
    with pytest.raises(ConfigError, match=r"unknown layer 'Dens'. Did you mean 'Dense'\?"):
        build_object(ObjectSpec("Dens"), "layers", config)


@pytest.mark.parametrize("kind", keras_kinds())
def test_every_public_name_of_keras_leads_to_that_class(kind):
    namespace = keras.optimizers.schedules if kind == "schedules" else getattr(keras, kind)
    for name in keras_names(kind):
        found = find_object(name, kind)
        if name in {"accuracy", "crossentropy"}:
            assert found == name
        else:
            assert found is getattr(namespace, name)


WRITTEN = {
    "layers": "layers:\n- Dense: 1\n- %s",
    "callbacks": "callbacks: [%s]\nlayers: [{Dense: 1}]",
    "optimizers": "compile: {loss: mse, optimizer: %s}\nlayers: [{Dense: 1}]",
    "losses": "compile: {loss: %s}\nlayers: [{Dense: 1}]",
    "metrics": "compile: {loss: mse, metrics: [%s]}\nlayers: [{Dense: 1}]",
    "schedules": "compile: {loss: mse, optimizer: {SGD: {learning_rate: %s}}}\nlayers: [{Dense: 1}]",
    "initializers": "layers: [{Dense: {units: 1, kernel_initializer: %s}}]",
    "regularizers": "layers: [{Dense: {units: 1, kernel_regularizer: %s}}]",
    "constraints": "layers: [{Dense: {units: 1, kernel_constraint: %s}}]",
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_parameter_that_no_class_has_is_refused_for_every_class(load, kind):
    for name in keras_names(kind):
        with pytest.raises(ConfigError, match="no_such_parameter"):
            load(WRITTEN[kind] % f"{{{name}: {{no_such_parameter: 1}}}}")
